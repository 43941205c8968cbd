//! What ends with L2, or with an ARP entry.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use crate::rules::finding::{End, Finding, Subject, Symptom};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::names::listed;
use crate::topology::router::Router;
use crate::topology::routes::Route;
use crate::topology::routes::fault::{Fault, Lost};

pub const REFUSED_AND_ALIVE: Rule = Rule {
    code: "BGP504",
    rows: &["E4"],
    severity: Severity::Information,
    layer: Layer::Risk,
    title: "the router does not take the VIP's route, and may still reach the VIP on its own link",
    explanation: Explanation {
        what: "The VIP lies in a network that the router has an address in. As long as it knows who answers there, it sends \
               packets straight to that MAC address, with or without a route from BGP.",
        matters: "Tests pass, sessions are green, and the VIP dies minutes later when the ARP entry goes, or with L2.",
        detected: "The sessions are up, the router has no path of the VIP, and one of its interfaces has the VIP's network.",
        fix: "Let the route in: widen the router's inbound list, then `clear bgp ipv4 unicast * soft in`, which drops nothing.",
        sources: &["FRR docs BGP, prefix lists", "RFC 826"],
    },
    judge: refused_and_alive,
};

fn refused_and_alive(facts: &Facts, verdict: &mut Verdict) {
    for vip in facts.vips() {
        for (at, route) in vip.routes.iter().filter(|(_, route)| is_refused(route)) {
            let Some(router) = router_of(facts, route) else { continue };
            let Some((interface, net)) = facts.network_of(router, vip.ip) else { continue };
            verdict.report(
                Finding::of(&REFUSED_AND_ALIVE, vip.subject())
                    .seen(
                        End::Router,
                        router.interfaces_source.as_ref(),
                        format!("{} has {net}, and {} lies in it", interface.name, vip.ip),
                    )
                    .seen(End::Router, None, format!("{}: {}", vip.ip, route.status.phrase().unwrap_or_default()))
                    .inferred(format!("on the router: ip neigh show {}", vip.ip))
                    .fix("let the router take the route, before the ARP entry or L2 goes")
                    .independent()
                    .explains([Symptom::Route(*at)]),
            );
        }
    }
}

/// No path though sessions are up.
fn is_refused(route: &Route) -> bool {
    matches!(route.status.fault(), Some(Fault::Lost { reason, all: true, .. }) if !matches!(reason, Lost::Down(_)))
}

fn router_of<'a>(facts: &Facts<'a>, route: &Route) -> Option<&'a Router> {
    facts.routers().iter().find(|router| route.router.as_deref() == Some(router.name.as_str()))
}

pub const ON_LINK: Rule = Rule {
    code: "BGP508",
    rows: &["E8"],
    severity: Severity::Information,
    layer: Layer::Risk,
    title: "hosts of the VIPs' own network reach them by L2 alone, and lose them with it",
    explanation: Explanation {
        what: "The VIPs lie in a network that the router has an interface in, and L2 announces them. Hosts of that network ask \
               for a VIP by ARP and never ask the router.",
        matters: "When L2 goes, a host that asks anew loses the VIP at once, one with steady traffic minutes later; all \
                  other networks are fine. A test with steady traffic does not show it.",
        detected: "The router's interfaces, the VIPs and the held leases. Which hosts are there beside the nodes only the \
                   router's neighbor table tells, and not the silent ones.",
        fix: "Before L2 goes: a pool in a network of its own that only the router leads to, both addresses for a while \
              (lbipam.cilium.io/ips takes several), and names changed over.",
        sources: &["cilium#22375", "GizmoTickler/home-ops d00e9bf9", "RFC 826"],
    },
    judge: on_link,
};

fn on_link(facts: &Facts, verdict: &mut Verdict) {
    let mut by_network: BTreeMap<(IpNet, &str), BTreeSet<IpAddr>> = BTreeMap::new();
    for vip in facts.vips().iter().filter(|vip| vip.l2.holder.is_some()) {
        for router in facts.routers() {
            if let Some((interface, net)) = facts.network_of(router, vip.ip) {
                by_network.entry((net.trunc(), interface.name.as_str())).or_default().insert(vip.ip);
            }
        }
    }
    for ((net, interface), vips) in by_network {
        let source = facts.routers().iter().find_map(|router| router.interfaces_source.as_ref());
        verdict.report(
            Finding::of(&ON_LINK, Subject::Prefix(net))
                .seen(End::Router, source, format!("{interface} has {net}"))
                .seen(
                    End::Cluster,
                    facts.source(Kind::Lease),
                    format!("leases are held for {} of it", listed(vips.iter().map(ToString::to_string))),
                )
                .inferred(format!(
                    "on the router: ip neigh show dev {}, less the nodes' own addresses",
                    shell::word(interface)
                ))
                .fix("before L2 goes, move VIPs that hosts of this network use to a routed pool"),
        );
    }
}
