//! Which nodes peer.

use std::collections::BTreeMap;

use super::Existing;
use crate::cilium::selector::{LabelSelector, Requirement};
use crate::setup::given::Given;
use crate::setup::ground::Ground;
use crate::setup::worksheet::Entry;
use crate::topology::names::listed;

const OS: (&str, &str) = ("kubernetes.io/os", "linux");
/// Kubernetes' own label for nodes that load balancers leave out.
const EXCLUDED: &str = "node.kubernetes.io/exclude-from-external-load-balancers";

pub fn propose(ground: &Ground, existing: &Existing, given: &Given) -> Entry<LabelSelector> {
    if let Some(selector) = &given.node_selector {
        return Entry::given(selector.clone(), "--node-selector");
    }
    if let Some(config) = existing.config {
        return Entry::kept(config.spec.node_selector.clone().unwrap_or_default(), existing.config_has_it());
    }
    if let Some(policy) = existing.policy {
        return Entry::kept(policy.spec.node_selector.clone().unwrap_or_default(), policy.has_it());
    }
    let nodes = ground.nodes();
    let is_linux = |labels: &BTreeMap<String, String>| labels.get(OS.0).is_some_and(|os| os == OS.1);
    let linux: Vec<_> = nodes.iter().filter(|node| is_linux(node.labels)).collect();
    let mut selector = LabelSelector::default();
    let mut why = "every node: none has the label kubernetes.io/os".to_owned();
    if !linux.is_empty() {
        selector.match_labels.insert(OS.0.to_owned(), OS.1.to_owned());
        why = match nodes.len() - linux.len() {
            0 => format!("all {} nodes", nodes.len()),
            _ => format!("the {} nodes that run Linux: Cilium runs on no other", linux.len()),
        };
    }
    let out: Vec<&str> = nodes.iter().filter(|node| node.labels.contains_key(EXCLUDED)).map(|node| node.name).collect();
    // Where every node has it, as on a cluster of control planes alone, it means nothing.
    if !out.is_empty() && out.len() < nodes.len() {
        selector.match_expressions.push(Requirement {
            key: EXCLUDED.to_owned(),
            operator: "DoesNotExist".to_owned(),
            values: Vec::new(),
        });
        why = format!("{why}, without {}: labelled as no node for load balancers", listed(out));
    }
    Entry::proposed(selector, why)
}
