//! Prefix-lists that keep VIPs out.

use std::collections::BTreeSet;

use super::{permit, vtysh};
use crate::frr::config::Version;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::losses::{Because, Together, together};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::router::inbound::{Denial, Inbound};
use crate::topology::routes::Route;

pub const UNDEFINED: Rule = Rule {
    code: "BGP203",
    rows: &["B3"],
    severity: Severity::Error,
    layer: Layer::Route,
    title: "the inbound prefix-list is not defined, so it denies everything",
    explanation: Explanation {
        what: "A neighbor or its group names a prefix-list for what comes in, and the configuration defines no list of that \
               name. FRR then denies every prefix. A list that is defined and has no entry would permit all of them.",
        matters: "The session is established and looks healthy, and nothing is accepted over it.",
        detected: "The running configuration has `neighbor ... prefix-list NAME in` and no `prefix-list NAME`. UniFi drops \
                   lists that stand before `router bgp` in an uploaded file, so the file may well have it.",
        fix: "Define the list with the pool's addresses, then clear inbound softly: sessions stay up. In an uploaded file \
              the lists belong behind `router bgp`.",
        sources: &["FRR lib/plist.c (prefix_list_apply)", "RFC 8212"],
    },
    judge: undefined,
};

pub const DENIES: Rule = Rule {
    code: "BGP202",
    rows: &["B2", "B5"],
    severity: Severity::Error,
    layer: Layer::Route,
    title: "the inbound prefix-list denies VIPs",
    explanation: Explanation {
        what: "The list that the router applies to what a node sends has no entry that permits these addresses, or one that \
               denies them first: another net, a net without `le 32`, or the pool was moved and the list was not.",
        matters: "The nodes advertise the addresses and the router drops them; the session does not show it.",
        detected: "The prefixes that the nodes should advertise are tried on the list of the running configuration, entry by \
                   entry. Where both ends were asked, the prefix was advertised, received and not accepted.",
        fix: "Permit the pool's addresses with `ge 32 le 32`, then `clear bgp ipv4 unicast * soft in`: FRR does not filter \
              anew by itself when a list changes. Change the pool and the list together from then on.",
        sources: &["FRR lib/plist.c (prefix_list_apply)", "FRR bgpd/bgp_route.c (bgp_input_filter)"],
    },
    judge: denies,
};

pub const DENIES_AGGREGATE: Rule = Rule {
    code: "BGP224",
    rows: &["B24"],
    severity: Severity::Error,
    layer: Layer::Route,
    title: "the inbound prefix-list takes single addresses, and the nodes advertise an aggregate",
    explanation: Explanation {
        what: "The advertisement has an aggregationLength, so that nodes advertise a shorter prefix in place of each VIP. \
               The router's list wants addresses of full length (`ge 32`) and denies the aggregate.",
        matters: "None of the VIPs under the aggregate is reachable.",
        detected: "The expected prefix is shorter than an address, and the list of the running configuration denies it.",
        fix: "Take aggregationLengthIPv4 off the advertisement, or permit the aggregate on the router.",
        sources: &["Cilium pkg/bgp/manager/reconciler/service.go", "FRR lib/plist.c (prefix_list_apply)"],
    },
    judge: denies_aggregate,
};

fn undefined(facts: &Facts, verdict: &mut Verdict) {
    let by_name = together(facts.losses(), |loss| match &loss.because {
        Because::Denied(Denial::UndefinedList(name)) => Some((*name, loss.version())),
        _ => None,
    });
    let mut told = BTreeSet::new();
    for ((name, version), lost) in by_name {
        told.insert((lost.router.name.as_str(), name));
        let wanted = permit::covering(facts, &lost.denied());
        let lines = permit::lines(name, version, None, None, &wanted);
        let finding = undefined_list(lost.subject(), name);
        let finding = evidence(facts, &lost, finding, name, version, "and no list of that name is defined".to_owned())
            .fix("define the list, then clear inbound softly; in an uploaded file it belongs behind `router bgp`");
        verdict.report(pasted(finding, lines, version, &lost, facts));
    }
    undefined_and_unused(facts, verdict, told);
}

fn undefined_list(subject: Subject, name: &str) -> Finding {
    Finding::of(&UNDEFINED, subject)
        .title(format!("the inbound prefix-list {name} is not defined, so it denies everything"))
}

/// What will deny everything once there is something to deny.
fn undefined_and_unused<'a>(facts: &Facts<'a>, verdict: &mut Verdict, mut told: BTreeSet<(&'a str, &'a str)>) {
    for case in facts.sessions() {
        let (Some(router), Some(end)) = (case.router, case.router_end()) else { continue };
        let inbound = [Version::V4, Version::V6].map(|version| router.inbound(end, version));
        for inbound in inbound.into_iter().flatten().filter(Inbound::is_activated) {
            let Some(name) = inbound.undefined_list() else { continue };
            if !told.insert((&router.name, &name.value)) {
                continue;
            }
            let line = format!("line {}: neighbor {} prefix-list {} in", name.line, inbound.has_list, name.value);
            verdict.report(
                undefined_list(Subject::Router(router.name.clone()), &name.value)
                    .severity(Severity::Warning)
                    .seen(
                        End::Router,
                        router.config_source.as_ref(),
                        format!("{line}; no list of that name is defined"),
                    )
                    .fix("define the list; in an uploaded file it belongs behind `router bgp`"),
            );
        }
    }
}

fn denies(facts: &Facts, verdict: &mut Verdict) {
    report_denials(facts, verdict, &DENIES, is_host);
    // Without the configuration the list is known by its name alone.
    let by_filter = together(facts.losses(), |loss| match &loss.because {
        Because::Filtered(by) if is_host(loss.route) => Some(by.clone()),
        _ => None,
    });
    for (by, lost) in by_filter {
        let finding = Finding::of(&DENIES, lost.subject())
            .title(format!("VIPs are filtered by {by}"))
            .seen(
                End::Router,
                None,
                format!("received from {} and not accepted: {}", lost.nodes(facts), lost.prefixes()),
            )
            .inferred("show running-config on the router: which of its filters denies them")
            .fix("permit the pool's addresses in that filter, then clear inbound softly");
        verdict.report(lost.claim(finding));
    }
}

fn denies_aggregate(facts: &Facts, verdict: &mut Verdict) {
    report_denials(facts, verdict, &DENIES_AGGREGATE, |route| !is_host(route));
}

fn report_denials(facts: &Facts, verdict: &mut Verdict, rule: &'static Rule, is_one: impl Fn(&Route) -> bool) {
    let by_list = together(facts.losses(), |loss| match &loss.because {
        Because::Denied(Denial::List(list, _)) if is_one(loss.route) => Some((list.name.as_str(), loss.version())),
        _ => None,
    });
    for ((name, version), lost) in by_list {
        let denials = lost.losses.iter().filter_map(|loss| match &loss.because {
            Because::Denied(Denial::List(list, entry)) => Some((*list, *entry)),
            _ => None,
        });
        let first = denials.min_by_key(|(_, entry)| entry.map_or(u32::MAX, |entry| entry.seq));
        let Some((list, entry)) = first else { continue };
        let wanted = permit::covering(facts, &lost.denied());
        let lines = permit::lines(name, version, Some(list), entry, &wanted);
        let because = Denial::List(list, entry).because();
        let title = if rule.code == DENIES.code {
            format!("the inbound prefix-list {name} denies VIPs")
        } else {
            format!("the inbound prefix-list {name} denies an aggregate")
        };
        let finding = evidence(facts, &lost, Finding::of(rule, lost.subject()).title(title), name, version, because);
        let finding = finding
            .fix("permit them on the router, then clear inbound softly: a changed list filters nothing anew by itself");
        verdict.report(pasted(finding, lines, version, &lost, facts));
    }
}

/// What both ends say, and what it is not.
fn evidence<'a>(
    facts: &Facts<'a>,
    lost: &Together<'a, '_>,
    finding: Finding,
    name: &str,
    version: Version,
    because: String,
) -> Finding {
    let end = lost.end(facts);
    let inbound = end.and_then(|end| lost.router.inbound(end, version));
    let statement = inbound.map_or_else(
        || format!("prefix-list {name} filters what comes in"),
        |inbound| {
            let line = inbound.list.map(|list| format!("line {}: ", list.line)).unwrap_or_default();
            format!("{line}neighbor {} prefix-list {name} in", inbound.has_list)
        },
    );
    let services = facts.cluster().and_then(|cluster| cluster.source(Kind::Service));
    finding
        .seen(End::Cluster, services, format!("{} should advertise {}", lost.nodes(facts), lost.prefixes()))
        .seen(End::Router, lost.router.config_source.as_ref(), format!("{statement}; {because}"))
        .seen(End::Router, None, received(facts, lost))
        .excluded(["not the sessions: they are established".to_owned()])
        .excluded(["not the selection: an advertisement has these addresses".to_owned()])
}

/// What is known of the way between the two.
fn received(facts: &Facts, lost: &Together) -> String {
    let received = lost.losses.iter().filter_map(|loss| {
        let prefix = loss.route.prefix?;
        loss.sessions.iter().find_map(|&session| facts.topology.evidence.receives(session, &prefix))
    });
    match received.filter(|&received| received).count() {
        0 => "the session is established and nothing of it is accepted".to_owned(),
        _ => "received before the filters, and not accepted".to_owned(),
    }
}

fn pasted<'a>(
    finding: Finding,
    lines: Vec<String>,
    version: Version,
    lost: &Together<'a, '_>,
    facts: &Facts<'a>,
) -> Finding {
    let clear = vtysh::soft_clear(lost.end(facts), version);
    vtysh::configure(lines, [clear]).into_iter().fold(lost.claim(finding), Finding::paste)
}

fn is_host(route: &Route) -> bool {
    route.prefix.is_some_and(|prefix| prefix.prefix_len() == prefix.max_prefix_len())
}
