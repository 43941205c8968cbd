//! Services that Cilium's BGP leaves alone.

use super::idle::idle;
use crate::cilium::l2_policy::L2_CLASS;
use crate::cilium::service::{BGP_CLASS, Service};
use crate::rules::finding::{End, Finding, Severity, Subject};
use crate::rules::losses::symptoms;
use crate::rules::{Explanation, Facts, Layer, Rule, Verdict};
use crate::snapshot::Kind;
use crate::topology::cluster::Obstacle;
use crate::topology::routes::fault::Fault;

pub const CLASS: Rule = Rule {
    code: "BGP212",
    rows: &["B12"],
    severity: Severity::Information,
    layer: Layer::Service,
    title: "the Service has a class that Cilium's BGP leaves alone",
    explanation: Explanation {
        what: "spec.loadBalancerClass says who is to give the Service an address and to announce it, and it names another than \
               io.cilium/bgp-control-plane. A class cannot be changed once the Service has it.",
        matters: "No node advertises it over BGP. With a class that no controller serves it stays without an address.",
        detected: "The class of the Service.",
        fix: "Nothing, if it is meant; else delete the Service and create it without a class or with io.cilium/bgp-control-plane.",
        sources: &[
            "docs.cilium.io: LoadBalancer IPAM, loadBalancerClass",
            "cilium pkg/k8s/apis/cilium.io/v2/bgp_advert_types.go",
        ],
    },
    judge: class,
};

pub const NO_FRONTEND: Rule = Rule {
    code: "BGP284",
    rows: &[],
    severity: Severity::Warning,
    layer: Layer::Service,
    title: "Cilium serves the Service's address on no node that peers",
    explanation: Explanation {
        what: "The Service has an address and Cilium makes no frontend for it, or an annotation leaves no node: it is headless, \
               has no ports, belongs to another proxy, is of an address family that is switched off, or \
               service.cilium.io/node or node-selector matches no node with a session.",
        matters: "No node advertises the address.",
        detected: "The Service's labels, annotations and spec are judged as Cilium's agents do.",
        fix: "Mend what the evidence names.",
        sources: &["cilium pkg/loadbalancer/reflectors/conversions.go", "cilium pkg/annotation/k8s.go"],
    },
    judge: no_frontend,
};

fn class(facts: &Facts, verdict: &mut Verdict) {
    let pending = facts.broken().iter().filter(|broken| matches!(broken.route.status.fault(), Some(Fault::Pending(_))));
    let pending = pending.filter_map(|broken| {
        let reference = broken.route.services.value()?.first()?;
        Some((facts.service(&reference.namespace, &reference.name)?, symptoms(broken.at).to_vec()))
    });
    let idle = idle(facts);
    let with_class = idle.iter().filter(|idle| matches!(idle.obstacle, Obstacle::Class(_)));
    let with_class = with_class.map(|idle| (idle.vip.service, idle.symptoms().into_iter().collect()));
    let all: Vec<(&Service, Vec<_>)> = pending.chain(with_class).collect();
    for (service, symptoms) in all {
        let Some(class) = service.spec.load_balancer_class.as_deref().filter(|class| *class != BGP_CLASS) else {
            continue;
        };
        let has_address = !service.status.load_balancer.ingress.is_empty();
        let announces = match class {
            L2_CLASS => "only L2 announcement policies announce it",
            class if class.starts_with("io.cilium/") => "Cilium does not advertise it over BGP",
            _ if has_address => "another controller gave it its address",
            _ => "another controller has to give it an address",
        };
        let (namespace, name) = (&service.metadata.namespace, &service.metadata.name);
        verdict.report(
            Finding::of(&CLASS, Subject::service(namespace, name))
                .seen(
                    End::Cluster,
                    facts.source(Kind::Service),
                    format!("{namespace}/{name} has loadBalancerClass {class}: {announces}"),
                )
                .fix("nothing, if it is meant; else create the Service anew without the class: it cannot be changed")
                .explains(symptoms),
        );
    }
}

fn no_frontend(facts: &Facts, verdict: &mut Verdict) {
    for idle in idle(facts) {
        let (severity, why) = match idle.obstacle {
            // What is external to Cilium is told as such.
            Obstacle::NoFrontend(_) if idle.vip.service.is_shadowed_by_external_ip(idle.vip.ip) => continue,
            Obstacle::NoFrontend(why) => (Severity::Information, (*why).to_owned()),
            Obstacle::NoNode(annotation) => {
                (Severity::Warning, format!("its annotation {annotation} matches no node that peers"))
            }
            _ => continue,
        };
        verdict.report(
            Finding::of(&NO_FRONTEND, idle.vip.subject())
                .severity(severity)
                .seen(
                    End::Cluster,
                    facts.source(Kind::Service),
                    format!("{} ({}): {why}", idle.vip.name(), idle.vip.ip),
                )
                .fix("mend what keeps Cilium from serving it, if it is not meant")
                .explains(idle.symptoms()),
        );
    }
}
