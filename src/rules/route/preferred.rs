//! Routes of nodes that lose against others, or are not all used.

use super::broken::{Alike, NAMED, alike};
use crate::frr::config::bgp::{IPV4_UNICAST, IPV6_UNICAST};
use crate::rules::finding::{End, Finding};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::topology::names::listed_up_to;
use crate::topology::router::tables::Path;
use crate::topology::routes::status::Fault;
use crate::topology::routes::{Route, RoutePath};

pub const SHADOWED: Rule = Rule {
    code: "BGP230",
    rows: &["B30", "C4"],
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

pub const PREFERRED: Rule = Rule {
    code: "BGP231",
    rows: &["B30"],
    severity: Severity::Warning,
    layer: Layer::Route,
    title: "the router prefers some paths, and the others of the VIPs idle",
    explanation: Explanation {
        what: "Several nodes advertise the VIPs, and BGP's selection finds the paths unequal: a local preference, a weight, \
               a metric, a longer AS path. Only equal paths are used together.",
        matters: "One node carries all the traffic. When it dies, the VIPs are away until the session's hold time is over.",
        detected: "Paths of nodes that should advertise the prefix are valid and not used, and they differ from the used \
                   ones in what BGP compares.",
        fix: "Take the preference off the neighbor: the route-map or the weight on its line.",
        sources: &["FRR bgpd/bgp_route.c (bgp_path_info_cmp)", "RFC 4271 section 9.1"],
    },
    judge: preferred,
};

pub const SINGLE_PATH: Rule = Rule {
    code: "BGP322",
    rows: &["C22"],
    severity: Severity::Warning,
    layer: Layer::Route,
    title: "the router uses fewer equal paths than it has",
    explanation: Explanation {
        what: "Several nodes advertise the VIPs with equal paths, and the router uses only some of them: `maximum-paths` is \
               1 or small, or FRR was built with a small limit. Paths over different ASs count as equal only with `bgp \
               bestpath as-path multipath-relax`.",
        matters: "Load is not shared, and when the used node dies the VIPs are away until the hold time is over.",
        detected: "Paths of expected nodes are valid, equal to the best one and not used; the running configuration's \
                   maximum-paths is compared with their number.",
        fix: "Raise maximum-paths; sessions stay up.",
        sources: &["FRR bgpd/bgp_mpath.c", "FRR docs: maximum-paths"],
    },
    judge: single_path,
};

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

fn shadowed(facts: &Facts, verdict: &mut Verdict) {
    let by_protocol = |_: &_, fault: &Fault| match fault {
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
            .claim(Finding::of(&SHADOWED, alike.subject()))
            .title(title)
            .seen(End::Router, route.kernel_source.as_ref(), format!("{}: {}", alike.prefixes(), in_kernel(route)))
            .excluded(["not the filters: BGP has accepted paths of them".to_owned()]);
        let statics = statics(&alike);
        for (line, text) in &statics {
            finding = finding.seen(End::Router, alike.router.config_source.as_ref(), format!("line {line}: {text}"));
        }
        finding = if statics.is_empty() {
            let removal = route.kernel.value().zip(route.prefix).map(|(kernel, prefix)| {
                format!("ip route del {prefix} proto {} metric {}", kernel.protocol, kernel.metric)
            });
            removal.into_iter().fold(finding.fix("remove the other route, where it was made"), Finding::paste)
        } else {
            let lines = statics.iter().map(|(_, text)| format!("no {text}"));
            let all = std::iter::once("configure terminal".to_owned()).chain(lines).chain(["end".to_owned()]);
            all.fold(finding.fix("remove the static route from the router"), Finding::paste)
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

/// What BGP compares of two paths, the first difference first.
fn difference(used: &Path, idle: &Path) -> Option<String> {
    let number = |value: Option<u32>, default: u32| value.unwrap_or(default);
    let differs = |name: &str, used: u32, idle: u32| (used != idle).then(|| format!("{name} {used} against {idle}"));
    let length = |path: &Path| u32::try_from(path.as_path.split_whitespace().count()).unwrap_or(u32::MAX);
    differs("weight", number(used.weight, 0), number(idle.weight, 0))
        .or_else(|| differs("local preference", number(used.local_preference, 100), number(idle.local_preference, 100)))
        .or_else(|| differs("AS path of length", length(used), length(idle)))
        .or_else(|| (used.origin != idle.origin).then(|| format!("origin {} against {}", used.origin, idle.origin)))
        .or_else(|| differs("metric", number(used.metric, 0), number(idle.metric, 0)))
}

/// A path that is used, and one that is valid and not used.
fn pair(route: &Route) -> Option<(&RoutePath, &RoutePath)> {
    let paths = route.paths.value()?;
    let best = paths.iter().find(|path| path.path.best).or_else(|| paths.iter().find(|path| path.path.is_used()))?;
    Some((best, paths.iter().find(|path| path.path.valid && !path.path.is_used())?))
}

fn source(path: &RoutePath) -> String {
    path.node.as_ref().map_or_else(|| path.path.neighbor.to_string(), ToString::to_string)
}

fn preferred(facts: &Facts, verdict: &mut Verdict) {
    let by_difference = alike(facts, |broken, fault| match fault {
        Fault::PathsUnused { .. } => {
            let (used, idle) = pair(broken.route)?;
            Some((source(used), difference(&used.path, &idle.path)?))
        }
        _ => None,
    });
    for ((node, difference), alike) in by_difference {
        let line = alike.first().route.paths.value().and_then(|paths| {
            let best = paths.iter().find(|path| path.path.best)?;
            let config = alike.router.config.value()?;
            let instance = config.instance(None)?;
            let neighbor = instance.neighbor(&best.path.neighbor.to_string())?;
            let family = neighbor.families.get(if alike.is_ipv4() { IPV4_UNICAST } else { IPV6_UNICAST })?;
            let asn = instance.asn?;
            let stated = family.route_map_in.as_ref().map(|map| (map.line, format!("route-map {} in", map.value)));
            let (line, text) =
                stated.or(family.weight.as_ref().map(|weight| (weight.line, format!("weight {}", weight.value))))?;
            Some((asn, line, format!("neighbor {} {text}", neighbor.name)))
        });
        let mut finding = alike
            .claim(Finding::of(&PREFERRED, alike.subject()))
            .seen(End::Router, None, format!("the path of {node} is better for {}: {difference}", alike.prefixes()))
            .fix("take the preference off the neighbor's line, then clear inbound softly")
            .excluded(["not maximum-paths: the paths are not equal".to_owned()]);
        if let Some((asn, line, text)) = line {
            let family = if alike.is_ipv4() { "ipv4" } else { "ipv6" };
            finding = finding.seen(End::Router, alike.router.config_source.as_ref(), format!("line {line}: {text}"));
            for pasted in [
                "configure terminal".to_owned(),
                format!("router bgp {asn}"),
                format!("address-family {family} unicast"),
                format!("no {text}"),
                "end".to_owned(),
                format!("clear bgp {family} unicast * soft in"),
            ] {
                finding = finding.paste(pasted);
            }
        }
        verdict.report(finding);
    }
}

fn single_path(facts: &Facts, verdict: &mut Verdict) {
    let equal = alike(facts, |broken, fault| match fault {
        Fault::PathsUnused { .. } => match pair(broken.route) {
            Some((used, idle)) => difference(&used.path, &idle.path).is_none().then_some(()),
            None => Some(()),
        },
        _ => None,
    });
    for ((), alike) in equal {
        let route = alike.first().route;
        let used = route.best().value().copied().unwrap_or_default();
        let of = route.accepted().value().copied().unwrap_or_default();
        let mut finding = alike.claim(Finding::of(&SINGLE_PATH, alike.subject())).seen(
            End::Router,
            None,
            format!("{used} of {of} equal paths are used of {}", alike.prefixes()),
        );
        let name = if alike.is_ipv4() { IPV4_UNICAST } else { IPV6_UNICAST };
        let instance = alike.router.config.value().and_then(|config| config.instance(None));
        let stated = instance.and_then(|instance| instance.families.get(name)?.maximum_paths.as_ref());
        let as_paths = alike.first().route.paths.value().into_iter().flatten().map(|path| path.path.as_path.as_str());
        let several_as = as_paths.collect::<std::collections::BTreeSet<_>>().len() > 1;
        let paste = match (instance.and_then(|instance| instance.asn), stated) {
            (Some(asn), Some(limit)) => {
                finding = finding
                    .seen(
                        End::Router,
                        alike.router.config_source.as_ref(),
                        format!("line {}: maximum-paths {}", limit.line, limit.value),
                    )
                    .fix("let the router use all equal paths; sessions stay up");
                let lines = [format!("address-family {name}"), format!("no maximum-paths {}", limit.value)];
                Some((asn, lines.to_vec()))
            }
            (Some(asn), None) if several_as => {
                finding = finding
                    .seen(End::Router, None, "the paths come over different ASs")
                    .inferred("the fix itself: it resets no session")
                    .fix("let paths over different ASs of equal length count as equal");
                Some((asn, vec!["bgp bestpath as-path multipath-relax".to_owned()]))
            }
            _ => {
                finding = finding
                    .inferred(alike.show())
                    .fix("see in vtysh why the other paths are not used: maximum-paths, or the limit that FRR was built with");
                None
            }
        };
        if let Some((asn, lines)) = paste {
            let head = ["configure terminal".to_owned(), format!("router bgp {asn}")];
            finding = head.into_iter().chain(lines).chain(["end".to_owned()]).fold(finding, Finding::paste);
        }
        verdict.report(finding);
    }
}

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
