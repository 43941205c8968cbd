//! The router as it is.

use super::{NAMED, Objection};
use crate::setup::ground::Ground;
use crate::setup::worksheet::{Origin, Worksheet};
use crate::topology::names::listed_up_to;
use crate::topology::router::{Reach, Router};

pub fn find(worksheet: &Worksheet, ground: &Ground) -> Vec<Objection> {
    let mut objections = Vec::new();
    for peer in &worksheet.peers {
        let address = peer.address.value;
        if let Some(node) = ground.node_of(address) {
            let what = format!("{address} is the address of the node {node}: a node would dial itself");
            objections.push(Objection::refuses(what).next("give the router's with --router-address"));
            continue;
        }
        let Some(router) = ground.routers().find(|router| router.has_address(address) == Some(true)) else {
            objections.extend(foreign(ground, address));
            continue;
        };
        objections.extend(other_asn(worksheet, router));
        objections.extend(afar(worksheet, ground, router, address));
    }
    if ground.configured_routers().next().is_none() {
        let what =
            "no router's configuration was read: its half is planned from nothing, and what it has may be in the way";
        let step = "name the router with --router [USER@]HOST, or give its configuration with --router-config FILE";
        objections.push(Objection::warns(what).next(step));
    }
    objections
}

/// An address that none of the routers has that told theirs.
fn foreign(ground: &Ground, address: std::net::IpAddr) -> Option<Objection> {
    let names: Vec<&str> = ground.routers().map(|router| router.name.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    let what = format!("{} does not have the address {address} that the nodes are to dial", listed_up_to(NAMED, names));
    Some(Objection::refuses(what).next("`ip addr` on the router lists its addresses"))
}

fn other_asn(worksheet: &Worksheet, router: &Router) -> Option<Objection> {
    let (wanted, runs) = (&worksheet.router_asn, Ground::asn_of(router)?);
    if wanted.value == runs || wanted.value.0 == 0 {
        return None;
    }
    let what = format!(
        "BGP runs on {} with the AS number {runs}, and the nodes are to expect {}: no session comes up",
        router.name, wanted.value
    );
    Some(match wanted.origin {
        Origin::Kept => Objection::warns(what).next("`kubectl bgp check` says which end to mend"),
        _ => Objection::refuses(what).next(format!("leave --router-asn out, or give {runs}")),
    })
}

/// Nodes whose packets reach the router through another one: BGP's TTL of 1 ends there.
fn afar(worksheet: &Worksheet, ground: &Ground, router: &Router, address: std::net::IpAddr) -> Option<Objection> {
    let nodes = ground.nodes();
    let selected = nodes.iter().filter(|node| worksheet.node_selector.value.matches(node.labels));
    let is_far = |node: &&crate::setup::ground::PeeringNode| {
        let mut own = node.addresses.iter().filter(|own| own.is_ipv4() == address.is_ipv4());
        own.next().is_some_and(|own| matches!(router.reach(*own), Some(Reach::Via(_))))
    };
    let far: Vec<&str> = selected.filter(is_far).map(|node| node.name).collect();
    if far.is_empty() {
        return None;
    }
    let what = format!(
        "{} reaches {address} through another router: a session over more than one hop",
        listed_up_to(NAMED, far)
    );
    Some(
        Objection::warns(what)
            .next("set ebgpMultihop of the PeerConfig to the number of hops, and ebgp-multihop on the router"),
    )
}
