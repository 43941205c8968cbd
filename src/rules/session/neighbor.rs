//! What the router's neighbor line says, beside AS and password.

use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding};
use crate::rules::paste::{on_router, router_lines};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::topology::routes::SessionIndex;
use crate::topology::session::RouterEnd;

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
        sources: &["RFC 8203", "FRR bgpd/bgp_fsm.c"],
    },
    judge: shut_down,
};

fn shut_down(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.down() {
        let Some(end) = case.router_end().filter(|end| end.said.admin_shut_down || end.state.contains("(Admin)"))
        else {
            continue;
        };
        let line = facts.line(&case);
        // Of all neighbors at once, the instance's rule tells.
        if line.is_some_and(|line| line.instance.shutdown.as_ref().is_some_and(|stated| stated.value)) {
            continue;
        }
        let said = line.and_then(|line| line.has(|neighbor| neighbor.shutdown.as_ref()));
        let name = said.map_or_else(|| end.neighbor.to_string(), |said| said.of.to_owned());
        let message = line.and_then(|line| line.said(|neighbor| neighbor.shutdown_message.as_ref()));
        let mut finding = Finding::of(&SHUT_DOWN, case.subject())
            .independent()
            .seen(End::Router, Some(&end.source), format!("neighbor {} is {}", end.neighbor, end.state))
            .fix(on_router(facts, &case, "take the shutdown off the neighbor"))
            .explains(facts.symptoms(case.index));
        if let Some((said, line)) = said.zip(line) {
            let message = message.map(|message| format!(" message {}", *message)).unwrap_or_default();
            finding = finding.seen(End::Router, line.source, format!("neighbor {} shutdown{message}", said.of));
        }
        finding.fix.paste.extend(router_lines(facts, &case, [format!("no neighbor {name} shutdown")]));
        verdict.report(finding);
    }
}

pub const TOO_MANY_PREFIXES: Rule = Rule {
    code: "BGP138",
    rows: &["A38"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the node sent more prefixes than the router's maximum-prefix allows",
    explanation: Explanation {
        what: "The neighbor, or its group, has `maximum-prefix N`, and the node advertised more than N prefixes.",
        matters: "The router ended the session and keeps it down: it does not come back by itself, nor when the limit is raised.",
        detected: "The state is Idle (PfxCt), or the last notification is Cease/Maximum Number of Prefixes Reached (6/1).",
        fix: "Raise the limit well above the number of VIPs, then clear the neighbor. Next time raise it before VIPs are added.",
        sources: &["RFC 4486 section 4", "FRR bgpd/bgp_route.c (bgp_maximum_prefix_overflow)"],
    },
    judge: too_many_prefixes,
};

fn too_many_prefixes(facts: &Facts, verdict: &mut Verdict) {
    let tripped: Vec<(Case, &RouterEnd)> =
        facts.down().filter_map(|case| Some((case, case.router_end().filter(|end| has_tripped(end))?))).collect();
    if tripped.is_empty() {
        return;
    }
    let mut expected: Vec<usize> = vec![0; facts.topology.sessions.len()];
    let speakers = facts.routes().filter_map(|(_, route)| route.expected.value());
    for &session in speakers.flat_map(|speakers| speakers.sessions.iter()) {
        expected[session] += 1;
    }
    for (case, end) in tripped {
        verdict.report(of_limit(facts, &case, end, expected[case.index as SessionIndex]));
    }
}

fn has_tripped(end: &RouterEnd) -> bool {
    let last = end.said.last_notification();
    end.state.contains("PfxCt") || !end.established && last.is_some_and(|last| (last.code, last.subcode) == (6, 1))
}

fn of_limit<'a>(facts: &Facts<'a>, case: &Case<'a>, end: &RouterEnd, expected: usize) -> Finding {
    let line = facts.line(case);
    let said = line.and_then(|line| line.said_in(|family| family.maximum_prefix.as_ref()));
    let by_json = || end.said.address_family_info.values().find_map(|family| family.prefix_allowed_max);
    let limit = said.as_ref().map(|(_, said)| u64::from(said.limit)).or_else(by_json);
    let mut finding = Finding::of(&TOO_MANY_PREFIXES, case.subject())
        .independent()
        .seen(End::Router, Some(&end.source), format!("neighbor {} is {}: {}", end.neighbor, end.state, reason(end)))
        .fix(on_router(facts, case, "raise the limit well above the number of VIPs, then clear the neighbor"))
        .explains(facts.symptoms(case.index));
    if let Some(limit) = limit {
        let source = line.and_then(|line| line.source).or(Some(&end.source));
        finding = finding.seen(End::Router, source, format!("the limit is {limit}"));
    }
    if expected > 0 {
        finding = finding.seen(
            End::Cluster,
            None,
            format!("the cluster's objects ask the node to advertise {expected} prefixes"),
        );
    }
    let name = said.as_ref().map_or_else(|| end.neighbor.to_string(), |(_, said)| said.of.to_owned());
    let family = said.as_ref().map_or("ipv4 unicast", |(family, _)| family);
    let raised = (u64::try_from(expected).unwrap_or(0).max(limit.unwrap_or(0)) * 2).max(100);
    let lines = [
        format!("address-family {family}"),
        format!("neighbor {name} maximum-prefix {raised}"),
        "exit-address-family".to_owned(),
        format!("do clear bgp {}", end.neighbor),
    ];
    finding.fix.paste.extend(router_lines(facts, case, lines));
    finding
}

fn reason(end: &RouterEnd) -> &str {
    end.last_reset.as_ref().map_or("no reason is said", |last| last.reason.as_str())
}

pub const BFD: Rule = Rule {
    code: "BGP141",
    rows: &["A41"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the router ends the session because BFD is down, which Cilium does not speak",
    explanation: Explanation {
        what: "The neighbor, or its group, has `bfd`. Cilium has no BFD (up to 1.20), so that session of BFD never comes up.",
        matters: "A router that ties BGP to BFD takes the session down again and again.",
        detected: "The neighbor is down, and the router's last reset is BFD's, or the neighbor has `bfd` and bfdd runs. Without bfdd, or on a session \
                   that is up, it is information.",
        fix: "Take `bfd` off the neighbor.",
        sources: &["FRR doc/user/bfd.rst", "cilium#45435"],
    },
    judge: bfd,
};

fn bfd(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.sessions() {
        let Some(end) = case.router_end() else { continue };
        let line = facts.line(&case);
        let said = line.and_then(|line| line.has(|neighbor| neighbor.bfd.as_ref()));
        let by_reason = !end.established && reason(end).contains("BFD");
        // Without bfdd the line has no effect.
        let bfdd = case
            .router
            .and_then(|router| router.daemons.value())
            .is_some_and(|all| all.iter().any(|one| one == "bfdd"));
        let is_cause = by_reason || said.is_some() && bfdd && !end.established;
        if said.is_none() && !is_cause {
            continue;
        }
        let name = said.map_or_else(|| end.neighbor.to_string(), |said| said.of.to_owned());
        let mut finding = Finding::of(&BFD, case.subject())
            .seen(End::Router, line.and_then(|line| line.source), format!("neighbor {name} has bfd"))
            .fix(on_router(facts, &case, "take bfd off the neighbor"));
        finding = if is_cause {
            finding.seen(End::Router, Some(&end.source), reason(end)).explains(facts.symptoms(case.index))
        } else {
            finding.severity(Severity::Information).title("the router asks for BFD, which Cilium does not speak")
        };
        finding.fix.paste.extend(router_lines(facts, &case, [format!("no neighbor {name} bfd")]));
        verdict.report(finding);
    }
}
