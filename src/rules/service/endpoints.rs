//! Services that no node advertises because of their endpoints.

use std::collections::BTreeSet;

use super::idle::{Idle, idle};
use crate::rules::finding::{End, Finding, Severity};
use crate::rules::vips::Vip;
use crate::rules::{Explanation, Facts, Layer, Rule, Verdict};
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::cluster::{Endpoints, Obstacle};
use crate::topology::names::listed_up_to;
use crate::topology::service::AddressKind;

/// How many names a sentence has.
const NAMED: usize = 3;

pub const LOCAL: Rule = Rule {
    code: "BGP213",
    rows: &["B13", "C33"],
    severity: Severity::Error,
    layer: Layer::Service,
    title: "no node advertises a Service of policy Local: none of its endpoints is ready",
    explanation: Explanation {
        what: "With externalTrafficPolicy Local a node advertises the VIP only while one of its own pods is ready. None is: \
               the pods fail their readiness probes, are being replaced, do not exist, or run on nodes that do not peer.",
        matters: "The VIP is away. BGP does what it is asked to, so the cause is the application or where it runs.",
        detected: "The Service's EndpointSlices are read. Endpoints that exist and are not ready are an error; one that is \
                   ending is a roll-out; no endpoint at all may be an application that is scaled to zero, so both are \
                   information.",
        fix: "See why the pods are not ready. Where they run on nodes without a session: policy Cluster, or let these nodes \
              peer.",
        sources: &[
            "docs.cilium.io: BGP Control Plane, externalTrafficPolicy",
            "cilium pkg/bgp/manager/reconciler/service.go",
        ],
    },
    judge: local,
};

pub const CLUSTER: Rule = Rule {
    code: "BGP214",
    rows: &["B14"],
    severity: Severity::Information,
    layer: Layer::Service,
    title: "a Service without endpoints is not advertised, as cilium-config asks",
    explanation: Explanation {
        what: "The Service has no endpoint, and cilium-config has enable-no-service-endpoints-routable \"false\": nodes then \
               withdraw its addresses.",
        matters: "The VIP is away until it has an endpoint again; clients get no answer instead of a refusal.",
        detected: "The setting is false, the policy is Cluster, and no EndpointSlice of the Service has an endpoint.",
        fix: "Scale the application up, or mend the Service's selector.",
        sources: &["cilium/cilium#40717"],
    },
    judge: cluster,
};

pub const PLACEHOLDER: Rule = Rule {
    code: "BGP222",
    rows: &["B22"],
    severity: Severity::Error,
    layer: Layer::Service,
    title: "no node advertises an Ingress or Gateway of Cilium's own with policy Local",
    explanation: Explanation {
        what: "Cilium's own Envoy serves this Service, so its only endpoint is a placeholder, 192.192.192.192:9999, which is on \
               no node. With externalTrafficPolicy Local some versions then find no node that may advertise the VIP.",
        matters: "The VIP of the Ingress or Gateway is reachable from nowhere outside.",
        detected: "The Service's EndpointSlice has the placeholder, its policy is Local, and no router has a path of it.",
        fix: "Set the traffic policy to Cluster: on the Service, or where its controller takes it from.",
        sources: &["cilium/cilium#36816", "cilium pkg/loadbalancer/reflectors/conversions.go"],
    },
    judge: placeholder,
};

fn local(facts: &Facts, verdict: &mut Verdict) {
    for idle in idle(facts).iter().filter(|idle| idle.vip.is_local()) {
        let Some(endpoints) = &idle.vip.endpoints else { continue };
        match idle.obstacle {
            Obstacle::NotOnPeers => verdict.report(elsewhere(facts, idle, endpoints)),
            Obstacle::NoReadyEndpoint => verdict.report(unready(facts, idle, endpoints)),
            _ => {}
        }
    }
}

fn unready(facts: &Facts, idle: &Idle, endpoints: &Endpoints) -> Finding {
    let namespace = &idle.vip.service.metadata.namespace;
    let finding = Finding::of(&LOCAL, idle.vip.subject()).explains(idle.symptoms());
    let finding = idle.with_l2(finding);
    if !endpoints.any {
        return finding
            .severity(Severity::Information)
            .title("no node advertises a Service of policy Local: it has no endpoint")
            .seen(
                End::Cluster,
                facts.source(Kind::EndpointSlice),
                format!("{} ({}) has no endpoint", idle.vip.name(), idle.vip.ip),
            )
            .fix("nothing, if it is scaled to zero; else start its pods, or mend the Service's selector");
    }
    let nodes = listed_up_to(NAMED, &endpoints.unready_on);
    let slices = listed_up_to(NAMED, &endpoints.slices);
    let seen = format!("{} ({}): EndpointSlice {slices} has endpoints on {nodes}", idle.vip.name(), idle.vip.ip);
    let look = if let Some(labels) = idle.vip.selector() {
        shell::command(["kubectl", "-n", namespace, "get", "pods", "-o", "wide", "-l", &labels])
    } else {
        let names: BTreeSet<&str> = endpoints.slices.iter().map(|slice| shell::name(slice)).collect();
        let words = ["kubectl", "-n", namespace, "get", "endpointslice"].into_iter().chain(names);
        shell::command(words.chain(["-o", "yaml"]))
    };
    if endpoints.unready == endpoints.terminating {
        return finding
            .severity(Severity::Information)
            .title("no node advertises a Service of policy Local: its last endpoints are ending")
            .seen(End::Cluster, facts.source(Kind::EndpointSlice), format!("{seen}, all of them terminating"))
            .fix("wait for the roll-out to end; more than one replica keeps the VIP up meanwhile")
            .paste(look);
    }
    finding
        .seen(End::Cluster, facts.source(Kind::EndpointSlice), format!("{seen}, none of them ready"))
        .fix("see why its pods are not ready")
        .paste(look)
        .excluded(["not the selection: an advertisement has it".to_owned()])
}

fn elsewhere(facts: &Facts, idle: &Idle, endpoints: &Endpoints) -> Finding {
    let nodes = listed_up_to(NAMED, &endpoints.ready_on);
    let known = facts.cluster().and_then(|cluster| cluster.node_objects.value());
    let are_gone = known.is_some_and(|known| !endpoints.ready_on.iter().any(|node| known.contains_key(*node)));
    let (where_they_are, seen) = if are_gone {
        ("are gone", format!("endpoints on {nodes}, which the cluster no longer has"))
    } else {
        ("do not peer", format!("ready endpoints on {nodes}, where no session is asked for"))
    };
    let finding = Finding::of(&LOCAL, idle.vip.subject())
        .title(format!(
            "no node advertises a Service of policy Local: its endpoints are on nodes that {where_they_are}"
        ))
        .seen(
            End::Cluster,
            facts.source(Kind::EndpointSlice),
            format!("{} ({}) has {seen}", idle.vip.name(), idle.vip.ip),
        )
        .explains(idle.symptoms());
    if are_gone {
        finding
            .severity(Severity::Information)
            .fix("wait until its pods run elsewhere; more than one replica keeps the VIP up meanwhile")
    } else {
        finding
            // That these nodes do not peer has a cause of its own.
            .severity(Severity::Warning)
            .fix("let every node that peers take it: policy Cluster; or let these nodes peer")
            .paste(idle.vip.patch(r#"{"spec":{"externalTrafficPolicy":"Cluster"}}"#))
    }
}

fn cluster(facts: &Facts, verdict: &mut Verdict) {
    let withdrawn = |idle: &&Idle| !idle.vip.is_local() && *idle.obstacle == Obstacle::NoReadyEndpoint;
    for idle in idle(facts).iter().filter(withdrawn) {
        verdict.report(
            Finding::of(&CLUSTER, idle.vip.subject())
                .seen(
                    End::Cluster,
                    facts.source(Kind::EndpointSlice),
                    format!("{} ({}) has no endpoint", idle.vip.name(), idle.vip.ip),
                )
                .seen(End::Cluster, facts.source(Kind::CiliumConfig), "enable-no-service-endpoints-routable is false")
                .fix("nothing, if it is scaled to zero; else start its pods, or mend the Service's selector")
                .explains(idle.symptoms()),
        );
    }
}

fn placeholder(facts: &Facts, verdict: &mut Verdict) {
    let is_one = |vip: &&Vip| {
        let endpoints = vip.endpoints.as_ref();
        vip.kind == AddressKind::LoadBalancerIP
            && vip.is_local()
            && endpoints.is_some_and(|all| all.placeholder && !all.any)
    };
    for vip in facts.vips().iter().filter(is_one) {
        let mut routes = vip.routes.iter().filter(|(_, route)| route.expected.value().is_none());
        let nowhere =
            routes.clone().count() > 0 && routes.all(|(_, route)| route.paths.value().is_some_and(Vec::is_empty));
        if !nowhere {
            continue;
        }
        let seen = format!("{} ({}) has the placeholder of Cilium's Envoy for an endpoint", vip.name(), vip.ip);
        let finding = Finding::of(&PLACEHOLDER, vip.subject())
            .seen(End::Cluster, facts.source(Kind::EndpointSlice), seen)
            .seen(End::Router, None, "no router has a path of it")
            .inferred("kubectl bgp routes --verify: whether an agent advertises it")
            .fix("set the traffic policy to Cluster, where the Service's controller takes it from")
            .paste(vip.patch(r#"{"spec":{"externalTrafficPolicy":"Cluster"}}"#))
            .explains(vip.routes.iter().flat_map(|(at, _)| crate::rules::losses::symptoms(*at)));
        let made_by = vip.maker().map(|maker| format!("{maker} made the Service, and may undo what is changed on it"));
        verdict.report(made_by.into_iter().fold(finding, |finding, text| finding.seen(End::Cluster, None, text)));
    }
}
