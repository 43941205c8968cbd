//! Addresses that are somebody else's too.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use crate::cilium::pool::Pool;
use crate::frr::show::addresses::Interface;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::names::listed;
use crate::topology::router::Router;
use crate::topology::service::AddressKind;

pub const TAKEN_IN_POOL: Rule = Rule {
    code: "BGP331",
    rows: &["C31"],
    severity: Severity::Warning,
    layer: Layer::Traffic,
    title: "the pool holds addresses that routers or nodes have themselves",
    explanation: Explanation {
        what: "A range of the pool includes an address of the router or of a node. LB-IPAM does not know of it and hands it \
               to a Service one day.",
        matters: "From then on two answer to one address: connections to the router or the node fail, or go to the Service, \
                  and who gets them changes with every ARP entry.",
        detected: "The router's interfaces and the nodes' addresses, compared with the ranges of pools that are not disabled. \
                   Leases of a DHCP server in the same range are not seen.",
        fix: "Give the pool ranges (start, stop) without those addresses, and keep the pool out of DHCP.",
        sources: &["cilium operator/pkg/lbipam", "Faisal-Hajari/ai-platform#8"],
    },
    judge: taken_in_pool,
};

fn taken_in_pool(facts: &Facts, verdict: &mut Verdict) {
    let pools = facts.cluster().and_then(|cluster| cluster.pools.value()).into_iter().flatten();
    let pools: Vec<&Pool> = pools.filter(|pool| !pool.spec.disabled).collect();
    if pools.is_empty() {
        return;
    }
    let nodes = facts.node_addresses();
    let given: HashSet<IpAddr> = facts.vips().iter().map(|vip| vip.ip).collect();
    let own = facts.routers().iter().flat_map(|router| {
        let interfaces = router.interfaces.value().into_iter().flatten();
        let nets = interfaces.flat_map(|interface| interface.global().map(move |net| (interface, net)));
        nets.map(move |(interface, net)| (net.addr(), interface, router))
    });
    let own: Vec<(IpAddr, &Interface, &Router)> = own.collect();
    for pool in pools {
        // An address that a Service has already is told by other rules.
        let hands_out = |ip: IpAddr| pool.spec.contains(ip) && !pool.spec.reserves(ip) && !given.contains(&ip);
        let of_router: Vec<_> = own.iter().filter(|(ip, _, _)| hands_out(*ip)).collect();
        let of_nodes: Vec<&str> = nodes.iter().filter(|(ip, _)| hands_out(**ip)).map(|(_, node)| *node).collect();
        if of_router.is_empty() && of_nodes.is_empty() {
            continue;
        }
        let name = &pool.metadata.name;
        let ranges = listed(pool.spec.ranges().map(|range| format!("{} to {}", range.first, range.last)));
        let mut finding = Finding::of(&TAKEN_IN_POOL, Subject::object("ciliumloadbalancerippool", name))
            .seen(End::Cluster, facts.source(Kind::LoadBalancerIpPool), format!("{name} has {ranges}"))
            .fix("give the pool ranges without the addresses of routers and nodes");
        for (ip, interface, router) in of_router {
            let says = format!("it has {ip} on {}", interface.name);
            finding = finding.seen(End::Router, router.interfaces_source.as_ref(), says);
        }
        if !of_nodes.is_empty() {
            let says = format!("the addresses of {} lie in it", listed(&of_nodes));
            finding = finding.seen(End::Cluster, facts.source(Kind::CiliumNode), says);
        }
        verdict.report(finding);
    }
}

pub const NODES_OWN: Rule = Rule {
    code: "BGP385",
    rows: &["C31"],
    severity: Severity::Warning,
    layer: Layer::Traffic,
    title: "a Service has the address of a node",
    explanation: Explanation {
        what: "LB-IPAM, or a second controller such as k3s's, gave a Service an address that a node has itself. Node IPAM \
               does so on purpose and is left out.",
        matters: "Cilium 1.19.0 to 1.19.3 drops everything else that comes to the address, ssh and the kubelet included; other \
                  versions take the Service's ports away from the node.",
        detected: "A Service's address is one of a CiliumNode's, and Node IPAM is not what gives addresses.",
        fix: "Give the Service another address, and switch the second controller off.",
        sources: &["cilium#43206", "cilium#44430", "cilium#45572"],
    },
    judge: nodes_own,
};

fn nodes_own(facts: &Facts, verdict: &mut Verdict) {
    let settings = facts.cluster().and_then(|cluster| cluster.settings.value());
    let by_node_ipam = settings.is_some_and(|settings| settings.default_service_ipam() == "nodeipam");
    let nodes = facts.node_addresses();
    for vip in facts.vips().iter().filter(|vip| vip.kind == AddressKind::LoadBalancerIP) {
        let Some(node) = nodes.get(&vip.ip) else { continue };
        if by_node_ipam || vip.service.spec.load_balancer_class.is_some() {
            continue;
        }
        verdict.report(
            Finding::of(&NODES_OWN, vip.subject())
                .seen(End::Cluster, facts.source(Kind::Service), format!("{} has {}", vip.name(), vip.ip))
                .seen(End::Cluster, facts.source(Kind::CiliumNode), format!("{node} has it as its own"))
                .fix("give the Service another address"),
        );
    }
}

impl<'a> Facts<'a> {
    /// The nodes by their own addresses.
    pub fn node_addresses(&self) -> HashMap<IpAddr, &'a str> {
        let nodes = self.cluster().and_then(|cluster| cluster.nodes.value()).into_iter().flatten();
        let addresses = nodes.flat_map(|(name, node)| {
            let own = node.spec.addresses.iter().filter(|address| address.kind != "CiliumInternalIP");
            own.filter_map(move |address| Some((address.ip.parse().ok()?, name.as_str())))
        });
        addresses.collect()
    }
}
