//! Where a connection to a VIP is translated: in the pod's socket, or in a packet on its way.

use crate::cilium::config::Settings;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;

pub const DSR: Rule = Rule {
    code: "BGP401",
    rows: &["D1", "D4"],
    severity: Severity::Information,
    layer: Layer::Hairpin,
    title: "with DSR, pods reach VIPs by packet: where the backend is on the client's node it is reported to fail",
    explanation: Explanation {
        what: "Sockets of pods do not translate VIPs here, and bpf-lb-mode asks for direct server return. The packet is \
               translated on its way, and its reply may not be: it comes from the backend's own address.",
        matters: "Some clusters report that pods cannot reach VIPs, mostly on the backend's node; one was cured by \
                  bpf.masquerade=false. At least sixteen public clusters run with these settings and complain of nothing.",
        detected: "bpf-lb-mode dsr or hybrid, and socket load balancing off or for the host only. It is exposure; that \
                   connections fail was not measured.",
        fix: "If they fail: see first that the VIP is no external IP (BGP414). Then socketLB.hostNamespaceOnly=false unless \
              Istio, Kata or gVisor need it; or clients go to the Service's name; or loadBalancer.mode=snat. hybrid keeps \
              DSR for TCP.",
        sources: &[
            "cilium#39198",
            "cilium#28187",
            "docs.cilium.io Kubernetes Without kube-proxy, Socket LoadBalancer Bypass",
        ],
    },
    judge: dsr,
};

fn dsr(facts: &Facts, verdict: &mut Verdict) {
    let Some(settings) = settings_with_vips(facts, verdict) else { return };
    let Some(coverage) = coverage(settings).filter(|_| settings.uses_dsr()) else { return };
    let masquerade = if settings.bpf_masquerade_is_enabled() { ", enable-bpf-masquerade" } else { "" };
    let says = format!("bpf-lb-mode {}, {coverage}{masquerade}", settings.load_balancer_mode());
    verdict.report(
        on_settings(&DSR, facts, says)
            .inferred(probe(facts))
            .fix("nothing, unless pods fail: then socketLB.hostNamespaceOnly=false, or clients use the Service's name"),
    );
}

pub const HOST_ONLY: Rule = Rule {
    code: "BGP402",
    rows: &["D2"],
    severity: Severity::Information,
    layer: Layer::Hairpin,
    title: "sockets of pods do not translate VIPs: socket load balancing is for the host only",
    explanation: Explanation {
        what: "With socketLB.hostNamespaceOnly a pod sends packets to the VIP, and its node translates them where they leave \
               the pod. Istio, Kata and gVisor need that; Cilium 1.20 sets it where Gateway API is on.",
        matters: "A plain VIP is still translated in the node. Host processes can reach it while pods fail, if something \
                  stands between: routes for each pod, an egress policy, a VPN.",
        detected: "bpf-lb-sock-hostns-only is on and bpf-lb-mode is snat. That connections fail was not measured.",
        fix: "If pods fail and the host does not: socketLB.hostNamespaceOnly=false, unless something needs it.",
        sources: &["docs.cilium.io Kubernetes Without kube-proxy, Socket LoadBalancer Bypass in Pod Namespace"],
    },
    judge: host_only,
};

fn host_only(facts: &Facts, verdict: &mut Verdict) {
    let Some(settings) = settings_with_vips(facts, verdict) else { return };
    if !settings.socket_lb_is_enabled() || !settings.socket_lb_is_for_hosts_only() || settings.uses_dsr() {
        return;
    }
    verdict.report(
        on_settings(&HOST_ONLY, facts, format!("bpf-lb-sock-hostns-only is on{}", endpoint_routes(settings)))
            .inferred(probe(facts))
            .fix("nothing, unless pods fail and the host does not: then socketLB.hostNamespaceOnly=false"),
    );
}

pub const OFF: Rule = Rule {
    code: "BGP403",
    rows: &["D3", "D9", "D11"],
    severity: Severity::Information,
    layer: Layer::Hairpin,
    title: "sockets translate no VIP: connections from pods and nodes go over the network",
    explanation: Explanation {
        what: "Neither kube-proxy replacement nor bpf-lb-sock is on: what a pod or a node sends to a VIP is left to kube-proxy \
               or goes to the router and comes back to another node.",
        matters: "The router sends packets out where they came in (ICMP redirects), the answer goes straight to the client, \
                  and a firewall that sees half of the connection drops it. Pods of the host's network and the nodes \
                  themselves are hit first.",
        detected: "kube-proxy-replacement and bpf-lb-sock in cilium-config. That connections fail was not measured.",
        fix: "kubeProxyReplacement=true, or socketLB.enabled=true.",
        sources: &["cilium#22375", "cilium#34972"],
    },
    judge: off,
};

fn off(facts: &Facts, verdict: &mut Verdict) {
    let Some(settings) = settings_with_vips(facts, verdict).filter(|settings| !settings.socket_lb_is_enabled()) else {
        return;
    };
    if settings.uses_dsr() {
        return;
    }
    verdict.report(
        on_settings(&OFF, facts, "neither kube-proxy-replacement nor bpf-lb-sock is on".to_owned())
            .inferred(probe(facts))
            .fix("switch kube-proxy replacement or socketLB on, if nodes or pods fail to reach VIPs"),
    );
}

/// Why pods' sockets translate no VIP; `None`: they do.
fn coverage(settings: &Settings) -> Option<String> {
    let routes = endpoint_routes(settings);
    if !settings.socket_lb_is_enabled() {
        Some(format!("socket load balancing is off{routes}"))
    } else if settings.socket_lb_is_for_hosts_only() {
        Some(format!("bpf-lb-sock-hostns-only is on{routes}"))
    } else {
        None
    }
}

/// The packet goes to the host's stack before the node translates it.
fn endpoint_routes(settings: &Settings) -> &'static str {
    if settings.endpoint_routes_are_enabled() { ", enable-endpoint-routes" } else { "" }
}

/// The settings, where there is a VIP that pods could go to.
fn settings_with_vips<'a>(facts: &Facts<'a>, verdict: &mut Verdict) -> Option<&'a Settings> {
    facts.served_vips(verdict).next()?;
    facts.needed_settings(verdict)
}

fn probe(facts: &Facts) -> String {
    let vip =
        facts.vips().iter().find(|vip| vip.is_served()).map_or_else(|| "VIP".to_owned(), |vip| vip.ip.to_string());
    format!("from a pod on the backend's node and from one elsewhere: curl {vip}, then the same to the Service's name")
}

fn on_settings(rule: &'static Rule, facts: &Facts, says: String) -> Finding {
    let subject = Subject::object("configmap", "cilium-config");
    Finding::of(rule, subject).seen(End::Cluster, facts.source(Kind::CiliumConfig), says)
}
