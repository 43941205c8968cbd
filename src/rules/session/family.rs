//! Address families of both ends.

use crate::frr::config::bgp::{IPV4_UNICAST, IPV6_UNICAST};
use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding};
use crate::rules::paste::{on_router, router_lines};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};

pub const NONE_ACTIVE: Rule = Rule {
    code: "BGP134",
    rows: &["A34"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "no address family is activated for the neighbor",
    explanation: Explanation {
        what: "The router has `no bgp default ipv4-unicast` and no `neighbor ... activate` in any address family, for this neighbor or its group.",
        matters: "FRR leaves the neighbor Idle and does not even list it in the summary.",
        detected: "FRR lists no address family for the neighbor, or says \"No AFI/SAFI activated for peer\" while the session is down.",
        fix: "Activate the neighbor, or its group, in the family.",
        sources: &["FRR bgpd/bgp_fsm.c (peer_down_str 30)", "FRR doc/user/bgp.rst (activate)"],
    },
    judge: none_active,
};

/// FRR's number for "No AFI/SAFI activated for peer". Only while the session is down does it mean anything.
const NO_AFI: u32 = 30;

fn none_active(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.down() {
        let Some(end) = case.router_end().filter(|end| !end.established) else { continue };
        let line = facts.line(&case);
        let by_line = line.is_none_or(|line| !line.is_activated(true) && !line.is_activated(false));
        if !end.families.is_empty() || !by_line {
            continue;
        }
        let mut finding = Finding::of(&NONE_ACTIVE, case.subject())
            .independent()
            .seen(
                End::Router,
                Some(&end.source),
                format!("neighbor {} is {} without an address family", end.neighbor, end.state),
            )
            .fix(on_router(facts, &case, "activate the neighbor in its address family"))
            .explains(facts.symptoms(case.index));
        if end.said.last_reset_code == Some(NO_AFI) {
            let text = end.said.last_reset_due_to.clone().unwrap_or_default();
            finding = finding.seen(End::Router, Some(&end.source), format!("last reset: {text}"));
        }
        if let Some(line) =
            line.filter(|line| line.instance.default_ipv4_unicast.as_ref().is_some_and(|stated| !stated.value))
        {
            finding = finding.seen(End::Router, line.source, "`no bgp default ipv4-unicast`, and no `activate`");
        }
        let wants = facts.wants(&case);
        let (ipv4, ipv6) = wants.value().map_or((true, false), |wants| (wants.ipv4, wants.ipv6));
        finding.fix.paste.extend(activate(facts, &case, ipv4, ipv6));
        verdict.report(finding);
    }
}

pub const NONE_IN_COMMON: Rule = Rule {
    code: "BGP133",
    rows: &["A33"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the two ends have no address family in common",
    explanation: Explanation {
        what: "The families of the CiliumBGPPeerConfig and those that are activated for the router's neighbor do not overlap.",
        matters: "The session does not come up, or is up and carries nothing.",
        detected: "`families` of the PeerConfig (both, if it has none) are compared with what is activated in the running configuration.",
        fix: "Activate on the router what the cluster wants, or add the family to the PeerConfig.",
        sources: &["RFC 4760 section 8", "FRR bgpd/bgp_open.c"],
    },
    judge: none_in_common,
};

fn none_in_common(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.sessions() {
        let wants = facts.wants(&case);
        let (Some(wants), Some(line)) = (wants.value(), facts.line(&case)) else { continue };
        let router = (line.is_activated(true), line.is_activated(false));
        let has_any = |(ipv4, ipv6): (bool, bool)| ipv4 || ipv6;
        let cluster = (wants.ipv4, wants.ipv6);
        if !has_any(router) || !has_any(cluster) || has_any((router.0 && cluster.0, router.1 && cluster.1)) {
            continue;
        }
        let name = |(ipv4, _): (bool, bool)| if ipv4 { IPV4_UNICAST } else { IPV6_UNICAST };
        let source = facts.set_by(&case);
        let mut finding = Finding::of(&NONE_IN_COMMON, case.subject())
            .independent()
            .seen(End::Cluster, source, format!("{} has {} alone", wants.label(), name(cluster)))
            .seen(End::Router, line.source, format!("the neighbor has {} alone", name(router)))
            .fix(on_router(facts, &case, "activate on the router what the cluster wants"))
            .explains(facts.symptoms(case.index));
        finding.fix.paste.extend(activate(facts, &case, wants.ipv4, wants.ipv6));
        verdict.report(finding);
    }
}

fn activate<'a>(facts: &Facts<'a>, case: &Case<'a>, ipv4: bool, ipv6: bool) -> Vec<String> {
    let own = || case.router_end().map(|end| end.neighbor.to_string());
    // In a group, all of its members want it.
    let group = facts.line(case).and_then(|line| line.group_name().map(str::to_owned));
    let Some(name) = group.or_else(own) else { return Vec::new() };
    let families = [(ipv4, IPV4_UNICAST), (ipv6, IPV6_UNICAST)];
    let lines = families.into_iter().filter(|(wanted, _)| *wanted).flat_map(|(_, family)| {
        [format!("address-family {family}"), format!("neighbor {name} activate"), "exit-address-family".to_owned()]
    });
    router_lines(facts, case, lines)
}
