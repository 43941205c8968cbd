//! A router that takes nothing for want of a policy, or by a route-map.

use std::collections::BTreeSet;

use super::{permit, vtysh};
use crate::frr::config::Version;
use crate::rules::finding::{End, Finding};
use crate::rules::losses::{Because, Together, together};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::topology::router::inbound::Denial;
use crate::topology::session::RouterEnd;

pub const REQUIRED: Rule = Rule {
    code: "BGP201",
    rows: &["B1"],
    severity: Severity::Error,
    layer: Layer::Route,
    title: "the router discards all that comes in: eBGP needs an inbound policy",
    explanation: Explanation {
        what: "From 7.4 on FRR follows RFC 8212: over eBGP nothing is accepted from a neighbor that has no inbound filter. It \
               is so unless the profile is `datacenter` or the configuration says `no bgp ebgp-requires-policy`.",
        matters: "The session is established and not one route of the cluster is accepted.",
        detected: "FRR says of the neighbor that inbound updates are discarded due to missing policy. Its summary says \
                   `Policy` also where only the way out has none, which does no harm here.",
        fix: "Give the neighbors an inbound prefix-list with the pool's addresses, which is a guard too; or switch the \
              demand off.",
        sources: &["RFC 8212", "FRR bgpd/bgp_route.c (bgp_ebgp_requires_policy)", "FRR bgpd/bgp_vty.c"],
    },
    judge: required,
};

pub const ROUTE_MAP: Rule = Rule {
    code: "BGP204",
    rows: &["B4"],
    severity: Severity::Error,
    layer: Layer::Route,
    title: "the inbound route-map denies VIPs",
    explanation: Explanation {
        what: "The neighbor's inbound route-map is not defined, has no entry that matches, or denies the VIPs. A map ends \
               with a deny that is not written.",
        matters: "The nodes advertise the addresses and the router drops them; the session does not show it.",
        detected: "The expected prefixes are tried on the map of the running configuration, as far as it looks at the \
                   prefix alone. What it matches besides, such as communities, leaves it open.",
        fix: "Define the map, or add an entry that permits the pool's prefix-list, then clear inbound softly.",
        sources: &["FRR lib/routemap.c (route_map_apply)", "FRRouting/frr#17552"],
    },
    judge: route_map,
};

pub const NOT_REAPPLIED: Rule = Rule {
    code: "BGP205",
    rows: &["B5"],
    severity: Severity::Error,
    layer: Layer::Route,
    title: "the inbound filter lets VIPs pass now, and was not applied since it was changed",
    explanation: Explanation {
        what: "The router received the prefixes, its filters of today permit them, and they are not in its table. FRR \
               filters when an update arrives: a list that is changed later filters nothing anew by itself.",
        matters: "The change looks right and has no effect until the nodes send the routes again, which may be never.",
        detected: "The prefix is among the received routes and not among the accepted ones, and neither a prefix-list nor a \
                   route-map of the running configuration denies it.",
        fix: "Clear inbound softly; the sessions stay up.",
        sources: &["FRR bgpd/bgp_route.c (bgp_soft_reconfig_in)", "measured on FRR 8.4.4 and 10.3"],
    },
    judge: not_reapplied,
};

fn required(facts: &Facts, verdict: &mut Verdict) {
    for (version, lost) in
        together(facts.losses(), |loss| (loss.because == Because::RequiresPolicy).then(|| loss.version()))
    {
        let Some(end) = lost.end(facts) else { continue };
        let name = "k8s-vips";
        let wanted = permit::covering(facts, &lost.denied());
        let mut lines = permit::lines(name, version, None, None, &wanted);
        let neighbors = vtysh::attachables(lost.router, lost.ends(facts), version);
        let statements = neighbors.iter().map(|neighbor| format!("neighbor {neighbor} prefix-list {name} in"));
        lines.extend(vtysh::in_family(end, version, statements));
        let finding = Finding::of(&REQUIRED, lost.subject())
            .seen(
                End::Router,
                Some(&end.source),
                format!("neighbor {}: inbound updates are discarded due to missing policy", end.neighbor),
            )
            .seen(End::Router, lost.router.config_source.as_ref(), stated(&lost))
            .seen(End::Cluster, None, format!("{} should advertise {}", lost.nodes(facts), lost.prefixes()))
            .fix("give the neighbors an inbound prefix-list with the pool's addresses")
            .excluded(["not the sessions: they are established".to_owned()]);
        verdict.report(pasted(lost.claim(finding), lines, version, end));
    }
}

/// Whether the demand is the configuration's or FRR's own.
fn stated(lost: &Together) -> String {
    let stated = lost.router.config.value().and_then(|config| {
        config
            .instances
            .iter()
            .find_map(|instance| instance.ebgp_requires_policy.as_ref())
            .filter(|stated| stated.value)
    });
    match stated {
        Some(stated) => format!("line {}: bgp ebgp-requires-policy", stated.line),
        None => "the configuration does not say `no bgp ebgp-requires-policy`, and no inbound filter".to_owned(),
    }
}

fn route_map(facts: &Facts, verdict: &mut Verdict) {
    let by_map = together(facts.losses(), |loss| match &loss.because {
        Because::Denied(Denial::UndefinedMap(name)) => Some(((*name).to_owned(), false, loss.version())),
        Because::Denied(Denial::Map(map, _)) => Some((map.name.clone(), true, loss.version())),
        _ => None,
    });
    for ((name, is_defined, version), lost) in by_map {
        let Some(end) = lost.end(facts) else { continue };
        let Some(Because::Denied(denial)) = lost.losses.first().map(|loss| &loss.because) else { continue };
        let wanted = permit::covering(facts, &lost.denied());
        let list = format!("{name}-vips");
        let mut lines = permit::lines(&list, version, None, None, &wanted);
        let entry = match denial {
            Denial::Map(map, _) => free_entry(map.entries.iter().map(|entry| entry.seq)),
            _ => 10,
        };
        lines.push(format!("route-map {name} permit {entry}"));
        lines.push(format!("match {} address prefix-list {list}", version.protocol()));
        let title = if is_defined {
            format!("the inbound route-map {name} denies VIPs")
        } else {
            format!("the inbound route-map {name} is not defined, so it denies everything")
        };
        let finding = Finding::of(&ROUTE_MAP, lost.subject())
            .title(title)
            .seen(End::Cluster, None, format!("{} should advertise {}", lost.nodes(facts), lost.prefixes()))
            .seen(End::Router, lost.router.config_source.as_ref(), format!("route-map {name}: {}", denial.because()))
            .fix("let the map permit the pool's addresses, then clear inbound softly")
            .excluded(["not the sessions: they are established".to_owned()]);
        verdict.report(pasted(lost.claim(finding), lines, version, end));
    }
}

/// A number before all others, so that the entry is asked first; behind them if there is none.
fn free_entry(seqs: impl Iterator<Item = u32>) -> u32 {
    let taken: BTreeSet<u32> = seqs.collect();
    match (taken.first(), taken.last()) {
        (Some(1), Some(last)) => last + 10,
        (Some(first), _) => first / 2,
        _ => 10,
    }
}

fn not_reapplied(facts: &Facts, verdict: &mut Verdict) {
    for (version, lost) in
        together(facts.losses(), |loss| (loss.because == Because::NotReapplied).then(|| loss.version()))
    {
        let Some(end) = lost.end(facts) else { continue };
        let finding = Finding::of(&NOT_REAPPLIED, lost.subject())
            .seen(
                End::Router,
                None,
                format!("received from {} and not accepted: {}", lost.nodes(facts), lost.prefixes()),
            )
            .seen(End::Router, lost.router.config_source.as_ref(), "no inbound prefix-list or route-map denies them")
            .inferred("the fix itself: it does no harm")
            .fix("clear inbound softly: sessions stay up");
        verdict.report(lost.claim(finding).paste(vtysh::soft_clear(Some(end), version)));
    }
}

fn pasted(finding: Finding, lines: Vec<String>, version: Version, end: &RouterEnd) -> Finding {
    vtysh::configure(lines, [vtysh::soft_clear(Some(end), version)]).into_iter().fold(finding, Finding::paste)
}
