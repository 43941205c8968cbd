//! More than one BGP speaker on a node.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use super::away::reported_state;
use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::topology::Known;

pub const SECOND_SPEAKER: Rule = Rule {
    code: "BGP132",
    rows: &["A32"],
    severity: Severity::Error,
    layer: Layer::Cluster,
    title: "two BGP speakers on the node contend for one neighbor of the router",
    explanation: Explanation {
        what: "The router knows a node by its address, and takes one connection from it. Two instances of Cilium dial from it, or something else on the \
               node speaks BGP too (MetalLB, kube-vip, frr-k8s, BIRD, Talos).",
        matters: "Whoever comes second is refused, or ends the other's session, again and again.",
        detected: "Two instances of a node have a peer with one address, and no source of their own. Or the router has the session established with a speaker \
                   that calls itself otherwise than the node, while the node's agent has none. A session with a node that the cluster does not ask to peer is \
                   told as a warning.",
        fix: "Leave BGP to one speaker, or give each its own source address and its own neighbor.",
        sources: &["RFC 4271 section 6.8", "soulwhisper/home-ops docs/decisions/bgp.md"],
    },
    judge: second_speaker,
};

const FIX: &str = "leave BGP to one speaker on each node, or give them different source addresses";

fn second_speaker(facts: &Facts, verdict: &mut Verdict) {
    two_instances(facts, verdict);
    stranger(facts, verdict);
    uninvited(facts, verdict);
}

/// Two instances of one node with the same peer.
fn two_instances(facts: &Facts, verdict: &mut Verdict) {
    let mut by_peer: BTreeMap<(&str, IpAddr, Option<IpAddr>), Vec<Case>> = BTreeMap::new();
    for case in facts.sessions() {
        if let (Some(node), Some(&address)) = (case.node(), case.session.peer_address.value()) {
            let source = case.session.dials_from.value().and_then(|addresses| addresses.first()).copied();
            by_peer.entry((node, address, source)).or_default().push(case);
        }
    }
    for ((node, address, _), cases) in by_peer.into_iter().filter(|(_, cases)| cases.len() > 1) {
        let keys = cases.iter().filter_map(|case| case.session.key.value());
        let instances: Vec<&str> =
            keys.map(|key| key.instance.0.as_str()).collect::<HashSet<_>>().into_iter().collect();
        // Of two peers of one instance the agent refuses the second one, and says so.
        let [first, second, ..] = &instances[..] else { continue };
        let (first, second) = (first.min(second), first.max(second));
        for case in &cases {
            let text = format!("the instances {first} and {second} of {node} both dial {address}");
            verdict.report(
                Finding::of(&SECOND_SPEAKER, case.subject())
                    .title("two instances of the node contend for one neighbor of the router")
                    .seen(End::Cluster, facts.asked_by(case), text)
                    .fix("put the peers into one instance, or give each a source address and a neighbor of its own")
                    .independent()
                    .explains(facts.symptoms(case.index)),
            );
        }
    }
}

/// The router has the session with somebody else.
fn stranger(facts: &Facts, verdict: &mut Verdict) {
    let established = || facts.sessions().filter(|case| case.router_end().is_some_and(|end| end.established));
    // Some operating systems are not called like their nodes.
    if !established().any(|case| is_called_like_its_node(&case) == Some(true)) {
        return;
    }
    for case in established().filter(|case| is_called_like_its_node(case) == Some(false)) {
        let (Some(end), Some(node)) = (case.router_end(), case.node()) else { continue };
        let state = match &case.session.cluster {
            Known::Seen(end) | Known::Computed(end) => Some(end.state.as_str()),
            Known::Absent(_) | Known::Unknown(_) => reported_state(facts, &case),
        };
        let Some(state) = state.filter(|state| *state != "established") else { continue };
        let name = end.hostname.as_deref().unwrap_or_default();
        let text = format!("neighbor {} is {} and calls itself {name}, not {node}", end.neighbor, end.state);
        verdict.report(
            Finding::of(&SECOND_SPEAKER, case.subject())
                .title("another BGP speaker on the node has its session with the router")
                .seen(End::Router, Some(&end.source), text)
                .seen(End::Cluster, None, format!("the agent on {node} says {state}"))
                .fix(FIX)
                .paste("ss -tnp 'dport = :179'")
                .independent()
                .explains(facts.symptoms(case.index)),
        );
    }
}

/// By the first label of both names; unknown if the router was told none.
fn is_called_like_its_node(case: &Case) -> Option<bool> {
    let label = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let name = case.router_end()?.hostname.as_deref().filter(|name| !name.is_empty() && *name != "Unknown")?;
    Some(label(name) == label(case.node()?))
}

/// The router has a session with a node that nothing asks to peer.
fn uninvited(facts: &Facts, verdict: &mut Verdict) {
    if facts.cluster().is_none_or(|cluster| cluster.no_bgp_configured().is_some()) {
        return;
    }
    let asked: HashSet<&str> = facts.sessions().filter_map(|case| case.node()).collect();
    let is_stranger = |case: &Case| case.session.node.value().is_some_and(|node| !asked.contains(node.0.as_str()));
    for case in facts.uninvited().filter(is_stranger) {
        let Some(end) = case.router_end().filter(|end| end.established) else { continue };
        let text =
            format!("neighbor {} is {}, and the cluster does not ask that node to peer", end.neighbor, end.state);
        verdict.report(
            Finding::of(&SECOND_SPEAKER, case.subject())
                .severity(Severity::Warning)
                .title("something other than Cilium speaks BGP on the node")
                .inferred("on the node: ss -tnp 'dport = :179'")
                .seen(End::Router, Some(&end.source), text)
                .fix(FIX)
                .explains([case.symptom()]),
        );
    }
}
