//! Agents that do not speak BGP, or follow other objects than the ones that are there.

use super::{all_symptoms, namespace, source, waited_for};
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::upgrade::Minor;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::snapshot::{Kind, Missing};
use crate::topology::cluster::Profile;
use crate::topology::names::NodeName;

pub const OFF: Rule = Rule {
    code: "BGP101",
    rows: &["A1"],
    severity: Severity::Error,
    layer: Layer::Cluster,
    title: "Cilium's BGP control plane is switched off",
    explanation: Explanation {
        what: "The ConfigMap cilium-config does not have enable-bgp-control-plane \"true\", which agents and operator read \
               when they start.",
        matters: "No agent dials and the operator makes no node configs, whatever BGP objects there are. The router waits.",
        detected: "The key is missing or false while BGP objects exist or the router has neighbors that are nodes. Where \
                   sessions are up all the same, agents run since before the change: it is a warning then. An agent that was \
                   asked and says that it is disabled was not restarted since it was switched on.",
        fix: "Set the Helm value bgpControlPlane.enabled=true and restart agents and operator.",
        sources: &[
            "docs.cilium.io: BGP Control Plane, installation",
            "cilium install/kubernetes/cilium/templates/cilium-configmap.yaml",
        ],
    },
    judge: off,
};

fn off(facts: &Facts, verdict: &mut Verdict) {
    let Some(cluster) = facts.cluster() else { return };
    let has_objects = cluster.no_bgp_configured().is_none();
    if !has_objects && waited_for(facts).next().is_none() {
        return;
    }
    let Some(settings) = cluster.settings.value() else {
        if facts.down().next().is_some() {
            verdict.needs(format!("cilium-config: {}", cluster.settings.why_unknown().unwrap_or("it is not there")));
        }
        return;
    };
    let namespace = namespace(facts);
    if settings.bgp_is_enabled() {
        return not_restarted(facts, verdict, namespace);
    }
    let source = source(facts, Kind::CiliumConfig);
    let switch = r#"{"data":{"enable-bgp-control-plane":"true"}}"#;
    let mut finding = Finding::of(&OFF, Subject::Cluster)
        .seen(End::Cluster, source, "cilium-config has no enable-bgp-control-plane \"true\"")
        .fix("switch it on (Helm: bgpControlPlane.enabled=true), then restart the agents and the operator")
        .paste(patch_settings(namespace, "merge", switch))
        .paste(restart(namespace, &["daemonset/cilium", "deployment/cilium-operator"]));
    let is_up = |end: &crate::topology::session::RouterEnd| end.established;
    if facts.sessions().any(|case| case.router_end().is_some_and(is_up)) {
        finding = finding
            .severity(Severity::Warning)
            .title("Cilium's BGP control plane is switched off, and agents that were not restarted still speak BGP");
    } else {
        finding = finding.explains(all_symptoms(facts));
    }
    verdict.report(finding);
}

fn patch_settings(namespace: &str, kind: &str, patch: &str) -> String {
    shell::command(["kubectl", "-n", namespace, "patch", "configmap", "cilium-config", "--type", kind, "-p", patch])
}

fn restart(namespace: &str, what: &[&str]) -> String {
    shell::command(["kubectl", "-n", namespace, "rollout", "restart"].iter().chain(what))
}

/// Agents that answer that their control plane is off, though cilium-config switches it on.
fn not_restarted(facts: &Facts, verdict: &mut Verdict, namespace: &str) {
    let down = facts.down_by_node();
    for (node, missing) in facts.topology.silent_agents.iter().filter(|(_, missing)| says_off(missing)) {
        let down = down.get(node.as_str()).map_or(&[][..], Vec::as_slice);
        let mut finding = Finding::of(&OFF, Subject::Node(NodeName(node.clone())))
            .title("the agent runs without the BGP control plane: it was started before that was switched on")
            .seen(
                End::Cluster,
                source(facts, Kind::CiliumConfig),
                "cilium-config has enable-bgp-control-plane \"true\"",
            )
            .seen(End::Cluster, None, format!("the agent on {node}: {}", missing.message))
            .fix("restart the agent")
            .explains(down.iter().flat_map(|case| facts.symptoms(case.index)));
        if let Some(pod) = facts.agent(node) {
            finding = finding.paste(shell::command([
                "kubectl",
                "-n",
                namespace,
                "delete",
                "pod",
                shell::name(&pod.metadata.name),
            ]));
        }
        verdict.report(finding);
    }
}

/// Whether an agent's refusal is that its control plane is off (cilium api/v1, status 501).
pub fn says_off(missing: &Missing) -> bool {
    missing.message.to_lowercase().contains("disabled")
}

pub const LEGACY_KEYS: Rule = Rule {
    code: "BGP180",
    rows: &["A1"],
    severity: Severity::Error,
    layer: Layer::Cluster,
    title: "keys of Cilium's old BGP speaker are still set",
    explanation: Explanation {
        what: "cilium-config has bgp-announce-lb-ip or bgp-announce-pod-cidr: they belong to the MetalLB speaker that Cilium \
               had before its own control plane.",
        matters: "Up to 1.16 an agent with one of them runs no control plane. Later versions ignore them.",
        detected: "The keys are in cilium-config and true. It is an error up to 1.16 while no session is up, else \
                   information.",
        fix: "Take the Helm values bgp.enabled and bgp.announce.* away and restart the agents.",
        sources: &["cilium#37511", "cilium#36729"],
    },
    judge: legacy_keys,
};

fn legacy_keys(facts: &Facts, verdict: &mut Verdict) {
    let Some(settings) = facts.cluster().and_then(|cluster| cluster.settings.value()) else { return };
    let keys: Vec<&str> = settings.legacy_bgp_keys().collect();
    if keys.is_empty() {
        return;
    }
    let namespace = namespace(facts);
    let mut finding = Finding::of(&LEGACY_KEYS, Subject::Cluster)
        .seen(End::Cluster, source(facts, Kind::CiliumConfig), format!("cilium-config has {}", keys.join(" and ")))
        .fix("take the keys away (Helm: bgp.enabled, bgp.announce.*) and restart the agents");
    for key in &keys {
        let remove = format!(r#"[{{"op":"remove","path":"/data/{key}"}}]"#);
        finding = finding.paste(patch_settings(namespace, "json", &remove));
    }
    let any_up = facts.sessions().any(|case| case.router_end().is_some_and(|end| end.established));
    let heeded = facts.cilium_version().is_some_and(|version| version <= Minor(1, 16));
    finding =
        if heeded && !any_up { finding.explains(all_symptoms(facts)) } else { finding.severity(Severity::Information) };
    verdict.report(finding.paste(restart(namespace, &["daemonset/cilium"])));
}

pub const POLICY_WITHOUT_EFFECT: Rule = Rule {
    code: "BGP106",
    rows: &["A6"],
    severity: Severity::Error,
    layer: Layer::Cluster,
    title: "a CiliumBGPPeeringPolicy has no effect in this version of Cilium",
    explanation: Explanation {
        what: "Cilium 1.19 took the kind CiliumBGPPeeringPolicy out. Its objects stay in the cluster after the upgrade, and \
               nothing reads them.",
        matters: "Sessions that only the policy asked for are gone after the upgrade, without an error anywhere: GitOps stays \
                  green and no log speaks of it.",
        detected: "Agents run 1.19 or later (by their images) and a policy exists. It is an error if the policy selects a node \
                   that nothing else asks to peer, else information.",
        fix: "Say the same with CiliumBGPClusterConfig, CiliumBGPPeerConfig and CiliumBGPAdvertisement, then delete the policy.",
        sources: &["cilium#42278", "docs.cilium.io: BGP Control Plane v2"],
    },
    judge: policy_without_effect,
};

fn policy_without_effect(facts: &Facts, verdict: &mut Verdict) {
    let Some(cluster) = facts.cluster() else { return };
    let Some(version) = facts.cilium_version().filter(|version| *version >= Minor(1, 19)) else { return };
    for policy in cluster.policies.value().into_iter().flatten() {
        let name = &policy.metadata.name;
        let of_policy = |profile: &Option<Profile>| matches!(profile, Some(Profile::Policy(own, _)) if own == name);
        let asked: Vec<_> = facts.down().filter(|case| of_policy(&case.session.profile)).collect();
        let mut finding = Finding::of(&POLICY_WITHOUT_EFFECT, Subject::object("ciliumbgppeeringpolicy", name))
            .seen(End::Cluster, source(facts, Kind::BgpPeeringPolicy), format!("CiliumBGPPeeringPolicy {name} exists"))
            .seen(End::Cluster, source(facts, Kind::AgentPod), format!("the agents run Cilium {version}"))
            .fix("say the same with CiliumBGPClusterConfig, CiliumBGPPeerConfig and CiliumBGPAdvertisement, then delete it")
            .explains(asked.iter().flat_map(|case| facts.symptoms(case.index)));
        if asked.is_empty() {
            let delete = shell::command(["kubectl", "delete", "ciliumbgppeeringpolicy", shell::name(name)]);
            finding = finding
                .severity(Severity::Information)
                .fix("delete it: other objects ask for the sessions")
                .paste(delete);
        }
        verdict.report(finding);
    }
}
