//! A node, or its agent, that is not there.

use jiff::SignedDuration;

use crate::rules::cluster::says_off;
use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::snapshot::{Kind, Reason};
use crate::topology::Known;
use crate::topology::session::RouterEnd;

pub const NODE_AWAY: Rule = Rule {
    code: "BGP185",
    rows: &["A43", "C18"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the node is not ready",
    explanation: Explanation {
        what: "Kubernetes says that the node is NotReady, or has heard nothing of it.",
        matters: "Its session is down, or ends when the hold time runs out. Until then, and with graceful restart for the restart time after, the \
                  router goes on sending its share of flows to it.",
        detected: "The Node's condition Ready is not True and its session is down.",
        fix: "See to the node: power, network, kubelet. If it is gone for good, delete it and its neighbor.",
        sources: &["kubernetes.io: Nodes, conditions", "RFC 4724 section 4.2"],
    },
    judge: node_away,
};

fn node_away(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.down() {
        let Some(node) = case.node().filter(|node| is_away(facts, node)) else { continue };
        let ready = facts.node(node).and_then(|node| node.status.conditions.get("Ready"));
        let source = facts.cluster().and_then(|cluster| cluster.source(Kind::Node));
        let said = ready.map_or("nothing".to_owned(), |ready| {
            let why = [&ready.reason, &ready.message].into_iter().find(|text| !text.is_empty());
            why.map_or_else(|| ready.status.clone(), |why| format!("{} ({why})", ready.status))
        });
        let mut finding = Finding::of(&NODE_AWAY, case.subject())
            .independent()
            .seen(End::Cluster, source, format!("node {node} has Ready {said}"))
            .fix("see to the node: power, network, kubelet")
            .paste(shell::command(["kubectl", "describe", "node", shell::name(node)]))
            .explains(facts.symptoms(case.index));
        if let Some(text) = router_says(&case) {
            finding = finding.seen(End::Router, case.router_end().map(|end| &end.source), text);
        }
        verdict.report(finding);
    }
}

/// Whether Kubernetes knows the node and does not say that it is ready.
pub fn is_away(facts: &Facts, node: &str) -> bool {
    facts.node(node).is_some_and(|node| !node.status.is_ready())
}

/// What the router last saw of a session that is down.
pub fn router_says(case: &Case) -> Option<String> {
    let end = match &case.session.router {
        Known::Seen(end) | Known::Computed(end) => end,
        Known::Absent(why) => return Some(why.clone()),
        Known::Unknown(_) => return None,
    };
    let reason = end.last_reset.as_ref().map(|last| {
        let at = last.at.map(|at| format!(" at {at:.0}")).unwrap_or_default();
        format!(", after \"{}\"{at}", last.reason)
    });
    Some(format!("neighbor {} is {}{}", end.neighbor, end.state, reason.unwrap_or_default()))
}

pub const AGENT_AWAY: Rule = Rule {
    code: "BGP144",
    rows: &["A44"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the node's Cilium agent does not run",
    explanation: Explanation {
        what: "The agent's pod is missing or not ready, or the agent neither answers nor writes its status.",
        matters: "The agent is the BGP speaker: its session is down. What the node's status says is its last word and stays `established`. With \
                  graceful restart the router keeps its routes for the restart time.",
        detected: "The pod of the node is missing or not Ready; or the status says established while the router has had no session for longer than \
                   the agent takes to write it (5 s), or the agent does not answer.",
        fix: "See why the agent does not run: its pod's events and its previous log.",
        sources: &["docs.cilium.io: BGP Control Plane operation, agent restart", "cilium#31346"],
    },
    judge: agent_away,
};

/// The agent writes its status every 5 s; three times that is no delay.
const STALE: SignedDuration = SignedDuration::from_secs(15);

fn agent_away(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.down() {
        let Some(node) = case.node().filter(|node| !is_away(facts, node) && !is_off(facts, node)) else { continue };
        let pods = facts.cluster().and_then(|cluster| cluster.source(Kind::AgentPod));
        let statuses = facts.cluster().and_then(|cluster| cluster.source(Kind::BgpNodeConfig));
        let finding = Finding::of(&AGENT_AWAY, case.subject()).independent();
        let finding = match (pod_trouble(facts, node), silence(facts, node)) {
            (Some(trouble), _) => finding.seen(End::Cluster, pods, trouble),
            (None, Some(silence)) if closed_or_stale(facts, &case) => finding.seen(End::Cluster, None, silence),
            (None, _) if says_established(facts, &case) && has_been_down(&case) => {
                finding.seen(End::Cluster, statuses, format!("{node}'s status still says established"))
            }
            _ => continue,
        };
        let finding = match router_says(&case) {
            Some(text) => finding.seen(End::Router, case.router_end().map(|end| &end.source), text),
            None => finding,
        };
        let (namespace, pod) = facts
            .agent(node)
            .map_or(("kube-system", None), |pod| (pod.metadata.namespace.as_str(), Some(pod.metadata.name.as_str())));
        let finding = finding
            .fix("see why the agent does not run: its pod's events and its log")
            .explains(facts.symptoms(case.index));
        verdict.report(match pod {
            Some(pod) => finding
                .paste(shell::command(["kubectl", "-n", namespace, "describe", "pod", shell::name(pod)]))
                .paste(format!(
                    "{} -c cilium-agent --previous --tail 50",
                    shell::command(["kubectl", "-n", namespace, "logs", shell::name(pod)])
                )),
            None => finding.paste(shell::command(["kubectl", "-n", namespace, "describe", "daemonset", "cilium"])),
        });
    }
}

/// What is wrong with the agent's pod, if the pods could be read.
fn pod_trouble(facts: &Facts, node: &str) -> Option<String> {
    let agents = facts.cluster()?.agents.value()?;
    let Some(pod) = agents.get(node) else { return Some(format!("{node} has no pod of an agent")) };
    if pod.status.is_ready() {
        return None;
    }
    let name = &pod.metadata.name;
    let container = pod.status.agent();
    let waiting = container.and_then(|container| container.waiting()).filter(|reason| !reason.is_empty());
    let restarts = container.map_or(0, |container| container.restart_count);
    Some(match (waiting, restarts) {
        (Some(reason), restarts) => format!("pod {name} is not ready: {reason}, {restarts} restarts"),
        (None, 0) => format!("pod {name} is not ready ({})", pod.status.phase),
        (None, restarts) => format!("pod {name} is not ready ({}), {restarts} restarts", pod.status.phase),
    })
}

/// Whether the agent answers that its control plane is off: it runs, and is told elsewhere.
fn is_off(facts: &Facts, node: &str) -> bool {
    facts.topology.silent_agents.get(node).is_some_and(says_off)
}

/// Why the agent gave no answer, where the reason is its own.
fn silence(facts: &Facts, node: &str) -> Option<String> {
    let missing = facts.topology.silent_agents.get(node)?;
    let is_its_own =
        matches!(missing.reason, Reason::Failed | Reason::TimedOut | Reason::NotFound | Reason::NotRunning);
    is_its_own.then(|| format!("the agent on {node} does not answer: {}", missing.message))
}

/// What the node's status says of a session, true or stale.
pub fn reported_state<'a>(facts: &Facts<'a>, case: &Case) -> Option<&'a str> {
    let key = case.session.key.value()?;
    let status = &facts.node_config(&key.node.0)?.status;
    let instance = status.bgp_instances.iter().find(|instance| instance.name == key.instance.0)?;
    instance.peers.iter().find(|peer| peer.name == key.peer.0)?.peering_state.as_deref()
}

/// Whether the status goes on saying that the session is up. An agent that answered has said more.
pub fn says_established(facts: &Facts, case: &Case) -> bool {
    matches!(case.session.cluster, Known::Unknown(_)) && reported_state(facts, case) == Some("established")
}

/// The router knows that the session is down, and has for a while.
fn has_been_down(case: &Case) -> bool {
    let Some(end) = case.router_end().filter(|end| !end.established) else { return false };
    let at = end.last_reset.as_ref().and_then(|last| last.at);
    at.is_some_and(|at| end.source.read_at.duration_since(at) >= STALE)
}

/// Whether anything beside the agent's silence speaks against it: it may only have been slow.
fn closed_or_stale(facts: &Facts, case: &Case) -> bool {
    says_established(facts, case) || case.router_end().is_some_and(closed_by_node)
}

/// FRR's numbers for the other side's closing the connection: "Peer closed the session", "NSF peer closed the session".
const CLOSED: [u32; 2] = [15, 22];
const CEASE: u8 = 6;
const DE_CONFIGURED: u8 = 3;

/// Whether the router says that the node ended the session without a reason of its own.
pub fn closed_by_node(end: &RouterEnd) -> bool {
    let last = end.said.last_notification();
    let deconfigured = last.is_some_and(|last| (last.code, last.subcode) == (CEASE, DE_CONFIGURED));
    !end.established && (end.said.last_reset_code.is_some_and(|code| CLOSED.contains(&code)) || deconfigured)
}
