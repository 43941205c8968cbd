//! Traces: hop by hop for reading, and as `Trace` objects; docs/json.md is the contract.

pub mod text;

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

use super::findings::{self, Findings};
use super::table::{Cell, Table, Tone};
use super::{Alone, Output};
use crate::rules::Finding;
use crate::rules::finding::Evidence;
use crate::topology::Topology;
use crate::topology::routes::{Route, RouteKind};
use crate::topology::service::AddressKind;
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
        let mut table = Table::new(&["SUBJECT", "VIP", "BROKEN", "BECAUSE"], &["ROUTER"]);
        for told in &self.told {
            table.push(self.row(&told.trace));
        }
        table
    }

    fn items(&self) -> Vec<Item> {
        self.told.iter().map(|told| self.item(told)).collect()
    }

    fn names(&self) -> Vec<Vec<String>> {
        let name = |service: &String| format!("service/{}", service.rsplit('/').next().unwrap_or_default());
        self.told.iter().map(|told| self.services(&told.trace).iter().map(name).collect()).collect()
    }
}

impl Traces<'_> {
    /// The route that a trace follows.
    pub fn route(&self, trace: &Trace) -> Option<&Route> {
        let About::Route(at) = trace.about;
        self.topology.routes.get(at)
    }

    fn services(&self, trace: &Trace) -> Vec<String> {
        let services = self.route(trace).and_then(|route| route.services.value()).into_iter().flatten();
        services.map(|service| format!("{}/{}", service.namespace, service.name)).collect()
    }

    /// `Service home/grafana`.
    fn subject(&self, trace: &Trace) -> String {
        let Some(route) = self.route(trace) else { return String::new() };
        match (self.services(trace).as_slice(), route.kind, route.prefix) {
            ([], RouteKind::Address(kind), Some(prefix)) => format!("{kind} {prefix}"),
            ([], _, prefix) => format!("Prefix {}", prefix.map(|prefix| prefix.to_string()).unwrap_or_default()),
            ([name], ..) => format!("Service {name}"),
            (names, ..) => format!("Services {}", names.join(", ")),
        }
    }

    /// More of it for the headline.
    fn about(&self, trace: &Trace) -> Vec<String> {
        let Some(route) = self.route(trace) else { return Vec::new() };
        let vip = route.vip.map(|vip| match route.kind {
            RouteKind::Address(kind) if kind != AddressKind::LoadBalancerIP => format!("{kind} {vip}"),
            _ => format!("VIP {vip}"),
        });
        let is_aggregate = |prefix: &IpNet| route.vip.is_some_and(|vip| IpNet::from(vip) != *prefix);
        let aggregate = route.prefix.filter(is_aggregate).map(|prefix| format!("in {prefix}"));
        let router = route.router.as_ref().map(|router| format!("router {router}"));
        [vip, aggregate, router].into_iter().flatten().collect()
    }

    fn row(&self, trace: &Trace) -> Vec<Cell> {
        let route = self.route(trace);
        let address = route.and_then(|route| {
            route.vip.map(|vip| vip.to_string()).or_else(|| route.prefix.map(|prefix| prefix.to_string()))
        });
        let told = trace.hops.iter().find(|hop| hop.state != State::Ok);
        let services = self.services(trace);
        vec![
            Cell::optional((!services.is_empty()).then(|| services.join(","))),
            Cell::optional(address),
            match told {
                Some(hop) if hop.state == State::Broken => Cell::toned(hop.name, Tone::Bad),
                Some(_) => Cell::unknown(),
                None => Cell::none(),
            },
            Cell::optional(told.and_then(because)),
            Cell::optional(route.and_then(|route| route.router.as_deref())),
        ]
    }

    fn item(&self, told: &Told) -> Item {
        let trace = &told.trace;
        let route = self.route(trace);
        Item {
            subject: self.subject(trace),
            services: self.services(trace),
            vip: route.and_then(|route| route.vip),
            prefix: route.and_then(|route| route.prefix),
            router: route.and_then(|route| route.router.as_deref().map(str::to_owned)),
            made_by: trace.made_by.as_ref().map(ToString::to_string),
            broken: trace.broken().map(|hop| hop.name),
            hops: trace.hops.iter().map(hop).collect(),
            findings: Findings(told.findings.clone()).items(),
        }
    }
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
