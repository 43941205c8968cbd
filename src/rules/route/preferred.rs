//! Paths of nodes that are not all used.

use super::broken::{alike, source};
use super::vtysh;
use crate::frr::config::bgp::{IPV4_UNICAST, IPV6_UNICAST};
use crate::rules::finding::{End, Finding};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::topology::router::tables::Path;
use crate::topology::routes::fault::Fault;
use crate::topology::routes::{Route, RoutePath};

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
            let head = [format!("router bgp {asn}"), format!("address-family {family} unicast"), format!("no {text}")];
            finding = finding.seen(End::Router, alike.router.config_source.as_ref(), format!("line {line}: {text}"));
            let lines = vtysh::configure(head, [format!("clear bgp {family} unicast * soft in")]);
            finding = lines.into_iter().fold(finding, Finding::paste);
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
            let lines = vtysh::configure(std::iter::once(format!("router bgp {asn}")).chain(lines), []);
            finding = lines.into_iter().fold(finding, Finding::paste);
        }
        verdict.report(finding);
    }
}
