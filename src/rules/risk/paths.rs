//! VIPs that hang on one node.

use std::collections::BTreeMap;

use crate::frr::config::Version;
use crate::frr::config::bgp::{AddressFamily, BgpInstance};
use crate::rules::finding::{End, Finding, Subject, Symptom};
use crate::rules::vips::Vip;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::names::listed;
use crate::topology::router::Router;
use crate::topology::routes::Route;

pub const ONE_NODE: Rule = Rule {
    code: "BGP507",
    rows: &["E7"],
    severity: Severity::Information,
    layer: Layer::Risk,
    title: "the VIP has one next hop only",
    explanation: Explanation {
        what: "One node alone advertises the VIP: with policy Local because no other has a ready endpoint, with policy \
               Cluster because no other peers with the router.",
        matters: "When that node dies, the VIP is away for the hold time, graceful restart on top; with policy Local also \
                  whenever its pod moves.",
        detected: "One node is expected to advertise it, and the router's kernel has one next hop.",
        fix: "With policy Local a second endpoint on another node; else more nodes that peer.",
        sources: &["docs.cilium.io BGP Control Plane, externalTrafficPolicy"],
    },
    judge: one_node,
};

fn one_node(facts: &Facts, verdict: &mut Verdict) {
    for vip in facts.vips() {
        let one = |route: &&Route| route.expected_nodes().value() == Some(&1) && route.fib().value() == Some(&1);
        let Some(route) = vip.routes.iter().map(|(_, route)| *route).find(one) else { continue };
        let nodes =
            listed(route.paths.value().into_iter().flatten().filter_map(|path| path.node.as_ref()).map(|node| &node.0));
        let finding = Finding::of(&ONE_NODE, vip.subject()).seen(
            End::Router,
            route.kernel_source.as_ref(),
            format!("{} has one next hop: {nodes}", vip.ip),
        );
        verdict.report(if vip.is_local() {
            finding
                .seen(
                    End::Cluster,
                    facts.source(Kind::EndpointSlice),
                    format!("policy Local, endpoints on {}", ready_on(vip)),
                )
                .fix("run a second endpoint on another node, if the Service should outlive one")
        } else {
            finding
                .title("the VIP has one next hop only: no other node peers")
                .fix("let more nodes peer with the router")
        });
    }
}

fn ready_on(vip: &Vip) -> String {
    vip.endpoints.as_ref().map(|endpoints| listed(&endpoints.ready_on)).unwrap_or_default()
}

pub const ONE_PATH: Rule = Rule {
    code: "BGP587",
    rows: &["E7"],
    severity: Severity::Information,
    layer: Layer::Risk,
    title: "the router uses one path of several: maximum-paths is 1",
    explanation: Explanation {
        what: "Several nodes advertise the VIPs, and the router's configuration lets it use one path of each.",
        matters: "One node gets all the traffic, and when it dies every VIP is away for the hold time.",
        detected: "`maximum-paths 1` in the running configuration, and a VIP with more paths than next hops.",
        fix: "`maximum-paths 8` in the address family.",
        sources: &["FRR docs BGP, maximum-paths", "FRR bgpd/bgp_mpath.c"],
    },
    judge: one_path,
};

fn one_path(facts: &Facts, verdict: &mut Verdict) {
    let mut wasted: BTreeMap<(&str, Version), Vec<usize>> = BTreeMap::new();
    for (at, route) in facts.routes() {
        let (Some(router), Some(prefix)) = (&route.router, route.prefix) else { continue };
        if route.accepted().value() > Some(&1) && route.best().value() == Some(&1) {
            wasted.entry((router, Version::of(prefix.addr()))).or_default().push(at);
        }
    }
    for ((name, version), routes) in wasted {
        let family = version.unicast();
        let Some(router) = facts.routers().iter().find(|router| router.name == name) else { continue };
        let Some((instance, maximum)) = maximum_paths(router, family) else { continue };
        if maximum != 1 {
            continue;
        }
        let Some(asn) = instance.asn else { continue };
        let where_it_stays = if router.is_unifi() { ", and in the file that is uploaded to UniFi" } else { "" };
        let mut finding = Finding::of(&ONE_PATH, Subject::Router(name.to_owned()))
            .seen(End::Router, router.config_source.as_ref(), format!("{family}: maximum-paths {maximum}"))
            .seen(End::Router, None, format!("{} VIPs have more paths than next hops", routes.len()))
            .fix(format!("let it use more paths{where_it_stays}"))
            .explains(routes.into_iter().map(Symptom::Route));
        let lines = [
            "configure terminal",
            &format!("router bgp {asn}"),
            &format!("address-family {family}"),
            "maximum-paths 8",
            "end",
        ];
        for line in lines {
            finding = finding.paste(line);
        }
        verdict.report(finding);
    }
}

/// What the default instance says of a family.
fn maximum_paths<'a>(router: &'a Router, family: &str) -> Option<(&'a BgpInstance, u32)> {
    let instance = router.config.value()?.instance(None)?;
    let family: &AddressFamily = instance.families.get(family)?;
    Some((instance, family.maximum_paths.as_ref()?.value))
}
