//! Nodes that are more than one hop away: eBGP packets have a TTL of 1 unless both ends say otherwise.

use std::net::IpAddr;

use super::away::router_says;

use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding};
use crate::rules::paste::{on_router, patch_peer_config, router_lines};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::topology::router::Reach;

pub const NODE_TTL: Rule = Rule {
    code: "BGP121",
    rows: &["A21"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the router is more than one hop away, and the cluster sends with a TTL of 1",
    explanation: Explanation {
        what: "Another router stands between the node and the peer, and the CiliumBGPPeerConfig has no ebgpMultihop.",
        matters: "The packets die one hop before the router.",
        detected: "None of the router's nets has the node's address and its kernel reaches the node through another router. A peer address on another \
                   net of the same gateway is no reason: that is one hop.",
        fix: "Set ebgpMultihop in the CiliumBGPPeerConfig and ebgp-multihop on the router, or peer with the router of the nodes' own net.",
        sources: &["RFC 4271 section 5.1.3", "docs.cilium.io: CiliumBGPPeerConfig, eBGP multihop"],
    },
    judge: node_ttl,
};

fn node_ttl(facts: &Facts, verdict: &mut Verdict) {
    for (case, address, gateway) in distant(facts) {
        let wants = facts.wants(&case);
        let Some(wants) = wants.value().filter(|wants| wants.ttl < 2) else { continue };
        let source = facts.set_by(&case);
        let mut finding = Finding::of(&NODE_TTL, case.subject())
            .independent()
            .seen(End::Cluster, source, format!("{} sends with a TTL of 1: it has no ebgpMultihop", wants.label()))
            .seen(End::Router, None, format!("the router reaches {address} through {gateway}"))
            .fix("set ebgpMultihop, and ebgp-multihop on the router too")
            .explains(facts.symptoms(case.index));
        if let Some(name) = wants.peer_config() {
            let patch = r#"{"spec":{"ebgpMultihop":2}}"#;
            finding = finding.paste(patch_peer_config(name, patch));
        }
        verdict.report(finding);
    }
}

pub const ROUTER_TTL: Rule = Rule {
    code: "BGP123",
    rows: &["A23", "A21"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the node is more than one hop away, and the router takes direct neighbors alone",
    explanation: Explanation {
        what: "The router's neighbor has neither ebgp-multihop nor disable-connected-check, and the node's address is on none of the router's nets.",
        matters: "FRR does not start the neighbor (\"No path to specified Neighbor\"), or answers with a TTL of 1.",
        detected: "The node's address is compared with the router's nets and its kernel's routes, and the neighbor's statements with its group's.",
        fix: "Set ebgp-multihop on the router, and ebgpMultihop in the CiliumBGPPeerConfig.",
        sources: &["FRR bgpd/bgp_nht.c", "FRR bgpd/bgp_fsm.c (peer_down_str)"],
    },
    judge: router_ttl,
};

fn router_ttl(facts: &Facts, verdict: &mut Verdict) {
    for (case, address, gateway) in distant(facts) {
        let Some(line) = facts.line(&case) else { continue };
        let multihop = line.said(|neighbor| neighbor.ebgp_multihop.as_ref()).is_some_and(|ttl| *ttl > 1);
        let hops = line.said(|neighbor| neighbor.ttl_security_hops.as_ref()).is_some_and(|hops| *hops > 1);
        if multihop || hops || line.has(|neighbor| neighbor.disable_connected_check.as_ref()).is_some() {
            continue;
        }
        let name = line.name().unwrap_or_default();
        let mut finding = Finding::of(&ROUTER_TTL, case.subject())
            .independent()
            .seen(End::Router, line.source, format!("neighbor {name} has no ebgp-multihop"))
            .seen(End::Router, None, format!("the router reaches {address} through {gateway}"))
            .fix(on_router(
                facts,
                &case,
                "set ebgp-multihop on the router, and ebgpMultihop in the CiliumBGPPeerConfig too",
            ))
            .explains(facts.symptoms(case.index));
        finding.fix.paste.extend(router_lines(facts, &case, [format!("neighbor {name} ebgp-multihop 2")]));
        verdict.report(finding);
    }
}

pub const NO_PATH: Rule = Rule {
    code: "BGP198",
    rows: &["A23"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the router has no path to the node",
    explanation: Explanation {
        what: "The router's interface to the node's net is down or has lost its address, or no route leads to the node.",
        matters: "The router does not even try the neighbor.",
        detected: "FRR says \"No path to specified Neighbor\", \"Interface down\" or \"Neighbor address lost\" of the neighbor, which is down. A node \
                   behind another router is told as too many hops instead.",
        fix: "Bring the interface up, or give it its address back.",
        sources: &["FRR bgpd/bgp_fsm.c (peer_down_str 25 to 27)"],
    },
    judge: no_path,
};

/// FRR's numbers for "Interface down", "Neighbor address lost" and "No path to specified Neighbor".
const NO_PATH_CODES: std::ops::RangeInclusive<u32> = 25..=27;

fn no_path(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.down() {
        let Some(end) = case.router_end().filter(|end| !end.established) else { continue };
        if !end.said.last_reset_code.is_some_and(|code| NO_PATH_CODES.contains(&code)) {
            continue;
        }
        let address = case.session.dials_from.value().and_then(|addresses| addresses.first()).copied();
        let reach = address.and_then(|address| case.router?.reach(address));
        if matches!(reach, Some(Reach::Via(_))) {
            continue;
        }
        let mut finding = Finding::of(&NO_PATH, case.subject())
            .fix("bring the router's interface to the node's net up, or give it its address back")
            .paste("ip -br addr")
            .independent()
            .explains(facts.symptoms(case.index));
        if let Some(text) = router_says(&case) {
            finding = finding.seen(End::Router, Some(&end.source), text);
        }
        if let (Some(address), Some(Reach::No)) = (address, reach) {
            finding = finding.seen(End::Router, None, format!("the router's kernel has no route to {address}"));
        }
        verdict.report(finding);
    }
}

/// The eBGP sessions that are down whose node the router reaches through another router, with the node's address and that
/// router.
fn distant<'a>(facts: &Facts<'a>) -> Vec<(Case<'a>, IpAddr, IpAddr)> {
    let is_external = |case: &Case| case.session.local_asn.value() != case.session.peer_asn.value();
    let distant = facts.down().filter(is_external).filter_map(|case| {
        let address = *case.session.dials_from.value()?.first()?;
        match case.router?.reach(address)? {
            Reach::Via(gateway) => Some((case, address, gateway)),
            Reach::OnLink | Reach::No => None,
        }
    });
    distant.collect()
}
