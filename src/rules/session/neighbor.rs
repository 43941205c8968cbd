//! What the router's neighbor line says.

use crate::rules::finding::{End, Finding};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};

pub const SHUT_DOWN: Rule = Rule {
    code: "BGP137",
    rows: &["A37"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the router has shut the neighbor down",
    explanation: Explanation {
        what: "Somebody has put `neighbor ... shutdown` into the router's configuration, for this neighbor or its group.",
        matters: "The node keeps dialling and is refused. What it alone advertises is unreachable; the rest has fewer paths.",
        detected: "FRR says adminShutDown of the neighbor, and its state is Idle (Admin).",
        fix: "Take the line off the configuration, once the reason for it is gone.",
        sources: &["RFC 4486 section 4 (Cease, Administrative Shutdown)", "FRR bgpd/bgp_fsm.c"],
    },
    judge: shut_down,
};

fn shut_down(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.down() {
        let Some(end) = case.router_end().filter(|end| end.state.contains("(Admin)")) else { continue };
        verdict.report(
            Finding::of(&SHUT_DOWN, case.subject())
                .seen(End::Router, Some(&end.source), format!("neighbor {} is {}", end.neighbor, end.state))
                .fix("take the shutdown off the neighbor")
                .paste(format!("no neighbor {} shutdown", end.neighbor))
                .explains([case.symptom()]),
        );
    }
}
