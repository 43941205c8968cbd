//! The routes as a table and as a `RouteList`; docs/json.md is the contract.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

use super::table::{Cell, Table, Tone};
use super::{End, Output, humanize};
use crate::cilium::attributes::Attributes;
use crate::topology::names::{InstanceName, NeighborName, NodeName, PeerName};
use crate::topology::router::tables::{KernelNextHop, KernelRoute};
use crate::topology::routes::{Route, RouteKind, RoutePath, SessionIndex, status};
use crate::topology::service::{Policy, ServiceRef};
use crate::topology::session::Source;
use crate::topology::{Known, Topology};

/// The routes that were asked for.
pub struct Routes<'a> {
    pub topology: &'a Topology,
    pub routes: Vec<&'a Route>,
    /// Other types than Services' addresses are shown too.
    pub all_types: bool,
}

const COUNTS: [&str; 5] = ["EXPECTED", "ACCEPTED", "BEST", "FIB", "STATUS"];
const WIDE: [&str; 7] = ["PREFIX", "NEXT-HOPS", "INTERFACE", "WEIGHT", "AS-PATH", "COMMUNITIES", "AGE"];

impl Output for Routes<'_> {
    const KIND: &'static str = "RouteList";
    type Item = Item;

    fn table(&self) -> Table {
        let routers: BTreeSet<_> = self.routes.iter().filter_map(|route| route.router.as_deref()).collect();
        // A column that would say the same on every row is for -o wide.
        let extra = [("ROUTER", routers.len() > 1), ("TYPE", self.all_types)];
        let shown = |wanted: bool| extra.iter().filter(move |(_, shown)| *shown == wanted).map(|(header, _)| *header);
        let columns: Vec<&str> = ["NAMESPACE", "SERVICE", "VIP", "POLICY"].into_iter().chain(shown(true)).chain(COUNTS).collect();
        let wide: Vec<&str> = shown(false).chain(WIDE).collect();
        let mut table = Table::new(&columns, &wide);
        for route in &self.routes {
            table.push(self.row(route, extra.map(|(_, shown)| shown)));
        }
        table
    }

    fn items(&self) -> Vec<Item> {
        self.routes.iter().map(|route| Item::of(route, self.topology)).collect()
    }

    fn names(&self) -> Vec<Vec<String>> {
        let name = |service: &ServiceRef| format!("service/{}", service.name);
        self.routes.iter().map(|route| route.services.value().into_iter().flatten().map(name).collect()).collect()
    }
}

impl Routes<'_> {
    fn row(&self, route: &Route, [router_is_shown, type_is_shown]: [bool; 2]) -> Vec<Cell> {
        let router = || Cell::optional(route.router.as_deref());
        let kind = || Cell::plain(kind(route.kind));
        let count = |known: &Known<usize>| Cell::known(known, |count| Cell::plain(count));
        let mut row = vec![
            services(route, |service| service.namespace.clone()),
            services(route, |service| service.name.clone()),
            match (route.vip, route.prefix) {
                (Some(vip), _) => Cell::plain(vip),
                (None, Some(prefix)) => Cell::plain(prefix),
                (None, None) => Cell::toned("<pending>", Tone::Faint),
            },
            services(route, |service| service.policy.to_string()),
        ];
        row.extend(router_is_shown.then(router));
        row.extend(type_is_shown.then(kind));
        row.extend([
            count(&route.expected_nodes()),
            count(&route.accepted()),
            count(&route.best()),
            count(&route.fib()),
            match (&route.status.phrase, route.status.healthy) {
                (None, _) => Cell::unknown(),
                (Some(phrase), Some(true)) => Cell::toned(phrase, Tone::Good),
                (Some(phrase), Some(false)) => Cell::toned(phrase, Tone::Bad),
                (Some(phrase), None) => Cell::plain(phrase),
            },
        ]);
        row.extend((!router_is_shown).then(router));
        row.extend((!type_is_shown).then(kind));
        row.extend(wide(route));
        row
    }
}

/// One value, or the different ones of several Services.
fn services(route: &Route, value: impl Fn(&ServiceRef) -> String) -> Cell {
    Cell::known(&route.services, |services| {
        let mut seen = BTreeSet::new();
        let values = services.iter().map(value).filter(|value| seen.insert(value.clone()));
        Cell::plain(values.collect::<Vec<_>>().join(","))
    })
}

fn wide(route: &Route) -> [Cell; 7] {
    let hops = |value: &dyn Fn(&KernelNextHop) -> Option<String>| {
        Cell::known(&route.kernel, |kernel| {
            distinct(kernel.next_hops.iter().filter(|hop| hop.alive).filter_map(value))
        })
    };
    let used = |value: &dyn Fn(&RoutePath) -> Option<String>| {
        Cell::known(&route.paths, |paths| distinct(paths.iter().filter(|path| path.path.is_used()).filter_map(value)))
    };
    let text = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    [
        Cell::optional(route.prefix),
        hops(&|hop| {
            let address = hop.address?;
            Some(node_at(route, address).map_or_else(|| address.to_string(), ToString::to_string))
        }),
        hops(&|hop| hop.interface.clone()),
        hops(&|hop| hop.weight.map(|weight| weight.to_string())),
        used(&|path| text(&path.path.as_path)),
        Cell::known(&route.paths, |paths| match paths.iter().any(|path| path.communities.is_some()) {
            false if paths.iter().any(|path| path.path.is_used()) => Cell::unknown(),
            _ => distinct(paths.iter().filter(|path| path.path.is_used()).flat_map(|path| path.communities.clone().unwrap_or_default())),
        }),
        Cell::known(&route.rib, |rib| {
            Cell::optional(rib.uptime_seconds.map(|seconds| humanize::duration(i64::try_from(seconds).unwrap_or(i64::MAX))))
        }),
    ]
}

/// The different values, sorted.
fn distinct(values: impl Iterator<Item = String>) -> Cell {
    let values: BTreeSet<String> = values.collect();
    Cell::optional((!values.is_empty()).then(|| values.into_iter().collect::<Vec<_>>().join(",")))
}

fn kind(kind: RouteKind) -> String {
    match kind {
        RouteKind::Address(kind) => kind.to_string(),
        RouteKind::Unowned => "Unowned".to_owned(),
    }
}

/// The node whose path has the next hop.
fn node_at(route: &Route, address: IpAddr) -> Option<&NodeName> {
    let paths = route.paths.value().into_iter().flatten();
    paths.filter(|path| path.path.next_hops.contains(&address)).find_map(|path| path.node.as_ref())
}

/// One item of a `RouteList`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    vip: Option<IpAddr>,
    prefix: Option<IpNet>,
    #[serde(rename = "type")]
    kind: String,
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
    fn of(route: &Route, topology: &Topology) -> Self {
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
        let service = |service: &ServiceRef| Service {
            namespace: service.namespace.clone(),
            name: service.name.clone(),
            policy: service.policy,
        };
        Self {
            vip: route.vip,
            prefix: route.prefix,
            kind: kind(route.kind),
            services: route.services.value().into_iter().flatten().map(service).collect(),
            router: route.router.as_deref().map(str::to_owned),
            status: route.status.phrase.clone(),
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
                Some(false) => Some(route.obstacle.as_ref().map_or_else(
                    || "no object asks this node to advertise it".to_owned(),
                    ToString::to_string,
                )),
                None => route.expected.why_unknown().map(str::to_owned),
            },
            advertised: topology.evidence.advertises(index, &prefix),
            attributes: topology.evidence.attributes(index, &prefix).cloned(),
            received: topology.evidence.receives(index, &prefix),
            accepted: route.accepted().value().map(|_| path.is_some()),
            best: route.best().value().map(|_| path.is_some_and(|path| path.path.is_used())),
            installed: route.fib().value().map(|_| {
                path.is_some_and(|path| route.kernel.value().is_some_and(|kernel| status::is_installed(path, kernel)))
            }),
        }
    };
    all.into_iter().map(node).collect()
}
