//! Settings of the router's BGP instance that hold for all of its neighbors.

use std::collections::{BTreeMap, BTreeSet};

use super::daemon::needs_config;
use super::ending_at;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::line::context;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::topology::router::Router;

pub const SHUT_DOWN: Rule = Rule {
    code: "BGP182",
    rows: &["A37"],
    severity: Severity::Error,
    layer: Layer::Router,
    title: "the router has shut all of BGP down",
    explanation: Explanation {
        what: "`bgp shutdown` stands in the router's configuration: every neighbor of the instance is shut down, without a line of its own.",
        matters: "All sessions that end there are down.",
        detected: "The running configuration has `bgp shutdown`, and the neighbors say adminShutDown.",
        fix: "Take the line off the configuration, once the reason for it is gone.",
        sources: &["RFC 8203", "FRR bgpd/bgp_vty.c (bgp shutdown)"],
    },
    judge: shut_down,
};

fn shut_down(facts: &Facts, verdict: &mut Verdict) {
    for router in facts.routers() {
        let instances = router.config.value().into_iter().flat_map(|config| &config.instances);
        for instance in instances.filter(|one| one.shutdown.as_ref().is_some_and(|stated| stated.value)) {
            let is_of = |vrf: &str| instance.vrf.as_deref().unwrap_or("default") == vrf;
            let down: Vec<_> = facts
                .down()
                .filter(|case| case.router_end().is_some_and(|end| end.router == router.name && is_of(&end.vrf.0)))
                .collect();
            let [enter, router_bgp] = context(instance);
            verdict.report(
                Finding::of(&SHUT_DOWN, Subject::Router(router.name.clone()))
                    .seen(End::Router, router.config_source.as_ref(), format!("{router_bgp} has `bgp shutdown`"))
                    .fix("take the shutdown off")
                    .paste(enter)
                    .paste(router_bgp)
                    .paste("no bgp shutdown")
                    .explains(down.iter().flat_map(|case| facts.symptoms(case.index))),
            );
        }
    }
}

pub const SAME_ROUTER_ID: Rule = Rule {
    code: "BGP136",
    rows: &["A36"],
    severity: Severity::Information,
    layer: Layer::Risk,
    title: "two BGP speakers have the same router ID",
    explanation: Explanation {
        what: "A node's router ID is another node's, or the router's own. Cilium takes the node's IPv4 address, unless an override or the \
               router ID pool says otherwise.",
        matters: "Within one AS the router refuses the session (Bad BGP Identifier). Between ASes the session stands, and the best path and \
                  the resolution of colliding connections become a matter of chance.",
        detected: "The router IDs that the neighbors sent, as the router tells them, are compared with each other and with its own.",
        fix: "Give each node its own routerID in a CiliumBGPNodeConfigOverride, or take the override away.",
        sources: &["RFC 6286", "cilium#22052", "cilium#30333", "projectcalico/calico#5146"],
    },
    judge: same_router_id,
};

fn same_router_id(facts: &Facts, verdict: &mut Verdict) {
    for router in facts.routers() {
        let mut by_id: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let cases: Vec<_> = ending_at(facts, router).collect();
        for case in &cases {
            let Some(end) = case.router_end().filter(|end| end.established) else { continue };
            let said = [
                (&end.said.local_router_id, format!("router {}", router.name)),
                (&end.said.remote_router_id, case.subject().to_string()),
            ];
            for (id, of) in said {
                if let Some(id) = id.as_deref().filter(|id| *id != "0.0.0.0") {
                    by_id.entry(id).or_default().insert(name_of(case.node(), of));
                }
            }
        }
        for (id, speakers) in by_id.into_iter().filter(|(_, speakers)| speakers.len() > 1) {
            let names = speakers.into_iter().collect::<Vec<_>>().join(", ");
            let source = cases.iter().find_map(super::super::facts::Case::router_end).map(|end| &end.source);
            verdict.report(
                Finding::of(&SAME_ROUTER_ID, Subject::Router(router.name.clone()))
                    .seen(End::Router, source, format!("the router ID {id} is that of {names}"))
                    .fix("give each node its own routerID in a CiliumBGPNodeConfigOverride, or take the override away"),
            );
        }
    }
}

/// Several sessions of one node have one router ID.
fn name_of(node: Option<&str>, of: String) -> String {
    match node {
        Some(node) if !of.starts_with("router ") => format!("node {node}"),
        _ => of,
    }
}

pub const LISTEN_LIMIT: Rule = Rule {
    code: "BGP139",
    rows: &["A39"],
    severity: Severity::Error,
    layer: Layer::Router,
    title: "the router takes no more neighbors from its listen ranges",
    explanation: Explanation {
        what: "`bgp listen limit` bounds the number of neighbors that listen ranges may make. It is 100 if it is not said.",
        matters: "Nodes that come later are refused, without a line in the log.",
        detected: "As many dynamic neighbors are there as the limit allows, and a node whose address a range has is none of them.",
        fix: "Raise the limit.",
        sources: &["FRR bgpd/bgpd.h (BGP_DYNAMIC_NEIGHBORS_LIMIT_DEFAULT)", "FRR doc/user/bgp.rst"],
    },
    judge: listen_limit,
};

/// FRR's, where the configuration does not say.
const DEFAULT_LIMIT: u32 = 100;

fn listen_limit(facts: &Facts, verdict: &mut Verdict) {
    for router in facts.routers() {
        let dynamic = dynamic_neighbors(router);
        let outside: Vec<_> = facts
            .down()
            .filter(|case| case.neighbor_is_absent() && case.router.is_some_and(|other| other.name == router.name))
            .collect();
        if dynamic == 0 || outside.is_empty() {
            continue;
        }
        let Some(config) = router.config.value() else {
            verdict.needs(needs_config(router.config.why_unknown()));
            continue;
        };
        let Some(instance) = config.instance(None) else { continue };
        let limit = instance.listen_limit.as_ref().map_or(DEFAULT_LIMIT, |stated| stated.value);
        if u32::try_from(dynamic).unwrap_or(u32::MAX) < limit {
            continue;
        }
        let refused: Vec<_> =
            outside.iter().filter(|case| facts.line(case).is_some_and(|line| line.range.is_some())).collect();
        if refused.is_empty() {
            continue;
        }
        let said = if instance.listen_limit.is_some() { "the configuration's" } else { "FRR's own" };
        let text = format!("{dynamic} dynamic neighbors are there, and {said} limit is {limit}");
        let [enter, router_bgp] = context(instance);
        verdict.report(
            Finding::of(&LISTEN_LIMIT, Subject::Router(router.name.clone()))
                .seen(End::Router, router.config_source.as_ref(), text)
                .seen(End::Cluster, None, format!("{} more sessions would come from its listen ranges", refused.len()))
                .fix("raise the limit")
                .paste(enter)
                .paste(router_bgp)
                .paste(format!("bgp listen limit {}", (limit + 100).max(limit.saturating_mul(2)).min(5000)))
                .explains(refused.iter().flat_map(|case| facts.symptoms(case.index))),
        );
    }
}

fn dynamic_neighbors(router: &Router) -> usize {
    let neighbors = router.neighbors.value().into_iter().flatten();
    neighbors.filter(|neighbor| neighbor.end.dynamic && neighbor.end.vrf.is_default()).count()
}
