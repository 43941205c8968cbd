//! What a UniFi gateway makes of addresses that belong to none of its networks.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::rules::finding::{End, Finding, Subject};
use crate::rules::vips::Vip;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::topology::names::listed;
use crate::topology::router::Router;

pub const NO_NETWORK: Rule = Rule {
    code: "BGP305",
    rows: &["C5", "C6"],
    severity: Severity::Information,
    layer: Layer::Traffic,
    title: "the VIPs belong to none of the UniFi gateway's networks",
    explanation: Explanation {
        what: "A routed pool is in none of the networks that UniFi knows. Its firewall sorts traffic into zones by network, \
               and its source translation spares only networks that it knows.",
        matters: "Rules for a zone do not hold for the VIPs: connections may be dropped before the node, or reach the backend \
                  from the gateway's address instead of the client's.",
        detected: "The router is a UniFi gateway that forwards VIPs by BGP, and none of its interfaces has a network with \
                   them. A routed pool is right all the same: this tells what to look at where the route is well and \
                   connections fail.",
        fix: "Define a network for the pool's CIDR (third-party gateway, no DHCP), or an IP group with a rule that lets \
              clients in.",
        sources: &["jfroy/flatops#514", "ishioni/homelab-ops README"],
    },
    judge: no_network,
};

fn no_network(facts: &Facts, verdict: &mut Verdict) {
    for router in facts.routers().iter().filter(|router| router.is_unifi()) {
        let outside = |vip: &&Vip| carries(vip, router) && facts.network_of(router, vip.ip).is_none();
        let outside: BTreeSet<IpAddr> = facts.vips().iter().filter(outside).map(|vip| vip.ip).collect();
        if outside.is_empty() || router.interfaces.value().is_none() {
            continue;
        }
        let vips = listed(outside.iter().map(ToString::to_string));
        verdict.report(
            Finding::of(&NO_NETWORK, Subject::Router(router.name.clone()))
                .seen(End::Router, router.interfaces_source.as_ref(), format!("no interface has a network with {vips}"))
                .inferred("on the gateway, while a client connects: conntrack -L -d VIP (no entry: dropped; reply to the gateway's own address: translated)")
                .fix("if connections fail or come from the gateway: define a network for the pool's CIDR in UniFi"),
        );
    }
}

fn carries(vip: &Vip, router: &Router) -> bool {
    let mut rows = vip.routes.iter().filter(|(_, route)| route.router.as_deref() == Some(router.name.as_str()));
    rows.any(|(_, route)| route.fib().value().is_some_and(|hops| *hops > 0))
}
