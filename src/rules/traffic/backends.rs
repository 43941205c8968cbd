//! What stands behind a VIP.

use crate::rules::finding::{End, Finding};
use crate::rules::vips::Vip;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::cluster::Obstacle;

pub const NONE_READY: Rule = Rule {
    code: "BGP333",
    rows: &["C33"],
    severity: Severity::Error,
    layer: Layer::Traffic,
    title: "none of the VIP's backends is ready",
    explanation: Explanation {
        what: "Nodes advertise the VIP, and the Service's EndpointSlices have no endpoint that is ready. By default Cilium \
               advertises a VIP with policy Cluster all the same.",
        matters: "Connections reach a node and are refused there: it looks like the network and is the application.",
        detected: "Endpoints exist and none is ready. A Service without any endpoint, scaled to nothing or with a selector \
                   that no pod has, is information only. Where Cilium's own Envoy serves it, endpoints tell nothing.",
        fix: "Look at the pods: their readiness probe, their events. A selector that matches no pod is the Service's.",
        sources: &[
            "cilium pkg/loadbalancer/reflectors/conversions.go",
            "cilium#40717 (enable-no-service-endpoints-routable)",
        ],
    },
    judge: none_ready,
};

fn none_ready(facts: &Facts, verdict: &mut Verdict) {
    let served: Vec<&Vip> = facts.served_vips(verdict).collect();
    if served.is_empty() || facts.need_endpoints(verdict).is_none() {
        return;
    }
    for vip in served {
        let Some(endpoints) = vip.endpoints.as_ref().filter(|endpoints| endpoints.ready == 0) else { continue };
        // That nobody advertises it for this is said of the route.
        let is_withdrawn = vip.routes.iter().any(|(_, route)| route.obstacle == Some(Obstacle::NoReadyEndpoint));
        if endpoints.placeholder || is_withdrawn && endpoints.any {
            continue;
        }
        let source = facts.source(Kind::EndpointSlice);
        let finding = Finding::of(&NONE_READY, vip.subject());
        let finding = if endpoints.any {
            finding
                .seen(End::Cluster, source, "it has endpoints, none of them ready")
                .fix("see why its pods are not ready")
        } else {
            finding
                .severity(Severity::Information)
                .title("a VIP has no backend at all")
                .seen(End::Cluster, source, format!("{} has no endpoints", vip.name()))
                .fix("start its pods, or mend a selector that matches none")
        };
        verdict.report(match vip.selector() {
            Some(selector) if endpoints.any => {
                let namespace = &vip.service.metadata.namespace;
                finding.paste(shell::command(["kubectl", "-n", namespace, "describe", "pods", "-l", &selector]))
            }
            _ => finding,
        });
    }
}
