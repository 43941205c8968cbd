//! The AS numbers that both ends expect of each other.

use crate::frr::config::neighbor::RemoteAs;
use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding};
use crate::rules::paste::{on_router, patch_peer, router_lines};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::topology::names::Asn;
use crate::topology::session::Source;

pub const PEER_ASN: Rule = Rule {
    code: "BGP111",
    rows: &["A11"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the cluster expects another AS number of the router",
    explanation: Explanation {
        what: "peerASN of the peer is not the AS of the router's BGP instance (or of its `local-as` for this neighbor).",
        matters: "The node ends each connection with Bad Peer AS, or is ended with it. The router's neighbor looks as if nobody dialled.",
        detected: "peerASN is compared with the AS that the router says it is. 0 accepts any AS and is left alone.",
        fix: "Set peerASN to the router's AS.",
        sources: &["RFC 4271 section 6.2", "docs.cilium.io: BGP Control Plane troubleshooting"],
    },
    judge: peer_asn,
};

fn peer_asn(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.down() {
        let (Some(key), Some(&wanted)) = (case.session.key.value(), case.session.peer_asn.value()) else { continue };
        let Some((router, source)) = router_asn(facts, &case).filter(|(router, _)| *router != wanted.0) else {
            continue;
        };
        if wanted == Asn::ANY {
            continue;
        }
        let cluster = facts.asked_by(&case);
        let mut finding = Finding::of(&PEER_ASN, case.subject())
            .independent()
            .seen(End::Cluster, cluster, format!("peer {} has peerASN {wanted}", key.peer))
            .seen(End::Router, source, format!("the router is AS {router}"))
            .fix("set peerASN to the router's AS")
            .explains(facts.symptoms(case.index));
        finding.fix.paste.extend(patch_peer(facts, key, "peerASN", &router.to_string()));
        verdict.report(finding);
    }
}

/// The AS that the router is for this session, and where that is said.
fn router_asn<'a>(facts: &Facts<'a>, case: &Case<'a>) -> Option<(u32, Option<&'a Source>)> {
    let by_line = || facts.line(case).and_then(|line| Some((line.local_asn()?, line.source)));
    let said = case.router_end().and_then(|end| Some((end.said.local_as?.0, Some(&end.source))));
    said.or_else(by_line)
}

pub const REMOTE_AS: Rule = Rule {
    code: "BGP112",
    rows: &["A12"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the router expects another AS number of the node",
    explanation: Explanation {
        what: "`remote-as` of the neighbor, of its group or of the listen range's group does not take the node's localASN.",
        matters: "The router ends each connection with Bad Peer AS. As the node dials, its neighbor shows none of it: Active, no counter, no \
                  reason.",
        detected: "localASN, with its override, is compared with the remote-as of the running configuration, else with what the neighbor says.",
        fix: "Make both the same.",
        sources: &["FRR bgpd/bgp_packet.c (bgp_open_receive)", "RFC 4271 section 6.2"],
    },
    judge: remote_as,
};

fn remote_as(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.down() {
        let (Some(key), Some(&local)) = (case.session.key.value(), case.session.local_asn.value()) else { continue };
        let Some(refusing) = refusing(facts, &case, local.0) else { continue };
        let cluster = facts.asked_by(&case);
        let lines = refusing.name.map(|name| format!("neighbor {name} remote-as {local}"));
        let mut finding = Finding::of(&REMOTE_AS, case.subject())
            .independent()
            .seen(End::Cluster, cluster, format!("instance {} has localASN {local}", key.instance))
            .seen(End::Router, refusing.source, refusing.text)
            .fix(on_router(facts, &case, "expect the node's AS on the router"))
            .explains(facts.symptoms(case.index));
        finding.fix.paste.extend(router_lines(facts, &case, lines));
        verdict.report(finding);
    }
}

/// What refuses the node's AS.
struct Refusing<'a> {
    text: String,
    /// The neighbor or the group to change.
    name: Option<String>,
    source: Option<&'a Source>,
}

fn refusing<'a>(facts: &Facts<'a>, case: &Case<'a>, local: u32) -> Option<Refusing<'a>> {
    let line = facts.line(case);
    let stated = line.and_then(|line| Some((line.said(|neighbor| neighbor.remote_as.as_ref())?, line)));
    if let Some((said, line)) = stated {
        if said.accepts(local, line.local_asn()) != Some(false) {
            return None;
        }
        let word = match *said {
            RemoteAs::Number(number) => number.to_string(),
            RemoteAs::Internal => "internal".to_owned(),
            RemoteAs::External => "external".to_owned(),
            RemoteAs::Auto => "auto".to_owned(),
        };
        let text = format!("neighbor {} has remote-as {word}", said.of);
        return Some(Refusing { text, name: Some(said.of.to_owned()), source: line.source });
    }
    let end = case.router_end()?;
    let remote = end.said.remote_as.filter(|remote| remote.0 != 0 && remote.0 != local)?.0;
    let text = format!("neighbor {} has remote AS {remote}", end.neighbor);
    Some(Refusing { text, name: Some(end.neighbor.to_string()), source: Some(&end.source) })
}

pub const SAME_AS: Rule = Rule {
    code: "BGP113",
    rows: &["A13"],
    severity: Severity::Information,
    layer: Layer::Risk,
    title: "the nodes and the router are in one AS",
    explanation: Explanation {
        what: "localASN and peerASN are the same: the sessions are iBGP.",
        matters: "Other rules hold than with eBGP: the router does not pass the routes on to other iBGP neighbors, ebgp-requires-policy and \
                  ebgpMultihop mean nothing, and next hops are not changed.",
        detected: "The AS numbers of the session are compared.",
        fix: "Unless it is meant, give the cluster a private AS of its own and set it on both ends.",
        sources: &["RFC 4456 section 1", "RFC 6996"],
    },
    judge: same_as,
};

fn same_as(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.sessions() {
        let (Some(key), Some(local)) = (case.session.key.value(), case.session.local_asn.value()) else { continue };
        if case.session.peer_asn.value() != Some(local) {
            continue;
        }
        let cluster = facts.asked_by(&case);
        verdict.report(
            Finding::of(&SAME_AS, case.subject())
                .seen(End::Cluster, cluster, format!("peer {} has peerASN {local}, and localASN is {local}", key.peer))
                .fix("unless it is meant, give the cluster a private AS of its own, on both ends"),
        );
    }
}
