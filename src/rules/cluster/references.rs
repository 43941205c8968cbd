//! Names of objects that lead nowhere.

use std::collections::{BTreeMap, BTreeSet};

use super::{cluster_configs, source};
use crate::cilium::bgp::{ClusterConfig, MISSING_PEER_CONFIGS};
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::paste::patch_peer;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::cluster::Profile;

pub const NO_PEER_CONFIG: Rule = Rule {
    code: "BGP105",
    rows: &["A5"],
    severity: Severity::Error,
    layer: Layer::Cluster,
    title: "the peer's CiliumBGPPeerConfig does not exist",
    explanation: Explanation {
        what: "peerConfigRef of a peer names a CiliumBGPPeerConfig that is not there: a typing error, or an object that was never \
               applied or was deleted.",
        matters: "The agents do not set the peer up, so its sessions do not exist.",
        detected: "The name is compared with the PeerConfigs. From 1.17 on the condition cilium.io/MissingPeerConfigs of the \
                   ClusterConfig says the same.",
        fix: "Name one that exists, or apply the missing one.",
        sources: &[
            "docs.cilium.io: CiliumBGPClusterConfig conditions",
            "cilium pkg/bgp/manager/reconciler/neighbor.go",
        ],
    },
    judge: no_peer_config,
};

fn no_peer_config(facts: &Facts, verdict: &mut Verdict) {
    let Some(known) = facts.cluster().and_then(|cluster| cluster.peer_configs.value()) else { return };
    let mut by_name: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for case in facts.sessions() {
        if let Some(Profile::PeerConfig(name)) = &case.session.profile
            && !known.contains_key(name)
        {
            by_name.entry(name).or_default().push(case);
        }
    }
    let down: BTreeSet<usize> = facts.down().filter(|_| !by_name.is_empty()).map(|case| case.index).collect();
    for (name, cases) in by_name {
        let down: Vec<_> = cases.iter().filter(|case| down.contains(&case.index)).collect();
        let key = cases.first().and_then(|case| case.session.key.value());
        let mut finding = Finding::of(&NO_PEER_CONFIG, Subject::object("ciliumbgppeerconfig", name))
            .fix("name one that exists, or apply the missing one")
            .explains(down.iter().flat_map(|case| facts.symptoms(case.index)));
        if down.is_empty() {
            finding = finding.severity(Severity::Warning);
        }
        if let Some(key) = key {
            let text = format!("peer {} of instance {} names CiliumBGPPeerConfig {name}", key.peer, key.instance);
            finding = finding.seen(End::Cluster, source(facts, Kind::BgpClusterConfig), text);
        }
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        let there =
            if names.is_empty() { "there is none".to_owned() } else { format!("there is {}", names.join(", ")) };
        finding = finding.seen(End::Cluster, source(facts, Kind::BgpPeerConfig), there);
        let condition =
            cluster_configs(facts).iter().find_map(|one| one.status.conditions.if_true(MISSING_PEER_CONFIGS));
        if let Some(condition) = condition {
            let text = format!("{MISSING_PEER_CONFIGS}: {}", condition.message);
            finding = finding.seen(End::Cluster, source(facts, Kind::BgpClusterConfig), text);
        }
        if let ([only], Some(key)) = (&names[..], key) {
            let patch = patch_peer(facts, key, "peerConfigRef/name", &shell::json(only));
            finding.fix.paste.extend(patch);
        }
        verdict.report(finding);
    }
}

pub const IDLE_OVERRIDE: Rule = Rule {
    code: "BGP181",
    rows: &["A29", "A36"],
    severity: Severity::Warning,
    layer: Layer::Cluster,
    title: "a CiliumBGPNodeConfigOverride changes nothing",
    explanation: Explanation {
        what: "The override's name is no node's, or it names an instance or a peer that no CiliumBGPClusterConfig has.",
        matters: "Its router ID, source address, port or AS number is not used, and Cilium has no status or event that says so.",
        detected: "The names are compared with the nodes and with all ClusterConfigs.",
        fix: "Give it the node's name and the names of the ClusterConfig's instance and peer.",
        sources: &["cilium#35066", "docs.cilium.io: CiliumBGPNodeConfigOverride"],
    },
    judge: idle_override,
};

fn idle_override(facts: &Facts, verdict: &mut Verdict) {
    let Some(cluster) = facts.cluster() else { return };
    let (Some(overrides), Some(nodes), Some(_)) =
        (cluster.overrides.value(), cluster.nodes.value(), cluster.cluster_configs.value())
    else {
        return;
    };
    let configs = cluster_configs(facts);
    for (name, object) in overrides {
        let mut wrong = Vec::new();
        if !nodes.contains_key(name) {
            wrong.push(format!("there is no node {name}"));
        }
        for instance in &object.spec.bgp_instances {
            let peers = peers(configs, &instance.name);
            let Some(peers) = peers else {
                wrong.push(format!("no CiliumBGPClusterConfig has the instance {}", instance.name));
                continue;
            };
            let unknown = instance.peers.iter().filter(|peer| !peers.contains(peer.name.as_str()));
            wrong.extend(unknown.map(|peer| format!("the instance {} has no peer {}", instance.name, peer.name)));
        }
        if wrong.is_empty() {
            continue;
        }
        verdict.report(
            Finding::of(&IDLE_OVERRIDE, Subject::object("ciliumbgpnodeconfigoverride", name))
                .seen(End::Cluster, source(facts, Kind::BgpNodeConfigOverride), wrong.join(", "))
                .fix("give it the node's name, and the names of the ClusterConfig's instance and peer"),
        );
    }
}

/// The peers of all instances of a name; nothing if there is no such instance.
fn peers<'a>(configs: &'a [ClusterConfig], instance: &str) -> Option<BTreeSet<&'a str>> {
    let mut instances =
        configs.iter().flat_map(|one| &one.spec.bgp_instances).filter(|one| one.name == instance).peekable();
    instances.peek()?;
    Some(instances.flat_map(|instance| &instance.peers).map(|peer| peer.name.as_str()).collect())
}
