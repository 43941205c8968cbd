//! Where the node dials to.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding, Symptom};
use crate::rules::paste::{patch_peer, patch_peer_config};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::topology::names::listed;
use crate::topology::router::Router;

pub const NOT_THE_ROUTERS: Rule = Rule {
    code: "BGP107",
    rows: &["A7"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the peer's address is none of the router's addresses",
    explanation: Explanation {
        what: "peerAddress names an address that the router does not have: a typing error, an interface that is gone, or the address of \
               another device.",
        matters: "The node dials where nobody answers. The router waits for it at an address of its own.",
        detected: "`ip -j addr` of the router lacks the address, and the router was named for this peer or has a neighbor for the node.",
        fix: "Dial an address that the router has, best the gateway of the nodes' net.",
        sources: &["cilium#20652", "Exikle/Artemis-Cluster 5aa2e6515", "coolguy1771/home-ops 3536ffc70"],
    },
    judge: not_the_routers,
};

fn not_the_routers(facts: &Facts, verdict: &mut Verdict) {
    let mut waiting: HashMap<&str, Vec<Case>> = HashMap::new();
    for case in facts.uninvited() {
        if let Some(node) = case.session.node.value() {
            waiting.entry(&node.0).or_default().push(case);
        }
    }
    for case in facts.down() {
        let (Some(&address), Some(key)) = (case.session.peer_address.value(), case.session.key.value()) else {
            continue;
        };
        let rows = waiting.get(key.node.0.as_str()).map_or(&[][..], Vec::as_slice);
        let rows: Vec<&Case> = rows.iter().filter(|row| row.router_end().is_some_and(|end| !end.established)).collect();
        let router = case.router.or_else(|| rows.first().and_then(|row| row.router));
        let Some(router) = router.filter(|router| router.has_address(address) == Some(false)) else { continue };
        let own = addresses(router);
        let source = facts.asked_by(&case);
        let mut finding = Finding::of(&NOT_THE_ROUTERS, case.subject())
            .independent()
            .seen(End::Cluster, source, format!("peer {} has peerAddress {address}", key.peer))
            .seen(End::Router, None, format!("`ip -j addr` has {}", listed(own.keys().map(ToString::to_string))))
            .fix("dial an address that the router has, best the gateway of the nodes' net")
            .explains(facts.symptoms(case.index))
            .explains(rows.iter().map(|row| Symptom::Session(row.index)));
        for end in rows.iter().filter_map(|row| row.router_end()) {
            finding =
                finding.seen(End::Router, Some(&end.source), format!("neighbor {} is {}", end.neighbor, end.state));
        }
        let node = case.session.dials_from.value().and_then(|addresses| addresses.first());
        if let Some(gateway) = node.and_then(|node| own.iter().find(|(_, net)| net.contains(node))).map(|(own, _)| own)
        {
            finding.fix.paste.extend(patch_peer(facts, key, "peerAddress", &shell::json(&gateway.to_string())));
        }
        verdict.report(finding);
    }
}

/// Its addresses, each with its net.
fn addresses(router: &Router) -> BTreeMap<IpAddr, ipnet::IpNet> {
    let interfaces = router.interfaces.value().into_iter().flatten();
    interfaces.flat_map(crate::frr::show::addresses::Interface::global).map(|net| (net.addr(), net)).collect()
}

pub const OTHER_PORT: Rule = Rule {
    code: "BGP130",
    rows: &["A30"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the node dials another port than BGP's",
    explanation: Explanation {
        what: "transport.peerPort of the CiliumBGPPeerConfig is not 179.",
        matters: "FRR listens on TCP 179 unless bgpd was started with `-p`, so nobody answers.",
        detected: "The port stands in the PeerConfig, and the session is down while the router has a neighbor for it.",
        fix: "Take peerPort out, or say 179.",
        sources: &["FRR doc/user/bgp.rst (bgpd -p)", "sulibot/home-ops aeb9bbec"],
    },
    judge: other_port,
};

const BGP_PORT: u16 = 179;

fn other_port(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.down().filter(|case| case.router.is_some()) {
        let wants = facts.wants(&case);
        let Some(wants) = wants.value().filter(|wants| wants.port != BGP_PORT) else { continue };
        let source = facts.set_by(&case);
        let mut finding = Finding::of(&OTHER_PORT, case.subject())
            .independent()
            .seen(End::Cluster, source, format!("{} has peerPort {}", wants.label(), wants.port))
            .fix("dial port 179, where FRR listens")
            .explains(facts.symptoms(case.index));
        if let Some(end) = case.router_end() {
            finding =
                finding.seen(End::Router, Some(&end.source), format!("neighbor {} is {}", end.neighbor, end.state));
        }
        if let Some(name) = wants.peer_config() {
            let patch = r#"{"spec":{"transport":{"peerPort":179}}}"#;
            finding = finding.paste(patch_peer_config(name, patch));
        }
        verdict.report(finding);
    }
}
