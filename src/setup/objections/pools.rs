//! Pools with addresses that somebody else has.

use super::{NAMED, Objection};
use crate::cilium::pool::Range;
use crate::frr::config::Version;
use crate::setup::ground::Ground;
use crate::setup::propose::pool::is_special;
use crate::setup::service_ranges;
use crate::setup::worksheet::{Origin, Worksheet};
use crate::topology::names::listed_up_to;

/// A block with its pool.
struct Placed<'a> {
    pool: &'a str,
    is_kept: bool,
    is_given: bool,
    range: Range,
}

pub fn find(worksheet: &Worksheet, ground: &Ground) -> Vec<Objection> {
    let all: Vec<Placed> = placed(worksheet).collect();
    let mut objections = Vec::new();
    for (at, one) in all.iter().enumerate() {
        for whose in takers(one.range, ground) {
            let what = format!("pool {} has {}, and {whose}", one.pool, one.range);
            objections.push(Objection::refuses(what).next(if one.is_kept {
                format!("take these addresses out of the pool: kubectl edit ciliumloadbalancerippool {}", one.pool)
            } else {
                "give a network that nothing else has with --pool".to_owned()
            }));
        }
        objections.extend(announced(one, ground));
        objections.extend(guessed(one, ground));
        if is_special(one.range) {
            let what = format!("pool {} has {}: addresses that no router forwards to", one.pool, one.range);
            objections.push(Objection::refuses(what).next("give a network of your own with --pool"));
        }
        let other = all[..at].iter().find(|other| other.range.meets(one.range));
        if let Some(other) = other {
            let what = if other.pool == one.pool {
                format!("pool {} has {} and {}, which overlap", one.pool, other.range, one.range)
            } else {
                format!(
                    "pool {} has {} and pool {} has {}: Cilium takes the newer one out of use as a whole",
                    other.pool, other.range, one.pool, one.range
                )
            };
            objections.push(Objection::refuses(what).next("take the addresses that both have out of one"));
        }
    }
    objections
}

fn placed(worksheet: &Worksheet) -> impl Iterator<Item = Placed<'_>> {
    worksheet.pools.iter().flat_map(|(pool, entry)| {
        let (is_kept, is_given) = (entry.origin == Origin::Kept, entry.origin == Origin::Given);
        let ranges = entry.value.iter().filter_map(crate::cilium::pool::Block::range);
        ranges.map(move |range| Placed { pool, is_kept, is_given, range })
    })
}

/// Who has addresses of the range, each in a clause.
fn takers(range: Range, ground: &Ground) -> Vec<String> {
    let mut takers = Vec::new();
    let nodes: Vec<String> = ground
        .nodes()
        .iter()
        .flat_map(|node| {
            let own = node.addresses.iter().filter(|address| range.contains(**address));
            own.map(|address| format!("{} ({address})", node.name)).collect::<Vec<_>>()
        })
        .collect();
    if !nodes.is_empty() {
        takers.push(format!("these are addresses of nodes: {}", listed_up_to(NAMED, nodes)));
    }
    let mut pods = ground.pod_ranges();
    pods.sort_unstable();
    pods.dedup();
    let pods: Vec<String> =
        pods.into_iter().filter(|net| range.meets(Range::of(*net))).map(|net| net.to_string()).collect();
    if !pods.is_empty() {
        takers.push(format!("pods have {}", listed_up_to(NAMED, pods)));
    }
    let services = ground.service_ranges().into_iter().filter(|services| range.meets(*services));
    takers.extend(services.map(|services| format!("Services inside the cluster have {services}")));
    let links = ground.links().filter(|(.., net)| range.contains(net.addr()));
    takers.extend(links.map(|(router, interface, net)| {
        format!("{} is the address of {} on {}", net.addr(), router.name, interface.name)
    }));
    takers
}

/// Routes into the pool by way of others than the cluster's nodes. A pool that is in use may have nodes by addresses that
/// nobody told, and a wide route is nobody's claim to all of it: that is told, not refused.
fn announced(one: &Placed, ground: &Ground) -> Option<Objection> {
    let others = ground.announced_by_others();
    let met: Vec<_> = others.iter().filter(|(_, net, _)| one.range.meets(Range::of(*net))).collect();
    let (router, ..) = met.first()?;
    let said = listed_up_to(NAMED, met.iter().map(|(_, net, hop)| format!("{net} by way of {hop}")));
    let what = format!(
        "pool {} has {}, and BGP brings {} routes there by way of no node of this cluster: {said}",
        one.pool, one.range, router.name
    );
    let is_within = met.iter().any(|(_, net, _)| one.range.contains(net.network()));
    let objection = if one.is_given && is_within { Objection::refuses(what) } else { Objection::warns(what) };
    Some(objection.next("see whose they are; if another cluster's, give a network that nothing else has with --pool"))
}

/// What is in use has shown that it works.
fn guessed(one: &Placed, ground: &Ground) -> Option<Objection> {
    let is_known = ground.service_ranges().into_iter().any(|known| one.range.meets(known));
    if !one.is_given || is_known {
        return None;
    }
    let net = service_ranges::guessed(ground).into_iter().find(|net| one.range.meets(Range::of(*net)))?;
    let what = format!(
        "pool {} has {}, and Services inside the cluster may have all of {net}: that is a guess by the addresses that they \
         have",
        one.pool, one.range
    );
    let objection = Objection::warns(what).next(
        "`kubectl get servicecidr` says the range from Kubernetes 1.33 on, else the API server's \
         --service-cluster-ip-range",
    );
    Some(objection.next("if it is that, give another network with --pool"))
}

/// The families that pools have addresses of.
pub fn has(worksheet: &Worksheet, version: Version) -> bool {
    placed(worksheet).any(|one| Version::of(one.range.first) == version)
}
