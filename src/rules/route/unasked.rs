//! What agents advertise though the objects do not ask them for it.

use std::collections::{BTreeMap, BTreeSet};

use super::broken::NAMED;
use crate::cilium::service::Service;
use crate::rules::facts::Broken;
use crate::rules::finding::{End, Finding, Severity, Subject};
use crate::rules::losses::{label, symptoms};
use crate::rules::{Explanation, Facts, Layer, Rule, Verdict};
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::cluster::Backends;
use crate::topology::names::listed_up_to;
use crate::topology::service::Policy;

pub const LOCAL_EVERYWHERE: Rule = Rule {
    code: "BGP312",
    rows: &["C12"],
    severity: Severity::Error,
    layer: Layer::Route,
    title: "nodes without an endpoint advertise Services whose traffic policy is Local",
    explanation: Explanation {
        what: "With externalTrafficPolicy Local only nodes with an endpoint should advertise the VIP, and others do. Cilium \
               1.19.0 to 1.19.5 are known for it.",
        matters: "Such a node has nobody to hand the packets to and drops them: a share of the connections fails.",
        detected: "The router has paths of agents on nodes where no EndpointSlice of the Service has an endpoint.",
        fix: "Upgrade Cilium, or set the Service's externalTrafficPolicy to Cluster until then.",
        sources: &["cilium/cilium#44803", "docs.cilium.io: BGP Control Plane, externalTrafficPolicy"],
    },
    judge: local_everywhere,
};

pub const TOO_EARLY: Rule = Rule {
    code: "BGP313",
    rows: &["C13"],
    severity: Severity::Warning,
    layer: Layer::Route,
    title: "nodes advertise Services while their endpoint is not ready",
    explanation: Explanation {
        what: "The node has an endpoint of the Service that is not ready yet, or is ending, and advertises the VIP all the \
               same: some versions of Cilium do so early or late, for 10 to 40 seconds of each roll-out.",
        matters: "Connections that come to this node are refused for that time.",
        detected: "The router has a path of an agent on a node whose endpoints of the Service are not ready.",
        fix: "Wait for the roll-out to end. Upgrade Cilium if each one drops connections.",
        sources: &["cilium/cilium#45276", "cilium/cilium#45286"],
    },
    judge: too_early,
};

pub const UNASKED: Rule = Rule {
    code: "BGP337",
    rows: &["C36"],
    severity: Severity::Warning,
    layer: Layer::Route,
    title: "agents advertise what the cluster's objects do not ask for",
    explanation: Explanation {
        what: "The router has paths, over the agents' own sessions, of prefixes that no object asks these nodes to advertise: \
               the objects were changed and the agents did not follow, or something else feeds the agent.",
        matters: "Traffic goes to nodes that may not serve it, or to a VIP that nobody has any more.",
        detected: "Each accepted path of an agent's session is compared with what the objects ask that node for.",
        fix: "Restart the agent on these nodes, and see its log of subsys bgp-control-plane.",
        sources: &["Cilium pkg/bgp/manager/reconciler"],
    },
    judge: unasked,
};

/// Why an agent should not advertise the prefix.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    NoEndpoint,
    NotReady,
    Other,
}

fn local_everywhere(facts: &Facts, verdict: &mut Verdict) {
    report(facts, verdict, Why::NoEndpoint);
}

fn too_early(facts: &Facts, verdict: &mut Verdict) {
    report(facts, verdict, Why::NotReady);
}

fn unasked(facts: &Facts, verdict: &mut Verdict) {
    report(facts, verdict, Why::Other);
}

fn report(facts: &Facts, verdict: &mut Verdict, why: Why) {
    let backends = facts.services().map(Backends::of);
    for broken in facts.broken() {
        let extra = extra(facts, broken);
        if extra.is_empty() {
            continue;
        }
        let service = service(facts, broken);
        let mut by_why: BTreeMap<Why, BTreeSet<&str>> = BTreeMap::new();
        for node in extra {
            let of_node = service.zip(backends.as_ref()).map_or(Why::Other, |(service, backends)| {
                why_not(service, backends, node, broken.route.prefix.is_none_or(|prefix| prefix.addr().is_ipv4()))
            });
            by_why.entry(of_node).or_default().insert(node);
        }
        if let Some(nodes) = by_why.get(&why) {
            verdict.report(finding(facts, broken, service, why, nodes));
        }
    }
}

/// Nodes whose agents' sessions brought a path that is not asked of them.
fn extra<'a>(facts: &Facts<'a>, broken: &Broken<'a>) -> BTreeSet<&'a str> {
    let Some(expected) = broken.route.expected.value() else { return BTreeSet::new() };
    let paths = broken.route.paths.value().into_iter().flatten().filter(|path| !path.path.stale);
    let sessions = paths.filter_map(|path| path.session).filter(|session| !expected.contains(*session));
    sessions.filter_map(|session| Some(facts.topology.sessions[session].key.value()?.node.0.as_str())).collect()
}

fn service<'a>(facts: &Facts<'a>, broken: &Broken) -> Option<&'a Service> {
    let reference = broken.route.services.value()?.first()?;
    if reference.policy != Policy::Local {
        return None;
    }
    facts.service(&reference.namespace, &reference.name)
}

fn why_not(service: &Service, backends: &Backends, node: &str, ipv4: bool) -> Why {
    let endpoints = backends.endpoints(service, ipv4);
    match endpoints.unready_on.contains(node) {
        _ if endpoints.placeholder => Why::Other,
        true => Why::NotReady,
        false if endpoints.ready_on.contains(node) => Why::Other,
        false => Why::NoEndpoint,
    }
}

fn finding(facts: &Facts, broken: &Broken, service: Option<&Service>, why: Why, nodes: &BTreeSet<&str>) -> Finding {
    let rule = match why {
        Why::NoEndpoint => &LOCAL_EVERYWHERE,
        Why::NotReady => &TOO_EARLY,
        Why::Other => &UNASKED,
    };
    let subject =
        match (service, broken.route.services.value().and_then(|services| services.first()), broken.route.prefix) {
            (Some(service), ..) => Subject::service(&service.metadata.namespace, &service.metadata.name),
            (None, Some(service), _) => Subject::service(&service.namespace, &service.name),
            (None, None, Some(prefix)) => Subject::Prefix(prefix),
            (None, None, None) => Subject::Cluster,
        };
    let source = |kind| facts.cluster().and_then(|cluster| cluster.source(kind));
    let names = listed_up_to(NAMED, nodes);
    let finding = Finding::of(rule, subject)
        .seen(End::Router, None, format!("a path of {} from {names}", label(broken.route)))
        .explains(symptoms(broken.at));
    match (why, service) {
        (Why::NoEndpoint, Some(service)) => {
            let (namespace, name) = (&service.metadata.namespace, &service.metadata.name);
            finding
                .seen(End::Cluster, source(Kind::EndpointSlice), format!("no endpoint on {names}"))
                .seen(End::Cluster, None, running(facts))
                .fix("set the traffic policy to Cluster until Cilium is upgraded")
                .paste(shell::command([
                    "kubectl",
                    "-n",
                    namespace,
                    "patch",
                    "service",
                    shell::name(name),
                    "-p",
                    r#"{"spec":{"externalTrafficPolicy":"Cluster"}}"#,
                ]))
        }
        (Why::NotReady, Some(_)) => finding
            .seen(End::Cluster, source(Kind::EndpointSlice), format!("the endpoints on {names} are not ready"))
            .seen(End::Cluster, None, running(facts))
            .fix("wait for the roll-out to end"),
        _ => finding
            .seen(End::Cluster, None, format!("nothing asks {names} for it"))
            .inferred("kubectl bgp check --verify, and again in a minute: the agent may be about to follow")
            .fix("restart the agents of these nodes if it stays"),
    }
}

fn running(facts: &Facts) -> String {
    match facts.cilium_version() {
        Some(version) => format!("Cilium {version} runs"),
        None => "which version of Cilium runs is not known".to_owned(),
    }
}
