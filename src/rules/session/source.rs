//! The address that a node dials from.

use std::collections::HashMap;

use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::Known;
use crate::topology::names::NeighborName;

pub const OTHER_SOURCE: Rule = Rule {
    code: "BGP129",
    rows: &["A29", "A9"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the node dials from another address than the one that the router has for it",
    explanation: Explanation {
        what: "The router has a neighbor for one of the node's addresses, and the node uses another: localAddress of an override, a shared address \
               (kube-vip), or a second interface.",
        matters: "The router closes the node's connection as a stranger's; or it has the session under an address that may move away.",
        detected: "The address that the node's override sets is no neighbor, while another of the node's is one and waits. Or a neighbor that no node owns \
                   is established and calls itself in its OPEN like a node whose own session is not there.",
        fix: "List the address on the router, or have the node dial from the one that is listed: localAddress in a CiliumBGPNodeConfigOverride, or \
              transport.sourceInterface of the CiliumBGPPeerConfig (1.19 on).",
        sources: &["docs.cilium.io: CiliumBGPNodeConfigOverride", "draft-walton-bgp-hostname-capability"],
    },
    judge: other_source,
};

fn other_source(facts: &Facts, verdict: &mut Verdict) {
    let elsewhere = elsewhere(facts);
    for case in facts.down().filter(|case| !elsewhere.is_empty() && case.neighbor_is_absent()) {
        let (Some(node), Some(own)) = (case.node(), case.session.dials_from.value().and_then(|all| all.first())) else {
            continue;
        };
        let Some(other) = elsewhere.get(&(node, own.is_ipv4())) else { continue };
        let Some(end) = other.router_end() else { continue };
        let says = if end.established { format!(" and says that it is {node}") } else { String::new() };
        let neighbor = format!("neighbor {} is {}{says}; there is no neighbor {own}", end.neighbor, end.state);
        let finding = Finding::of(&OTHER_SOURCE, case.subject())
            .seen(End::Cluster, None, format!("{node} is to dial from {own}"))
            .seen(End::Router, Some(&end.source), neighbor)
            .fix("list the address on the router, or have the node dial from the one that is listed")
            .independent()
            .explains(facts.symptoms(case.index));
        verdict.report(if end.established {
            finding.severity(Severity::Warning)
        } else {
            finding.explains([other.symptom()])
        });
    }
}

/// By node and family, the neighbor that it is under another address: one of its own that waits, or an established stranger
/// that calls itself so.
pub fn elsewhere<'a>(facts: &Facts<'a>) -> HashMap<(&'a str, bool), Case<'a>> {
    let by_node = facts.uninvited().filter_map(|case| {
        let end = case.router_end()?;
        let NeighborName::Address(address) = end.neighbor else { return None };
        let node = match &case.session.node {
            Known::Seen(node) | Known::Computed(node) if !end.established => node.0.as_str(),
            Known::Absent(_) if end.established => end.hostname.as_deref()?,
            _ => return None,
        };
        Some(((node, address.is_ipv4()), case))
    });
    by_node.collect()
}

pub const NO_ADDRESS: Rule = Rule {
    code: "BGP190",
    rows: &["A29", "A33"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the node has no address of the peer's address family",
    explanation: Explanation {
        what: "The peer's address is IPv6 and the CiliumNode lists IPv4 addresses alone, or the other way round.",
        matters: "The node cannot dial.",
        detected: "The peer's address is compared with the addresses of the CiliumNode.",
        fix: "Give the peer an address of a family that the nodes have, or the nodes an address of that family.",
        sources: &["cilium pkg/k8s/apis/cilium.io/v2 (CiliumNode)"],
    },
    judge: no_address,
};

fn no_address(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.down() {
        let Some(address) = case.session.peer_address.value() else { continue };
        if case.session.dials_from.value().is_none_or(|addresses| !addresses.is_empty()) {
            continue;
        }
        let source = facts.cluster().and_then(|cluster| cluster.source(Kind::CiliumNode));
        verdict.report(
            Finding::of(&NO_ADDRESS, case.subject())
                .seen(
                    End::Cluster,
                    source,
                    format!("the peer is {address}, and the CiliumNode has no address of that family"),
                )
                .fix("give the peer an address of a family that the nodes have")
                .explains(facts.symptoms(case.index)),
        );
    }
}
