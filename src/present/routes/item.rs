//! The routes as a `RouteList`; docs/json.md is the contract.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::rc::Rc;

use ipnet::IpNet;
use serde::Serialize;

use super::{kind, node_at};
use crate::cilium::attributes::Attributes;
use crate::present::End;
use crate::topology::Topology;
use crate::topology::names::{InstanceName, NeighborName, NodeName, PeerName};
use crate::topology::router::tables::KernelRoute;
use crate::topology::routes::{Route, RoutePath, SessionIndex, status};
use crate::topology::service::{Policy, ServiceRef};
use crate::topology::session::Source;

/// One item of a `RouteList`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    vip: Option<IpAddr>,
    prefix: Option<IpNet>,
    #[serde(rename = "type")]
    kind: Option<String>,
    services: Vec<Service>,
    router: Option<String>,
    status: Option<String>,
    healthy: Option<bool>,
    expected: Option<usize>,
    accepted: Option<usize>,
    best: Option<usize>,
    fib: Option<usize>,
    nodes: Vec<Node>,
    paths: Vec<Path>,
    kernel: End<Kernel>,
}

#[derive(Serialize)]
struct Service {
    namespace: String,
    name: String,
    policy: Policy,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    node: Option<NodeName>,
    instance: Option<InstanceName>,
    peer: Option<PeerName>,
    neighbor: Option<NeighborName>,
    expected: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    advertised: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Attributes>,
    received: Option<bool>,
    accepted: Option<bool>,
    best: Option<bool>,
    installed: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Path {
    neighbor: NeighborName,
    node: Option<NodeName>,
    valid: bool,
    best: bool,
    multipath: bool,
    stale: bool,
    as_path: String,
    origin: String,
    metric: Option<u32>,
    local_preference: Option<u32>,
    weight: Option<u32>,
    communities: Option<Vec<String>>,
    next_hops: Vec<NextHop>,
}

#[derive(Serialize)]
struct NextHop {
    address: Option<IpAddr>,
    node: Option<NodeName>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Kernel {
    protocol: String,
    metric: u32,
    next_hops: Vec<InstalledNextHop>,
    uptime_seconds: Option<u64>,
    #[serde(flatten)]
    source: Option<Source>,
}

#[derive(Serialize)]
struct InstalledNextHop {
    #[serde(flatten)]
    next_hop: NextHop,
    interface: Option<String>,
    weight: Option<u32>,
    alive: bool,
}

impl Item {
    pub(super) fn of(route: &Route, topology: &Topology) -> Self {
        let next_hop = |address: Option<IpAddr>| NextHop {
            address,
            node: address.and_then(|address| node_at(route, address)).cloned(),
        };
        let kernel = |kernel: &KernelRoute| Kernel {
            protocol: kernel.protocol.clone(),
            metric: kernel.metric,
            next_hops: kernel
                .next_hops
                .iter()
                .map(|hop| InstalledNextHop {
                    next_hop: next_hop(hop.address),
                    interface: hop.interface.clone(),
                    weight: hop.weight,
                    alive: hop.alive,
                })
                .collect(),
            uptime_seconds: route.rib.value().and_then(|rib| rib.uptime_seconds),
            source: route.kernel_source.clone(),
        };
        let path = |path: &RoutePath| Path {
            neighbor: path.path.neighbor.clone(),
            node: path.node.clone(),
            valid: path.path.valid,
            best: path.path.best,
            multipath: path.path.multipath,
            stale: path.path.stale,
            as_path: path.path.as_path.clone(),
            origin: path.path.origin.clone(),
            metric: path.path.metric,
            local_preference: path.path.local_preference,
            weight: path.path.weight,
            communities: path.communities.clone(),
            next_hops: path.path.next_hops.iter().map(|&address| next_hop(Some(address))).collect(),
        };
        let service = |service: &Rc<ServiceRef>| Service {
            namespace: service.namespace.clone(),
            name: service.name.clone(),
            policy: service.policy,
        };
        Self {
            vip: route.vip,
            prefix: route.prefix,
            kind: kind(route),
            services: route.services.value().into_iter().flatten().map(service).collect(),
            router: route.router.as_deref().map(str::to_owned),
            status: route.status.phrase(),
            healthy: route.status.healthy,
            expected: route.expected_nodes().value().copied(),
            accepted: route.accepted().value().copied(),
            best: route.best().value().copied(),
            fib: route.fib().value().copied(),
            nodes: nodes(route, topology),
            paths: route.paths.value().into_iter().flatten().map(path).collect(),
            kernel: End::of(&route.kernel, kernel),
        }
    }
}

/// Every session that should carry the prefix, or has a path, or says that it advertises it.
fn nodes(route: &Route, topology: &Topology) -> Vec<Node> {
    let Some(prefix) = route.prefix else { return Vec::new() };
    let mut paths: BTreeMap<SessionIndex, &RoutePath> = BTreeMap::new();
    for path in route.paths.value().into_iter().flatten() {
        paths.extend(path.session.map(|session| (session, path)));
    }
    let expected = route.expected.value();
    let mut all: BTreeSet<SessionIndex> = paths.keys().copied().collect();
    all.extend(expected.into_iter().flat_map(|speakers| speakers.sessions.iter().copied()));
    all.extend(topology.evidence.advertising(&prefix).filter(|&session| {
        topology.sessions[session].router.value().map(|end| end.router.as_str()) == route.router.as_deref()
    }));
    let node = |index: SessionIndex| {
        let session = &topology.sessions[index];
        let path = paths.get(&index);
        let is_expected = expected.map(|speakers| speakers.contains(index));
        Node {
            node: session.node.value().cloned(),
            instance: session.key.value().map(|key| key.instance.clone()),
            peer: session.key.value().map(|key| key.peer.clone()),
            neighbor: session.router.value().map(|end| end.neighbor.clone()),
            expected: is_expected,
            why: match is_expected {
                Some(true) => None,
                Some(false) => Some(
                    route.obstacle.as_ref().map_or_else(|| "no object asks for it".to_owned(), ToString::to_string),
                ),
                None => route.expected.why_unknown().map(str::to_owned),
            },
            advertised: topology.evidence.advertises(index, &prefix),
            attributes: topology.evidence.attributes(index, &prefix).cloned(),
            received: topology.evidence.receives(index, &prefix),
            accepted: route.accepted().value().map(|_| path.is_some()),
            best: route.best().value().map(|_| path.is_some_and(|path| path.path.is_used())),
            installed: route.accepted().value().and(route.fib().value()).map(|_| {
                path.is_some_and(|path| route.kernel.value().is_some_and(|kernel| status::is_installed(path, kernel)))
            }),
        }
    };
    all.into_iter().map(node).collect()
}
