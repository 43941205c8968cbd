//! What lets denied prefixes pass a prefix-list.

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::cilium::pool::Range;
use crate::rules::Facts;
pub use crate::topology::router::permit::lines;
use crate::topology::router::permit::{Wanted, nets};

/// Prefixes that a range of a pool is split into at most; of more, only those that are in use are permitted.
const MOST: usize = 8;

/// What covers the denied prefixes: the blocks of their pools, else the prefixes themselves.
pub fn covering(facts: &Facts, denied: &BTreeSet<IpNet>) -> BTreeSet<Wanted> {
    let pools = facts.cluster().and_then(|cluster| cluster.pools.value());
    let ranges: Vec<Range> = pools.into_iter().flatten().flat_map(|pool| pool.spec.ranges()).collect();
    let mut wanted = BTreeSet::new();
    let mut rest: BTreeSet<IpNet> = denied.clone();
    for range in ranges {
        let is_in = |prefix: &IpNet| prefix.prefix_len() == prefix.max_prefix_len() && range.contains(prefix.addr());
        let of_range: Vec<IpNet> = rest.iter().copied().filter(is_in).collect();
        if of_range.is_empty() {
            continue;
        }
        let nets = nets(range);
        let is_used = |net: &IpNet| of_range.iter().any(|prefix| net.contains(prefix));
        let kept: Vec<IpNet> = if nets.len() > MOST { nets.into_iter().filter(is_used).collect() } else { nets };
        wanted.extend(kept.into_iter().map(Wanted::hosts));
        rest.retain(|prefix| !is_in(prefix));
    }
    wanted.extend(rest.into_iter().map(Wanted::itself));
    wanted
}
