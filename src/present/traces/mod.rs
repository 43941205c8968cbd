//! Traces: hop by hop for reading, and as `Trace` objects; docs/json.md is the contract.

pub mod text;

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

use super::findings::{self, Findings};
use super::table::{Cell, Table, Tone};
use super::{Alone, Output};
use crate::rules::finding::Evidence;
use crate::rules::{Finding, Subject};
use crate::topology::names::{InstanceName, NodeName, PeerName};
use crate::topology::routes::{Route, RouteKind};
use crate::topology::service::AddressKind;
use crate::topology::session::Session;
use crate::topology::{Known, Topology};
use crate::trace::{About, Hop, State, Trace};

/// A trace with the findings that belong to it.
pub struct Told<'a> {
    pub trace: Trace,
    pub findings: Vec<&'a Finding>,
}

/// What was asked about.
pub struct Traces<'a> {
    pub topology: &'a Topology,
    pub told: Vec<Told<'a>>,
}

/// One trace in machine formats.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    subject: String,
    services: Vec<String>,
    vip: Option<IpAddr>,
    prefix: Option<IpNet>,
    node: Option<NodeName>,
    instance: Option<InstanceName>,
    peer: Option<PeerName>,
    router: Option<String>,
    made_by: Option<String>,
    /// The first broken hop.
    broken: Option<&'static str>,
    hops: Vec<HopItem>,
    findings: Vec<findings::Item>,
}

#[derive(Serialize)]
struct HopItem {
    name: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    proofs: Vec<Evidence>,
}

impl Output for Traces<'_> {
    const KIND: &'static str = "TraceList";
    const ALONE: Alone = Alone::As("Trace");
    type Item = Item;

    fn table(&self) -> Table {
        let mut table = Table::new(&["SUBJECT", "ADDRESS", "BROKEN", "BECAUSE"], &["ROUTER"]);
        for told in &self.told {
            table.push(self.row(&told.trace));
        }
        table
    }

    fn items(&self) -> Vec<Item> {
        self.told.iter().map(|told| self.item(told)).collect()
    }

    fn names(&self) -> Vec<Vec<String>> {
        let service = |service: &String| format!("service/{}", service.rsplit('/').next().unwrap_or_default());
        let names = |told: &Told| {
            let session = self.session(&told.trace).and_then(|session| session.key.value());
            let node = session.map(|key| format!("ciliumbgpnodeconfig.cilium.io/{}", key.node));
            self.services(&told.trace).iter().map(service).chain(node).collect()
        };
        self.told.iter().map(names).collect()
    }
}

impl Traces<'_> {
    /// The route that a trace follows.
    pub fn route(&self, trace: &Trace) -> Option<&Route> {
        match trace.about {
            About::Route(at) => self.topology.routes.get(at),
            _ => None,
        }
    }

    fn session(&self, trace: &Trace) -> Option<&Session> {
        match trace.about {
            About::Session(at) => self.topology.sessions.get(at),
            _ => None,
        }
    }

    fn services(&self, trace: &Trace) -> Vec<String> {
        if let About::Service { namespace, name } = &trace.about {
            return vec![format!("{namespace}/{name}")];
        }
        let services = self.route(trace).and_then(|route| route.services.value()).into_iter().flatten();
        services.map(|service| format!("{}/{}", service.namespace, service.name)).collect()
    }

    /// `service home/grafana`, in the words of findings.
    fn subject(&self, trace: &Trace) -> String {
        if let About::Node(node) = &trace.about {
            return Subject::Node(node.clone()).to_string();
        }
        if let Some(session) = self.session(trace) {
            return match (&session.key, &session.router) {
                (Known::Seen(key) | Known::Computed(key), _) => Subject::Session(key.clone()).to_string(),
                (_, Known::Seen(end) | Known::Computed(end)) => {
                    Subject::Neighbor { router: end.router.clone(), neighbor: end.neighbor.clone() }.to_string()
                }
                _ => String::new(),
            };
        }
        let prefix = self.route(trace).and_then(|route| route.prefix);
        match (self.services(trace).as_slice(), prefix) {
            ([], prefix) => prefix.map(|prefix| Subject::Prefix(prefix).to_string()).unwrap_or_default(),
            ([name], _) => format!("service {name}"),
            (names, _) => format!("services {}", names.join(", ")),
        }
    }

    /// More of it for the headline.
    fn about(&self, trace: &Trace) -> Vec<String> {
        let router = self.router(trace).map(|router| format!("router {router}"));
        if let Some(session) = self.session(trace) {
            let address = session.peer_address.value().map(|address| format!("peer address {address}"));
            // What only the router knows is called after it.
            let router = router.filter(|_| session.key.value().is_some());
            return address.into_iter().chain(router).collect();
        }
        let Some(route) = self.route(trace) else { return Vec::new() };
        let vip = route.vip.map(|vip| match route.kind {
            RouteKind::Address(kind) if kind != AddressKind::LoadBalancerIP => format!("{kind} {vip}"),
            _ => format!("VIP {vip}"),
        });
        let is_aggregate = |prefix: &IpNet| route.vip.is_some_and(|vip| IpNet::from(vip) != *prefix);
        let aggregate = route.prefix.filter(is_aggregate).map(|prefix| format!("in {prefix}"));
        [vip, aggregate, router].into_iter().flatten().collect()
    }

    fn row(&self, trace: &Trace) -> Vec<Cell> {
        let (route, session) = (self.route(trace), self.session(trace));
        let vip = route.and_then(|route| route.vip.map(IpNet::from).or(route.prefix));
        let peer = session.and_then(|session| session.peer_address.value()).map(|address| IpNet::from(*address));
        let told = trace.hops.iter().find(|hop| hop.state != State::Ok);
        vec![
            Cell::plain(self.subject(trace)),
            Cell::optional(vip.or(peer).map(words)),
            match told {
                Some(hop) if hop.state == State::Broken => Cell::toned(hop.name, Tone::Bad),
                Some(hop) if hop.state != State::NotReached => Cell::unknown(),
                _ => Cell::none(),
            },
            Cell::optional(told.and_then(because)),
            Cell::optional(self.router(trace)),
        ]
    }

    fn item(&self, told: &Told) -> Item {
        let trace = &told.trace;
        let (route, session) = (self.route(trace), self.session(trace));
        let key = session.and_then(|session| session.key.value());
        let node = session.and_then(|session| session.node.value());
        Item {
            subject: self.subject(trace),
            services: self.services(trace),
            vip: route.and_then(|route| route.vip),
            prefix: route.and_then(|route| route.prefix),
            node: match &trace.about {
                About::Node(node) => Some(node.clone()),
                _ => node.cloned(),
            },
            instance: key.map(|key| key.instance.clone()),
            peer: key.map(|key| key.peer.clone()),
            router: self.router(trace),
            made_by: trace.made_by.as_ref().map(ToString::to_string),
            broken: trace.broken().map(|hop| hop.name),
            hops: trace.hops.iter().map(hop).collect(),
            findings: Findings(told.findings.clone()).items(),
        }
    }

    /// A node whose session keeps it from going on.
    fn down(&self, trace: &Trace) -> String {
        let mut nodes = trace.down.iter().filter_map(|&at| self.topology.sessions[at].node.value());
        nodes.next().map(ToString::to_string).unwrap_or_default()
    }

    /// The ssh target of the router that it is about.
    fn router(&self, trace: &Trace) -> Option<String> {
        let of_route = self.route(trace).and_then(|route| route.router.as_deref().map(str::to_owned));
        of_route.or_else(|| {
            let at = self.session(trace)?.ends_at?;
            Some(self.topology.routers.as_ref()?.get(at)?.name.clone())
        })
    }
}

/// A host without its length.
fn words(prefix: IpNet) -> String {
    if prefix.prefix_len() == prefix.max_prefix_len() { prefix.addr().to_string() } else { prefix.to_string() }
}

fn hop(hop: &Hop) -> HopItem {
    let (state, why) = match &hop.state {
        State::Ok => ("ok", None),
        State::Broken => ("broken", None),
        State::Unknown(why) => ("unknown", Some(why.clone())),
        State::NotReached => ("notReached", None),
    };
    HopItem { name: hop.name, state, why, proofs: hop.proofs.clone() }
}

/// What tells most of a hop that is not well.
fn because(hop: &Hop) -> Option<String> {
    match &hop.state {
        State::Unknown(why) => Some(why.clone()),
        _ => hop.proofs.iter().map(|proof| &proof.text).max_by_key(|text| text.starts_with("not ")).cloned(),
    }
}
