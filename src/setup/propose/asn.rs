//! The AS numbers of both ends.

use std::collections::BTreeSet;

use super::{Existing, Question};
use crate::setup::given::Given;
use crate::setup::ground::Ground;
use crate::setup::worksheet::{Entry, Peer};
use crate::topology::names::{Asn, NeighborName};
use crate::topology::router::Router;

/// Of two octets, as every device takes them (RFC 6996).
pub const PRIVATE: std::ops::RangeInclusive<u32> = 64_512..=65_534;
const ROUTERS: u32 = 65_001;
const CLUSTERS: u32 = 65_010;

pub fn of_router(ground: &Ground, existing: &Existing, given: &Given, peers: &[Peer]) -> Result<Entry<Asn>, Question> {
    const FLAG: &str = "--router-asn";
    if let Some(asn) = given.router_asn {
        return Ok(Entry::given(asn, FLAG));
    }
    if let Some(asn) = existing.peers().find_map(|peer| peer.peer_asn).filter(|asn| *asn != 0) {
        return Ok(Entry::kept(Asn(asn), existing.config_has_it()));
    }
    let of_policy = existing.policy.zip(existing.neighbors().find_map(|neighbor| neighbor.peer_asn));
    if let Some((policy, asn)) = of_policy {
        return Ok(Entry::kept(Asn(asn), policy.has_it()));
    }
    let all = || ground.topology.routers.iter().flatten();
    let is_peer = |router: &&Router| peers.iter().any(|peer| router.has_address(peer.address.value) != Some(false));
    let dialled: Vec<&Router> = all().filter(is_peer).collect();
    // Where none has the address, or none is known yet, any may be the one.
    let mut routers = if dialled.is_empty() { all().collect() } else { dialled }.into_iter();
    if let Some((router, asn)) = routers.clone().find_map(|router| Some((router, Ground::asn_of(router)?))) {
        return Ok(Entry::kept(asn, format!("BGP runs with it on {}", router.name)));
    }
    let taken = taken(ground, given.local_asn);
    let free = free(ROUTERS, &taken);
    match routers.find(|router| router.config.value().is_some()) {
        Some(router) => {
            Ok(Entry::proposed(free, format!("private (RFC 6996) and free: no BGP is configured on {}", router.name)))
        }
        None => Err(Question {
            flag: FLAG,
            what: "the AS number of the router".to_owned(),
            why: "no router's configuration was read, and BGP may run there already".to_owned(),
            default: Some(free.to_string()),
        }),
    }
}

pub fn of_cluster(ground: &Ground, existing: &Existing, given: &Given, router: Asn) -> Entry<Asn> {
    if let Some(asn) = given.local_asn {
        return Entry::given(asn, "--local-asn");
    }
    if let Some(asn) = existing.instance.and_then(|instance| instance.local_asn) {
        return Entry::kept(Asn(asn), existing.config_has_it());
    }
    if let Some((policy, asn)) = existing.policy.and_then(|policy| Some((policy, policy.router.local_asn?))) {
        return Entry::kept(Asn(asn), policy.has_it());
    }
    let of_node = |(asn, neighbor): (Asn, &NeighborName)| match neighbor {
        NeighborName::Address(address) => Some((asn, ground.node_of(*address)?)),
        NeighborName::Interface(_) => None,
    };
    if let Some((asn, node)) = ground.neighbor_asns().filter(|(asn, _)| *asn != router).find_map(of_node) {
        return Entry::kept(asn, format!("the router expects it of {node}"));
    }
    let is_known = ground.configured_routers().next().is_some();
    let why = if is_known { "private (RFC 6996), and no neighbor of the router has it" } else { "private (RFC 6996)" };
    Entry::proposed(free(CLUSTERS, &taken(ground, Some(router))), why)
}

fn taken(ground: &Ground, other: Option<Asn>) -> BTreeSet<u32> {
    let own = ground.topology.routers.iter().flatten().filter_map(Ground::asn_of);
    own.chain(ground.neighbor_asns().map(|(asn, _)| asn)).chain(other).map(|asn| asn.0).collect()
}

/// From the usual one upwards.
fn free(usual: u32, taken: &BTreeSet<u32>) -> Asn {
    let all = (usual..=*PRIVATE.end()).chain(*PRIVATE.start()..usual);
    Asn(all.into_iter().find(|asn| !taken.contains(asn)).unwrap_or(usual))
}
