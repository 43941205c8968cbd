//! The move in steps: what to do, and what must be so before the next one.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{At, Move, Place, ServiceMove};
use crate::shell;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub title: &'static str,
    /// What to write or to change, as it is written.
    pub lines: Vec<String>,
    pub gate: Gate,
}

/// What must be so before the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    pub what: String,
    /// Commands that show it.
    pub ask: Vec<String>,
}

/// The steps in their order.
pub fn steps(plan: &Move) -> Vec<Step> {
    let mut steps = vec![pool(plan), both(plan)];
    if !plan.references.is_empty() {
        steps.push(references(plan));
    }
    steps.extend([names(plan), then(plan), last(plan)]);
    steps
}

fn pool(plan: &Move) -> Step {
    let prefixes: Vec<String> = plan.prefixes.iter().map(ToString::to_string).collect();
    let ask = ["kubectl", "get", "ciliumloadbalancerippool", &plan.pool];
    Step {
        title: "a pool of its own, which the router lets in",
        lines: vec![
            format!(
                "a CiliumLoadBalancerIPPool {} with {}, and the serviceSelector of {}",
                plan.pool,
                prefixes.join(" and "),
                plan.from
            ),
            format!("the same prefixes in the router's inbound filter, beside those of {}", plan.from),
        ],
        gate: Gate {
            what: "the pool has no conflict, and the router lacks nothing".to_owned(),
            ask: vec![shell::command(ask), "kubectl bgp udm-sync".to_owned()],
        },
    }
}

fn both(plan: &Move) -> Step {
    let lines = plan.services.iter().flat_map(|service| annotation(service, &service.both)).collect();
    // Services that share an address are asked about once.
    let new: BTreeSet<&IpAddr> = plan.services.iter().flat_map(|service| &service.new).collect();
    let ask = new.into_iter().map(|ip| format!("kubectl bgp why {ip}")).collect();
    Step {
        title: "both addresses for every Service",
        lines,
        gate: Gate { what: "every Service shows both addresses and answers at the new one".to_owned(), ask },
    }
}

fn references(plan: &Move) -> Step {
    let line = |reference: &super::Reference| {
        let place = match &reference.place {
            Place::Annotation { object, key } => format!("{object}, annotation {key}"),
            Place::GatewayAddress { object } => format!("{object}, spec.addresses"),
            Place::File { file, line } => format!("{file}:{line}"),
        };
        format!("{place}: {}", reference.text)
    };
    Step {
        title: "who says an old address says the new one",
        lines: plan.references.iter().map(line).collect(),
        gate: Gate {
            what: "none of these says an old address any more; rules of a firewall and clients' own settings are yours to know"
                .to_owned(),
            ask: Vec::new(),
        },
    }
}

fn names(plan: &Move) -> Step {
    let old: Vec<String> = old(plan).iter().map(ToString::to_string).collect();
    Step {
        title: "names lead to the new addresses alone",
        lines: vec![
            "external-dns makes a name of a Service lead to all of its addresses: until the last step it answers with both"
                .to_owned(),
            "records that are made by hand: change them".to_owned(),
        ],
        gate: Gate {
            what: "twice the records' TTL is over, which no object says for certain, and nobody uses an old address any more"
                .to_owned(),
            ask: old.iter().map(|ip| format!("hubble observe --to-ip {ip} --since 1h")).collect(),
        },
    }
}

fn then(plan: &Move) -> Step {
    Step {
        title: "the new address alone",
        lines: plan.services.iter().flat_map(|service| annotation(service, &service.then)).collect(),
        gate: Gate {
            what: "the router has no route to an old address".to_owned(),
            ask: vec!["kubectl bgp routes".to_owned(), "kubectl bgp check".to_owned()],
        },
    }
}

fn last(plan: &Move) -> Step {
    Step {
        title: "the old pool goes",
        lines: vec![
            format!(
                "remove the CiliumLoadBalancerIPPool {}, and its prefixes from the router's inbound filter",
                plan.from
            ),
            "remove what answers ARP for it: CiliumL2AnnouncementPolicies that select these Services".to_owned(),
        ],
        gate: Gate { what: "nothing is wrong on either end".to_owned(), ask: vec!["kubectl bgp check".to_owned()] },
    }
}

fn old(plan: &Move) -> Vec<IpAddr> {
    let mut old: Vec<IpAddr> = plan.services.iter().flat_map(|service| service.old.iter().copied()).collect();
    old.sort_unstable();
    old.dedup();
    old
}

/// The annotation in a manifest, and the command that sets it where no manifest is.
fn annotation(service: &ServiceMove, addresses: &[IpAddr]) -> Vec<String> {
    let ServiceMove { namespace, name, annotation, .. } = service;
    let value = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let written = format!("{annotation}: {}", shell::json(&value));
    match &service.at {
        At::Service => {
            let set = format!("{annotation}={value}");
            let words = ["kubectl", "-n", namespace, "annotate", "--overwrite", "service", shell::name(name), &set];
            vec![
                format!("Service {namespace}/{name}, metadata.annotations: {written}"),
                format!("  or {}", shell::command(words)),
            ]
        }
        At::Gateway(gateway) => {
            vec![format!("Gateway {namespace}/{gateway}, spec.infrastructure.annotations: {written}")]
        }
        At::Owner(owner) => vec![format!("Service {namespace}/{name} is made by {owner}; there: {written}")],
    }
}
