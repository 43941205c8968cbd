//! Nodes with several ways in and out.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::cilium::node::CiliumNode;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::names::{NodeName, listed};

pub const SEVERAL: Rule = Rule {
    code: "BGP309",
    rows: &["C9", "C10", "C27"],
    severity: Severity::Information,
    layer: Layer::Traffic,
    title: "nodes have several links: a reply may leave by another one than the request came by",
    explanation: Explanation {
        what: "Nodes have addresses on several networks, or Cilium serves several devices. The node answers by its routes, \
               not by the way that the request came; it may have no route or neighbor for the way on to the backend.",
        matters: "A router or firewall that sees only half of a connection drops it; a node with a strict reverse path \
                  filter (rp_filter 1) drops requests of clients that it would reach by another link; with DSR a request \
                  that enters by another device than the direct routing one is dropped on the backend's node (FIB lookup \
                  failed).",
        detected: "devices in cilium-config names more than one, or a node has several addresses of one family that share \
                   none of the router's networks. What the nodes' routes and filters are does not stand in the objects.",
        fix: "Where it hurts: rp_filter 2 on the nodes' devices, routes by source address, or devices and \
              nodePort.directRoutingDevice with the one link that VIPs use.",
        sources: &[
            "cilium#40521",
            "cilium#13130",
            "cilium#19908",
            "cilium pkg/kpr/initializer/kube_proxy_replacement.go",
        ],
    },
    judge: several,
};

fn several(facts: &Facts, verdict: &mut Verdict) {
    let Some(cluster) = facts.cluster() else { return };
    if !facts.vips().iter().any(super::super::vips::Vip::is_served) {
        return;
    }
    let probe = "on a node: ip route get CLIENT from VIP; sysctl net.ipv4.conf.all.rp_filter; nstat -az TcpExtIPReversePathFilter";
    let settings = cluster.settings.value();
    let devices: Vec<&str> = settings.map(|settings| settings.devices().collect()).unwrap_or_default();
    if devices.len() > 1 {
        verdict.report(
            Finding::of(&SEVERAL, Subject::object("configmap", "cilium-config"))
                .seen(End::Cluster, facts.source(Kind::CiliumConfig), format!("devices: {}", devices.join(", ")))
                .inferred(probe)
                .fix("if some clients fail: look at the nodes' way back to them, and at rp_filter"),
        );
    }
    for (name, node) in cluster.nodes.value().into_iter().flatten() {
        for addresses in [true, false].map(|ipv4| apart(facts, node, ipv4)).into_iter().filter(|all| all.len() > 1) {
            let addresses = listed(addresses.iter().map(ToString::to_string));
            verdict.report(
                Finding::of(&SEVERAL, Subject::Node(NodeName(name.clone())))
                    .seen(End::Cluster, facts.source(Kind::CiliumNode), format!("{name} has {addresses}"))
                    .inferred(probe)
                    .fix("if some clients fail: look at the nodes' way back to them, and at rp_filter"),
            );
        }
    }
}

/// A node's own addresses of one family, one for each of the router's networks that they are in.
fn apart(facts: &Facts, node: &CiliumNode, ipv4: bool) -> Vec<IpAddr> {
    let own =
        node.spec.addresses.iter().filter(|address| ["InternalIP", "ExternalIP"].contains(&address.kind.as_str()));
    let own: BTreeSet<IpAddr> = own.filter_map(|address| address.ip.parse().ok()).collect();
    let mut found: Vec<IpAddr> = Vec::new();
    for address in own.into_iter().filter(|address| address.is_ipv4() == ipv4) {
        if !found.iter().any(|other| facts.is_on_link_with(*other, address)) {
            found.push(address);
        }
    }
    found
}

pub const VIRTUAL: Rule = Rule {
    code: "BGP308",
    rows: &["C8"],
    severity: Severity::Information,
    layer: Layer::Traffic,
    title: "nodes are virtual machines, and their hypervisor sees half of a connection",
    explanation: Explanation {
        what: "With direct server return a request enters by one node and the reply leaves by another. A hypervisor whose \
               firewall keeps track of connections sees only the replies of the second one, and takes them for invalid.",
        matters: "Connections fail or stall now and then, depending on which node and which host they meet; cluster and \
                  router look well.",
        detected: "bpf-lb-mode dsr or hybrid, and the nodes' providerID names a hypervisor (Proxmox, OpenStack, vSphere, \
                   KubeVirt, Hyper-V). Whether its firewall is on does not stand in the objects.",
        fix: "Switch the firewall of the machines' interfaces off, or let it pass what it calls invalid (Proxmox: \
              nf_conntrack_allow_invalid: 1), or use loadBalancer.mode=snat.",
        sources: &["pve.proxmox.com Firewall, nf_conntrack_allow_invalid", "blog.joshdow.ca/conntrack-ghost"],
    },
    judge: virtual_machines,
};

const HYPERVISORS: [&str; 5] = ["proxmox", "openstack", "vsphere", "kubevirt", "hyperv"];

fn virtual_machines(facts: &Facts, verdict: &mut Verdict) {
    let Some(cluster) = facts.cluster() else { return };
    let Some(settings) = cluster.settings.value().filter(|settings| settings.uses_dsr()) else { return };
    for (name, node) in cluster.node_objects.value().into_iter().flatten() {
        let scheme = node.spec.provider_id.split_once("://").map_or("", |(scheme, _)| scheme);
        if !HYPERVISORS.contains(&scheme) {
            continue;
        }
        verdict.report(
            Finding::of(&VIRTUAL, Subject::Node(NodeName(name.clone())))
                .seen(End::Cluster, facts.source(Kind::Node), format!("{name} is a machine of {scheme} (providerID)"))
                .seen(
                    End::Cluster,
                    facts.source(Kind::CiliumConfig),
                    format!("bpf-lb-mode {}", settings.load_balancer_mode()),
                )
                .inferred("on the hypervisor: conntrack -S, whose invalid counter rises while connections fail")
                .fix("if connections fail now and then: let the hypervisor's firewall pass invalid packets"),
        );
    }
}
