//! UDP through a VIP.

use crate::rules::finding::{End, Finding};
use crate::rules::vips::Vip;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;

pub const REPORTED: Rule = Rule {
    code: "BGP332",
    rows: &["C32"],
    severity: Severity::Information,
    layer: Layer::Traffic,
    title: "UDP through this VIP is reported to fail with this version and these settings",
    explanation: Explanation {
        what: "One report of 1.19.4 and 1.19.5 says that UDP answers of a pod behind a VIP with policy Local do not leave \
               the node, with a VXLAN tunnel and IPv6 on, while TCP works and L2 announcements work too. It is open.",
        matters: "WireGuard, DNS, QUIC or game servers seem dead while everything on the BGP side is right.",
        detected: "An agent of 1.19.4 or newer in the 1.19 line, routing-mode tunnel, enable-ipv6 on, a served VIP of policy \
                   Local with a UDP port. Others run so without trouble: test it.",
        fix: "If UDP fails and TCP works: policy Cluster for the Service, native routing, or another version.",
        sources: &["cilium#46761"],
    },
    judge: reported,
};

fn reported(facts: &Facts, verdict: &mut Verdict) {
    let udp = |vip: &&Vip| vip.is_local() && vip.service.spec.ports.iter().any(|port| port.protocol == "UDP");
    let udp: Vec<&Vip> = facts.served_vips(verdict).filter(udp).collect();
    if udp.is_empty() {
        return;
    }
    let Some(settings) = facts.needed_settings(verdict) else { return };
    if settings.routing_mode() != Some("tunnel") || !settings.family_is_enabled(false) {
        return;
    }
    let Some(version) = facts.runs_between(verdict, (1, 19, 4), (1, 20, 0)) else { return };
    for vip in udp {
        verdict.report(
            Finding::of(&REPORTED, vip.subject())
                .seen(End::Cluster, facts.source(Kind::AgentPod), format!("an agent runs {version}"))
                .seen(End::Cluster, facts.source(Kind::Service), format!("{} is Local and has a UDP port", vip.name()))
                .inferred(
                    "hubble observe --protocol UDP --to-service, and tcpdump on the backend's node for the answers",
                )
                .fix("if UDP fails and TCP works: policy Cluster for the Service")
                .paste(vip.patch(r#"{"spec":{"externalTrafficPolicy":"Cluster"}}"#)),
        );
    }
}
