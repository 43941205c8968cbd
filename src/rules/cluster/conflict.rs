//! Objects that want the same node.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{cluster_configs, source};
use crate::cilium::bgp::{CONFLICTING_CLUSTER_CONFIG, ClusterConfig};
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::cluster::Profile;
use crate::topology::names::listed;

const OWNER: &str = "CiliumBGPClusterConfig";

pub const TWO_CONFIGS: Rule = Rule {
    code: "BGP104",
    rows: &["A4"],
    severity: Severity::Warning,
    layer: Layer::Cluster,
    title: "another object has the same nodes already",
    explanation: Explanation {
        what: "Two CiliumBGPClusterConfigs, or two CiliumBGPPeeringPolicies, select one node. A node follows one only.",
        matters: "Of two ClusterConfigs the first keeps the node and the other has no effect there, so its sessions never come. Two \
                  PeeringPolicies on a node (up to 1.18) clear all of its BGP state.",
        detected: "Selectors are compared with the CiliumNodes' labels; the owner of the node config tells who has the node. From \
                   1.17 on the condition cilium.io/ConflictingClusterConfig names the loser. It is an error where sessions are \
                   down because of it.",
        fix: "Put the peers of both into one object, or narrow a nodeSelector.",
        sources: &["cilium operator/pkg/bgp/cluster.go", "cilium pkg/bgp/agent/controller.go (1.18: policy selection)"],
    },
    judge: two_configs,
};

fn two_configs(facts: &Facts, verdict: &mut Verdict) {
    let losers = losers(facts);
    let down = facts.down_by_node();
    for config in cluster_configs(facts) {
        let name = &config.metadata.name;
        let condition = config.status.conditions.if_true(CONFLICTING_CLUSTER_CONFIG);
        let lost = losers.get(name.as_str());
        if condition.is_none() && lost.is_none() {
            continue;
        }
        let lost: Vec<&(&str, &str)> = lost.into_iter().flatten().collect();
        let never_come = lost.iter().filter_map(|(node, _)| down.get(node)).flatten().filter(|case| {
            let Some(key) = case.session.key.value() else { return false };
            asks_for(config, &key.instance.0, &key.peer.0) && !super::operator::is_in_node_config(facts, case)
        });
        let never_come: Vec<_> = never_come.collect();
        let mut finding = Finding::of(&TWO_CONFIGS, Subject::object("ciliumbgpclusterconfig", name))
            .fix("put the peers of both into one CiliumBGPClusterConfig, or narrow a nodeSelector");
        if let Some(condition) = condition {
            let text = format!("{name}: {CONFLICTING_CLUSTER_CONFIG}: {}", condition.message);
            finding = finding.seen(End::Cluster, source(facts, Kind::BgpClusterConfig), text);
        }
        if let Some((_, owner)) = lost.first() {
            let nodes = listed(lost.iter().map(|(node, _)| *node));
            let text = format!("the node configs of {nodes} belong to {owner}, and {name} selects the nodes too");
            finding = finding.seen(End::Cluster, source(facts, Kind::BgpNodeConfig), text);
        }
        if !never_come.is_empty() {
            finding = finding.severity(Severity::Error);
        } else if is_copy(facts, config, &lost) {
            finding = finding
                .fix("delete it: the other has all of its peers; or narrow a nodeSelector")
                .paste(shell::command(["kubectl", "delete", "ciliumbgpclusterconfig", shell::name(name)]));
        }
        verdict.report(finding.explains(never_come.iter().flat_map(|case| facts.symptoms(case.index))));
    }
    two_policies(facts, verdict);
}

/// By ClusterConfig, the nodes that it selects and that are another's, each with the owner.
fn losers<'a>(facts: &Facts<'a>) -> BTreeMap<&'a str, Vec<(&'a str, &'a str)>> {
    let mut losers: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    let configs = cluster_configs(facts);
    let Some(node_configs) = facts.cluster().and_then(|cluster| cluster.node_configs.value()) else { return losers };
    for (node, labels) in nodes(facts).filter(|_| configs.len() > 1) {
        let Some(owner) = node_configs.get(node).and_then(|config| config.metadata.owner(OWNER)) else { continue };
        let selects =
            |config: &&ClusterConfig| config.spec.node_selector.as_ref().is_none_or(|one| one.matches(labels));
        let selecting: BTreeSet<&str> = configs.iter().filter(selects).map(|one| one.metadata.name.as_str()).collect();
        if selecting.contains(owner) {
            for loser in selecting.into_iter().filter(|name| *name != owner) {
                losers.entry(loser).or_default().push((node, owner));
            }
        }
    }
    losers
}

fn nodes<'a>(facts: &Facts<'a>) -> impl Iterator<Item = (&'a str, &'a BTreeMap<String, String>)> + use<'a> {
    let nodes = facts.cluster().and_then(|cluster| cluster.nodes.value()).into_iter().flatten();
    nodes.map(|(name, node)| (name.as_str(), &node.metadata.labels))
}

fn asks_for(config: &ClusterConfig, instance: &str, peer: &str) -> bool {
    let instances = config.spec.bgp_instances.iter().filter(|one| one.name == instance);
    instances.flat_map(|instance| &instance.peers).any(|one| one.name == peer)
}

/// Whether the owners of its nodes have all of its peers.
fn is_copy(facts: &Facts, config: &ClusterConfig, lost: &[&(&str, &str)]) -> bool {
    let owners: BTreeSet<&str> = lost.iter().map(|(_, owner)| *owner).collect();
    let owners: Vec<&ClusterConfig> =
        cluster_configs(facts).iter().filter(|one| owners.contains(one.metadata.name.as_str())).collect();
    let peers =
        config.spec.bgp_instances.iter().flat_map(|instance| instance.peers.iter().map(move |peer| (instance, peer)));
    let has = |owner: &&ClusterConfig| {
        peers.clone().all(|(instance, peer)| {
            let same = owner.spec.bgp_instances.iter().filter(|one| one.local_asn == instance.local_asn);
            same.flat_map(|one| &one.peers)
                .any(|one| one.peer_address == peer.peer_address && one.peer_asn == peer.peer_asn)
        })
    };
    !owners.is_empty() && owners.iter().all(has)
}

fn two_policies(facts: &Facts, verdict: &mut Verdict) {
    let policies = facts.cluster().and_then(|cluster| cluster.policies.value()).map_or(&[][..], Vec::as_slice);
    if policies.len() < 2
        || facts.cilium_version().is_some_and(|version| version >= crate::rules::upgrade::Minor(1, 19))
    {
        return;
    }
    let mut by_node: HashMap<&str, Vec<_>> = HashMap::new();
    for case in facts.down().filter(|case| matches!(case.session.profile, Some(Profile::Policy(..)))) {
        by_node.entry(case.node().unwrap_or_default()).or_default().push(case);
    }
    for (node, labels) in nodes(facts) {
        let selecting =
            policies.iter().filter(|one| one.spec.node_selector.as_ref().is_none_or(|one| one.matches(labels)));
        let names: Vec<&str> = selecting.map(|policy| policy.metadata.name.as_str()).collect();
        if names.len() < 2 {
            continue;
        }
        let down = by_node.get(node).into_iter().flatten();
        let text = format!("{} select {node}", names.join(" and "));
        verdict.report(
            Finding::of(&TWO_CONFIGS, Subject::Node(crate::topology::names::NodeName(node.to_owned())))
                .severity(Severity::Error)
                .title("two CiliumBGPPeeringPolicies select the node, so it drops all of its BGP state")
                .seen(End::Cluster, source(facts, Kind::BgpPeeringPolicy), text)
                .fix("narrow a nodeSelector so that one policy selects each node")
                .explains(down.flat_map(|case| facts.symptoms(case.index))),
        );
    }
}

pub const ORPHAN: Rule = Rule {
    code: "BGP183",
    rows: &["E6"],
    severity: Severity::Information,
    layer: Layer::Cluster,
    title: "the node has the node config of a CiliumBGPClusterConfig that is gone",
    explanation: Explanation {
        what: "A CiliumBGPNodeConfig names an owner that does not exist any more. Kubernetes' garbage collector would delete it; it \
               did not run, or the object was orphaned on purpose.",
        matters: "The agent goes on peering by it, or its status says established without a session, and another ClusterConfig \
                  cannot have the node.",
        detected: "The owner reference of the node config names no ClusterConfig. It is an error where sessions that another \
                   ClusterConfig asks for are down because of it.",
        fix: "Delete the node config; the operator makes a new one if a ClusterConfig selects the node.",
        sources: &["cilium operator/pkg/bgp/cluster.go", "kubernetes.io: Owners and Dependents"],
    },
    judge: orphan,
};

fn orphan(facts: &Facts, verdict: &mut Verdict) {
    let Some(cluster) = facts.cluster().filter(|cluster| cluster.is_complete()) else { return };
    let (Some(_), Some(node_configs)) = (cluster.cluster_configs.value(), cluster.node_configs.value()) else { return };
    let known: BTreeSet<&str> = cluster_configs(facts).iter().map(|config| config.metadata.name.as_str()).collect();
    let mut orphans: BTreeMap<&str, &str> = BTreeMap::new();
    for (node, config) in node_configs {
        orphans.extend(
            config.metadata.owner(OWNER).filter(|owner| !known.contains(owner)).map(|owner| (node.as_str(), owner)),
        );
    }
    let down = facts.down_by_node();
    for (node, owner) in orphans {
        let down = down.get(node).map_or(&[][..], Vec::as_slice);
        let blocked: Vec<_> = down.iter().filter(|case| !super::operator::is_in_node_config(facts, case)).collect();
        let text = format!("the CiliumBGPNodeConfig {node} belongs to {owner}, which does not exist");
        let mut finding = Finding::of(&ORPHAN, Subject::Node(crate::topology::names::NodeName(node.to_owned())))
            .seen(End::Cluster, source(facts, Kind::BgpNodeConfig), text)
            .fix("delete the node config; the operator makes a new one if a CiliumBGPClusterConfig selects the node")
            .paste(shell::command(["kubectl", "delete", "ciliumbgpnodeconfig", shell::name(node)]));
        if !blocked.is_empty() {
            finding = finding.severity(Severity::Error);
        }
        verdict.report(finding.explains(blocked.iter().flat_map(|case| facts.symptoms(case.index))));
    }
}
