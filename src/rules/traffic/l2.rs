//! What layer 2 does beside BGP, or instead of it.

use crate::rules::finding::{End, Finding, Symptom};
use crate::rules::vips::Vip;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::names::listed;
use crate::topology::session::Source;

pub const BOTH: Rule = Rule {
    code: "BGP328",
    rows: &["C28"],
    severity: Severity::Information,
    layer: Layer::Traffic,
    title: "the VIP is announced by L2 and by BGP",
    explanation: Explanation {
        what: "A CiliumL2AnnouncementPolicy selects the Service, a node holds its lease and answers ARP for the VIP, and \
               nodes advertise the VIP by BGP as well. Nothing keeps the two apart.",
        matters: "Clients on a link with the VIP go to the lease's holder, all others where the router sends them: the same \
                  VIP works for some and fails for others. It is what a migration without loss needs, and nothing to keep.",
        detected: "A policy selects the Service, its lease is held and renewed, and an advertisement gives the VIP to a \
                   session.",
        fix: "Once every VIP is proven over BGP, take the Services out of the policy's serviceSelector, then delete the \
              policy. Hosts on the VIP's own link lose it then.",
        sources: &["cilium pkg/l2announcer/l2announcer.go", "cilium pkg/bgp/manager/reconciler/service.go"],
    },
    judge: both,
};

fn both(facts: &Facts, verdict: &mut Verdict) {
    let announced = facts.vips().iter().filter(|vip| vip.is_advertised() == Some(true));
    for (vip, holder) in announced.filter_map(|vip| Some((vip, vip.l2.holder?))) {
        verdict.report(
            lease_seen(Finding::of(&BOTH, vip.subject()), facts, vip, holder)
                .seen(End::Router, route_source(vip), format!("{} has {} next hops by BGP", vip.ip, vip.next_hops()))
                .fix("when BGP is proven, take the Services out of the L2 policy, then delete it"),
        );
    }
}

pub const HOLDER_WITHOUT_BACKEND: Rule = Rule {
    code: "BGP329",
    rows: &["C29", "E5"],
    severity: Severity::Error,
    layer: Layer::Traffic,
    title: "L2 leads to a node without a ready backend, and the policy is Local",
    explanation: Explanation {
        what: "The node that holds the Service's L2 lease answers ARP for the VIP and has no ready endpoint; with \
               externalTrafficPolicy Local it does not pass the packets on.",
        matters: "Every connection that comes by L2 is dropped. It is no loss of a migration: it is there before, and BGP \
                  heals it, because only nodes with an endpoint advertise such a Service.",
        detected: "The lease's holder is not among the nodes of the ready endpoints. It is an error while no router carries \
                   the VIP by BGP, information as soon as one does: then only hosts on the VIP's own link are hit.",
        fix: "Let BGP carry it; or use policy Cluster, which hides the clients' addresses; or let the policy's nodeSelector \
              take nodes with an endpoint alone. Deleting the lease helps only until the next election. From Cilium 1.20.2 \
              on, a node without a backend gives the lease up.",
        sources: &["cilium#27800", "cilium#32148", "cilium#46399 (1.20.2)"],
    },
    judge: holder_without_backend,
};

fn holder_without_backend(facts: &Facts, verdict: &mut Verdict) {
    for (vip, holder) in facts.vips().iter().filter_map(|vip| Some((vip, vip.l2.holder?))) {
        if !vip.is_local() {
            continue;
        }
        let Some(endpoints) = &vip.endpoints else {
            facts.need_endpoints(verdict);
            continue;
        };
        // Without any that is ready, it is not the lease that is wrong.
        if endpoints.ready_on.is_empty() || endpoints.ready_on.contains(holder) {
            continue;
        }
        let on = listed(&endpoints.ready_on);
        let finding = lease_seen(Finding::of(&HOLDER_WITHOUT_BACKEND, vip.subject()), facts, vip, holder).seen(
            End::Cluster,
            facts.source(Kind::EndpointSlice),
            format!("its ready endpoints are on {on}"),
        );
        let finding = match vip.is_carried() {
            Some(true) => finding
                .severity(Severity::Information)
                .seen(
                    End::Router,
                    route_source(vip),
                    format!("{} is carried by BGP: other clients are not hit", vip.ip),
                )
                .fix("finish the migration: without L2 only nodes that have a backend get its traffic"),
            // What keeps BGP from carrying it is what to mend.
            Some(false) => finding
                .severity(Severity::Warning)
                .follows(vip.routes.iter().map(|(at, _)| Symptom::Route(*at)))
                .fix("let BGP carry it, or use policy Cluster, which hides the clients' addresses")
                .paste(vip.patch(r#"{"spec":{"externalTrafficPolicy":"Cluster"}}"#)),
            None => finding
                .severity(Severity::Information)
                .inferred("the router's routes tell whether BGP carries it: `kubectl bgp routes`")
                .fix("let BGP carry it, or use policy Cluster, which hides the clients' addresses")
                .paste(vip.patch(r#"{"spec":{"externalTrafficPolicy":"Cluster"}}"#)),
        };
        verdict.report(finding);
    }
}

pub const NOBODY: Rule = Rule {
    code: "BGP381",
    rows: &["C29"],
    severity: Severity::Error,
    layer: Layer::Traffic,
    title: "an L2 policy selects the Service, and no node announces it",
    explanation: Explanation {
        what: "A CiliumL2AnnouncementPolicy selects the Service, and its lease is missing, given up or not renewed: no \
               node answers ARP for the VIP.",
        matters: "Without BGP nobody reaches it. With BGP, hosts on the VIP's own link do not.",
        detected: "No lease cilium-l2announce-NAMESPACE-NAME, or one without a holder, or one that is older than twice its \
                   duration. It is an error while no router carries the VIP by BGP, else information.",
        fix: "Look for agents on nodes that the policy's nodeSelector takes, for rights to leases (the chart gives them \
              only with l2announcements.enabled), for an interface that matches, and for a k8sClientRateLimit that is too \
              low: every Service renews one lease per renew deadline.",
        sources: &[
            "cilium pkg/l2announcer/l2announcer.go",
            "cilium#26586",
            "cilium#48799 (1.20.2, Gateways with policy Local)",
        ],
    },
    judge: nobody,
};

fn nobody(facts: &Facts, verdict: &mut Verdict) {
    for vip in facts.vips().iter().filter(|vip| !vip.l2.policies.is_empty() && vip.l2.holder.is_none()) {
        let Some(cluster) = facts.cluster() else { return };
        if verdict.need(Kind::Lease, &cluster.leases).is_none() {
            return;
        }
        // From 1.20.2 on, and by policy Local, that is as it should be.
        if vip.endpoints.as_ref().is_none_or(|endpoints| endpoints.ready == 0) {
            continue;
        }
        let says = match vip.l2.lease {
            None => "it has no lease".to_owned(),
            Some(lease) => match lease.spec.holder() {
                None => format!("nobody holds {}", lease.metadata.name),
                Some(holder) => format!("{holder} holds {} and does not renew it", lease.metadata.name),
            },
        };
        let policies = listed(vip.l2.policies.iter().map(|policy| &policy.metadata.name));
        let finding = Finding::of(&NOBODY, vip.subject())
            .seen(End::Cluster, facts.source(Kind::L2AnnouncementPolicy), format!("selected by {policies}"))
            .seen(End::Cluster, facts.source(Kind::Lease), says)
            .fix("see that an agent runs on a node that the policy takes, and that it may write leases");
        let finding = match vip.is_carried() {
            Some(false) if vip.is_advertised() == Some(false) => finding,
            Some(true) => finding.severity(Severity::Information),
            _ => finding
                .severity(Severity::Information)
                .inferred("the router's routes tell whether BGP carries it: `kubectl bgp routes`"),
        };
        verdict.report(finding);
    }
}

fn lease_seen(finding: Finding, facts: &Facts, vip: &Vip, holder: &str) -> Finding {
    let lease = vip.l2.lease.map_or("", |lease| lease.metadata.name.as_str());
    finding.seen(End::Cluster, facts.source(Kind::Lease), format!("{holder} holds {lease}"))
}

fn route_source<'a>(vip: &Vip<'a>) -> Option<&'a Source> {
    vip.carried()?.kernel_source.as_ref()
}
