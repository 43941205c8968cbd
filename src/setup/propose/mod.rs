//! Fills the worksheet in: what the user gives goes before what is in use, and that before what is proposed.

mod advertised;
mod asn;
mod existing;
mod names;
mod node_selector;
pub mod pool;
mod question;
mod restart;
mod router_address;
pub mod served;
#[cfg(test)]
mod tests;
mod timers;

use std::collections::BTreeSet;

use super::given::Given;
use super::ground::Ground;
use super::worksheet::{Entry, Origin, Worksheet};
use crate::frr::config::Version;
pub use advertised::LEAVES_OUT;
pub use existing::Existing;
pub use question::Question;
pub use router_address::family;

/// The worksheet, or what only the user knows.
pub fn propose(ground: &Ground, given: &Given) -> Result<Worksheet, Vec<Question>> {
    let existing = Existing::find(ground, given);
    let mut questions = Vec::new();
    let mut ask = |question| questions.push(question);
    let names = names::propose(ground, &existing, given);
    let pools = pool::propose(ground, given, &names.pool).map_err(&mut ask).unwrap_or_default();
    let families = families(ground, given, pools.values().flat_map(|pool| &pool.value));
    let peers =
        router_address::propose(ground, &existing, given, &families, &names.peer).map_err(&mut ask).unwrap_or_default();
    let router_asn = asn::of_router(ground, &existing, given, &peers).map_err(&mut ask).ok();
    match router_asn {
        Some(router_asn) if questions.is_empty() => Ok(Worksheet {
            served: served::find(ground),
            local_asn: asn::of_cluster(ground, &existing, given, router_asn.value),
            router_asn,
            peers,
            node_selector: node_selector::propose(ground, &existing, given),
            pools,
            timers: timers::propose(&existing, given),
            restart_seconds: restart::propose(&existing, given),
            advertised: advertised::propose(&existing, given),
            canary: given.canary.clone().map(|canary| Entry::given(canary, "--canary")),
            names: names.objects,
        }),
        _ => Err(questions),
    }
}

/// The address families that are advertised: those of the pools; without any known, that of the nodes.
fn families<'a>(
    ground: &Ground,
    given: &Given,
    blocks: impl Iterator<Item = &'a crate::cilium::pool::Block>,
) -> BTreeSet<Version> {
    let of_pools: BTreeSet<Version> = blocks.filter_map(|block| Some(Version::of(block.range()?.first))).collect();
    let of_router: BTreeSet<Version> = given.router_addresses.iter().copied().map(Version::of).collect();
    if !of_pools.is_empty() {
        of_pools
    } else if !of_router.is_empty() {
        of_router
    } else if ground.has_nodes_of(Version::V4) || !ground.has_nodes_of(Version::V6) {
        BTreeSet::from([Version::V4])
    } else {
        BTreeSet::from([Version::V6])
    }
}

impl<T> Entry<T> {
    pub(super) fn given(value: T, flag: &str) -> Self {
        Self { value, origin: Origin::Given, why: format!("given with {flag}") }
    }

    pub(super) fn kept(value: T, why: impl Into<String>) -> Self {
        Self { value, origin: Origin::Kept, why: why.into() }
    }

    pub(super) fn proposed(value: T, why: impl Into<String>) -> Self {
        Self { value, origin: Origin::Proposed, why: why.into() }
    }
}
