//! Direct server return: replies that go straight from the backend's node to the client.

use crate::cilium::config::Settings;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::vips::Vip;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;

pub const REFUSED: Rule = Rule {
    code: "BGP324",
    rows: &["C24"],
    severity: Severity::Warning,
    layer: Layer::Traffic,
    title: "agents do not start with DSR and this tunnel",
    explanation: Explanation {
        what: "bpf-lb-mode asks for direct server return, and the tunnel or the way that it is signalled does not fit: a \
               VXLAN tunnel cannot carry it, a tunnel needs the dispatch geneve, and that one needs the protocol geneve.",
        matters: "An agent that is restarted exits with an error. Those that run were started with other settings.",
        detected: "bpf-lb-mode, bpf-lb-dsr-dispatch, routing-mode and tunnel-protocol in cilium-config, by the checks that \
                   the agent makes at its start.",
        fix: "Go back to snat; or use native routing with the dispatch opt; or routing and dispatch geneve.",
        sources: &["cilium pkg/kpr/initializer/kube_proxy_replacement.go"],
    },
    judge: refused,
};

fn refused(facts: &Facts, verdict: &mut Verdict) {
    let Some(settings) = dsr_settings(facts, verdict) else { return };
    let tunnels = settings.routing_mode() == Some("tunnel");
    let protocol = settings.tunnel_protocol().unwrap_or("vxlan");
    let dispatch = settings.dsr_dispatch();
    let why = if tunnels && protocol == "vxlan" {
        "a VXLAN tunnel"
    } else if tunnels && dispatch != "geneve" {
        "a tunnel without the dispatch geneve"
    } else if dispatch == "geneve" && protocol != "geneve" {
        "the dispatch geneve without the tunnel protocol geneve"
    } else {
        return;
    };
    let says = format!(
        "bpf-lb-mode {}, bpf-lb-dsr-dispatch {dispatch}, routing-mode {}, tunnel-protocol {protocol}: {why}",
        settings.load_balancer_mode(),
        settings.routing_mode().unwrap_or("not set"),
    );
    verdict.report(
        on_settings(&REFUSED, facts, says)
            .fix("go back to snat, or change the tunnel with it, and restart the agents")
            .paste("kubectl -n kube-system patch configmap cilium-config --type merge -p '{\"data\":{\"bpf-lb-mode\":\"snat\"}}'"),
    );
}

pub const GENEVE_WITHOUT_MASQUERADE: Rule = Rule {
    code: "BGP383",
    rows: &["C24"],
    severity: Severity::Warning,
    layer: Layer::Traffic,
    title: "DSR over Geneve answers from a wrong address while BPF masquerading is off",
    explanation: Explanation {
        what: "With the dispatch geneve a request reaches the pod past the host's stack and the reply goes through it, where \
               iptables takes it for a new connection and puts the node's address on it. Cilium 1.18 mended that.",
        matters: "Clients get the reply from an address that they did not call, and reset the connection.",
        detected: "bpf-lb-mode dsr or hybrid, bpf-lb-dsr-dispatch geneve, enable-bpf-masquerade off, and an agent before 1.18.",
        fix: "Set bpf.masquerade=true, or update Cilium.",
        sources: &["cilium#32189", "cilium#37937"],
    },
    judge: geneve_without_masquerade,
};

fn geneve_without_masquerade(facts: &Facts, verdict: &mut Verdict) {
    let Some(settings) = dsr_settings(facts, verdict) else { return };
    if settings.dsr_dispatch() != "geneve" || settings.bpf_masquerade_is_enabled() {
        return;
    }
    let Some(version) = facts.runs_between(verdict, (0, 0, 0), (1, 18, 0)) else { return };
    verdict.report(
        on_settings(
            &GENEVE_WITHOUT_MASQUERADE,
            facts,
            format!(
                "bpf-lb-mode {}, bpf-lb-dsr-dispatch geneve, no enable-bpf-masquerade",
                settings.load_balancer_mode()
            ),
        )
        .seen(End::Cluster, facts.source(Kind::AgentPod), format!("an agent runs {version}"))
        .inferred("tcpdump on a client outside: the address that a SYN-ACK comes from")
        .fix("set bpf.masquerade=true and restart the agents, or update Cilium"),
    );
}

pub const OPTION: Rule = Rule {
    code: "BGP325",
    rows: &["C25"],
    severity: Severity::Information,
    layer: Layer::Traffic,
    title: "DSR puts an IP option on the first packet of a connection",
    explanation: Explanation {
        what: "With the dispatch opt the node that a connection enters by tells the backend's node of it in an IP option. It \
               makes the packet longer, and some network cards, switches and cloud networks slow down or drop packets \
               that have options.",
        matters: "Short connections to pods of another node become slow (733 ms were measured against 8 ms with snat); \
                  packets of full size need ICMP to say that they do not fit.",
        detected: "bpf-lb-mode dsr or hybrid with bpf-lb-dsr-dispatch opt, and a VIP with policy Cluster and backends. Most \
                   networks bear it: time connections before you change anything.",
        fix: "Where short connections are slow: loadBalancer.mode=snat, or policy Local, where no packet changes its node.",
        sources: &["cilium#46357", "docs.cilium.io Kubernetes Without kube-proxy, Direct Server Return"],
    },
    judge: option,
};

fn option(facts: &Facts, verdict: &mut Verdict) {
    let Some(settings) = dsr_settings(facts, verdict).filter(|settings| settings.dsr_dispatch() == "opt") else {
        return;
    };
    let moves = |vip: &&Vip| !vip.is_local() && vip.endpoints.as_ref().is_some_and(|endpoints| endpoints.ready > 0);
    let Some(vip) = facts.served_vips(verdict).find(moves) else { return };
    verdict.report(
        on_settings(&OPTION, facts, format!("bpf-lb-mode {}, bpf-lb-dsr-dispatch opt", settings.load_balancer_mode()))
            .inferred(format!(
                "time connections to {} from outside while its only backend is on another node than the next hop: \
                 curl -o /dev/null -w '%{{time_connect}}\\n'",
                vip.ip
            ))
            .fix("change nothing unless short connections are slow; then loadBalancer.mode=snat"),
    );
}

pub const VPN: Rule = Rule {
    code: "BGP326",
    rows: &["C26", "D12"],
    severity: Severity::Information,
    layer: Layer::Traffic,
    title: "a VPN or subnet router runs in the cluster, and replies do not come back its way",
    explanation: Explanation {
        what: "With direct server return the backend's node answers the client itself. Clients whose packets a pod forwards, \
               such as those behind a Tailscale connector or a WireGuard server, are not on its routes.",
        matters: "VPN clients fail on VIPs that work from the LAN, mostly while connector and backend share a node.",
        detected: "bpf-lb-mode dsr or hybrid, and a Service of a VPN: of Tailscale by its class, labels or annotations, of \
                   WireGuard by UDP port 51820. In one public case snat cured it; in another no packet had reached the \
                   connector at all.",
        fix: "See first that packets reach the connector. Then keep it off the backends' nodes (anti-affinity), or use \
              loadBalancer.mode=snat.",
        sources: &["swibrow/home-ops c04b0aff", "gavinmcfall/home-ops 993f4d428, b11072fec"],
    },
    judge: vpn,
};

fn vpn(facts: &Facts, verdict: &mut Verdict) {
    let Some(settings) = dsr_settings(facts, verdict) else { return };
    let services = facts.services().and_then(|all| all.services.value()).into_iter().flatten();
    for (service, sign) in services.filter_map(|service| Some((service, vpn_sign(service)?))) {
        let metadata = &service.metadata;
        verdict.report(
            Finding::of(&VPN, Subject::service(&metadata.namespace, &metadata.name))
                .seen(
                    End::Cluster,
                    facts.source(Kind::Service),
                    format!("{}/{} {sign}", metadata.namespace, metadata.name),
                )
                .seen(
                    End::Cluster,
                    facts.source(Kind::CiliumConfig),
                    format!("bpf-lb-mode {}", settings.load_balancer_mode()),
                )
                .inferred("tcpdump in the connector's pod while a VPN client connects to a VIP")
                .fix("if VPN clients fail: anti-affinity of connector and backends, or loadBalancer.mode=snat"),
        );
    }
}

fn vpn_sign(service: &crate::cilium::service::Service) -> Option<&'static str> {
    const PORT: u16 = 51820;
    let metadata = &service.metadata;
    let mut keys = metadata.labels.keys().chain(metadata.annotations.keys());
    if service.spec.load_balancer_class.as_deref() == Some("tailscale")
        || keys.any(|key| key.starts_with("tailscale.com/"))
    {
        return Some("is Tailscale's");
    }
    let mut ports = service.spec.ports.iter();
    ports.any(|port| port.protocol == "UDP" && port.port == Some(PORT)).then_some("has WireGuard's port")
}

/// The settings, if they ask for direct server return.
fn dsr_settings<'a>(facts: &Facts<'a>, verdict: &mut Verdict) -> Option<&'a Settings> {
    facts.needed_settings(verdict).filter(|settings| settings.uses_dsr())
}

fn on_settings(rule: &'static Rule, facts: &Facts, says: String) -> Finding {
    let subject = Subject::object("configmap", "cilium-config");
    Finding::of(rule, subject).seen(End::Cluster, facts.source(Kind::CiliumConfig), says)
}
