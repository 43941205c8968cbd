//! What is told of sessions that are gone: routes that a graceful restart keeps, and counts of before.

use std::collections::BTreeMap;

use crate::rules::finding::{End, Finding, Subject, Symptom};
use crate::rules::losses::{label, symptoms};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::topology::names::listed_up_to;
use crate::topology::router::Router;
use crate::topology::routes::{Route, RoutePath};

use super::broken::NAMED;

pub const STALE: Rule = Rule {
    code: "BGP319",
    rows: &["C19"],
    severity: Severity::Warning,
    layer: Layer::Route,
    title: "the router still forwards by routes of a session that is gone",
    explanation: Explanation {
        what: "The session ended in a way that graceful restart takes for a restart, so the router keeps its routes as stale \
               until the node is back or the restart time is over.",
        matters: "If only the agent restarts, that is what it is for: traffic flows on. If the node is gone, its share of the \
                  traffic is lost until then.",
        detected: "FRR marks the paths as stale and still uses them.",
        fix: "Bring the agent back. For a node that will not come back: clear the neighbor, or wait; and keep \
              restartTimeSeconds near the time that an agent takes to restart.",
        sources: &["RFC 4724 section 4.2", "FRR bgpd/bgp_fsm.c (bgp_graceful_restart_timer_expire)"],
    },
    judge: stale,
};

pub const DEAD_COUNTS: Rule = Rule {
    code: "BGP229",
    rows: &["B29"],
    severity: Severity::Information,
    layer: Layer::Route,
    title: "the counts of advertised routes are of a session that is down",
    explanation: Explanation {
        what: "Cilium counts the routes that it would advertise to a peer whether or not the session is established.",
        matters: "A count above 0 looks as if the router had the routes.",
        detected: "The node's status has a count of advertised routes for a peer whose session is not established.",
        fix: "Trust the session's state first.",
        sources: &["cilium/cilium#39861"],
    },
    judge: dead_counts,
};

fn stale(facts: &Facts, verdict: &mut Verdict) {
    type Stale<'a> = Vec<(usize, &'a Route, &'a RoutePath)>;
    let mut by_source: BTreeMap<(&str, String), (&Router, Stale)> = BTreeMap::new();
    for (at, route) in facts.routes() {
        let Some(router) = facts.router_of(route) else { continue };
        for path in route.paths.value().into_iter().flatten().filter(|path| path.path.stale) {
            let key = (router.name.as_str(), path.path.neighbor.to_string());
            by_source.entry(key).or_insert((router, Vec::new())).1.push((at, route, path));
        }
    }
    for ((_, neighbor), (router, paths)) in by_source {
        let session = paths.iter().find_map(|(_, _, path)| path.session);
        let node = paths.iter().find_map(|(_, _, path)| path.node.clone());
        let subject = match &node {
            Some(node) => Subject::Node(node.clone()),
            None => Subject::Neighbor { router: router.name.clone(), neighbor: paths[0].2.path.neighbor.clone() },
        };
        let asked_for = session.filter(|session| facts.topology.sessions[*session].key.value().is_some());
        let used = paths.iter().filter(|(_, _, path)| path.path.is_used()).count();
        let prefixes = listed_up_to(NAMED, paths.iter().map(|(_, route, _)| label(route)));
        let seen = format!("stale paths from {neighbor}, {used} of {} in use: {prefixes}", paths.len());
        let finding = Finding::of(&STALE, subject)
            .seen(End::Router, None, seen)
            .fix("bring the agent back; if the node is gone for good, clear its neighbor")
            .paste(format!("clear bgp {neighbor}"));
        verdict.report(match asked_for {
            Some(session) => finding.follows([Symptom::Session(session)]),
            None => finding.explains(paths.iter().flat_map(|(at, ..)| symptoms(*at))),
        });
    }
}

fn dead_counts(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.down() {
        let Some(end) = case.session.cluster.value() else { continue };
        let count = case.session.advertised().value().copied().unwrap_or_default();
        if count == 0 {
            continue;
        }
        verdict.report(
            Finding::of(&DEAD_COUNTS, case.subject())
                .seen(End::Cluster, Some(&end.source), format!("{count} advertised, and the session is {}", end.state))
                .fix("trust the session's state first")
                .explains([case.symptom()]),
        );
    }
}
