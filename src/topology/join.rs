//! Joins the sessions that the cluster asks for with the neighbors that the routers have.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::cluster::{Agent, AskedAgents, Cluster, Wanted};
use super::known::Known;
use super::names::{NeighborName, NodeName};
use super::router::{Router, RouterNeighbor};
use super::session::{ClusterEnd, RouterEnd, Session};
use crate::frr::config::bgp::BgpInstance;

/// A neighbor's place: router and position.
type Place = (usize, usize);

/// The neighbors of all routers by address.
type ByAddress<'a> = HashMap<IpAddr, Vec<(Place, &'a RouterNeighbor)>>;

/// Every session of the cluster, in the order of `wanted`, then every neighbor that none of them is.
pub fn sessions(
    cluster: Option<&Cluster>,
    wanted: Vec<Wanted>,
    asked: &AskedAgents,
    routers: Option<&[Router]>,
) -> Vec<Session> {
    let taken = routers.map(|routers| assign(&wanted, routers)).unwrap_or_default();
    let joined = wanted.into_iter().zip(taken.iter().copied().chain(std::iter::repeat(None))).map(|(wanted, place)| {
        let router = match routers {
            None => Known::unknown("the router was not asked"),
            Some(routers) => router_end(&wanted, routers, place),
        };
        let first_serving = || serving(&wanted, routers.unwrap_or_default()).next().map(|(index, _)| index);
        Session {
            ends_at: place.map(|(index, _)| index).or_else(first_serving),
            node: Known::Seen(wanted.key.node.clone()),
            cluster: asked.say(&wanted).unwrap_or_else(|| believed(&wanted.reported, wanted.agent, &router)),
            key: Known::Seen(wanted.key),
            peer_address: wanted.peer_address,
            local_asn: wanted.local_asn,
            peer_asn: wanted.peer_asn,
            dials_from: wanted.node_addresses,
            config: wanted.config,
            profile: Some(wanted.profile),
            router,
        }
    });
    let joined: Vec<Session> = joined.collect();
    let places: HashSet<Place> = taken.iter().copied().flatten().collect();
    let owners = cluster.map(|cluster| (cluster, cluster.nodes_by_address()));
    let owners = owners.as_ref().map(|(cluster, owners)| (*cluster, owners));
    let rest = routers.unwrap_or_default().iter().enumerate().flat_map(|(index, router)| neighbors(index, router));
    let rest = rest.filter(|(place, _)| !places.contains(place));
    joined.into_iter().chain(rest.map(|((index, _), neighbor)| router_only(owners, index, neighbor))).collect()
}

fn neighbors(index: usize, router: &Router) -> impl Iterator<Item = (Place, &RouterNeighbor)> {
    let neighbors = router.neighbors.value().into_iter().flatten().enumerate();
    neighbors.map(move |(position, neighbor)| ((index, position), neighbor))
}

/// Gives each session at most one neighbor and each neighbor to at most one session. Sessions whose ASNs fit choose
/// first: two instances of a node may dial from one address.
fn assign(wanted: &[Wanted], routers: &[Router]) -> Vec<Option<Place>> {
    let mut by_address = ByAddress::new();
    for (place, neighbor) in routers.iter().enumerate().flat_map(|(index, router)| neighbors(index, router)) {
        if let NeighborName::Address(address) = neighbor.end.neighbor {
            by_address.entry(address).or_default().push((place, neighbor));
        }
    }
    let mut taken: Vec<Option<Place>> = vec![None; wanted.len()];
    let choose = |taken: &mut Vec<Option<Place>>, asns_must_fit: bool| {
        let mut gone: HashSet<Place> = taken.iter().copied().flatten().collect();
        for (session, slot) in wanted.iter().zip(taken.iter_mut()).filter(|(_, slot)| slot.is_none()) {
            *slot = candidates(session, routers, &by_address)
                .find(|(place, neighbor)| !gone.contains(place) && (!asns_must_fit || asns_fit(session, neighbor)))
                .map(|(place, _)| place);
            gone.extend(*slot);
        }
    };
    choose(&mut taken, true);
    choose(&mut taken, false);
    taken
}

/// Neighbors that have an address of the session's node, its likeliest address and the default VRF first.
fn candidates<'a>(
    session: &Wanted,
    routers: &[Router],
    by_address: &ByAddress<'a>,
) -> impl Iterator<Item = (Place, &'a RouterNeighbor)> {
    let addresses = session.node_addresses.value().map_or(&[][..], Vec::as_slice);
    let at: HashSet<usize> = serving(session, routers).map(|(index, _)| index).collect();
    let of_address = |address: &IpAddr| by_address.get(address).map_or(&[][..], Vec::as_slice).iter().copied();
    let mut found: Vec<_> = addresses
        .iter()
        .enumerate()
        .flat_map(|(rank, address)| of_address(address).map(move |(place, neighbor)| (rank, place, neighbor)))
        .filter(|(_, (router, _), _)| at.contains(router))
        .collect();
    found.sort_by_key(|(rank, place, neighbor)| (*rank, !neighbor.end.vrf.is_default(), *place));
    found.into_iter().map(|(_, place, neighbor)| (place, neighbor))
}

fn asns_fit(session: &Wanted, neighbor: &RouterNeighbor) -> bool {
    let fits = |wanted: Option<u32>, seen: Option<u32>| {
        wanted.zip(seen).is_none_or(|(wanted, seen)| wanted == 0 || wanted == seen)
    };
    fits(session.local_asn.value().map(|asn| asn.0), neighbor.remote_asn.map(|asn| asn.0))
        && fits(session.peer_asn.value().map(|asn| asn.0), neighbor.local_asn.map(|asn| asn.0))
}

/// The routers where a session may end.
fn serving<'a>(session: &Wanted, routers: &'a [Router]) -> impl Iterator<Item = (usize, &'a Router)> {
    let address = session.peer_address.value().copied();
    let peer = session.key.peer.0.clone();
    routers.iter().enumerate().filter(move |(_, router)| router.serves(&peer, address))
}

fn router_end(session: &Wanted, routers: &[Router], place: Option<Place>) -> Known<RouterEnd> {
    if let Some((index, position)) = place {
        let neighbors = routers[index].neighbors.value();
        if let Some(neighbor) = neighbors.and_then(|neighbors| neighbors.get(position)) {
            return Known::Seen(neighbor.end.clone());
        }
    }
    let serving: Vec<&Router> = serving(session, routers).map(|(_, router)| router).collect();
    for router in &serving {
        if let Known::Unknown(why) = &router.neighbors {
            return Known::unknown(why);
        }
    }
    let reading: Vec<&Router> = serving.iter().copied().filter(|router| router.neighbors.value().is_some()).collect();
    let Some(router) = reading.first() else {
        return match (serving.first().map(|router| &router.neighbors), session.peer_address.value()) {
            (Some(Known::Absent(why)), _) => Known::absent(why),
            (_, Some(address)) => Known::unknown(format!("no router that was read has {address}")),
            (_, None) => Known::unknown("no router that was read is known to be the peer"),
        };
    };
    let addresses = match session.node_addresses.value().map(Vec::as_slice) {
        None => return Known::unknown("the node's address is not known"),
        Some([]) => return Known::absent("the node has no address of the peer's family"),
        Some(addresses) => addresses,
    };
    let odd = reading.iter().flat_map(|router| &router.odd);
    let mut of_node = odd.filter(|(name, _)| addresses.iter().any(|address| **name == NeighborName::Address(*address)));
    if let Some((_, why)) = of_node.next() {
        return Known::unknown(why);
    }
    let instances = reading.iter().filter_map(|router| router.config.value()).flat_map(|config| &config.instances);
    let expected = instances.flat_map(|instance| {
        addresses.iter().filter_map(move |address| Some((instance, instance.listens_for(*address)?, address)))
    });
    match expected.into_iter().next() {
        Some((BgpInstance { vrf, .. }, listening, address)) => {
            let of = vrf.as_ref().map(|vrf| format!(" of VRF {vrf}")).unwrap_or_default();
            Known::absent(format!("{address} is in the listen range {}{of} and not connected", listening.range))
        }
        None => Known::absent(format!("{} has no neighbor {}", router.name, addresses[0])),
    }
}

/// A node's status is its agent's last word: a dead agent leaves `established` behind. It is believed if the router
/// agrees, or if the router does not know and the agent's pod is ready.
fn believed(reported: &Known<ClusterEnd>, agent: Agent, router: &Known<RouterEnd>) -> Known<ClusterEnd> {
    let Some(status) = reported.value() else { return reported.clone() };
    let doubt = |because: String| Known::unknown(format!("the node's status says {}, but {because}", status.state));
    match (router, agent) {
        (Known::Seen(end), _) if status.established && end.established => reported.clone(),
        (Known::Seen(end), _) if status.established != end.established => {
            doubt(format!("the router says {}", end.state))
        }
        (Known::Absent(why), _) if status.established => doubt(why.clone()),
        (_, Agent::NotReady) => doubt("the node's agent is not ready".to_owned()),
        (_, Agent::Unknown) if status.established => {
            doubt("neither the router nor the agent's pod confirms it".to_owned())
        }
        (_, Agent::Ready | Agent::Unknown) => reported.clone(),
    }
}

/// A neighbor that no session of the cluster is.
fn router_only(
    owners: Option<(&Cluster, &Known<HashMap<IpAddr, NodeName>>)>,
    ends_at: usize,
    neighbor: &RouterNeighbor,
) -> Session {
    let node = match (owners, &neighbor.end.neighbor) {
        (None, _) => Known::unknown("the cluster was not asked"),
        (Some((cluster, owners)), NeighborName::Address(address)) => {
            owners.and_then(|owners| match owners.get(address) {
                Some(node) => Known::Seen(node.clone()),
                None if !cluster.is_complete() => Known::unknown("not every object could be read"),
                None => Known::absent(format!("no node has the address {address}")),
            })
        }
        (Some(_), NeighborName::Interface(_)) => {
            Known::unknown("an unnumbered neighbor has no address to find its node by")
        }
    };
    let asn =
        |asn: Option<super::names::Asn>| asn.map_or_else(|| Known::absent("the router does not say"), Known::Seen);
    let cluster_end = match &node {
        Known::Unknown(why) => Known::unknown(why),
        Known::Absent(why) => Known::absent(why),
        Known::Seen(node) | Known::Computed(node) => {
            Known::absent(format!("the cluster does not ask {node} to peer here"))
        }
    };
    Session {
        ends_at: Some(ends_at),
        key: match owners.filter(|(cluster, _)| cluster.knows_sessions()) {
            Some(_) => Known::absent("only the router knows this session"),
            None => Known::unknown("the cluster was not read"),
        },
        peer_address: Known::absent("only the router knows this session"),
        local_asn: asn(neighbor.remote_asn),
        peer_asn: asn(neighbor.local_asn),
        dials_from: Known::absent("only the router knows this session"),
        config: Known::absent("only the router knows this session"),
        profile: None,
        cluster: cluster_end,
        router: Known::Seen(neighbor.end.clone()),
        node,
    }
}
