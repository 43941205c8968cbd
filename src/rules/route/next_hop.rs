//! Paths whose next hop does not resolve.

use super::broken::{alike, source};
use crate::rules::finding::{End, Finding};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::topology::routes::fault::Fault;

pub const UNRESOLVED: Rule = Rule {
    code: "BGP227",
    rows: &["B27"],
    severity: Severity::Error,
    layer: Layer::Route,
    title: "the next hop of accepted paths does not resolve",
    explanation: Explanation {
        what: "The router accepted the path and has no route to its next hop, which is the node's address: the interface or \
               VLAN towards the nodes is down, or the node advertises an address that is not on a net of the router.",
        matters: "The path is not valid, so it is never used.",
        detected: "FRR says of the path that it is not valid; the next hop is compared with the router's own nets.",
        fix: "Bring the interface up, or let the node peer from an address on a net that the router has.",
        sources: &["FRR bgpd/bgp_nht.c", "RFC 4271 section 9.1.2.1"],
    },
    judge: unresolved,
};

fn unresolved(facts: &Facts, verdict: &mut Verdict) {
    for ((), alike) in alike(facts, |_, fault| matches!(fault, Fault::NextHopUnresolved { .. }).then_some(())) {
        let dead = alike.first().route.paths.value().into_iter().flatten().find(|path| !path.path.valid);
        let Some((dead, hop)) = dead.and_then(|path| Some((path, *path.path.next_hops.first()?))) else { continue };
        let nets = alike.router.interfaces.value();
        let interface = nets.and_then(|all| all.iter().find(|interface| interface.is_connected_to(hop)));
        let connected = match (interface, nets) {
            (Some(interface), _) if !interface.is_up() => format!("it is on {}, which is down", interface.name),
            (Some(interface), _) => format!("it is on {}", interface.name),
            (None, Some(_)) => "no net of the router has it".to_owned(),
            (None, None) => "whether a net of the router has it is not known".to_owned(),
        };
        verdict.report(
            alike
                .claim(Finding::of(&UNRESOLVED, alike.subject()))
                .seen(End::Router, None, format!("the path of {} to {} is not valid", source(dead), alike.prefixes()))
                .seen(End::Router, None, format!("its next hop is {hop}: {connected}"))
                .fix("give the router a way to the next hop: the interface or VLAN towards the nodes")
                .paste(format!("ip route get {hop}")),
        );
    }
}
