//! Services that wait for an address, or have one from elsewhere.

use std::net::IpAddr;

use crate::cilium::pool::Pool;
use crate::cilium::service::{BGP_CLASS, Service};
use crate::rules::finding::{End, Finding, Subject, Symptom};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::cluster::selection::labels_of;

pub const PENDING: Rule = Rule {
    code: "BGP215",
    rows: &["B15"],
    severity: Severity::Error,
    layer: Layer::Service,
    title: "no pool has an address for it",
    explanation: Explanation {
        what: "LB-IPAM has nothing to give: there is no pool, none selects the Service, it is disabled or in conflict, or all addresses are taken.",
        matters: "The Service stays <pending>, and nothing can be advertised.",
        detected: "The Service has no address and its condition cilium.io/IPAMRequestSatisfied says why; the pools are looked through for the reason.",
        fix: "Add or widen a pool, enable it, or make its selector take the Service. The router's filter has to follow.",
        sources: &["docs.cilium.io: LB IPAM", "cilium operator/pkg/lbipam"],
    },
    judge: pending,
};

pub const NOT_GIVEN: Rule = Rule {
    code: "BGP216",
    rows: &["B16"],
    severity: Severity::Error,
    layer: Layer::Service,
    title: "the address that it asks for is not given to it",
    explanation: Explanation {
        what: "The Service asks for an address (lbipam.cilium.io/ips, or spec.loadBalancerIP) that no pool that takes it has, that another Service holds, \
               that is the first or last of a block which keeps these back, or whose sharers do not fit.",
        matters: "The Service stays <pending> though pools may have other addresses.",
        detected: "The asked address is compared with the pools and with the other Services; the condition cilium.io/IPAMRequestSatisfied says the rest.",
        fix: "Ask for a free address of a pool, or for none.",
        sources: &["docs.cilium.io: LB IPAM, Requesting IPs", "cilium#28591", "cilium#34099"],
    },
    judge: not_given,
};

pub const ELSEWHERE: Rule = Rule {
    code: "BGP218",
    rows: &["B18"],
    severity: Severity::Warning,
    layer: Layer::Service,
    title: "its address is from none of Cilium's pools",
    explanation: Explanation {
        what: "Something other than Cilium's LB-IPAM gives addresses to Services of this class: k3s' servicelb, MetalLB, kube-vip, a cloud controller. Two \
               of them write over each other.",
        matters: "The EXTERNAL-IP flips between the two, and so does the route.",
        detected: "Pools exist, LB-IPAM is on and the class is Cilium's or none, and the address is in no pool; or the Service asks for another one.",
        fix: "Switch the other controller off, or give its Services a loadBalancerClass of its own.",
        sources: &["cilium#45435", "cilium#26456"],
    },
    judge: elsewhere,
};

/// A load balancer Service that Cilium should give an address to and has not, with its row of `routes`.
fn waiting<'a>(facts: &Facts<'a>) -> Vec<(&'a Service, Vec<Symptom>)> {
    let services = facts.services().and_then(|all| all.services.value()).into_iter().flatten();
    let waiting = services.filter(|service| {
        let is_ours = service.spec.load_balancer_class.as_deref().is_none_or(|class| class.starts_with("io.cilium/"));
        service.is_load_balancer() && is_ours && service.load_balancer_ips().next().is_none()
    });
    let pending = facts.routes().filter(|(_, route)| route.prefix.is_none()).collect::<Vec<_>>();
    waiting
        .map(|service| {
            let is_it =
                |route: &crate::topology::routes::Route| {
                    route.services.value().into_iter().flatten().any(|known| {
                        known.name == service.metadata.name && known.namespace == service.metadata.namespace
                    })
                };
            let rows = pending.iter().filter(|(_, route)| is_it(route)).map(|(at, _)| Symptom::Route(*at));
            (service, rows.collect())
        })
        .collect()
}

fn subject(service: &Service) -> Subject {
    Subject::service(&service.metadata.namespace, &service.metadata.name)
}

fn pools<'a>(facts: &Facts<'a>, verdict: &mut Verdict) -> Option<&'a Vec<Pool>> {
    verdict.need(Kind::LoadBalancerIpPool, &facts.cluster()?.pools)
}

fn takes(pool: &Pool, service: &Service) -> bool {
    let labels = labels_of(service);
    pool.spec.service_selector.as_ref().is_none_or(|selector| selector.matches(&labels))
}

fn pending(facts: &Facts, verdict: &mut Verdict) {
    for (service, rows) in waiting(facts) {
        if service.asked_ips().next().is_some() {
            continue;
        }
        let Some(pools) = pools(facts, verdict) else { return };
        let lb_ipam_is_off = facts
            .cluster()
            .and_then(|cluster| cluster.settings.value())
            .is_some_and(|settings| !settings.lb_ipam_is_enabled());
        let usable: Vec<&Pool> = pools.iter().filter(|pool| !pool.spec.disabled).collect();
        let taking: Vec<&&Pool> = usable.iter().filter(|pool| takes(pool, service)).collect();
        let (why, fix) = if lb_ipam_is_off {
            (
                "LB-IPAM is switched off".to_owned(),
                "switch LB-IPAM on (Helm value enableLBIPAM), or let another controller give addresses",
            )
        } else if pools.is_empty() {
            ("there is no CiliumLoadBalancerIPPool".to_owned(), "make a CiliumLoadBalancerIPPool")
        } else if usable.is_empty() {
            (format!("{} is disabled", names(pools.iter())), "enable the pool")
        } else if taking.is_empty() {
            (
                format!("the selector of {} does not take it", names(usable.into_iter())),
                "let a pool's serviceSelector take the Service",
            )
        } else {
            let full =
                taking.iter().filter(|pool| pool.status.count(crate::cilium::pool::AVAILABLE) == Some(0)).count();
            let all = names(taking.iter().map(|pool| **pool));
            let why = if full == taking.len() { "has no address left" } else { "gives it none" };
            (format!("{all} {why}"), "widen a pool, and the router's filter with it")
        };
        let mut finding =
            Finding::of(&PENDING, subject(service)).seen(End::Cluster, facts.source(Kind::LoadBalancerIpPool), why);
        if let Some(condition) = service.ipam_refusal() {
            let said = format!("IPAMRequestSatisfied is False: {} {}", condition.reason, condition.message);
            finding = finding.seen(End::Cluster, facts.source(Kind::Service), said.trim_end().to_owned());
        }
        verdict.report(finding.fix(fix).explains(rows));
    }
}

fn names<'a>(pools: impl Iterator<Item = &'a Pool>) -> String {
    let all: Vec<String> = pools.map(|pool| format!("pool {}", pool.metadata.name)).collect();
    all.join(", ")
}

fn not_given(facts: &Facts, verdict: &mut Verdict) {
    for (service, rows) in waiting(facts) {
        let asked: Vec<IpAddr> = service.asked_ips().collect();
        if asked.is_empty() {
            continue;
        }
        let Some(pools) = pools(facts, verdict) else { return };
        let mut finding = Finding::of(&NOT_GIVEN, subject(service));
        for ip in &asked {
            finding =
                finding.seen(End::Cluster, facts.source(Kind::LoadBalancerIpPool), why_not(facts, service, *ip, pools));
        }
        if let Some(condition) = service.ipam_refusal() {
            let said = format!("IPAMRequestSatisfied is False: {} {}", condition.reason, condition.message);
            finding = finding.seen(End::Cluster, facts.source(Kind::Service), said.trim_end().to_owned());
        }
        verdict
            .report(finding.fix("ask for a free address of a pool that takes the Service, or for none").explains(rows));
    }
}

fn why_not(facts: &Facts, service: &Service, ip: IpAddr, pools: &[Pool]) -> String {
    let Some(pool) = pools.iter().find(|pool| pool.spec.contains(ip)) else {
        return format!("{ip} is in no pool");
    };
    let name = &pool.metadata.name;
    if pool.spec.disabled {
        return format!("{ip} is in pool {name}, which is disabled");
    }
    if !takes(pool, service) {
        return format!("{ip} is in pool {name}, whose selector does not take the Service");
    }
    if pool.spec.reserves(ip) {
        return format!("{ip} is the first or last address of a block of pool {name}, which keeps these back");
    }
    let services = facts.services().and_then(|all| all.services.value()).into_iter().flatten();
    let mut holders = services.filter(|other| other.load_balancer_ips().any(|(held, _)| held == ip));
    match holders.next() {
        Some(other) if other.sharing_key().is_some() && other.sharing_key() == service.sharing_key() => format!(
            "{ip} is {}/{}'s, with the same sharing key: their ports or policies do not fit",
            other.metadata.namespace, other.metadata.name
        ),
        Some(other) => format!("{ip} is {}/{}'s", other.metadata.namespace, other.metadata.name),
        None => format!("{ip} is in pool {name}"),
    }
}

fn elsewhere(facts: &Facts, verdict: &mut Verdict) {
    let Some(pools) = facts.cluster().and_then(|cluster| cluster.pools.value()).filter(|pools| !pools.is_empty())
    else {
        return;
    };
    let settings = facts.cluster().and_then(|cluster| cluster.settings.value());
    if settings.is_some_and(|settings| !settings.lb_ipam_is_enabled() || settings.default_service_ipam() != "lbipam") {
        return;
    }
    let services = facts.services().and_then(|all| all.services.value()).into_iter().flatten();
    let is_ours = |service: &&Service| {
        service.is_load_balancer() && service.spec.load_balancer_class.as_deref().is_none_or(|class| class == BGP_CLASS)
    };
    for service in services.filter(is_ours) {
        let strange: Vec<String> = service
            .load_balancer_ips()
            .filter(|(ip, _)| !pools.iter().any(|pool| pool.spec.contains(*ip)))
            .map(|(ip, _)| ip.to_string())
            .collect();
        if strange.is_empty() {
            continue;
        }
        verdict.report(
            Finding::of(&ELSEWHERE, subject(service))
                .seen(End::Cluster, facts.source(Kind::Service), format!("its address is {}", strange.join(", ")))
                .seen(End::Cluster, facts.source(Kind::LoadBalancerIpPool), "no pool has it")
                .fix("switch the other controller off, or give its Services a loadBalancerClass of its own"),
        );
    }
}
