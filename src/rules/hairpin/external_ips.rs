//! VIPs that stand in `spec.externalIPs` too: sockets leave them alone.

use crate::rules::finding::{End, Finding};
use crate::rules::vips::Vip;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;

pub const NOT_TRANSLATED: Rule = Rule {
    code: "BGP414",
    rows: &["D14", "D5"],
    severity: Severity::Information,
    layer: Layer::Hairpin,
    title: "pods' sockets do not translate the VIP: to Cilium it is an external IP",
    explanation: Explanation {
        what: "The address stands in the Service's spec.externalIPs. Against CVE-2020-8554 Cilium's socket load balancing \
               leaves external IPs alone unless they are the node's own, so a pod sends its packets to the VIP itself, out \
               of the node and back. Envoy Gateway copies a Gateway's spec.addresses there.",
        matters: "With snat it is a detour. With DSR a pod that shares its node with the backend gets no answer: the reply \
                  looks local and is not translated back. With WireGuard the reply is dropped by the allowed addresses. \
                  Neither socketLB settings nor BGP instead of L2 change that.",
        detected: "The VIP is in spec.externalIPs, socket load balancing is on and disable-external-ip-mitigation is not. \
                   It is a warning with bpf-lb-mode dsr or hybrid. That connections fail was not measured.",
        fix: "Take the address off spec.externalIPs (of a Gateway: off spec.addresses) and ask LB-IPAM for it by \
              lbipam.cilium.io/ips. It changes what the advertisement has to list: from 1.19 on ExternalIP before, \
              LoadBalancerIP after. In a cluster of one tenant bpf.disableExternalIPMitigation=true does as well (1.16+).",
        sources: &[
            "cilium bpf/bpf_sock.c sock4_skip_xlate",
            "cilium#28187",
            "cilium#31513",
            "cilium#42245",
            "envoyproxy/gateway#1322",
        ],
    },
    judge: not_translated,
};

fn not_translated(facts: &Facts, verdict: &mut Verdict) {
    let external: Vec<&Vip> = facts.needed_vips(verdict).iter().filter(|vip| vip.is_external_ip()).collect();
    if external.is_empty() {
        return;
    }
    let Some(settings) = facts.needed_settings(verdict) else { return };
    if !settings.socket_lb_is_enabled() || settings.external_ip_mitigation_is_off() {
        return;
    }
    let mode = settings.load_balancer_mode();
    let wireguard = if settings.wireguard_is_enabled() { ", enable-wireguard" } else { "" };
    for vip in external {
        let ip = vip.ip;
        let severity = if settings.uses_dsr() { Severity::Warning } else { Severity::Information };
        let maker = vip.maker().map(|maker| format!(", made by {maker}")).unwrap_or_default();
        let says = format!("{ip} is in spec.externalIPs of {}{maker}", vip.name());
        verdict.report(
            Finding::of(&NOT_TRANSLATED, vip.subject())
                .severity(severity)
                .seen(End::Cluster, facts.source(Kind::Service), says)
                .seen(End::Cluster, facts.source(Kind::CiliumConfig), format!("bpf-lb-mode {mode}{wireguard}"))
                .inferred(format!(
                    "a pod on the backend's node: curl {ip}; and `cilium-dbg bpf lb list` in the agent shows [ExternalIPs]"
                ))
                .fix("take the address off externalIPs and ask LB-IPAM for it; the advertisement has to list LoadBalancerIP")
                .paste(vip.ask_lb_ipam()),
        );
    }
}

pub const ON_THE_HOLDER: Rule = Rule {
    code: "BGP407",
    rows: &["D7"],
    severity: Severity::Information,
    layer: Layer::Hairpin,
    title: "pods on the node that announces the VIP by L2 may not reach it",
    explanation: Explanation {
        what: "The VIP is an external IP to Cilium, so pods send packets to the VIP itself; on the node that holds the L2 \
               lease they go round in the node instead of coming in from outside.",
        matters: "Pods and the host of that one node fail, and the failure moves with the lease.",
        detected: "The VIP is in spec.externalIPs, sockets do not translate it, and a node holds the Service's lease. That \
                   connections fail was not measured.",
        fix: "The same as for the external IP itself; without L2 there is no such node.",
        sources: &["cilium#44348", "gavinmcfall/home-ops d01a8d51a"],
    },
    judge: on_the_holder,
};

fn on_the_holder(facts: &Facts, verdict: &mut Verdict) {
    let external = facts.vips().iter().filter(|vip| vip.is_external_ip());
    let held: Vec<(&Vip, &str)> = external.filter_map(|vip| Some((vip, vip.l2.holder?))).collect();
    if held.is_empty() {
        return;
    }
    let Some(settings) = facts.needed_settings(verdict) else { return };
    if settings.external_ip_mitigation_is_off() {
        return;
    }
    for (vip, holder) in held {
        verdict.report(
            Finding::of(&ON_THE_HOLDER, vip.subject())
                .seen(End::Cluster, facts.source(Kind::Lease), format!("{holder} holds the lease of {}", vip.name()))
                .seen(End::Cluster, facts.source(Kind::Service), format!("{} is in spec.externalIPs", vip.ip))
                .inferred(format!("a pod on {holder} and one elsewhere: curl {}", vip.ip))
                .fix("take the address off externalIPs and ask LB-IPAM for it")
                .paste(vip.ask_lb_ipam()),
        );
    }
}
