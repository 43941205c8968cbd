//! What the loss of a node means, as a table and as a `NodeLossList`; docs/json.md is the contract.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

use super::table::{Cell, Table, Tone};
use super::{Output, escape};
use crate::topology::Known;
use crate::topology::names::NodeName;
use crate::topology::without_node::{Exposure, Loss, Outcome};

/// The routes that lose paths.
pub struct NodeLoss<'a> {
    pub losses: Vec<Loss<'a>>,
    pub exposures: Vec<Exposure<'a>>,
}

/// A route that loses paths, or a filter and what it lets in.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Item {
    Route(RouteItem),
    Filter(FilterItem),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteItem {
    vip: Option<IpAddr>,
    prefix: Option<IpNet>,
    services: Vec<String>,
    router: Option<String>,
    outcome: &'static str,
    now: BTreeSet<NodeName>,
    left: BTreeSet<NodeName>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FilterItem {
    router: String,
    neighbor: String,
    /// `null`: everything passes.
    filter: Option<String>,
    default_route: Option<bool>,
    vips: Vec<IpAddr>,
    maximum_prefixes: Option<u32>,
}

impl Output for NodeLoss<'_> {
    const KIND: &'static str = "NodeLossList";
    type Item = Item;

    fn table(&self) -> Table {
        let mut table = Table::new(&["SERVICE", "VIP", "ROUTER", "PATHS", "LEFT", "OUTCOME"], &["LEFT-ON"]);
        for loss in &self.losses {
            table.push(vec![
                Cell::optional(services(loss).first()),
                Cell::optional(loss.route.vip.map(|vip| vip.to_string()).or(loss.route.prefix.map(|p| p.to_string()))),
                Cell::optional(loss.route.router.as_deref()),
                Cell::plain(loss.now.len()),
                Cell::plain(loss.left.len()),
                Cell::toned(outcome(loss.outcome()), tone(loss.outcome())),
                Cell::optional(Some(left(loss)).filter(|left| !left.is_empty())),
            ]);
        }
        table
    }

    fn items(&self) -> Vec<Item> {
        let routes = self.losses.iter().map(|loss| {
            Item::Route(RouteItem {
                vip: loss.route.vip,
                prefix: loss.route.prefix,
                services: services(loss),
                router: loss.route.router.as_deref().map(str::to_owned),
                outcome: outcome(loss.outcome()),
                now: loss.now.clone(),
                left: loss.left.clone(),
            })
        });
        let filters = self.exposures.iter().map(|exposure| {
            Item::Filter(FilterItem {
                router: exposure.router.to_owned(),
                neighbor: exposure.neighbor.to_string(),
                filter: exposure.filter.clone(),
                default_route: exposure.default_route.value().copied(),
                vips: exposure.vips.clone(),
                maximum_prefixes: exposure.maximum_prefixes,
            })
        });
        routes.chain(filters).collect()
    }

    fn names(&self) -> Vec<Vec<String>> {
        let names = |loss: &Loss| {
            let services = loss.route.services.value().into_iter().flatten();
            services.map(|service| format!("service/{}", service.name)).collect()
        };
        self.losses.iter().map(names).chain(self.exposures.iter().map(|_| Vec::new())).collect()
    }
}

/// What a node that is not itself any more could do, in sentences.
pub fn exposures(exposures: &[Exposure]) -> String {
    exposures.iter().map(|exposure| format!("{}\n", escape::escape(&sentence(exposure)))).collect()
}

fn sentence(exposure: &Exposure) -> String {
    let by = match &exposure.filter {
        Some(filter) => format!("{filter} lets in"),
        None => "without a filter it lets in".to_owned(),
    };
    let default = match &exposure.default_route {
        Known::Seen(true) | Known::Computed(true) => "a default route",
        Known::Seen(false) | Known::Computed(false) => "no default route",
        Known::Absent(why) | Known::Unknown(why) => why,
    };
    let vips = match exposure.vips.len() {
        0 => "no VIP of other nodes".to_owned(),
        count => format!("{count} VIPs of other nodes"),
    };
    let limit = match exposure.maximum_prefixes {
        Some(limit) => format!("at most {limit} prefixes"),
        None => "any number of prefixes (no maximum-prefix)".to_owned(),
    };
    format!(
        "If it were hostile, {} would take from {}: {by} {default}, {vips}, {limit}",
        exposure.router, exposure.neighbor
    )
}

fn services(loss: &Loss) -> Vec<String> {
    let services = loss.route.services.value().into_iter().flatten();
    services.map(|service| format!("{}/{}", service.namespace, service.name)).collect()
}

fn left(loss: &Loss) -> String {
    loss.left.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Gone => "gone",
        Outcome::NotRedundant => "not redundant",
        Outcome::Fewer => "fewer paths",
    }
}

fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Gone => Tone::Bad,
        Outcome::NotRedundant | Outcome::Fewer => Tone::Plain,
    }
}
