//! Which nodes should advertise it, why the others should not, and what their agents say.

use std::collections::BTreeSet;

use super::Step;
use super::view::{Fate, View, listed};
use crate::cilium::service::{NODE_ANNOTATION, NODE_SELECTOR_ANNOTATION};
use crate::snapshot::Kind;
use crate::topology::Known;
use crate::topology::routes::fault::Lost;
use crate::topology::service::Policy;
use crate::trace::Hop;

pub fn judge(view: &View, hop: Hop) -> Step {
    let endpoints = view.cluster().and_then(|cluster| cluster.source(Kind::EndpointSlice));
    let expected = match &view.route.expected {
        Known::Seen(expected) | Known::Computed(expected) => expected,
        Known::Absent(why) | Known::Unknown(why) => return Step::on(hop.unknown(why)),
    };
    let node = |index: usize| view.topology.sessions[index].node.value().map(|node| node.0.as_str());
    let nodes: BTreeSet<&str> = expected.sessions.iter().filter_map(|&index| node(index)).collect();
    if nodes.is_empty() {
        let why = match &view.route.obstacle {
            Some(obstacle) => format!("by no node: {obstacle}"),
            None => "by no node".to_owned(),
        };
        return Step::end_at(view, hop.cluster(endpoints, why));
    }
    let silent = view.nodes(|fate| matches!(fate, Fate::Lost(Lost::NotAdvertised, _)));
    let mut hop = match &silent {
        Some(silent) => {
            hop.cluster(None, format!("not by {silent}: the agent does not list it (cilium-dbg bgp routes advertised)"))
        }
        None => hop,
    };
    let speaking = nodes.iter().filter(|name| {
        let fate = view.fates.iter().find(|(node, _)| node.0 == **name).map(|(_, fate)| fate);
        !matches!(fate, Some(Fate::Lost(Lost::NotAdvertised, _)))
    });
    let speaking: Vec<&&str> = speaking.collect();
    if !speaking.is_empty() {
        hop = hop.cluster(None, listed(&speaking));
    }
    let others: BTreeSet<&str> =
        view.sessions().filter_map(|(index, _)| node(index)).filter(|name| !nodes.contains(name)).collect();
    if !others.is_empty() {
        hop = hop.cluster(endpoints, format!("not {}: {}", listed(&others), why_not(view)));
    }
    if let Some(prefix) = view.route.prefix {
        let saying =
            expected.sessions.iter().filter(|&&index| view.topology.evidence.advertises(index, &prefix) == Some(true));
        let saying: BTreeSet<&str> = saying.filter_map(|&index| node(index)).collect();
        if !saying.is_empty() {
            hop = hop.cluster(None, format!("the agents of {} list it", listed(saying)));
        }
    }
    match (silent, speaking.is_empty()) {
        (None, _) => Step::on(hop),
        (Some(_), false) => Step::on(hop.broken()),
        (Some(_), true) => Step::end(hop),
    }
}

/// Why nodes that peer with the router should not advertise it.
fn why_not(view: &View) -> String {
    let annotation = [NODE_SELECTOR_ANNOTATION, NODE_ANNOTATION]
        .into_iter()
        .find(|key| view.services.iter().any(|service| service.metadata.annotations.contains_key(*key)));
    let references = view.route.services.value().into_iter().flatten();
    let is_local = references.into_iter().any(|service| service.policy == Policy::Local);
    match (annotation, is_local) {
        (None, true) => "no ready endpoint there (policy Local)".to_owned(),
        (Some(key), false) => format!("{key} leaves it out"),
        (Some(key), true) => format!("no ready endpoint there (policy Local), or {key} leaves it out"),
        (None, false) if !view.is_of_service() => "it is another node's".to_owned(),
        (None, false) => "its PeerConfig takes no advertisement that selects it".to_owned(),
    }
}
