//! What the operator has not made.

use super::{namespace, source};
use crate::cilium::lease::OPERATOR;
use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::snapshot::Kind;

use jiff::SignedDuration;

pub const AWAY: Rule = Rule {
    code: "BGP145",
    rows: &["A45"],
    severity: Severity::Warning,
    layer: Layer::Cluster,
    title: "Cilium's operator does not run",
    explanation: Explanation {
        what: "The lease by which Cilium's operators choose a leader has no holder, or its holder stopped renewing it.",
        matters: "Sessions that are there stay. A changed ClusterConfig, a new node and a new Service get nothing: no node config, no \
                  address from LB-IPAM.",
        detected: "The lease cilium-operator-resource-lock has no holder; or it ran out before other leases were renewed, or more than 45 s \
                   before it was read (clocks may differ). It is an error where a node that is asked to peer has no node config for it.",
        fix: "See why the operator's pods do not run.",
        sources: &["cilium operator/cmd/root.go (leader election)", "kubernetes.io: Leases"],
    },
    judge: away,
};

/// What clocks may differ by.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(45);

fn away(facts: &Facts, verdict: &mut Verdict) {
    let Some(why) = why_away(facts) else { return };
    let idle: Vec<_> = facts.down().filter(|case| !is_in_node_config(facts, case)).collect();
    let namespace = namespace(facts);
    let mut finding = Finding::of(&AWAY, Subject::object("lease", OPERATOR))
        .seen(End::Cluster, source(facts, Kind::Lease), why)
        .fix("see why the operator's pods do not run")
        .paste(shell::command(["kubectl", "-n", namespace, "get", "pods", "-l", "io.cilium/app=operator"]))
        .paste(shell::command(["kubectl", "-n", namespace, "rollout", "restart", "deployment/cilium-operator"]))
        .explains(idle.iter().flat_map(|case| facts.symptoms(case.index)));
    if let Some(node) = idle.first().and_then(super::super::facts::Case::node) {
        let text = format!("{node} has no CiliumBGPNodeConfig with this peer");
        finding = finding.severity(Severity::Error).seen(End::Cluster, source(facts, Kind::BgpNodeConfig), text);
    }
    verdict.report(finding);
}

/// A sentence if the lease says that no operator leads.
fn why_away(facts: &Facts) -> Option<String> {
    let leases = facts.cluster()?.leases.value()?;
    let lease = leases.iter().find(|lease| lease.metadata.name == OPERATOR)?;
    let Some(holder) = lease.spec.holder() else { return Some(format!("the lease {OPERATOR} has no holder")) };
    let renewed = lease.spec.renew_time?;
    // Others of the cluster have gone on since, by clocks of its own; this machine's may differ.
    let others = leases.iter().filter_map(|lease| lease.spec.renew_time).max()?;
    let read_at = source(facts, Kind::Lease)?.read_at.checked_sub(TOLERANCE).ok()?;
    let has_expired = lease.spec.has_expired(others.max(read_at))?;
    has_expired.then(|| format!("{holder} renewed the lease {OPERATOR} last at {renewed:.0}"))
}

/// Whether the operator has made the session's part of the node config. Where that is not known, it is taken to be so.
pub fn is_in_node_config(facts: &Facts, case: &Case) -> bool {
    let (Some(cluster), Some(key)) = (facts.cluster(), case.session.key.value()) else { return true };
    let by_policy = matches!(case.session.profile, Some(crate::topology::cluster::Profile::Policy(..)));
    if cluster.node_configs.value().is_none() || by_policy {
        return true;
    }
    facts.node_config(&key.node.0).is_some_and(|config| {
        let instances = config.spec.bgp_instances.iter().filter(|instance| instance.name == key.instance.0);
        instances.flat_map(|instance| &instance.peers).any(|peer| peer.name == key.peer.0)
    })
}

pub const NO_NODE_CONFIG: Rule = Rule {
    code: "BGP184",
    rows: &["A45"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the operator has made no node config for the session",
    explanation: Explanation {
        what: "A CiliumBGPClusterConfig selects the node, and the node has no CiliumBGPNodeConfig, or one without this peer.",
        matters: "The agent follows the node config alone: it does not know of the session.",
        detected: "The ClusterConfig's selector, instances and peers are compared with the node config. It follows from an operator that \
                   does not run, another ClusterConfig that has the node, or a control plane that is off, where these are seen.",
        fix: "Read the operator's log for bgp-cp-operator: missing rights, a version that does not fit the CRDs.",
        sources: &["cilium operator/pkg/bgp/cluster.go"],
    },
    judge: no_node_config,
};

fn no_node_config(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.down().filter(|case| !is_in_node_config(facts, case)) {
        let Some(node) = case.node() else { continue };
        let owner = facts.node_config(node).map(|config| config.metadata.owner("CiliumBGPClusterConfig"));
        let text = match owner {
            None => format!("there is no CiliumBGPNodeConfig {node}"),
            Some(Some(owner)) => format!("the CiliumBGPNodeConfig {node}, made from {owner}, does not have this peer"),
            Some(None) => format!("the CiliumBGPNodeConfig {node} does not have this peer"),
        };
        verdict.report(
            Finding::of(&NO_NODE_CONFIG, case.subject())
                .seen(End::Cluster, source(facts, Kind::BgpNodeConfig), text)
                .fix("read the operator's log: rights that are missing, or a version that does not fit the CRDs")
                .paste(format!(
                    "{} | grep bgp-cp-operator",
                    shell::command(["kubectl", "-n", namespace(facts), "logs", "deployment/cilium-operator"])
                ))
                .explains(facts.symptoms(case.index)),
        );
    }
}
