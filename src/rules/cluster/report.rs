//! What agents say of their own configuration, and what they leave out.

use super::{namespace, source};
use crate::cilium::bgp::{Instance, NO_PASSWORD_KEY, RECONCILE_ERROR as CONDITION};
use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::upgrade::Minor;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::names::NodeName;

pub const RECONCILE_ERROR: Rule = Rule {
    code: "BGP223",
    rows: &["B23", "A27", "A31"],
    severity: Severity::Warning,
    layer: Layer::Session,
    title: "the agent cannot put its BGP configuration into effect",
    explanation: Explanation {
        what: "A node config has the condition cilium.io/BGPReconcileError: the agent tried to do what it says and failed.",
        matters: "Sessions may not be set up, and what is advertised may be what was wanted before.",
        detected: "The condition is True (Cilium 1.18 on). It is an error where a session of the instance that it names is down.",
        fix: "Do what the message says. `permission denied` is a port below 1024 without CAP_NET_BIND_SERVICE; `failed to set md5` a \
              kernel or version of Cilium without TCP MD5.",
        sources: &["cilium pkg/bgp/manager/manager.go", "cilium#40478"],
    },
    judge: reconcile_error,
};

fn reconcile_error(facts: &Facts, verdict: &mut Verdict) {
    let Some(configs) = facts.cluster().and_then(|cluster| cluster.node_configs.value()) else { return };
    let failing =
        configs.iter().filter_map(|(node, config)| Some((node, config.status.conditions.if_true(CONDITION)?)));
    let down = facts.down_by_node();
    let secrets_are_told = facts.cluster().is_some_and(|cluster| cluster.peer_configs.value().is_some());
    for (node, condition) in failing {
        if secrets_are_told && condition.message.lines().all(|line| line.contains(NO_PASSWORD_KEY)) {
            continue;
        }
        // One line for an instance: `main: listen tcp4 ...`.
        let is_named = |case: &&Case| {
            let instance = case.session.key.value().map(|key| format!("{}: ", key.instance));
            instance.is_some_and(|name| condition.message.lines().any(|line| line.trim_start().starts_with(&name)))
        };
        let down: Vec<&Case> = down.get(node.as_str()).into_iter().flatten().filter(is_named).collect();
        let mut finding = Finding::of(&RECONCILE_ERROR, Subject::Node(NodeName(node.clone())))
            .seen(
                End::Cluster,
                source(facts, Kind::BgpNodeConfig),
                format!("{CONDITION}: {}", condition.message.trim()),
            )
            .fix(advice(&condition.message))
            .explains(down.iter().flat_map(|case| facts.symptoms(case.index)));
        if !down.is_empty() {
            finding = finding.severity(Severity::Error);
        }
        verdict.report(finding);
    }
}

fn advice(message: &str) -> &'static str {
    let message = message.to_lowercase();
    if message.contains("permission denied") {
        "take localPort away, or give the agents NET_BIND_SERVICE (Helm: securityContext.capabilities.ciliumAgent)"
    } else if message.contains("md5") || message.contains("protocol not available") {
        "run a version of Cilium and a kernel that can do TCP MD5, or take the password off both ends"
    } else {
        "do what the message says; the agent's log has more (subsys=bgp-control-plane)"
    }
}

pub const PRIVILEGED_PORT: Rule = Rule {
    code: "BGP131",
    rows: &["A31"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the agents may not listen on the port that they are asked to",
    explanation: Explanation {
        what: "localPort is below 1024 and the agent's container lacks the capability NET_BIND_SERVICE. In v2alpha1 up to 1.16 a \
               `transport` without localPort means 179.",
        matters: "The BGP instance does not start: none of its sessions exists.",
        detected: "The port of the node config, or of the PeerConfig's transport, is compared with the capabilities that the agent's \
                   container adds. It is told only where sessions of the node are down; the agent's BGPReconcileError or log proves it.",
        fix: "Leave localPort out: agents need not listen, they dial. Else add the capability.",
        sources: &["cilium#24737", "cilium#34248", "cilium#34016", "docs.cilium.io: BGP Control Plane, listening port"],
    },
    judge: privileged_port,
};

fn privileged_port(facts: &Facts, verdict: &mut Verdict) {
    let old = facts.cilium_version().is_some_and(|version| version <= Minor(1, 16));
    for case in facts.down() {
        let (Some(node), Some(key)) = (case.node(), case.session.key.value()) else { continue };
        let Some(port) = local_port(facts, &case, old).filter(|port| *port < 1024) else { continue };
        let Some(agent) = facts.agent(node).and_then(|pod| pod.spec.agent()) else { continue };
        // Without a list of its own it has the container runtime's, which has this one.
        if agent.has_capability("NET_BIND_SERVICE") || !agent.limits_capabilities() {
            continue;
        }
        verdict.report(
            Finding::of(&PRIVILEGED_PORT, case.subject())
                .seen(End::Cluster, source(facts, Kind::BgpNodeConfig), format!("instance {} has localPort {port}", key.instance))
                .seen(End::Cluster, source(facts, Kind::AgentPod), "the agent's container does not add NET_BIND_SERVICE")
                .inferred(format!(
                    "{} | grep 'permission denied'",
                    shell::command(["kubectl", "-n", namespace(facts), "logs", shell::name(pod_name(facts, node))])
                ))
                .fix("take localPort away, or give the agents NET_BIND_SERVICE (Helm: securityContext.capabilities.ciliumAgent)")
                .explains(facts.symptoms(case.index)),
        );
    }
}

fn pod_name<'a>(facts: &Facts<'a>, node: &str) -> &'a str {
    facts.agent(node).map_or("ds/cilium", |pod| pod.metadata.name.as_str())
}

fn local_port(facts: &Facts, case: &Case, old: bool) -> Option<u16> {
    let key = case.session.key.value()?;
    let config = facts.node_config(&key.node.0)?;
    let instance: &Instance = config.spec.bgp_instances.iter().find(|instance| instance.name == key.instance.0)?;
    let peer = instance.peers.iter().find(|peer| peer.name == key.peer.0);
    let of_transport = || {
        let name = &peer?.peer_config_ref.as_ref()?.name;
        let config = facts.cluster()?.peer_configs.value()?.get(name)?;
        let transport = config.spec.transport.as_ref()?;
        transport.local_port.or(old.then_some(179))
    };
    instance.local_port.or_else(of_transport)
}

pub const NO_STATUS: Rule = Rule {
    code: "BGP147",
    rows: &["A47"],
    severity: Severity::Information,
    layer: Layer::Risk,
    title: "the agent reports no BGP status",
    explanation: Explanation {
        what: "The status of the node config is empty although its sessions are up.",
        matters: "Whoever looks at the cluster alone sees no session, and cannot tell a healthy node from a dead one.",
        detected: "The router has the node's session established and the node config has no status. cilium-config's \
                   enable-bgp-control-plane-status-report says whether that is meant (1.17 on; before there is no report).",
        fix: "Set the Helm value bgpControlPlane.statusReport.enabled=true and restart the agents, or ask them: \
              `kubectl bgp peers --verify`.",
        sources: &["docs.cilium.io: BGP Control Plane troubleshooting"],
    },
    judge: no_status,
};

fn no_status(facts: &Facts, verdict: &mut Verdict) {
    if facts.cilium_version().is_some_and(|version| version < Minor(1, 17)) {
        return;
    }
    let settings = facts.cluster().and_then(|cluster| cluster.settings.value());
    let is_meant = settings.is_some_and(|settings| !settings.bgp_status_is_reported());
    for case in facts.sessions() {
        let Some(end) = case.router_end().filter(|end| end.established) else { continue };
        let Some(config) = case.node().and_then(|node| facts.node_config(node)) else { continue };
        if config.spec.bgp_instances.is_empty() || !config.status.bgp_instances.is_empty() {
            continue;
        }
        let node = config.metadata.name.clone();
        let mut finding = Finding::of(&NO_STATUS, Subject::Node(NodeName(node.clone())))
            .seen(
                End::Cluster,
                source(facts, Kind::BgpNodeConfig),
                format!("the CiliumBGPNodeConfig {node} has no status"),
            )
            .seen(End::Router, Some(&end.source), format!("neighbor {} is {}", end.neighbor, end.state));
        finding = if is_meant {
            finding.fix("switch the report on (Helm: bgpControlPlane.statusReport.enabled=true) and restart the agents")
        } else {
            finding.fix("restart the agent, which was started without the report or before it was switched on")
        };
        verdict.report(finding);
    }
}
