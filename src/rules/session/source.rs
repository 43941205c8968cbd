//! The address that a node dials from.

use std::collections::HashMap;

use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::Known;

pub const OTHER_SOURCE: Rule = Rule {
    code: "BGP129",
    rows: &["A29", "A9"],
    severity: Severity::Warning,
    layer: Layer::Session,
    title: "the node peers from an address that is none of its own",
    explanation: Explanation {
        what: "The router has a session with a speaker that calls itself like a node, from an address that the CiliumNode does not list: a shared \
               address (kube-vip), or a second interface.",
        matters: "The session moves when the address moves, and the routes' next hop is that address.",
        detected: "A neighbor that no node owns is established, and the host name in its OPEN is a node's whose own session is not there.",
        fix: "Set the source: transport.sourceInterface of the CiliumBGPPeerConfig (1.19 on), or localAddress in a CiliumBGPNodeConfigOverride; \
              and list the nodes' own addresses on the router.",
        sources: &["docs.cilium.io: CiliumBGPNodeConfigOverride", "draft-walton-bgp-hostname-capability"],
    },
    judge: other_source,
};

fn other_source(facts: &Facts, verdict: &mut Verdict) {
    let disguised = disguised(facts);
    for case in facts.down().filter(|_| !disguised.is_empty()) {
        let Some((node, other)) = case.node().and_then(|node| disguised.get_key_value(node)) else { continue };
        let (Some(end), true) = (other.router_end(), case.neighbor_is_absent()) else { continue };
        let own = case.session.dials_from.value().and_then(|addresses| addresses.first());
        let own = own.map_or_else(|| "no address of this family".to_owned(), ToString::to_string);
        let source = facts.cluster().and_then(|cluster| cluster.source(Kind::CiliumNode));
        verdict.report(
            Finding::of(&OTHER_SOURCE, case.subject())
                .seen(End::Router, Some(&end.source), format!("neighbor {} says that it is {node}, and is {}", end.neighbor, end.state))
                .seen(End::Cluster, source, format!("the CiliumNode {node} has {own}"))
                .fix("have the nodes dial from their own addresses (localAddress in a CiliumBGPNodeConfigOverride), and list these on the router")
                .explains(facts.symptoms(case.index)),
        );
    }
}

/// By node, the established session of a speaker that calls itself so and has none of its addresses.
pub fn disguised<'a>(facts: &Facts<'a>) -> HashMap<&'a str, Case<'a>> {
    let strangers = facts.uninvited().filter(|case| matches!(case.session.node, Known::Absent(_)));
    let established = strangers.filter_map(|case| Some((case, case.router_end().filter(|end| end.established)?)));
    established.filter_map(|(case, end)| Some((end.hostname.as_deref()?, case))).collect()
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
