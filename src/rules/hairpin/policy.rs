//! Egress policies that name VIPs.

use crate::cilium::pool::Pool;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::snapshot::Kind;

pub const NAMES_VIPS: Rule = Rule {
    code: "BGP408",
    rows: &["D8"],
    severity: Severity::Information,
    layer: Layer::Hairpin,
    title: "an egress policy lets pods out to VIPs by their addresses, which Cilium translates before it looks",
    explanation: Explanation {
        what: "A NetworkPolicy allows egress to addresses of a load balancer's pool. Cilium translates a VIP to a pod first, \
               and to a policy a pod of the cluster is its labels, never an address.",
        matters: "Pods that the policy holds cannot reach the VIP, though their policy names it; clients outside can.",
        detected: "An egress rule has an ipBlock that lies within a pool. Whether another rule or a CiliumNetworkPolicy lets \
                   the pods through was not looked at.",
        fix: "Allow the backends by podSelector and namespaceSelector, or with toServices in a CiliumNetworkPolicy.",
        sources: &["docs.cilium.io Layer 3 Policies, Services based", "cilium#21251"],
    },
    judge: names_vips,
};

fn names_vips(facts: &Facts, verdict: &mut Verdict) {
    let Some(cluster) = facts.cluster() else { return };
    let pools: Vec<&Pool> = cluster.pools.value().into_iter().flatten().collect();
    if pools.is_empty() {
        return;
    }
    let Some(policies) = verdict.need(Kind::NetworkPolicy, &cluster.network_policies) else { return };
    for policy in policies {
        let within = |block: &ipnet::IpNet| {
            pools.iter().any(|pool| {
                pool.spec.ranges().any(|range| range.contains(block.network()) && range.contains(block.broadcast()))
            })
        };
        let Some(block) = policy.spec.egress_blocks().find(within) else { continue };
        let name = format!("{}/{}", policy.metadata.namespace, policy.metadata.name);
        verdict.report(
            Finding::of(&NAMES_VIPS, Subject::object("networkpolicy", &name))
                .seen(End::Cluster, facts.source(Kind::NetworkPolicy), format!("{name} allows egress to {block}"))
                .inferred(format!(
                    "hubble observe --verdict DROPPED --from-namespace {} while a pod connects to the VIP",
                    shell::word(&policy.metadata.namespace)
                ))
                .fix("allow the backends by podSelector and namespaceSelector instead"),
        );
    }
}
