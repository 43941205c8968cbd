//! Sessions that go down together, again and again.

use jiff::SignedDuration;

use super::ending_at;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::topology::session::RouterEnd;

pub const RESET_TOGETHER: Rule = Rule {
    code: "BGP142",
    rows: &["A42"],
    severity: Severity::Information,
    layer: Layer::Risk,
    title: "all of the router's sessions were reset in the same minute, and not for the first time",
    explanation: Explanation {
        what: "Every session of the router was lost several times and came back within one minute of the others: something resets them all, \
               such as a configuration that is uploaded again and again, or `clear bgp *`.",
        matters: "Each time all VIPs are away for seconds, up to minutes where connectRetryTimeSeconds is long.",
        detected: "At least two sessions are established, each was lost three times or more, and they came up within one minute.",
        fix: "Gather changes into one upload; set connectRetryTimeSeconds low, and graceful restart on both ends.",
        sources: &["onedr0p/home-ops bootstrap/README.md", "RFC 4724"],
    },
    judge: reset_together,
};

/// Fewer may be a coincidence, or one evening's work.
const LEAST: u64 = 3;

fn reset_together(facts: &Facts, verdict: &mut Verdict) {
    for router in facts.routers() {
        let ends: Vec<&RouterEnd> =
            ending_at(facts, router).filter_map(|case| case.router_end()).filter(|end| end.established).collect();
        let (Some(first), true) = (ends.first(), ends.len() > 1) else { continue };
        let Some(lost) = ends.iter().map(|end| end.flaps.unwrap_or(0)).min().filter(|lost| *lost >= LEAST) else {
            continue;
        };
        let times: Option<Vec<_>> = ends.iter().map(|end| end.established_at).collect();
        let Some((from, to)) = times.and_then(|times| Some((*times.iter().min()?, *times.iter().max()?))) else {
            continue;
        };
        if to.duration_since(from) > SignedDuration::from_mins(1) {
            continue;
        }
        let text = format!(
            "{} sessions were lost {lost} times or more and came back between {from:.0} and {to:.0}",
            ends.len()
        );
        verdict.report(
            Finding::of(&RESET_TOGETHER, Subject::Router(router.name.clone()))
                .seen(End::Router, Some(&first.source), text)
                .fix("gather changes into one upload, and set connectRetryTimeSeconds low in the CiliumBGPPeerConfig"),
        );
    }
}
