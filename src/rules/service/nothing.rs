//! A cluster that peers and has nothing to advertise.

use crate::cilium::Object;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;

pub const NOTHING: Rule = Rule {
    code: "BGP206",
    rows: &["B6"],
    severity: Severity::Information,
    layer: Layer::Service,
    title: "there is nothing to advertise: no Service has an address of a load balancer",
    explanation: Explanation {
        what: "Nodes are asked to peer, and the cluster has no Service of type LoadBalancer with an address, nor anything else \
               that an advertisement takes.",
        matters: "The sessions are established and carry nothing, which looks like a fault on the router.",
        detected: "Every Service is read, and no route is expected of any node.",
        fix: "Create a Service of type LoadBalancer, and wait for its address.",
        sources: &["docs.cilium.io: BGP Control Plane, Service advertisement"],
    },
    judge: nothing,
};

fn nothing(facts: &Facts, verdict: &mut Verdict) {
    let Some(services) = facts.services().and_then(|all| all.services.value()) else { return };
    let has_sessions = facts.sessions().next().is_some();
    let waits = services.iter().any(Object::is_load_balancer);
    let expects = facts.routes().any(|(_, route)| route.expected_nodes().value().is_none_or(|nodes| *nodes > 0));
    if !has_sessions || waits || expects {
        return;
    }
    verdict.report(
        Finding::of(&NOTHING, Subject::Cluster)
            .seen(
                End::Cluster,
                facts.source(Kind::Service),
                format!("{} Services, none of type LoadBalancer", services.len()),
            )
            .fix("create a Service of type LoadBalancer, and wait for its address"),
    );
}
