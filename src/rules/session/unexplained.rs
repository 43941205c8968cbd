//! Sessions that are down and that nothing explains.

use super::likely::{Likely, finding, of};
use crate::rules::facts::Case;
use crate::rules::finding::{Confidence, Finding};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::topology::Known;

pub const UNEXPLAINED: Rule = Rule {
    code: "BGP199",
    rows: &["A18", "A20", "A27", "A28"],
    severity: Severity::Error,
    layer: Layer::SessionUnexplained,
    title: "the session is down, and what was read does not say why",
    explanation: Explanation {
        what: "No rule proves a cause, and the evidence does not single one out.",
        matters: "The session carries nothing.",
        detected: "It is what all other rules of sessions leave. What would tell more is said: an end that was not read, a probe.",
        fix: "Read the end that is missing, or probe.",
        sources: &["docs.cilium.io: BGP Control Plane troubleshooting"],
    },
    judge: unexplained,
};

fn unexplained(facts: &Facts, verdict: &mut Verdict) {
    for case in of(facts, Likely::Unexplained) {
        let left = left(facts, &case);
        let decide = format!("kubectl bgp check --probe; left are: {}", left.join("; "));
        let say = match missing_end(facts, &case) {
            Some((need, say)) => {
                verdict.needs(need);
                say
            }
            None => "probe both ends",
        };
        // That nothing explains it is no guess.
        let finding = finding(facts, &UNEXPLAINED, &case, decide);
        verdict.report(Finding { confidence: Confidence::Measured, ..finding }.fix(say));
    }
}

/// The end that was not read, and what to do about it.
fn missing_end<'a>(facts: &Facts<'a>, case: &Case<'a>) -> Option<(String, &'static str)> {
    if facts.cluster().is_none() || case.session.key.value().is_none() {
        return Some(("the cluster: it was not read".to_owned(), "read the cluster too"));
    }
    if let Known::Unknown(why) = &case.session.router {
        return Some((format!("the session's end on the router: {why}"), "read the router too: --router names it"));
    }
    let wants = facts.wants(case);
    wants.why_unknown().map(|why| (format!("the CiliumBGPPeerConfig: {why}"), "read the CiliumBGPPeerConfigs too"))
}

/// What remains possible, in the words of a network engineer.
fn left<'a>(facts: &Facts<'a>, case: &Case<'a>) -> Vec<&'static str> {
    let mut left = Vec::new();
    if matches!(case.session.router, Known::Unknown(_)) {
        left.extend(["the router has no neighbor for the node", "AS numbers that differ", "a password on one end"]);
    }
    if matches!(case.session.router, Known::Absent(_)) && facts.line(case).is_none() {
        left.push("the router has no neighbor for the node");
    }
    if facts.wants(case).value().is_some_and(|wants| wants.secret.is_some()) {
        left.push("passwords that differ");
    }
    if matches!(case.session.cluster, Known::Absent(_)) {
        left.push("the agent has not set the peer up (its log says why)");
    }
    left.extend(["a firewall that drops TCP 179", "a source address that is rewritten on the way"]);
    left
}
