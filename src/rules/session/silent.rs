//! The silent picture: the router's neighbor waits, and no message ever arrived. Both ends fit as far as they tell.

use super::likely::{Likely, finding, of};
use super::password::both_have_one;
use crate::rules::facts::Case;
use crate::rules::finding::End;
use crate::rules::paste::on_router;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity};
use crate::topology::Known;
use crate::topology::names::NeighborName;

/// What is left. Passwords that differ and a dead path leave the router's own dials unanswered: Connect. A firewall in front
/// of it lets them be refused by the node, where Cilium does not listen: Active.
pub fn silent<'a>(facts: &Facts<'a>, case: &Case<'a>) -> Likely {
    let Some(router) = case.router else {
        return if no_router_has_it(facts, case) { Likely::ForeignAddress } else { Likely::Unexplained };
    };
    // Without the node's addresses, which neighbor would be its own is not known.
    if case.router_end().is_none() && case.session.dials_from.value().is_none() {
        return Likely::Unexplained;
    }
    let is_absent = matches!(case.session.router, Known::Absent(_));
    if router.neighbors.value().is_none() || is_absent && facts.line(case).is_none() {
        return Likely::Unexplained;
    }
    let wants = facts.wants(case);
    let Some(wants) = wants.value() else { return Likely::Unexplained };
    let connects = case.router_end().is_none_or(|end| end.state == "Connect");
    if both_have_one(facts, case, wants) && connects {
        Likely::PasswordsDiffer
    } else if is_of_second_address(case) && wants.source_interface.is_none() {
        Likely::WrongSource
    } else if dials(facts, case) {
        Likely::Firewall
    } else {
        Likely::Unexplained
    }
}

/// Whether the agent is known to have the peer: it says a state that is not established.
fn dials<'a>(facts: &Facts<'a>, case: &Case<'a>) -> bool {
    match &case.session.cluster {
        Known::Seen(end) | Known::Computed(end) => !end.established,
        // Without a report only the pod tells that an agent is there.
        Known::Unknown(_) => case.node().and_then(|node| facts.agent(node)).is_some_and(|pod| pod.status.is_ready()),
        Known::Absent(_) => false,
    }
}

/// The router waits for an address that the node would not choose by itself.
fn is_of_second_address(case: &Case) -> bool {
    let (Some(end), Known::Computed(addresses)) = (case.router_end(), &case.session.dials_from) else { return false };
    addresses.first().is_some_and(|first| end.neighbor != NeighborName::Address(*first))
}

/// All routers were read and tell their addresses, and the peer's is none of them.
fn no_router_has_it<'a>(facts: &Facts<'a>, case: &Case<'a>) -> bool {
    let Some(&address) = case.session.peer_address.value() else { return false };
    let routers = facts.routers();
    !routers.is_empty() && routers.iter().all(|router| router.has_address(address) == Some(false))
}

pub const PASSWORDS_DIFFER: Rule = Rule {
    code: "BGP186",
    rows: &["A24", "A25"],
    severity: Severity::Error,
    layer: Layer::Liveness,
    title: "the passwords of the two ends differ",
    explanation: Explanation {
        what: "Both ends ask for a TCP MD5 password, and they are not the same: another word, a line break at the Secret's end, or a Secret without the \
               key `password`, with which the agent goes on with an empty one.",
        matters: "Each kernel drops what the other sends. The node's dial times out, and no end says why.",
        detected: "Both ends have a password, all else fits, and the router stays in Connect: its own dials get no answer either. A firewall on both ways \
                   looks the same; the counter TcpExtTCPMD5Failure of the router's kernel decides.",
        fix: "Set the same password on both ends.",
        sources: &["RFC 2385", "Linux net/ipv4/tcp_ipv4.c (LINUX_MIB_TCPMD5FAILURE)"],
    },
    judge: |facts, verdict| {
        for case in of(facts, Likely::PasswordsDiffer) {
            let decide = "kubectl bgp check --probe, or on the router twice: nstat -asz TcpExtTCPMD5Failure (it rises)";
            let wants = facts.wants(&case);
            let secret = wants.value().and_then(|wants| Some((wants.label(), wants.secret?)));
            let own = facts.line(&case).and_then(|line| line.said(|neighbor| neighbor.password.as_ref()));
            let mut finding = finding(facts, &PASSWORDS_DIFFER, &case, decide);
            if let Some((label, secret)) = secret {
                let source = facts.set_by(&case);
                finding = finding.seen(End::Cluster, source, format!("{label} has authSecretRef {secret}"));
            }
            if let Some(own) = own {
                let source = case.router.and_then(|router| router.config_source.as_ref());
                finding = finding.seen(End::Router, source, format!("neighbor {} has a password", own.of));
            }
            verdict.report(finding.fix(on_router(
                facts,
                &case,
                "set the same password on both ends: in the Secret under the key `password`, without a line break at its end",
            )));
        }
    },
};

pub const WRONG_SOURCE: Rule = Rule {
    code: "BGP191",
    rows: &["A29", "A28"],
    severity: Severity::Error,
    layer: Layer::Liveness,
    title: "the router waits for another of the node's addresses than the one that it dials from",
    explanation: Explanation {
        what: "The node has several addresses. The router's neighbor is one that the node does not choose on its way to the router.",
        matters: "The router closes each connection of the node at once, as that of a stranger.",
        detected: "The neighbor's address is not the node's first InternalIP, nothing sets a source for the session, and all else fits.",
        fix: "Set the source (transport.sourceInterface from 1.19 on, or localAddress in a CiliumBGPNodeConfigOverride), or list the other address.",
        sources: &["docs.cilium.io: CiliumBGPNodeConfigOverride", "FRR bgpd/bgp_network.c (bgp_accept)"],
    },
    judge: |facts, verdict| {
        for case in of(facts, Likely::WrongSource) {
            let peer = case.session.peer_address.value().map(ToString::to_string).unwrap_or_default();
            let decide = format!("kubectl bgp check --probe, or on the node: ip route get {peer} (src)");
            verdict.report(finding(facts, &WRONG_SOURCE, &case, decide).fix(
                "set localAddress in a CiliumBGPNodeConfigOverride, or list the address that the node dials from",
            ));
        }
    },
};

pub const FIREWALL: Rule = Rule {
    code: "BGP119",
    rows: &["A19", "A20", "A28"],
    severity: Severity::Error,
    layer: Layer::Liveness,
    title: "something drops the node's packets to TCP port 179 of the router",
    explanation: Explanation {
        what: "The node dials, and nothing arrives at the router's BGP: a firewall or zone rule of the gateway, a host firewall or network policy on the \
               node, or something that rewrites the source address on the way.",
        matters: "The session cannot come up, and neither end says so.",
        detected: "What is left: AS numbers, passwords, neighbor, address, hops, port and families fit, node and agent are ready, and the router has heard \
                   nothing. A dial from the node decides: a timeout is a filter, a refusal is not.",
        fix: "Allow TCP 179 from the nodes to the peering address: on UniFi from the zone of the nodes' network to the zone Gateway; on the node in its \
              firewall and in host policies.",
        sources: &["RFC 4271 section 8 (TCP port 179)", "help.ui.com: Zone-Based Firewalls"],
    },
    judge: |facts, verdict| {
        for case in of(facts, Likely::Firewall) {
            let peer = case.session.peer_address.value().map(ToString::to_string).unwrap_or_default();
            let decide =
                format!("kubectl bgp check --probe, or on the node: nc -vz -w 3 {peer} 179 (a timeout: it is dropped)");
            verdict.report(
                finding(facts, &FIREWALL, &case, decide)
                    .fix("allow TCP 179 from the nodes to the peer's address, on the router and on the node"),
            );
        }
    },
};

pub const FOREIGN_ADDRESS: Rule = Rule {
    code: "BGP194",
    rows: &["A7"],
    severity: Severity::Error,
    layer: Layer::Liveness,
    title: "no router that was read has the peer's address",
    explanation: Explanation {
        what: "The peer's address is none of the addresses of the routers that were read: it is mistyped, or it is another router's.",
        matters: "Either nobody answers there, or the end that matters was not read.",
        detected: "All routers told their addresses, and none has it.",
        fix: "Name the router of that address with --router, or mend peerAddress.",
        sources: &["cilium#20652"],
    },
    judge: |facts, verdict| {
        for case in of(facts, Likely::ForeignAddress) {
            let address = case.session.peer_address.value().map(ToString::to_string).unwrap_or_default();
            verdict.report(
                finding(
                    facts,
                    &FOREIGN_ADDRESS,
                    &case,
                    format!("on the node: ping -c 1 {address}; kubectl bgp check --router root@{address}"),
                )
                .seen(End::Cluster, None, format!("the peer's address is {address}"))
                .fix("mend peerAddress, or name the router that has it with --router"),
            );
        }
    },
};
