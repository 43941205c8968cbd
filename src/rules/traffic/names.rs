//! Names that lead to addresses: Gateways, and what external-dns is told.

use std::collections::HashSet;
use std::net::IpAddr;

use crate::cilium::Metadata;
use crate::cilium::gateway::GatewayAddress;
use crate::cilium::pool::Pool;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;

/// What external-dns makes names lead to instead of an object's own addresses.
const TARGET: &str = "external-dns.alpha.kubernetes.io/target";

pub const NOBODYS: Rule = Rule {
    code: "BGP330",
    rows: &["C30"],
    severity: Severity::Warning,
    layer: Layer::Traffic,
    title: "a name leads to an address that no Service has",
    explanation: Explanation {
        what: "A Gateway asks for, or still shows, an address of a pool that no Service has any more; or external-dns is told \
               to lead names there; or the address is no address at all, such as `null` or a variable without a value.",
        matters: "The VIP works by its address and not by its name: clients go to the old one. A Gateway whose address is \
                  rendered empty gets another one than before.",
        detected: "spec.addresses and status.addresses of Gateways, and the annotation external-dns.alpha.kubernetes.io/target \
                   of Gateways and Services, compared with the addresses of all Services. Addresses outside of the pools are \
                   left alone: they may be the uplink's. What DNS itself answers is not asked.",
        fix: "Write the address that the Service has, in Git where it comes from there; a variable that is not set becomes \
              empty in Flux.",
        sources: &[
            "gateway-api apis/v1/gateway_types.go",
            "external-dns docs/annotations",
            "fluxcd.io Kustomization, postBuild",
        ],
    },
    judge: nobodys,
};

/// The addresses that Services have, and those that they may get.
struct Addresses<'a> {
    taken: HashSet<IpAddr>,
    pools: Vec<&'a Pool>,
}

impl Addresses<'_> {
    /// What is wrong with an address that names are to lead to.
    fn fault(&self, text: &str) -> Option<&'static str> {
        match text.trim().parse::<IpAddr>() {
            Ok(ip) if self.taken.contains(&ip) => None,
            Ok(ip) => self.pools.iter().any(|pool| pool.spec.contains(ip)).then_some("no Service has it"),
            Err(_) => Some("it is no address"),
        }
    }

    /// The same of a target, which may be a name as well.
    fn fault_of_target(&self, text: &str) -> Option<&'static str> {
        let is_name = text.contains('.') && text.parse::<IpAddr>().is_err() && !text.contains(['$', '{', '<']);
        if is_name { None } else { self.fault(text) }
    }
}

fn nobodys(facts: &Facts, verdict: &mut Verdict) {
    let Some(cluster) = facts.cluster() else { return };
    let gateways = verdict.need(Kind::Gateway, &cluster.gateways).into_iter().flatten();
    let services = facts.services().and_then(|all| all.services.value());
    let has_target = |metadata: &Metadata| metadata.annotations.contains_key(TARGET);
    let annotated = services.into_iter().flatten().filter(|service| has_target(&service.metadata));
    let (gateways, annotated) = (gateways.collect::<Vec<_>>(), annotated.collect::<Vec<_>>());
    if gateways.is_empty() && annotated.is_empty() {
        return;
    }
    // Without all of them it is not known what nobody has.
    let (Some(_), Some(pools)) = (services, verdict.need(Kind::LoadBalancerIpPool, &cluster.pools)) else { return };
    let taken = facts.vips().iter().map(|vip| vip.ip).collect();
    let all = Addresses { taken, pools: pools.iter().collect() };
    let mut report = |kind: Kind, subject: Subject, says: String| {
        verdict.report(
            Finding::of(&NOBODYS, subject)
                .seen(End::Cluster, facts.source(kind), says)
                .fix("write the address that the Service has, where the object comes from"),
        );
    };
    for gateway in gateways {
        let metadata = &gateway.metadata;
        let name = format!("{}/{}", metadata.namespace, metadata.name);
        let subject = || Subject::object("gateway.gateway.networking.k8s.io", &name);
        let asked = &gateway.spec.addresses;
        // One without a value asks for any.
        let asked = ips(asked).filter(|value| !value.is_empty()).map(|value| ("asks for", value));
        for (verb, value) in asked.chain(ips(&gateway.status.addresses).map(|value| ("shows", value))) {
            if let Some(fault) = all.fault(value) {
                let says = format!("{} {verb} {value:?}: {fault}", gateway.metadata.name);
                report(Kind::Gateway, subject(), says);
            }
        }
        for (target, fault) in targets(&all, &gateway.metadata) {
            let says = format!("external-dns is told {target:?}: {fault}");
            report(Kind::Gateway, subject(), says);
        }
    }
    for service in annotated {
        for (target, fault) in targets(&all, &service.metadata) {
            let says = format!("external-dns is told {target:?}: {fault}");
            report(Kind::Service, Subject::service(&service.metadata.namespace, &service.metadata.name), says);
        }
    }
}

fn ips(addresses: &[GatewayAddress]) -> impl Iterator<Item = &str> {
    addresses.iter().filter(|address| address.is_ip()).map(|address| address.value.as_str())
}

fn targets<'a>(all: &Addresses, metadata: &'a Metadata) -> Vec<(&'a str, &'static str)> {
    let targets = metadata.annotations.get(TARGET).into_iter().flat_map(|text| text.split(',')).map(str::trim);
    targets.filter_map(|target| Some((target, all.fault_of_target(target)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_may_be_names() {
        let pool: Pool =
            serde_json::from_str(r#"{"spec": {"blocks": [{"cidr": "10.99.8.0/24"}]}}"#).expect("Cilium's shape");
        let taken = HashSet::from(["10.99.8.202".parse().expect("an address")]);
        let all = Addresses { taken, pools: vec![&pool] };
        for fine in ["10.99.8.202", "198.51.100.7", "web.example.com"] {
            assert_eq!(all.fault_of_target(fine), None, "{fine}");
        }
        assert_eq!(all.fault_of_target("10.99.8.203"), Some("no Service has it"));
        for odd in ["null", "", "${VIP}", "${cluster.vip}"] {
            assert_eq!(all.fault_of_target(odd), Some("it is no address"), "{odd}");
        }
    }
}
