//! Network policies that keep a VIP's clients from its pods.

use std::collections::HashMap;

use crate::cilium::network_policy::NetworkPolicy;
use crate::rules::finding::{End, Finding};
use crate::rules::vips::Vip;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::names::listed;

pub const NOBODY_FROM_OUTSIDE: Rule = Rule {
    code: "BGP382",
    rows: &["C14"],
    severity: Severity::Information,
    layer: Layer::Traffic,
    title: "a NetworkPolicy lets nobody from outside to the VIP's pods",
    explanation: Explanation {
        what: "A NetworkPolicy selects all pods of the Service, and none of the policies of its namespace that may select \
               them lets in anybody by address or everybody. Who comes by the VIP is neither a pod nor a namespace.",
        matters: "The node takes the connection and drops it before the pod: to the client the VIP is dead, and the router \
                  shows nothing.",
        detected: "From the Service's selector and the NetworkPolicies of its namespace. Ports are not looked at, labels \
                   that the Service does not select by are not known, and a CiliumNetworkPolicy, which is not read, may \
                   let clients in: so it is likely only.",
        fix: "Let the clients in: an ingress rule with their ipBlock. The address that a node translates to counts as the \
              cluster's own with policy Cluster and bpf-lb-mode snat: then a CiliumNetworkPolicy with fromEntities world \
              and remote-node is what fits.",
        sources: &["kubernetes.io Network Policies", "docs.cilium.io Network Policy"],
    },
    judge: nobody_from_outside,
};

fn nobody_from_outside(facts: &Facts, verdict: &mut Verdict) {
    let served: Vec<&Vip> = facts.served_vips(verdict).filter(|vip| !vip.service.spec.selector.is_empty()).collect();
    let Some(cluster) = facts.cluster().filter(|_| !served.is_empty()) else { return };
    let Some(policies) = verdict.need(Kind::NetworkPolicy, &cluster.network_policies) else { return };
    let mut by_namespace: HashMap<&str, Vec<&NetworkPolicy>> = HashMap::new();
    for policy in policies.iter().filter(|policy| policy.spec.is_of_ingress()) {
        by_namespace.entry(&policy.metadata.namespace).or_default().push(policy);
    }
    for vip in served {
        let metadata = &vip.service.metadata;
        let Some(policies) = by_namespace.get(metadata.namespace.as_str()) else { continue };
        let labels = &vip.service.spec.selector;
        let isolating: Vec<&str> = policies
            .iter()
            .filter(|policy| policy.spec.surely_selects(labels))
            .map(|policy| policy.metadata.name.as_str())
            .collect();
        let admits = |policy: &&NetworkPolicy| policy.spec.may_select(labels) && policy.spec.admits_outsiders();
        if isolating.is_empty() || policies.iter().any(admits) {
            continue;
        }
        let said =
            format!("{} of {} selects its pods, and no rule admits addresses", listed(&isolating), metadata.namespace);
        verdict.report(
            Finding::of(&NOBODY_FROM_OUTSIDE, vip.subject())
                .seen(End::Cluster, facts.source(Kind::NetworkPolicy), said)
                .inferred(format!(
                    "hubble observe --verdict DROPPED --to-namespace {} while a client connects to {}",
                    shell::word(&metadata.namespace),
                    vip.ip
                ))
                .fix("add an ingress rule with the clients' ipBlock, if they should come in"),
        );
    }
}
