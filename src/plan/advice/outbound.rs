//! What the router sends to nodes: they need nothing of it.

use super::{About, Found, Ground};
use crate::frr::config::bgp::BgpInstance;
use crate::frr::config::neighbor::{Neighbor, NeighborFamily};
use crate::frr::config::prefix_list::PrefixList;
use crate::frr::config::{Config, Version};
use crate::plan::edit::{Edit, Reason};
use crate::plan::lacks::{Lacks, free, header, in_family};
use crate::topology::router::inbound::is_open;

/// A list that denies everything; another name if that is taken.
const LIST: &str = "k8s-nothing";

const FAMILIES: [Version; 2] = [Version::V4, Version::V6];

/// A filter that lets nothing out.
pub fn missing(ground: &Ground) -> Option<Found> {
    let (config, instance) = (&ground.view.config, ground.seats.instance);
    let mut lacks = Lacks::default();
    for version in FAMILIES {
        let denying = config.prefix_lists.iter().find(|list| list.version == version && denies_all(list));
        let list = denying
            .map_or_else(|| free(LIST, |name| config.prefix_list(version, name).is_some()), |list| list.name.clone());
        for seat in &ground.seats.seats {
            if !instance.is_activated(seat.line, version.unicast()) || is_filtered(config, instance, seat.line, version)
            {
                continue;
            }
            let node = &seat.required.node;
            let Some(place) = ground.seats.place(seat, false, |_| true) else {
                let shared = format!("other neighbors share the peer-group {}", seat.shared().name);
                lacks.by_hand(Reason::of(node, shared));
                continue;
            };
            lacks.needs(Edit {
                within: in_family(&header(instance), version.unicast()),
                statement: format!("neighbor {place} prefix-list {list} out"),
                reason: Reason::of(node, "it needs nothing of the router"),
            });
            if denying.is_none() {
                let statement = format!("{} prefix-list {list} seq 5 deny any", version.protocol());
                lacks.needs(Edit { within: Vec::new(), statement, reason: Reason::to("nothing goes out") });
            }
        }
    }
    let sent = FAMILIES.iter().filter_map(|version| ground.facts.sent(&ground.seats.seats, *version));
    let sent = match sent.map(|sent| sent.most).max() {
        Some(most) if most > 0 => format!(": up to {most} prefixes now"),
        _ => String::new(),
    };
    let why = format!("nodes take no routes, and nothing filters what the router sends them{sent}");
    Found::of(About::OutboundFilter, why, lacks)
}

/// With filters on both ways eBGP need not go without: a neighbor that somebody adds exchanges nothing by itself (RFC 8212).
pub fn policy(ground: &Ground) -> Option<Found> {
    let (config, instance) = (&ground.view.config, ground.seats.instance);
    if config.requires_policy(instance) {
        return None;
    }
    let is_internal = |line: &Neighbor| {
        let remote_as = instance.effective(line, |line| line.remote_as.as_ref());
        remote_as.is_some_and(|remote_as| remote_as.is_internal(instance.asn))
    };
    let is_filtered = |line: &Neighbor, version: &Version| {
        let is_inbound = instance.effective_in(line, version.unicast(), inbound_filter).is_some();
        let is_outbound = instance.effective_in(line, version.unicast(), outbound_filter).is_some();
        !instance.is_activated(line, version.unicast()) || is_inbound && is_outbound
    };
    let has_range = |line: &Neighbor| instance.listen_ranges.iter().any(|listen| listen.group == line.name);
    let mut speaking = instance.neighbors.iter().filter(|line| !line.is_group || has_range(line));
    if !speaking.all(|line| is_internal(line) || FAMILIES.iter().all(|version| is_filtered(line, version))) {
        return None;
    }
    let mut lacks = Lacks::default();
    let reason = Reason::to("every neighbor has its filters");
    lacks.needs(Edit { within: header(instance), statement: "bgp ebgp-requires-policy".to_owned(), reason });
    let why = "every neighbor has filters then, and a new one without need not exchange everything";
    Found::of(About::RequiresPolicy, why.to_owned(), lacks)
}

fn denies_all(list: &PrefixList) -> bool {
    !list.entries.is_empty() && list.entries.iter().all(|entry| !entry.permit)
}

/// Whether somebody decided what goes out.
fn is_filtered(config: &Config, instance: &BgpInstance, line: &Neighbor, version: Version) -> bool {
    let family = version.unicast();
    let by_list = |family: &NeighborFamily| {
        let has_list = family.prefix_list_out.is_some() || family.filter_list_out.is_some();
        (has_list || family.distribute_list_out.is_some() || family.default_originate.is_some()).then_some(())
    };
    let map = instance.effective_in(line, family, |family| family.route_map_out.as_ref());
    instance.effective_in(line, family, by_list).is_some() || map.is_some_and(|map| !is_open(config, map))
}

fn inbound_filter(family: &NeighborFamily) -> Option<()> {
    let lists = [&family.prefix_list_in, &family.filter_list_in, &family.distribute_list_in, &family.route_map_in];
    lists.iter().any(|list| list.is_some()).then_some(())
}

fn outbound_filter(family: &NeighborFamily) -> Option<()> {
    let lists = [&family.prefix_list_out, &family.filter_list_out, &family.distribute_list_out, &family.route_map_out];
    lists.iter().any(|list| list.is_some()).then_some(())
}
