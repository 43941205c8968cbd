//! Which pools have to move, and what they have to keep clear of.

use super::{Exhausted, Move, Situation, plan};
use crate::cilium::pool::{Pool, Range};
use crate::setup::ground::Ground;
use crate::setup::taken::{Taken, taken};

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
