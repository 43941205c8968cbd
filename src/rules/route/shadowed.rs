//! Other routes of the router that win over BGP's.

use super::broken::{Alike, NAMED, alike, is_own_address};
use super::vtysh;
use crate::rules::facts::Broken;
use crate::rules::finding::{End, Finding};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::topology::names::listed_up_to;
use crate::topology::routes::Route;
use crate::topology::routes::fault::Fault;

pub const SHADOWED: Rule = Rule {
    code: "BGP230",
    rows: &["B30"],
    severity: Severity::Warning,
    layer: Layer::Route,
    title: "another route of the router wins over BGP's",
    explanation: Explanation {
        what: "The router has a route of the same prefix from another source, and that one is in the kernel: a static route \
               has distance 1, eBGP 20. A connected net is no rival, because it is shorter than the VIP's route.",
        matters: "Traffic follows the other route: to one node alone, also when that node is gone, or to none.",
        detected: "The kernel's route of the prefix carries another protocol than bgp, or zebra did not select BGP's.",
        fix: "Remove the other route, on UniFi under Settings > Routing > Static Routes.",
        sources: &["FRR zebra/zebra_rib.c (rib_choose_best)", "FRR docs: administrative distance"],
    },
    judge: shadowed,
};

fn shadowed(facts: &Facts, verdict: &mut Verdict) {
    let by_protocol = |broken: &Broken, fault: &Fault| match fault {
        // That is told as such.
        _ if facts.router_of(broken.route).is_some_and(|router| is_own_address(router, broken.route)) => None,
        Fault::ShadowedBy(protocol) => Some(protocol.clone()),
        Fault::OtherPreferred => Some(String::new()),
        _ => None,
    };
    for (protocol, alike) in alike(facts, by_protocol) {
        let title = match protocol.as_str() {
            "" => SHADOWED.title.to_owned(),
            protocol => format!("a route of the router wins over BGP's: {protocol}"),
        };
        let route = alike.first().route;
        let mut finding = alike
            .claim(alike.of_prefixes(&SHADOWED))
            .title(title)
            .seen(End::Router, route.kernel_source.as_ref(), format!("{}: {}", alike.prefixes(), in_kernel(route)))
            .excluded(["not the filters: BGP has accepted paths of them".to_owned()]);
        let statics = statics(&alike);
        for (line, text) in &statics {
            finding = finding.seen(End::Router, alike.router.config_source.as_ref(), format!("line {line}: {text}"));
        }
        finding = if statics.is_empty() {
            let removal = route.kernel.value().zip(route.prefix).map(|(kernel, prefix)| {
                let protocol = shell::word(&kernel.protocol);
                format!("ip route del {prefix} proto {protocol} metric {}", kernel.metric)
            });
            removal.into_iter().fold(finding.fix("remove the other route, where it was made"), Finding::paste)
        } else {
            let lines = vtysh::configure(statics.iter().map(|(_, text)| format!("no {text}")), []);
            lines.into_iter().fold(finding.fix("remove the static route from the router"), Finding::paste)
        };
        verdict.report(finding);
    }
}

/// The static routes of the configuration that have these prefixes, as FRR writes them.
fn statics(alike: &Alike) -> Vec<(usize, String)> {
    let all = alike.router.config.value().into_iter().flat_map(|config| &config.static_routes);
    let of_prefix = all.filter(|stated| {
        stated.vrf.is_none() && alike.routes.iter().any(|broken| broken.route.prefix == Some(stated.prefix))
    });
    let words = |prefix: ipnet::IpNet| if prefix.addr().is_ipv4() { "ip" } else { "ipv6" };
    of_prefix
        .map(|stated| (stated.line, format!("{} route {} {}", words(stated.prefix), stated.prefix, stated.via)))
        .collect()
}

fn in_kernel(route: &Route) -> String {
    let Some(kernel) = route.kernel.value() else { return "zebra did not select BGP's route".to_owned() };
    let hops = kernel.next_hops.iter().map(|hop| match (hop.address, &hop.interface) {
        (Some(address), _) => address.to_string(),
        (None, Some(interface)) => interface.clone(),
        (None, None) => "nowhere".to_owned(),
    });
    format!("the kernel's route is {}'s, by {}", kernel.protocol, listed_up_to(NAMED, hops))
}
