//! What the word of `why` names.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::cilium::service::Service;
use crate::cli::GlobalFlags;
use crate::commands::wanted::{self, Wanted};
use crate::error::{Error, Result};
use crate::snapshot::Questions;
use crate::topology::names::{NeighborName, NodeName};
use crate::topology::routes::{Route, SessionIndex};
use crate::topology::{Session, Topology};
use crate::trace::{self, Trace};

/// More stories than these are a list.
const STORIES: usize = 4;

pub enum Subjects {
    /// Positions of routes.
    Routes(Vec<usize>),
    /// All routes of a prefix that has several VIPs.
    List(Vec<usize>),
    Sessions(Vec<SessionIndex>),
    /// A node that peers with nobody.
    Node(NodeName),
    /// A Service without a route, by namespace and name.
    Service(String, String),
}

impl Subjects {
    pub fn of(word: &str, topology: &Topology, flags: &GlobalFlags) -> Result<Self> {
        let after = |kinds: &[&str]| kinds.iter().find_map(|kind| word.strip_prefix(kind));
        let by_address = |name: &str| Self::address(name.parse::<IpAddr>().ok()?.into(), topology);
        if let Some(name) = after(&["node/", "nodes/", "no/", "ciliumnode/", "ciliumnodes/"]) {
            let node = Self::node(name, topology).or_else(|| by_address(name));
            return node.ok_or_else(|| wanted::no_node(name));
        }
        if let Some(name) = after(&["peer/", "peers/"]) {
            let peer = Self::peer(name, topology).or_else(|| by_address(name));
            return peer.ok_or_else(|| Error::failure(format!("no session has a peer \"{name}\"")));
        }
        let namespace = flags.kube.one_namespace();
        let wanted = Wanted::parse(word);
        let is_wanted = |route: &Route| match &wanted {
            Wanted::Prefix(_) => wanted.is(route),
            Wanted::Service(..) => wanted.is(route) && wanted::is_in(route, wanted.namespace(namespace)),
        };
        let routes = topology.routes.iter().enumerate().filter(|(_, route)| is_wanted(route));
        let routes: Vec<usize> = routes.map(|(at, _)| at).collect();
        if !routes.is_empty() {
            let vips: BTreeSet<_> =
                routes.iter().map(|&at| (topology.routes[at].vip, topology.routes[at].prefix)).collect();
            let is_list = matches!(wanted, Wanted::Prefix(_)) && vips.len() > 1;
            return Ok(if is_list { Self::List(routes) } else { Self::Routes(routes) });
        }
        let other = match &wanted {
            Wanted::Prefix(prefix) => Self::address(*prefix, topology),
            Wanted::Service(Some(namespace), name) => Self::service(Some(namespace), name, topology),
            Wanted::Service(None, name) => Self::service(namespace, name, topology)
                .or_else(|| Self::node(name, topology))
                .or_else(|| Self::peer(name, topology)),
        };
        other.ok_or_else(|| wanted::not_found(word, topology, namespace, nodes_and_peers(topology)))
    }

    fn service(namespace: Option<&str>, name: &str, topology: &Topology) -> Option<Self> {
        let namespace = topology.service_namespace(namespace, name)?;
        Some(Self::Service(namespace.to_owned(), name.to_owned()))
    }

    fn node(name: &str, topology: &Topology) -> Option<Self> {
        let name = NodeName(name.to_owned());
        let is_known = || topology.nodes.value().is_some_and(|nodes| nodes.contains_key(&name));
        Self::sessions(topology, |session| session.node.value() == Some(&name))
            .or_else(|| is_known().then(|| Self::Node(name.clone())))
    }

    fn peer(name: &str, topology: &Topology) -> Option<Self> {
        Self::sessions(topology, |session| session.key.value().is_some_and(|key| key.peer.0 == name))
    }

    /// An address of a session's ends.
    fn address(prefix: IpNet, topology: &Topology) -> Option<Self> {
        if prefix.prefix_len() != prefix.max_prefix_len() {
            return None;
        }
        let address = prefix.addr();
        Self::sessions(topology, |session| {
            let neighbor = session.router.value().map(|end| &end.neighbor);
            session.dials_from.value().is_some_and(|from| from.contains(&address))
                || session.peer_address.value() == Some(&address)
                || neighbor == Some(&NeighborName::Address(address))
        })
    }

    fn sessions(topology: &Topology, is_one: impl Fn(&Session) -> bool) -> Option<Self> {
        let found = topology.sessions.iter().enumerate().filter(|(_, session)| is_one(session));
        let found: Vec<SessionIndex> = found.map(|(at, _)| at).collect();
        (!found.is_empty()).then_some(Self::Sessions(found))
    }

    /// What to probe of them, and of the sessions that should carry them.
    pub fn probes(&self, topology: &Topology) -> Questions {
        let sessions = |all: &[usize]| all.iter().map(|&at| &topology.sessions[at]).collect::<Vec<_>>();
        match self {
            Self::Routes(routes) | Self::List(routes) => {
                let routes: Vec<&Route> = routes.iter().map(|&at| &topology.routes[at]).collect();
                let expected = routes.iter().filter_map(|route| route.expected.value());
                let of_routes: Vec<usize> = expected.flat_map(|speakers| speakers.sessions.iter().copied()).collect();
                topology.probes(&sessions(&of_routes), &routes)
            }
            Self::Sessions(all) => topology.probes(&sessions(all), &[]),
            Self::Node(_) | Self::Service(..) => Questions::default(),
        }
    }

    /// What to ask further to tell of them.
    pub fn questions(&self, topology: &Topology, verify: bool) -> Questions {
        match self {
            Self::Routes(routes) | Self::List(routes) => {
                let routes: Vec<&Route> = routes.iter().map(|&at| &topology.routes[at]).collect();
                topology.questions_about_routes(&routes, verify)
            }
            Self::Sessions(sessions) => {
                topology.questions_about(sessions.iter().map(|&at| &topology.sessions[at]), verify)
            }
            Self::Node(_) | Self::Service(..) => Questions::default(),
        }
    }

    pub fn traces(&self, topology: &Topology) -> Vec<Trace> {
        match self {
            Self::Routes(routes) | Self::List(routes) => {
                routes.iter().filter_map(|&at| trace::of_route(topology, at)).collect()
            }
            Self::Sessions(sessions) => sessions.iter().filter_map(|&at| trace::of_session(topology, at)).collect(),
            Self::Node(node) => vec![trace::of_node(topology, node)],
            Self::Service(namespace, name) => {
                let services = topology.services.as_ref().and_then(|services| services.services.value());
                let is_it =
                    |service: &&Service| service.metadata.namespace == *namespace && service.metadata.name == *name;
                services.into_iter().flatten().filter(is_it).map(trace::of_service).collect()
            }
        }
    }

    /// They are told in a line each.
    pub fn are_many(&self) -> bool {
        match self {
            Self::List(_) => true,
            Self::Routes(all) | Self::Sessions(all) => all.len() > STORIES,
            Self::Node(_) | Self::Service(..) => false,
        }
    }
}

fn nodes_and_peers(topology: &Topology) -> impl Iterator<Item = String> {
    let nodes = topology.nodes.value().into_iter().flat_map(|nodes| nodes.keys().map(ToString::to_string));
    let peers = topology.sessions.iter().filter_map(|session| session.key.value().map(|key| key.peer.to_string()));
    nodes.chain(peers)
}
