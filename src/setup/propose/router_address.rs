//! The router's addresses that nodes dial, one of each family that is advertised.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use super::{Existing, Question};
use crate::frr::config::Version;
use crate::setup::given::Given;
use crate::setup::ground::Ground;
use crate::setup::worksheet::{Entry, Peer};
use crate::topology::names::{PeerName, listed};

const FLAG: &str = "--router-address";

pub fn propose(
    ground: &Ground,
    existing: &Existing,
    given: &Given,
    families: &BTreeSet<Version>,
    name: &str,
) -> Result<Vec<Peer>, Question> {
    let known = kept(existing);
    if !given.router_addresses.is_empty() {
        let mut addresses: Vec<Entry<IpAddr>> =
            given.router_addresses.iter().map(|address| Entry::given(*address, FLAG)).collect();
        // One family's address says nothing of the other's.
        let others = families.iter().filter(|version| {
            known.is_empty() && !given.router_addresses.iter().any(|address| Version::of(*address) == **version)
        });
        addresses.extend(others.filter_map(|version| on_the_nodes_link(ground, *version)));
        addresses.sort_by_key(|address| address.value.is_ipv6());
        let several = addresses.len() > 1;
        let peer = |address: Entry<IpAddr>| {
            let same = known.iter().find(|peer| peer.address.value == address.value).map(|peer| peer.name.clone());
            Peer { name: same.unwrap_or_else(|| named(name, Version::of(address.value), several)), address }
        };
        return Ok(unlike(addresses.into_iter().map(peer).collect()));
    }
    // A config that is there is not changed.
    if !known.is_empty() || existing.peers().next().is_some() {
        return Ok(known);
    }
    families
        .iter()
        .map(|&version| {
            let address = on_the_nodes_link(ground, version).ok_or_else(|| question(ground, version))?;
            Ok(Peer { name: named(name, version, families.len() > 1), address })
        })
        .collect()
}

fn named(name: &str, version: Version, several: bool) -> PeerName {
    PeerName(if several && version == Version::V6 { format!("{name}-v6") } else { name.to_owned() })
}

/// Peers of one instance are told apart by their names.
fn unlike(mut peers: Vec<Peer>) -> Vec<Peer> {
    for at in 1..peers.len() {
        let (before, rest) = peers.split_at_mut(at);
        let is_taken = |name: &str| before.iter().any(|other| other.name.0 == name);
        let Some(peer) = rest.first_mut().filter(|peer| is_taken(&peer.name.0)) else { continue };
        let mut names = (2..).map(|number| format!("{}-{number}", peer.name.0));
        peer.name = PeerName(names.find(|name| !is_taken(name)).unwrap_or_default());
    }
    peers
}

fn kept(existing: &Existing) -> Vec<Peer> {
    let peers = existing.peers().filter_map(|peer| {
        let address = peer.peer_address.as_ref()?.parse().ok()?;
        Some(Peer { name: PeerName(peer.name.clone()), address: Entry::kept(address, existing.config_has_it()) })
    });
    let neighbors = existing.neighbors().zip(existing.policy).filter_map(|(neighbor, policy)| {
        let address = neighbor.peer_address.as_ref()?.split('/').next()?;
        Some(Peer { name: PeerName(address.to_owned()), address: Entry::kept(address.parse().ok()?, policy.has_it()) })
    });
    peers.chain(neighbors).collect()
}

/// The router's address in the network that has the most nodes: their gateway's.
fn on_the_nodes_link(ground: &Ground, version: Version) -> Option<Entry<IpAddr>> {
    let nodes = ground.nodes();
    let links = ground.links().filter(|(_, interface, net)| Version::of(net.addr()) == version && interface.is_up());
    let with_nodes = links.map(|(router, interface, net)| {
        let on_it = nodes.iter().filter(|node| node.addresses.iter().any(|address| net.contains(address)));
        (router, interface, net, on_it.map(|node| node.name).collect::<Vec<_>>())
    });
    let (router, interface, net, on_it) =
        with_nodes.filter(|(.., on_it)| !on_it.is_empty()).max_by_key(|(.., on_it)| on_it.len())?;
    let why = format!("the address of {} on {}, the network of {}", router.name, interface.name, listed(on_it));
    Some(Entry::proposed(net.addr(), why))
}

fn question(ground: &Ground, version: Version) -> Question {
    let family = family(version);
    let first = ground.routers().next();
    let why = match first {
        Some(router) => format!("{} has no {family} address in a network of the nodes", router.name),
        None => "no router was read that has it".to_owned(),
    };
    let gateway = ground.nodes().iter().flat_map(|node| &node.addresses).find_map(|address| match address {
        // The first address of a /24 is the usual one.
        IpAddr::V4(address) => Some(Ipv4Addr::from((u32::from(*address) & !0xff) + 1).to_string()),
        IpAddr::V6(_) => None,
    });
    Question {
        flag: FLAG,
        what: format!("the router's {family} address that the nodes dial"),
        why,
        default: gateway.filter(|_| version == Version::V4 && first.is_none()),
    }
}

pub fn family(version: Version) -> &'static str {
    match version {
        Version::V4 => "IPv4",
        Version::V6 => "IPv6",
    }
}
