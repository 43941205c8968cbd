//! What the hops of a route look at.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::cilium::service::Service;
use crate::topology::Topology;
use crate::topology::cluster::Cluster;
use crate::topology::names::{NodeName, listed_up_to};
use crate::topology::router::Router;
use crate::topology::router::tables::Tables;
use crate::topology::routes::fault::Lost;
use crate::topology::routes::status::lost_sessions;
use crate::topology::routes::{Route, RouteKind, RoutePath, SessionIndex, Speakers};
use crate::topology::service::AddressKind;
use crate::topology::session::{Session, Source};

/// How many names a proof has.
const NAMED: usize = 5;

pub struct View<'a> {
    pub topology: &'a Topology,
    pub route: &'a Route,
    /// The router that the route is about, and its position.
    pub router: Option<(usize, &'a Router)>,
    /// The Services that have the address.
    pub services: Vec<&'a Service>,
    /// What became of what each expected node should say.
    pub fates: BTreeMap<&'a NodeName, Fate>,
}

/// What the router has from a node that should advertise the prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    Accepted,
    /// Its session is down; a graceful restart keeps the path.
    Stale,
    Lost(Lost, SessionIndex),
}

impl<'a> View<'a> {
    pub fn of(topology: &'a Topology, route: &'a Route) -> Self {
        let routers = topology.routers.iter().flatten().enumerate();
        let all = topology.services.as_ref().and_then(|services| services.services.value());
        let references = route.services.value().map_or(&[][..], Vec::as_slice);
        let has_address = |service: &&Service| {
            let metadata = &service.metadata;
            references.iter().any(|one| one.namespace == metadata.namespace && one.name == metadata.name)
        };
        let mut view = Self {
            topology,
            route,
            router: routers.into_iter().find(|(_, router)| Some(router.name.as_str()) == route.router.as_deref()),
            services: all.into_iter().flatten().filter(has_address).collect(),
            fates: BTreeMap::new(),
        };
        view.fates = view.fates();
        view
    }

    /// The router was made to connect to the address.
    pub fn is_probed(&self) -> bool {
        let probed = self.router.and_then(|(_, router)| self.topology.probed.routers.get(&router.name));
        probed.is_some_and(|probed| probed.connects.keys().any(|to| Some(to.ip()) == self.route.vip))
    }

    fn fates(&self) -> BTreeMap<&'a NodeName, Fate> {
        let (Some(expected), Some(paths)) = (self.expected(), self.route.paths.value()) else { return BTreeMap::new() };
        let mut fates: BTreeMap<&NodeName, Fate> = BTreeMap::new();
        let lost = lost_sessions(self.route, expected, paths, &self.topology.sessions, &self.topology.evidence);
        for (reason, index) in lost {
            let Some(node) = self.topology.sessions[index].node.value() else { continue };
            // Of several sessions of a node, one that is up tells more.
            let is_down = |fate: Option<&Fate>| fate.is_none_or(|fate| matches!(fate, Fate::Lost(Lost::Down(_), _)));
            if is_down(fates.get(node)) {
                fates.insert(node, Fate::Lost(reason, index));
            }
        }
        for node in expected.sessions.iter().filter_map(|&index| self.topology.sessions[index].node.value()) {
            let mut of_node = paths.iter().filter(|path| path.node.as_ref() == Some(node)).peekable();
            if of_node.peek().is_some() {
                let stale = of_node.all(|path| path.path.stale);
                fates.insert(node, if stale { Fate::Stale } else { Fate::Accepted });
            }
        }
        fates
    }

    pub fn cluster(&self) -> Option<&'a Cluster> {
        self.topology.cluster.as_ref()
    }

    pub fn expected(&self) -> Option<&'a Speakers> {
        self.route.expected.value()
    }

    pub fn kind(&self) -> Option<AddressKind> {
        match self.route.kind {
            RouteKind::Address(kind) => Some(kind),
            RouteKind::Unowned => None,
        }
    }

    pub fn paths(&self) -> &'a [RoutePath] {
        self.route.paths.value().map_or(&[], Vec::as_slice)
    }

    /// The router's paths of nodes that should have them.
    pub fn is_expected(&self, path: &RoutePath) -> bool {
        path.session.zip(self.expected()).is_some_and(|(session, expected)| expected.contains(session))
    }

    fn tables(&self) -> Option<&'a Tables> {
        let ipv4 = self.route.prefix?.addr().is_ipv4();
        self.router.map(|(_, router)| if ipv4 { &router.ipv4 } else { &router.ipv6 })
    }

    pub fn paths_source(&self) -> Option<&'a Source> {
        self.tables()?.paths_source.as_ref()
    }

    /// The sessions of the cluster that end at the route's router.
    pub fn sessions(&self) -> impl Iterator<Item = (SessionIndex, &'a Session)> {
        let at = self.router.map(|(at, _)| at);
        let all = self.topology.sessions.iter().enumerate().filter(|(_, session)| session.key.value().is_some());
        all.filter(move |(_, session)| at.is_none() || session.ends_at == at)
    }

    /// The nodes whose fate is one of these, for a sentence; `None`: there are none.
    pub fn nodes(&self, is_one: impl Fn(&Fate) -> bool) -> Option<String> {
        let nodes: BTreeSet<&str> =
            self.fates.iter().filter(|(_, fate)| is_one(fate)).map(|(node, _)| node.0.as_str()).collect();
        (!nodes.is_empty()).then(|| listed(nodes))
    }

    /// The nodes of paths, and neighbors that no node is.
    pub fn sources<'p>(&self, paths: impl IntoIterator<Item = &'p RoutePath>) -> String {
        listed(paths.into_iter().map(source))
    }

    /// The node that forwards at this address, else the address.
    pub fn at(&self, address: IpAddr) -> String {
        let mut paths = self.paths().iter().filter(|path| path.path.next_hops.contains(&address));
        paths.find_map(|path| path.node.as_ref()).map_or_else(|| address.to_string(), ToString::to_string)
    }
}

/// Names for a proof.
pub fn listed<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    listed_up_to(NAMED, names)
}

fn source(path: &RoutePath) -> String {
    path.node.as_ref().map_or_else(|| path.path.neighbor.to_string(), ToString::to_string)
}
