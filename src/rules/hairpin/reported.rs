//! Faults of single versions and modes that others reported.

use crate::rules::finding::{End, Finding, Subject};
use crate::rules::vips::Vip;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::names::NodeName;

pub const LOCAL: Rule = Rule {
    code: "BGP406",
    rows: &["D6"],
    severity: Severity::Information,
    layer: Layer::Hairpin,
    title: "policy Local beside kube-proxy: pods on nodes without an endpoint are reported to fail",
    explanation: Explanation {
        what: "Policy Local is about clients outside: pods of any node may use all endpoints, and with kube-proxy replacement \
               they do. Reports of 1.19 say that without it pods on nodes that have no endpoint get no answer from the VIP.",
        matters: "The same pod works on one node and fails on another.",
        detected: "An agent of the 1.19 line, kube-proxy-replacement off, and a VIP with policy Local. That connections fail \
                   was not measured.",
        fix: "kubeProxyReplacement=true, policy Cluster, or the annotation service.cilium.io/type: ClusterIP, which leaves the \
              VIP to kube-proxy.",
        sources: &["cilium#45252", "docs.cilium.io Kubernetes Without kube-proxy, externalTrafficPolicy"],
    },
    judge: local,
};

fn local(facts: &Facts, verdict: &mut Verdict) {
    let local: Vec<&Vip> = facts.needed_vips(verdict).iter().filter(|vip| vip.is_local()).collect();
    if local.is_empty() {
        return;
    }
    let Some(settings) = facts.needed_settings(verdict) else { return };
    if settings.replaces_kube_proxy() {
        return;
    }
    let Some(version) = facts.runs_between(verdict, (1, 19, 0), (1, 20, 0)) else { return };
    for vip in local {
        verdict.report(
            Finding::of(&LOCAL, vip.subject())
                .seen(End::Cluster, facts.source(Kind::AgentPod), format!("an agent runs {version}"))
                .seen(End::Cluster, facts.source(Kind::CiliumConfig), "kube-proxy-replacement is off")
                .inferred(format!("from a pod on a node without an endpoint of {}: curl {}", vip.name(), vip.ip))
                .fix("if those pods fail: kubeProxyReplacement=true, or policy Cluster"),
        );
    }
}

pub const NETKIT: Rule = Rule {
    code: "BGP410",
    rows: &["D10"],
    severity: Severity::Information,
    layer: Layer::Hairpin,
    title: "with netkit, pods are reported not to reach external addresses of other nodes",
    explanation: Explanation {
        what: "Nodes have external addresses beside their internal ones, and pods are attached by netkit. BPF masquerading \
               takes another node's external address for the cluster's inside and leaves the pod's address on the packet.",
        matters: "What listens on a node's external address, VIPs that lie there included, answers to an address that is not \
                  routed outside: no answer comes back.",
        detected: "datapath-mode netkit, enable-bpf-masquerade, and a CiliumNode with an ExternalIP. That connections fail was \
                   not measured.",
        fix: "Go to internal addresses or VIPs of a pool; datapath-mode veth tells whether it is netkit.",
        sources: &["cilium#36123", "cilium#17177"],
    },
    judge: netkit,
};

fn netkit(facts: &Facts, verdict: &mut Verdict) {
    let Some(cluster) = facts.cluster() else { return };
    let Some(settings) = cluster.settings.value() else { return };
    if !settings.datapath_mode().starts_with("netkit") || !settings.bpf_masquerade_is_enabled() {
        return;
    }
    for (name, node) in cluster.nodes.value().into_iter().flatten() {
        let Some(external) = node.spec.addresses.iter().find(|address| address.kind == "ExternalIP") else { continue };
        verdict.report(
            Finding::of(&NETKIT, Subject::Node(NodeName(name.clone())))
                .seen(
                    End::Cluster,
                    facts.source(Kind::CiliumNode),
                    format!("{name} has the ExternalIP {}", external.ip),
                )
                .seen(
                    End::Cluster,
                    facts.source(Kind::CiliumConfig),
                    format!("datapath-mode {}, enable-bpf-masquerade", settings.datapath_mode()),
                )
                .inferred(format!("from a pod on another node: ping {}", external.ip))
                .fix("if it fails: use the nodes' internal addresses"),
        );
    }
}
