//! Which nodes the ClusterConfigs select, and which they leave out.

use std::collections::{BTreeMap, HashSet};

use super::{all_symptoms, cluster_configs, source, waited_for};
use crate::cilium::bgp::{ClusterConfig, NO_MATCHING_NODE};
use crate::cilium::config::Settings;
use crate::cilium::node::CiliumNode;
use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding, Subject, Symptom};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::cluster::Cluster;
use crate::topology::names::NodeName;

pub const NOTHING_CONFIGURED: Rule = Rule {
    code: "BGP146",
    rows: &["A46", "A2"],
    severity: Severity::Error,
    layer: Layer::Cluster,
    title: "nothing in the cluster asks a node to peer",
    explanation: Explanation {
        what: "There is no CiliumBGPClusterConfig and no CiliumBGPPeeringPolicy, or the API server does not serve the kinds.",
        matters: "No node speaks BGP. Whatever the router has for them stays down.",
        detected: "Both kinds are empty or not served. It is an error while a router waits for nodes of this cluster, a \
                   warning while other BGP objects exist, else information.",
        fix: "Apply a CiliumBGPClusterConfig. Where Git has one, see why Flux or Argo CD could not apply it: an apiVersion that \
              is not served, a field that the version does not know.",
        sources: &["docs.cilium.io: BGP Control Plane resources"],
    },
    judge: nothing_configured,
};

fn nothing_configured(facts: &Facts, verdict: &mut Verdict) {
    let Some(cluster) = facts.cluster() else { return };
    let Some(why) = cluster.no_bgp_configured() else { return };
    // What agents still follow then, the rule about node configs without an owner tells.
    let has_node_configs = cluster.node_configs.value().is_some_and(|configs| !configs.is_empty());
    if has_node_configs || cluster.settings.value().is_some_and(|settings| !settings.bgp_is_enabled()) {
        return;
    }
    let others =
        cluster.peer_configs.value().map_or(0, BTreeMap::len) + cluster.advertisements.value().map_or(0, Vec::len);
    let waits = waited_for(facts).count();
    let severity = match (waits, others) {
        (0, 0) => Severity::Information,
        (0, _) => Severity::Warning,
        _ => Severity::Error,
    };
    let mut finding = Finding::of(&NOTHING_CONFIGURED, Subject::Cluster)
        .severity(severity)
        .seen(End::Cluster, source(facts, Kind::BgpClusterConfig), why.message.clone())
        .fix("apply a CiliumBGPClusterConfig; where Git has one, see why it was not applied")
        .explains(all_symptoms(facts));
    if let Some(end) =
        facts.uninvited().filter(|case| case.session.node.value().is_some()).find_map(|case| case.router_end())
    {
        let text = format!("{} of the cluster's nodes are neighbors, {} is {}", waits, end.neighbor, end.state);
        finding = finding.seen(End::Router, Some(&end.source), text);
    }
    verdict.report(finding);
}

pub const SELECTS_NONE: Rule = Rule {
    code: "BGP102",
    rows: &["A2"],
    severity: Severity::Error,
    layer: Layer::Cluster,
    title: "a CiliumBGPClusterConfig selects no node",
    explanation: Explanation {
        what: "No CiliumNode has the labels that spec.nodeSelector asks for.",
        matters: "The operator makes no node config from it: none of its sessions exists.",
        detected: "The selector is compared with the labels of all CiliumNodes. From 1.17 on the condition \
                   cilium.io/NoMatchingNode says the same. It is an error if no session is asked for at all, else a warning.",
        fix: "Label the nodes (the agent copies a Node's labels to its CiliumNode), or mend the selector.",
        sources: &["cilium operator/pkg/bgp/cluster.go", "docs.cilium.io: CiliumBGPClusterConfig conditions"],
    },
    judge: selects_none,
};

fn selects_none(facts: &Facts, verdict: &mut Verdict) {
    let Some(nodes) = facts.cluster().and_then(|cluster| cluster.nodes.value()) else { return };
    let all_idle = facts.sessions().next().is_none();
    for config in cluster_configs(facts) {
        let Some(selector) = &config.spec.node_selector else { continue };
        if nodes.values().any(|node| selector.matches(&node.metadata.labels)) {
            continue;
        }
        let name = &config.metadata.name;
        let mut finding = Finding::of(&SELECTS_NONE, Subject::object("ciliumbgpclusterconfig", name))
            .fix("label the nodes that should peer, or mend spec.nodeSelector")
            .paste("kubectl get ciliumnodes --show-labels");
        if let Some(condition) = config.status.conditions.if_true(NO_MATCHING_NODE) {
            let text = format!("{name}: {NO_MATCHING_NODE}: {}", condition.message);
            finding = finding.seen(End::Cluster, source(facts, Kind::BgpClusterConfig), text);
        }
        if let Some((node, mismatches)) = nearest_node(nodes, config) {
            let text = format!("{node}, which comes nearest: {mismatches}");
            finding = finding.seen(End::Cluster, source(facts, Kind::CiliumNode), text);
        }
        finding = if all_idle { finding.explains(all_symptoms(facts)) } else { finding.severity(Severity::Warning) };
        verdict.report(finding);
    }
}

pub const NOT_SELECTED: Rule = Rule {
    code: "BGP103",
    rows: &["A3"],
    severity: Severity::Warning,
    layer: Layer::Cluster,
    title: "the router waits for a node that no CiliumBGPClusterConfig selects",
    explanation: Explanation {
        what: "The router has a neighbor with a node's address, and the cluster does not ask that node to peer: it lacks a label, \
               or the selector is too narrow.",
        matters: "The node carries no VIP. With externalTrafficPolicy Local, backends on it are not reached from outside.",
        detected: "The neighbor is down, no ClusterConfig selects the node and it has no node config. Nodes that are ready, are no \
                   control plane's and are left out without a neighbor are told too: as information, but as a warning where the Node \
                   has the label that its CiliumNode lacks, or where it is a label of every node.",
        fix: "Label the node, or widen spec.nodeSelector. Where the node is left out on purpose, take the neighbor off the router.",
        sources: &["docs.cilium.io: BGP Control Plane operation guide", "ionfury/homelab#437"],
    },
    judge: not_selected,
};

const LEFT_OUT: &str = "a node is left out: no CiliumBGPClusterConfig selects it";

/// Nodes with these labels are often left out on purpose.
const RESERVED: [&str; 3] = [
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
    "node.kubernetes.io/exclude-from-external-load-balancers",
];

fn not_selected(facts: &Facts, verdict: &mut Verdict) {
    let mut waiting: BTreeMap<&NodeName, Vec<Case>> = BTreeMap::new();
    for case in facts.uninvited() {
        if let Some(node) = case.session.node.value() {
            waiting.entry(node).or_default().push(case);
        }
    }
    let asked = asked(facts);
    let nodes = facts.cluster().and_then(|cluster| cluster.nodes.value());
    let few_are_left = nodes.is_some_and(|nodes| asked.len() * 2 > nodes.len());
    for (name, node) in left_out(facts, &asked) {
        let subject = NodeName(name.to_owned());
        let rows = waiting.get(&subject).map_or(&[][..], Vec::as_slice);
        let down: Vec<&Case> =
            rows.iter().filter(|case| case.router_end().is_some_and(|end| !end.established)).collect();
        // One that is established is another speaker's.
        if down.is_empty() && !(rows.is_empty() && few_are_left && should_peer(facts, name, node)) {
            continue;
        }
        let mut finding = Finding::of(&NOT_SELECTED, Subject::Node(subject)).fix(
            "label the node or widen spec.nodeSelector; if it is left out on purpose, take its neighbor off the router",
        );
        if down.is_empty() {
            finding = finding.title(LEFT_OUT).fix("label it, if it should peer");
            if !is_mistake(facts, name, node) {
                finding = finding.severity(Severity::Information);
            }
        }
        if let Some((config, mismatches)) = nearest_config(facts, node) {
            let text = format!("CiliumBGPClusterConfig {config} does not select {name}: {mismatches}");
            finding = finding.seen(End::Cluster, source(facts, Kind::CiliumNode), text);
        }
        for end in down.iter().filter_map(|case| case.router_end()) {
            let text = format!("neighbor {} is {}", end.neighbor, end.state);
            finding = finding.seen(End::Router, Some(&end.source), text);
        }
        for label in missing_labels(facts, name, node) {
            finding = finding.paste(label);
        }
        verdict.report(finding.explains(down.iter().map(|case| Symptom::Session(case.index))));
    }
}

/// The nodes that are asked to peer.
fn asked<'a>(facts: &Facts<'a>) -> HashSet<&'a str> {
    facts.sessions().filter_map(|case| case.node()).collect()
}

/// The nodes that nothing asks to peer, while others are.
fn left_out<'a>(facts: &Facts<'a>, asked: &HashSet<&str>) -> Vec<(&'a str, &'a CiliumNode)> {
    let cluster = facts.cluster().filter(|cluster| !asked.is_empty() && cluster.no_bgp_configured().is_none());
    let is_on = |cluster: &&Cluster| cluster.settings.value().is_none_or(Settings::bgp_is_enabled);
    let nodes = cluster.filter(is_on).and_then(|cluster| cluster.nodes.value()).into_iter().flatten();
    nodes.filter(|(name, _)| !asked.contains(name.as_str())).map(|(name, node)| (name.as_str(), node)).collect()
}

/// Whether there is no reason to leave it out.
fn should_peer(facts: &Facts, name: &str, node: &CiliumNode) -> bool {
    let is_plain = !RESERVED.iter().any(|label| node.metadata.labels.contains_key(*label));
    is_plain && facts.node(name).is_none_or(|node| node.status.is_ready())
}

/// Whether a ClusterConfig would select it by labels that its Node has, or that every node has by itself.
fn is_mistake(facts: &Facts, name: &str, node: &CiliumNode) -> bool {
    let on_node = |key: &str, value: &str| {
        facts.node(name).and_then(|node| node.metadata.labels.get(key)).is_some_and(|label| label == value)
    };
    cluster_configs(facts).iter().filter_map(|config| config.spec.node_selector.as_ref()).any(|selector| {
        let mut missing =
            selector.match_labels.iter().filter(|(key, _)| !node.metadata.labels.contains_key(*key)).peekable();
        let others_fit = selector.mismatches(&node.metadata.labels).len() == missing.clone().count();
        missing.peek().is_some()
            && others_fit
            && missing.all(|(key, value)| OF_EVERY_NODE.contains(&key.as_str()) || on_node(key, value))
    })
}

/// Labels that the kubelet gives each node.
const OF_EVERY_NODE: [&str; 3] = ["kubernetes.io/os", "kubernetes.io/arch", "kubernetes.io/hostname"];

/// The nodes that are left out by mistake, for what is missing of them elsewhere.
pub fn left_out_by_mistake<'a>(facts: &Facts<'a>) -> Vec<(&'a str, &'a CiliumNode)> {
    let all = left_out(facts, &asked(facts)).into_iter();
    all.filter(|(name, node)| should_peer(facts, name, node) && is_mistake(facts, name, node)).collect()
}

/// The node that lacks least of what a ClusterConfig asks for, and what it lacks.
fn nearest_node<'a>(nodes: &'a BTreeMap<String, CiliumNode>, config: &ClusterConfig) -> Option<(&'a str, String)> {
    let selector = config.spec.node_selector.as_ref()?;
    let mismatches = nodes.iter().map(|(name, node)| (name, selector.mismatches(&node.metadata.labels)));
    let (name, mismatches) = mismatches.min_by_key(|(_, mismatches)| mismatches.len())?;
    Some((name, joined(&mismatches)))
}

fn nearest_config<'a>(facts: &Facts<'a>, node: &CiliumNode) -> Option<(&'a str, String)> {
    let selectors =
        cluster_configs(facts).iter().filter_map(|config| Some((config, config.spec.node_selector.as_ref()?)));
    let mismatches = selectors.map(|(config, selector)| (config, selector.mismatches(&node.metadata.labels)));
    let (config, mismatches) = mismatches.min_by_key(|(_, mismatches)| mismatches.len())?;
    Some((config.metadata.name.as_str(), joined(&mismatches)))
}

fn joined(mismatches: &[impl ToString]) -> String {
    mismatches.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Commands that give a node the labels of the only ClusterConfig. What the Node has and its CiliumNode has not, the agent
/// failed to copy.
fn missing_labels(facts: &Facts, name: &str, node: &CiliumNode) -> Vec<String> {
    let [config] = cluster_configs(facts) else { return Vec::new() };
    let Some(selector) = &config.spec.node_selector else { return Vec::new() };
    let missing = selector.match_labels.iter().filter(|(key, value)| node.metadata.labels.get(*key) != Some(value));
    let command = |(key, value): (&String, &String)| {
        let on_node = facts.node(name).and_then(|node| node.metadata.labels.get(key)) == Some(value);
        let kind = if on_node { "ciliumnode" } else { "node" };
        let label = format!("{key}={value}");
        shell::command(["kubectl", "label", kind, shell::name(name), shell::name(&label), "--overwrite"])
    };
    missing.map(command).collect()
}
