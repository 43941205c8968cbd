//! Load balancer Services without an address.

use std::collections::HashMap;
use std::net::IpAddr;

use super::ipam::{Ipam, Refusal};
use crate::cilium::pool::{CONFLICT, TOTAL};
use crate::cilium::selector::Mismatch;
use crate::cilium::service::Service;
use crate::rules::finding::{End, Finding, Severity, Subject};
use crate::rules::losses::symptoms;
use crate::rules::{Explanation, Facts, Layer, Rule, Verdict};
use crate::shell;
use crate::snapshot::Kind;

pub const PENDING: Rule = Rule {
    code: "BGP215",
    rows: &["B15"],
    severity: Severity::Error,
    layer: Layer::Service,
    title: "the Service has no address: no pool gives it one",
    explanation: Explanation {
        what: "A Service of type LoadBalancer waits for an address. LB-IPAM has no pool, or none that selects the Service, is \
               enabled, has the address family and a free address; or LB-IPAM is not in charge.",
        matters: "Without an address there is nothing to advertise.",
        detected: "The Service's condition cilium.io/IPAMRequestSatisfied, and each pool's selector, state, blocks and \
                   counts. LB-IPAM sleeps until the first pool is there, and then leaves no condition at all.",
        fix: "As the finding says: enable the pool, label the Service, or add a block.",
        sources: &["docs.cilium.io: LoadBalancer IP Address Management", "cilium operator/pkg/lbipam/lbipam.go"],
    },
    judge: pending,
};

pub const ASKED: Rule = Rule {
    code: "BGP216",
    rows: &["B16"],
    severity: Severity::Error,
    layer: Layer::Service,
    title: "the Service asks for an address that it cannot have",
    explanation: Explanation {
        what: "The annotation lbipam.cilium.io/ips, or spec.loadBalancerIP, asks for an address that is in no pool, that \
               another Service has, or that is the first or last of a prefix whose pool keeps those.",
        matters: "LB-IPAM gives it no other address in its place: the Service stays without.",
        detected: "The address is looked up in the pools' blocks and among the addresses of all Services.",
        fix: "Ask for a free address, or for none. Two Services may share one with the same lbipam.cilium.io/sharing-key, if \
              their ports differ.",
        sources: &[
            "docs.cilium.io: LoadBalancer IPAM, requesting IPs and sharing keys",
            "cilium/cilium#28591",
            "cilium/cilium#34099",
        ],
    },
    judge: asked,
};

fn pending(facts: &Facts, verdict: &mut Verdict) {
    let waiting = Waiting::of(facts, verdict);
    for &service in &waiting.services {
        let refusal = waiting.ipam.as_ref().map(|ipam| ipam.refusal(service));
        let finding = waiting.found(facts, &PENDING, service);
        if let Some(why) = not_in_charge(facts, service) {
            let source = facts.source(Kind::CiliumConfig);
            verdict.report(
                finding
                    .title("the Service has no address: LB-IPAM is not in charge of it")
                    .seen(End::Cluster, source, why)
                    .fix("give it the class io.cilium/bgp-control-plane when it is created, or switch LB-IPAM on"),
            );
        } else if !matches!(refusal, Some(Refusal::Outside(_) | Refusal::Taken(..) | Refusal::Reserved(..))) {
            verdict.report(told(facts, finding, service, refusal));
        }
    }
}

fn asked(facts: &Facts, verdict: &mut Verdict) {
    let waiting = Waiting::of(facts, verdict);
    let Some(ipam) = &waiting.ipam else { return };
    for &service in waiting.services.iter().filter(|service| not_in_charge(facts, service).is_none()) {
        let finding = waiting.found(facts, &ASKED, service);
        let pools = facts.source(Kind::LoadBalancerIpPool);
        let (finding, ip) = match ipam.refusal(service) {
            Refusal::Outside(ip) => {
                let title = "the Service asks for an address that is in no pool";
                (finding.title(title).seen(End::Cluster, pools, format!("no block of a pool has {ip}")), ip)
            }
            Refusal::Taken(ip, owner) => {
                let said = format!("{ip} is {}/{}'s", owner.metadata.namespace, owner.metadata.name);
                let title = "the Service asks for an address that another Service has";
                (finding.title(title).seen(End::Cluster, facts.source(Kind::Service), said), ip)
            }
            Refusal::Reserved(ip, pool) => {
                let said =
                    format!("pool {} has allowFirstLastIPs No, and {ip} is an end of its block", pool.metadata.name);
                let title = "the Service asks for the first or last address of a block, which its pool keeps";
                (finding.title(title).seen(End::Cluster, pools, said), ip)
            }
            _ => continue,
        };
        let finding = finding.fix("ask for a free address");
        verdict.report(other(ipam, service, ip).into_iter().fold(finding, Finding::paste));
    }
}

/// The Services of Cilium's that lack an address.
struct Waiting<'a> {
    services: Vec<&'a Service>,
    /// `None`: the pools could not be read, or nobody waits.
    ipam: Option<Ipam<'a>>,
    /// Their rows among the routes.
    rows: HashMap<(&'a str, &'a str), usize>,
}

impl<'a> Waiting<'a> {
    fn of(facts: &Facts<'a>, verdict: &mut Verdict) -> Self {
        let mut waiting = Self { services: Vec::new(), ipam: None, rows: HashMap::new() };
        let Some((all, cluster)) = facts.services().zip(facts.cluster()) else { return waiting };
        let services = all.services.value().map_or(&[][..], Vec::as_slice);
        let is_ciliums = |service: &&Service| {
            let class = service.spec.load_balancer_class.as_deref();
            service.is_load_balancer() && class.is_none_or(|class| class.starts_with("io.cilium/"))
        };
        // What was never applied nobody has looked at; without any pool, LB-IPAM leaves no condition.
        let lacks = |service: &&Service| {
            let is_applied = service.metadata.creation_timestamp.is_some();
            is_applied && service.status.load_balancer.ingress.is_empty() || service.ipam_refusal().is_some()
        };
        waiting.services = services.iter().filter(is_ciliums).filter(lacks).collect();
        if waiting.services.is_empty() {
            return waiting;
        }
        let pools = verdict.need(Kind::LoadBalancerIpPool, &cluster.pools);
        waiting.ipam = pools.map(|pools| Ipam::of(pools, services));
        for (at, route) in facts.routes().filter(|(_, route)| route.prefix.is_none()) {
            for service in route.services.value().into_iter().flatten() {
                waiting.rows.insert((&service.namespace, &service.name), at);
            }
        }
        waiting
    }

    /// What all findings about a Service without an address have.
    fn found(&self, facts: &Facts, rule: &'static Rule, service: &Service) -> Finding {
        let (namespace, name) = (&service.metadata.namespace, &service.metadata.name);
        let said = match service.ipam_refusal() {
            Some(condition) => format!("{namespace}/{name}: {} ({})", condition.message, condition.reason),
            None => format!("{namespace}/{name} has no address, and no condition of LB-IPAM's"),
        };
        let has_one = !service.status.load_balancer.ingress.is_empty();
        let row = self.rows.get(&(namespace.as_str(), name.as_str()));
        Finding::of(rule, Subject::service(namespace, name))
            .severity(if has_one { Severity::Warning } else { Severity::Error })
            .seen(End::Cluster, facts.source(Kind::Service), said)
            .explains(row.into_iter().flat_map(|at| symptoms(*at)))
    }
}

/// A Service with a class of Cilium's is LB-IPAM's, whatever the default is.
fn not_in_charge(facts: &Facts, service: &Service) -> Option<&'static str> {
    let settings = facts.cluster()?.settings.value()?;
    match (settings.default_service_ipam(), &service.spec.load_balancer_class) {
        _ if !settings.lb_ipam_is_enabled() => Some("enable-lb-ipam is false: LB-IPAM is switched off"),
        ("nodeipam", None) => Some("default-lb-service-ipam is nodeipam: a Service without a class is not LB-IPAM's"),
        ("none", None) => Some("default-lb-service-ipam is none: a Service without a class is not LB-IPAM's"),
        _ => None,
    }
}

fn told(facts: &Facts, finding: Finding, service: &Service, refusal: Option<Refusal>) -> Finding {
    let source = facts.source(Kind::LoadBalancerIpPool);
    let seen = |finding: Finding, text: String| finding.seen(End::Cluster, source, text);
    match refusal {
        Some(Refusal::NoPool) => seen(finding, "there is no CiliumLoadBalancerIPPool".to_owned())
            .title("the Service has no address: there is no pool")
            .fix("create a CiliumLoadBalancerIPPool with addresses that no network has"),
        Some(Refusal::Disabled(pool)) => {
            let name = &pool.metadata.name;
            seen(finding, format!("pool {name} is disabled"))
                .title("the Service has no address: its pool is disabled")
                .fix("enable the pool")
                .paste(shell::command([
                    "kubectl",
                    "patch",
                    "ciliumloadbalancerippool",
                    shell::name(name),
                    "--type",
                    "merge",
                    "-p",
                    r#"{"spec":{"disabled":false}}"#,
                ]))
        }
        Some(Refusal::Conflict(pool)) => {
            let conflict = pool.status.conditions.if_true(CONFLICT).map(|condition| condition.message.as_str());
            seen(finding, format!("pool {}: {}", pool.metadata.name, conflict.unwrap_or_default()))
                .title("the Service has no address: its pool conflicts with another, and gives none")
                .fix("take the addresses that both have out of one of the pools")
        }
        Some(Refusal::Unselected(pool, mismatches)) => {
            let why: Vec<String> = mismatches.iter().map(Mismatch::to_string).collect();
            let finding = seen(finding, format!("pool {} does not select it: {}", pool.metadata.name, why.join(", ")))
                .title("the Service has no address: no pool selects it")
                .fix("label the Service as the pool's serviceSelector wants it, or widen that");
            let labels: Option<Vec<String>> = mismatches.iter().map(Mismatch::remedy).collect();
            let (namespace, name) = (&service.metadata.namespace, &service.metadata.name);
            let words = ["kubectl", "-n", namespace, "label", "service", shell::name(name), "--overwrite"];
            let label = labels
                .map(|labels| shell::command(words.into_iter().chain(labels.iter().map(|label| shell::name(label)))));
            label.into_iter().fold(finding, Finding::paste)
        }
        Some(Refusal::NoFamily) => {
            let families = service.spec.ip_families;
            let wants = if families.ipv6 && !families.ipv4 { "IPv6" } else { "IPv4" };
            seen(finding, format!("it wants {wants}, and no pool has addresses of that family"))
                .title("the Service has no address: no pool has its address family")
                .fix("add a block of the family to a pool, or change the Service's ipFamilies")
        }
        Some(Refusal::Full(pool)) => {
            let total = pool.status.count(TOTAL).map(|total| format!(" of {total}")).unwrap_or_default();
            seen(finding, format!("pool {} has 0{total} addresses left", pool.metadata.name))
                .title("the Service has no address: the pool is full")
                .fix("add a block to the pool, and to the router's inbound list")
        }
        _ => finding
            .title("the Service has no address, and no pool keeps it from one")
            .inferred("kubectl -n kube-system get lease cilium-operator-resource-lock: whether the operator renews it")
            .fix("see whether Cilium's operator runs, and its log of subsys lbipam"),
    }
}

/// Asks for a free address in place of one that cannot be had.
fn other(ipam: &Ipam, service: &Service, instead_of: IpAddr) -> Option<String> {
    let free = ipam.free(service, instead_of)?;
    let asked = service.asked_ips().map(|ip| if ip == instead_of { free } else { ip });
    let asked: Vec<String> = asked.map(|ip| ip.to_string()).collect();
    let (namespace, name) = (&service.metadata.namespace, &service.metadata.name);
    let ips = format!("lbipam.cilium.io/ips={}", asked.join(","));
    Some(shell::command(["kubectl", "-n", namespace, "annotate", "service", shell::name(name), "--overwrite", &ips]))
}
