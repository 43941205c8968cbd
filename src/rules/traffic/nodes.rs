//! Next hops that are not there any more.

use std::collections::BTreeMap;

use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::names::NodeName;
use crate::topology::session::Source;

pub const NOT_READY: Rule = Rule {
    code: "BGP318",
    rows: &["C18"],
    severity: Severity::Warning,
    layer: Layer::Traffic,
    title: "the router forwards to a node that is not ready",
    explanation: Explanation {
        what: "Kubernetes has not heard from the node, or it says that it is not ready, and the router still has it as a \
               next hop: by a session whose hold time has not run out, or by graceful restart.",
        matters: "If the node is dead, its share of connections goes nowhere until the route goes: up to the hold time, with \
                  graceful restart the restart time on top. If only its kubelet is dead, traffic is well.",
        detected: "The Node's condition Ready is not True, and a VIP's route in the router's kernel has the node's path.",
        fix: "If it is dead for good: take it out of the ClusterConfig's nodeSelector, or clear its neighbor on the router. \
              A hold time of 9 s shortens the next time.",
        sources: &["RFC 4271 section 6.5 (hold timer)", "RFC 4724 section 4.2 (graceful restart)"],
    },
    judge: not_ready,
};

/// A router's neighbor that a node is.
struct Hop<'a> {
    router: &'a str,
    neighbor: String,
    vips: usize,
    stale: bool,
    source: Option<&'a Source>,
}

fn not_ready(facts: &Facts, verdict: &mut Verdict) {
    let Some(nodes) = facts.cluster().and_then(|cluster| cluster.node_objects.value()) else { return };
    let gone = |node: &NodeName| nodes.get(&node.0).is_some_and(|node| !node.status.is_ready());
    let mut hops: BTreeMap<&NodeName, Hop> = BTreeMap::new();
    for (_, route) in facts.routes().filter(|(_, route)| route.fib().value() > Some(&0)) {
        for path in route.paths.value().into_iter().flatten().filter(|path| path.path.is_used()) {
            let Some(node) = path.node.as_ref().filter(|node| gone(node)) else { continue };
            let hop = hops.entry(node).or_insert_with(|| Hop {
                router: route.router.as_deref().unwrap_or_default(),
                neighbor: path.path.neighbor.to_string(),
                vips: 0,
                stale: false,
                source: route.kernel_source.as_ref(),
            });
            hop.vips += 1;
            hop.stale |= path.path.stale;
        }
    }
    for (node, hop) in hops {
        let stale = if hop.stale { ", kept for a graceful restart" } else { "" };
        verdict.report(
            Finding::of(&NOT_READY, Subject::Node(node.clone()))
                .seen(End::Cluster, facts.source(Kind::Node), format!("{node} is not Ready"))
                .seen(End::Router, hop.source, format!("{} is a next hop of {} VIPs{stale}", hop.neighbor, hop.vips))
                .inferred(format!(
                    "on the router {}: ip neigh show {} (FAILED or INCOMPLETE: dead)",
                    hop.router,
                    shell::word(shell::name(&hop.neighbor))
                ))
                .fix("if the node is dead, end its session on the router")
                .paste(format!("clear bgp {}", hop.neighbor)),
        );
    }
}
