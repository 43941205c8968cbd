//! What is likely where no cause is proved: one answer a session.

use jiff::SignedDuration;

use super::away::{closed_by_node, router_says, says_established};
use super::excluded::excluded;
use super::probed::proof;
use super::silent::silent;
use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity};
use crate::shell;
use crate::topology::Known;
use crate::topology::session::RouterEnd;

/// The likeliest cause of a session's being down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likely {
    /// The router still has it established.
    NotNoticed,
    HoldTimer,
    AgentClosed,
    Collision,
    /// It was reset, and the node waits before it dials again.
    NotYet,
    PasswordsDiffer,
    WrongSource,
    Firewall,
    /// The agent's log says so.
    PortDenied,
    NoSource,
    NoMd5,
    /// TCP connects, and BGP's packets do not arrive.
    TooFar,
    /// The router sees the node under another address.
    Translated,
    /// No router that was read has the peer's address.
    ForeignAddress,
    Unexplained,
}

/// FRR's number for "Password config change".
const PASSWORD_CHANGE: u32 = 37;

/// Decides by what the router last saw; where it saw nothing, by what is left.
pub fn likely<'a>(facts: &Facts<'a>, case: &Case<'a>) -> Likely {
    proof(facts, case).map_or_else(|| at_rest(facts, case), |proof| proof.answer)
}

fn at_rest<'a>(facts: &Facts<'a>, case: &Case<'a>) -> Likely {
    let Some(end) = case.router_end() else {
        // A dynamic neighbor leaves nothing behind; a status that is not taken back tells.
        let is_closed = matches!(case.session.router, Known::Absent(_)) && says_established(facts, case);
        return if is_closed { Likely::AgentClosed } else { silent(facts, case) };
    };
    let last = end.said.last_notification().map(|last| (last.code, last.subcode));
    let reason = end.last_reset.as_ref().map_or("", |last| last.reason.as_str());
    let wants = facts.wants(case);
    let keys_in_doubt = wants.value().is_some_and(|wants| super::password::both_have_one(facts, case, wants))
        && end.said.last_reset_code == Some(PASSWORD_CHANGE);
    match last {
        _ if end.established => Likely::NotNoticed,
        _ if keys_in_doubt => Likely::PasswordsDiffer,
        Some((6, 7)) => Likely::Collision,
        Some((4, _)) => Likely::HoldTimer,
        _ if reason.contains("Hold Timer Expired") => Likely::HoldTimer,
        _ if closed_by_node(end) || says_established(facts, case) => Likely::AgentClosed,
        _ if is_young(end, retry(facts, case)) && was_reset(end) => Likely::NotYet,
        _ => silent(facts, case),
    }
}

/// Every session of this answer that is open.
pub fn of<'a>(facts: &Facts<'a>, answer: Likely) -> Vec<Case<'a>> {
    facts.open().filter(|case| likely(facts, case) == answer).collect()
}

/// A finding with what both ends say, and what they exclude; inferred, unless a probe proves it.
pub fn finding<'a>(facts: &Facts<'a>, rule: &'static Rule, case: &Case<'a>, decide: impl Into<String>) -> Finding {
    let mut finding = Finding::of(rule, case.subject())
        .inferred(decide)
        .excluded(excluded(facts, case))
        .explains(facts.symptoms(case.index));
    if let Some(end) = case.session.cluster.value() {
        let text = format!("{} is {}", case.node().unwrap_or("the node"), end.state);
        finding = finding.seen(End::Cluster, Some(&end.source), text);
    } else if let Some(why) = case.session.cluster.why_unknown() {
        finding = finding.seen(End::Cluster, None, why);
    }
    if let Some(text) = router_says(case) {
        finding = finding.seen(End::Router, case.router_end().map(|end| &end.source), text);
    }
    match proof(facts, case) {
        Some(proof) => finding.seen(proof.end, None, proof.text).measured(),
        None => finding,
    }
}

/// How long the node may wait before it dials again: one to two times what is configured (cilium, GoBGP's jitter).
fn retry<'a>(facts: &Facts<'a>, case: &Case<'a>) -> SignedDuration {
    let seconds = facts.wants(case).value().map_or(120, |wants| wants.retry_seconds);
    SignedDuration::from_secs(i64::from(seconds) * 2 + 5)
}

fn is_young(end: &RouterEnd, retry: SignedDuration) -> bool {
    let at = end.last_reset.as_ref().and_then(|last| last.at);
    at.is_some_and(|at| end.source.read_at.duration_since(at) < retry)
}

/// FRR's numbers for a change of its own configuration, for `clear bgp`, and for a neighbor that was never up.
const OWN_CHANGES: [u32; 22] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 17, 18, 19, 20, 21, 23, 31, 32, 36, 37];
const CEASE: u8 = 6;
/// Administrative reset, other configuration change, hard reset (RFC 4486, RFC 8538).
const RESETS: [u8; 3] = [4, 6, 9];

/// Whether somebody reset it, on whichever end, or has just configured it.
fn was_reset(end: &RouterEnd) -> bool {
    let by_notification =
        end.said.last_notification().is_some_and(|last| last.code == CEASE && RESETS.contains(&last.subcode));
    by_notification || end.said.last_reset_code.is_some_and(|code| OWN_CHANGES.contains(&code))
}

pub const HOLD_TIMER: Rule = Rule {
    code: "BGP143",
    rows: &["A43", "A20"],
    severity: Severity::Error,
    layer: Layer::Liveness,
    title: "the node went silent: the hold timer ran out",
    explanation: Explanation {
        what: "The router heard no keepalive for the hold time and ended the session (4/0). The link is gone, a firewall drops what it let through \
               before, or the node was too busy to send.",
        matters: "For up to the hold time flows went to a node that did not answer.",
        detected: "The router's last notification is Hold Timer Expired, and Kubernetes says that node and agent are ready.",
        fix: "See whether the node answers from the router; if it does, look for load (backups, CPU limits) at that time.",
        sources: &["RFC 4271 section 6.5", "Exikle/Artemis-Cluster .agents/references/networking.md"],
    },
    judge: |facts, verdict| {
        for case in of(facts, Likely::HoldTimer) {
            let address = case.session.dials_from.value().and_then(|addresses| addresses.first());
            let ping = address.map_or_else(String::new, |address| format!(", or on the router: ping -c 3 {address}"));
            verdict.report(
                finding(facts, &HOLD_TIMER, &case, format!("kubectl bgp check --probe{ping}"))
                    .fix("see whether the router still reaches the node; if it does, look for a firewall, or for load at that time"),
            );
        }
    },
};

pub const NOT_NOTICED: Rule = Rule {
    code: "BGP192",
    rows: &["A43"],
    severity: Severity::Error,
    layer: Layer::Liveness,
    title: "the node has lost the session and the router has not noticed",
    explanation: Explanation {
        what: "The agent says that the session is down while the router has it established: the agent was restarted, or packets are lost, a moment \
               ago.",
        matters: "The router sends flows to the node until its hold timer runs out.",
        detected: "The agent's own word (its status is fresh, or it was asked) against the router's.",
        fix: "Look again after the hold time. A shorter hold time makes the moment shorter.",
        sources: &["RFC 4271 section 4.2 (Hold Time)"],
    },
    judge: |facts, verdict| {
        for case in of(facts, Likely::NotNoticed) {
            let hold = case.session.timers().map_or(90, |timers| timers.hold_seconds);
            verdict.report(
                finding(facts, &NOT_NOTICED, &case, format!("kubectl bgp peers after {hold} s, the hold time"))
                    .fix("look again after the hold time; a shorter one (9 s with keepalives of 3 s) makes the moment shorter"),
            );
        }
    },
};

pub const AGENT_CLOSED: Rule = Rule {
    code: "BGP187",
    rows: &["A44"],
    severity: Severity::Error,
    layer: Layer::Liveness,
    title: "the node ended the session: its agent stopped, or restarts",
    explanation: Explanation {
        what: "The node's kernel closed the connection, or its agent said that the peer is de-configured. That is what the end of a Cilium agent \
               looks like from the router.",
        matters: "With graceful restart the router keeps the node's routes for the restart time, then they are gone.",
        detected: "The router says that the peer closed the session, and the agent's pod is ready as far as Kubernetes knows.",
        fix: "See whether the agent runs; if it does, why it restarted.",
        sources: &["RFC 4724 section 4.2", "FRR bgpd/bgp_fsm.c (peer_down_str 15, 22)"],
    },
    judge: |facts, verdict| {
        for case in of(facts, Likely::AgentClosed) {
            let pod = case.node().and_then(|node| facts.agent(node));
            let ask = pod.map_or_else(
                || "kubectl bgp check --probe".to_owned(),
                |pod| {
                    let (namespace, name) = (&pod.metadata.namespace, shell::name(&pod.metadata.name));
                    format!(
                        "{} -c cilium-agent -- cilium-dbg bgp peers",
                        shell::command(["kubectl", "-n", namespace, "exec", name])
                    )
                },
            );
            verdict.report(
                finding(facts, &AGENT_CLOSED, &case, ask)
                    .fix("see whether the agent runs; if it does, why it restarted"),
            );
        }
    },
};

pub const COLLISION: Rule = Rule {
    code: "BGP188",
    rows: &["A32"],
    severity: Severity::Error,
    layer: Layer::Liveness,
    title: "connections of the node collide: a second BGP speaker gets in the way",
    explanation: Explanation {
        what: "The router resolved a collision of two connections from one address: beside Cilium something else on the node speaks BGP (MetalLB, \
               kube-vip, frr-k8s, BIRD, Talos).",
        matters: "Whichever connection loses is ended, again and again.",
        detected: "The last notification is Cease, Connection Collision Resolution (6/7).",
        fix: "Leave BGP to one speaker, or give them different source addresses.",
        sources: &["RFC 4486 section 4", "soulwhisper/home-ops docs/decisions/bgp.md"],
    },
    judge: |facts, verdict| {
        for case in of(facts, Likely::Collision) {
            verdict.report(
                finding(facts, &COLLISION, &case, "on the node: ss -tnp 'dport = :179'")
                    .fix("leave BGP to one speaker on each node, or give them different source addresses"),
            );
        }
    },
};

pub const NOT_YET: Rule = Rule {
    code: "BGP193",
    rows: &["A42", "E1"],
    severity: Severity::Warning,
    layer: Layer::Liveness,
    title: "the session was configured or reset a moment ago, and the node has not dialled again yet",
    explanation: Explanation {
        what: "A configuration was changed, a session cleared or the router started, and the node dials again after connectRetryTimeSeconds, up to twice \
               that.",
        matters: "Until then the node's routes are away. With Cilium's default of 120 s that can be four minutes.",
        detected: "The router's last reset is a change, a clear or its start, and younger than twice connectRetryTimeSeconds; both configurations fit.",
        fix: "Wait and look again. Set connectRetryTimeSeconds to 5 to make it short.",
        sources: &["cilium pkg/bgp/gobgp", "docs.cilium.io: CiliumBGPPeerConfig, timers"],
    },
    judge: |facts, verdict| {
        for case in of(facts, Likely::NotYet) {
            let wait = retry(facts, &case).as_secs();
            verdict
                .report(finding(facts, &NOT_YET, &case, format!("kubectl bgp peers after {wait} s")).fix(
                    "wait and look again; connectRetryTimeSeconds of 5 in the CiliumBGPPeerConfig makes it short",
                ));
        }
    },
};
