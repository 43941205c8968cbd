//! The ranges that new addresses have to keep clear of.

use super::ground::Ground;
use super::service_ranges;
use crate::cilium::pool::Range;

/// Addresses that are in use, and by what.
#[derive(Clone, Debug)]
pub struct Taken {
    pub range: Range,
    /// As in `overlaps WHAT`.
    pub what: String,
}

/// Every range that is known to be in use.
pub fn taken(ground: &Ground) -> Vec<Taken> {
    let of = |range: Range, what: String| Taken { range, what };
    let mut taken: Vec<Taken> = Vec::new();
    for node in ground.nodes() {
        taken
            .extend(node.addresses.iter().map(|ip| of(Range { first: *ip, last: *ip }, format!("node {}", node.name))));
    }
    taken.extend(ground.pod_ranges().into_iter().map(|net| of(Range::of(net), "pods".to_owned())));
    taken.extend(ground.service_ranges().into_iter().map(|range| of(range, "Services".to_owned())));
    let guessed = service_ranges::guessed(ground).into_iter();
    taken.extend(guessed.map(|net| of(Range::of(net), "Services, as it seems".to_owned())));
    let others = ground.announced_by_others().into_iter();
    taken.extend(others.map(|(_, net, hop)| of(Range::of(net), format!("a route by BGP by way of {hop}"))));
    for (router, interface, net) in ground.links() {
        taken.push(of(Range::of(net), format!("{} on {}", interface.name, router.name)));
    }
    taken.extend(ground.routed().map(|net| of(Range::of(net), "a route of the router".to_owned())));
    for pool in ground.pools() {
        taken.extend(pool.spec.ranges().map(|range| of(range, format!("pool {}", pool.metadata.name))));
    }
    taken
}
