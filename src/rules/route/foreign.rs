//! What the router takes from those who should not send it.

use std::collections::BTreeMap;

use super::broken::NAMED;
use crate::rules::finding::{End, Finding, Severity, Subject};
use crate::rules::losses::{label, symptoms};
use crate::rules::{Explanation, Facts, Layer, Rule, Verdict, paste};
use crate::topology::names::{NeighborName, NodeName, listed_up_to};
use crate::topology::router::Router;
use crate::topology::routes::{Route, RouteKind, RoutePath};

use super::vtysh;

pub const FOREIGN: Rule = Rule {
    code: "BGP336",
    rows: &["C36", "B30"],
    severity: Severity::Error,
    layer: Layer::Route,
    title: "a neighbor that is no agent of the cluster announces routes to the router",
    explanation: Explanation {
        what: "The router accepts routes of a neighbor that no session of the cluster's objects is: another host, or another \
               speaker on a node. They are a default route, a net of the router's own, addresses of the cluster's Services, \
               or what nobody knows.",
        matters: "A default route or a net takes the traffic of others. A VIP's traffic is shared with a host that does not \
                  serve it, or goes there alone where its path is better.",
        detected: "Each accepted path is compared with the sessions that the cluster's objects ask to carry the prefix.",
        fix: "Shut the neighbor down until it is known what speaks there. Let every neighbor's inbound prefix-list permit the \
              pool alone.",
        sources: &["RFC 7454 section 6 (prefix filtering)", "FRR docs: neighbor shutdown"],
    },
    judge: foreign,
};

/// Paths of one neighbor that is no agent.
struct Announced<'a> {
    router: &'a Router,
    neighbor: &'a NeighborName,
    node: Option<&'a NodeName>,
    paths: Vec<(usize, &'a Route, &'a RoutePath)>,
}

/// What a path is to the cluster and the router; the worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Default,
    OwnNet,
    Vip,
    Unowned,
}

fn foreign(facts: &Facts, verdict: &mut Verdict) {
    for announced in announced(facts) {
        let mut by_what: BTreeMap<What, Vec<&Route>> = BTreeMap::new();
        for (_, route, _) in &announced.paths {
            by_what.entry(what(announced.router, route)).or_default().push(route);
        }
        let Some(worst) = by_what.keys().next().copied() else { continue };
        let subject = Subject::Neighbor { router: announced.router.name.clone(), neighbor: announced.neighbor.clone() };
        let mut finding = Finding::of(&FOREIGN, subject).severity(announced.severity()).title(worst.title());
        for (what, routes) in &by_what {
            finding = finding.seen(
                End::Router,
                None,
                format!("{}: {}", what.words(), listed_up_to(NAMED, routes.iter().map(|route| label(route)))),
            );
        }
        let who = match announced.node {
            Some(node) => format!("{} is an address of {node}, and no session of its agent", announced.neighbor),
            None => format!("{} is no address of a node", announced.neighbor),
        };
        let say = "shut the neighbor down until it is known what speaks there";
        let explained = announced.paths.iter().flat_map(|(at, ..)| symptoms(*at));
        finding =
            finding.seen(End::Cluster, None, who).fix(paste::on(facts, announced.router, say)).explains(explained);
        verdict.report(announced.shutdown().into_iter().fold(finding, Finding::paste));
    }
}

/// The neighbors that are no agents, with what the router took of them beside what agents should announce.
fn announced<'a>(facts: &Facts<'a>) -> Vec<Announced<'a>> {
    let mut all: BTreeMap<(&str, &NeighborName), Announced> = BTreeMap::new();
    for broken in facts.broken() {
        let Some(router) = facts.router_of(broken.route) else { continue };
        let expected = broken.route.expected.value();
        for path in broken.route.paths.value().into_iter().flatten() {
            let is_expected = expected.zip(path.session).is_some_and(|(expected, session)| expected.contains(session));
            let is_agents = path.session.is_some_and(|session| facts.topology.sessions[session].key.value().is_some());
            if is_expected || is_agents || path.path.stale {
                continue;
            }
            let of_neighbor = all.entry((router.name.as_str(), &path.path.neighbor)).or_insert_with(|| Announced {
                router,
                neighbor: &path.path.neighbor,
                node: path.node.as_ref(),
                paths: Vec::new(),
            });
            of_neighbor.paths.push((broken.at, broken.route, path));
        }
    }
    all.into_values().collect()
}

fn what(router: &Router, route: &Route) -> What {
    let Some(prefix) = route.prefix else { return What::Unowned };
    let interfaces = router.interfaces.value().into_iter().flatten();
    let mut nets = interfaces.flat_map(crate::frr::show::addresses::Interface::global);
    if prefix.prefix_len() == 0 {
        What::Default
    } else if nets.any(|net| net.trunc() == prefix || prefix.contains(&net.trunc())) {
        What::OwnNet
    } else if route.kind == RouteKind::Unowned {
        What::Unowned
    } else {
        What::Vip
    }
}

impl Announced<'_> {
    /// Whether packets follow it: the kernel has the route from BGP, or that is not known.
    fn severity(&self) -> Severity {
        let is_followed = |route: &Route, path: &RoutePath| {
            path.path.is_used() && route.kernel.value().is_none_or(|kernel| kernel.by_bgp)
        };
        let is_grave =
            |route: &Route| route.kind != RouteKind::Unowned || route.prefix.is_some_and(|net| net.prefix_len() == 0);
        let grave = self.paths.iter().any(|(_, route, path)| is_grave(route) && is_followed(route, path));
        if grave { Severity::Error } else { Severity::Warning }
    }

    /// Only a neighbor with a line of its own can be shut down.
    fn shutdown(&self) -> Vec<String> {
        let config = self.router.config.value();
        let instances = config.into_iter().flat_map(|config| &config.instances);
        let name = self.neighbor.to_string();
        let mut with_line = instances.filter(|instance| instance.neighbor(&name).is_some());
        let Some((instance, asn)) = with_line.find_map(|instance| Some((instance, instance.asn?))) else {
            return Vec::new();
        };
        let vrf = instance.vrf.as_ref().map(|vrf| format!(" vrf {vrf}")).unwrap_or_default();
        vtysh::configure([format!("router bgp {asn}{vrf}"), format!("neighbor {name} shutdown")], [])
    }
}

impl What {
    fn title(self) -> &'static str {
        match self {
            Self::Default => "a neighbor that is no agent of the cluster announces a default route",
            Self::OwnNet => "a neighbor that is no agent of the cluster announces a net of the router's own",
            Self::Vip => "a neighbor that is no agent of the cluster announces addresses of its Services",
            Self::Unowned => "a neighbor that is no agent of the cluster announces prefixes that no Service has",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Default => "accepted as a default route",
            Self::OwnNet => "accepted, a net of the router's own",
            Self::Vip => "accepted beside the agents' paths",
            Self::Unowned => "accepted, and no Service has it",
        }
    }
}
