//! Which pools have to move, and what they have to keep clear of.

use super::{Exhausted, Move, Situation, Taken, plan};
use crate::cilium::pool::{Pool, Range};
use crate::setup::ground::Ground;
use crate::setup::service_ranges;

/// A plan for each pool that lies inside of a network that a router is on, or that there is no room for it.
pub fn plans(ground: &Ground, files: &[(&str, &str)]) -> Vec<(String, Result<Move, Exhausted>)> {
    let links: Vec<Range> = ground.links().map(|(_, _, net)| Range::of(net)).collect();
    let is_on_link = |pool: &&Pool| pool.spec.ranges().any(|range| links.iter().any(|link| link.meets(range)));
    let gateways = ground.cluster.gateways.value().map_or(&[][..], Vec::as_slice);
    let mut taken = taken(ground);
    let mut plans = Vec::new();
    for pool in ground.pools().iter().filter(is_on_link) {
        let situation = Situation { pool, taken: &taken, services: ground.services(), gateways, files };
        let planned = plan(&situation);
        if let Ok(planned) = &planned {
            let new = planned.prefixes.iter().map(|net| Taken { range: Range::of(*net), what: planned.pool.clone() });
            taken.extend(new.collect::<Vec<_>>());
        }
        plans.push((pool.metadata.name.clone(), planned));
    }
    plans
}

/// Every range that is known to be in use.
fn taken(ground: &Ground) -> Vec<Taken> {
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
