//! The cluster's end: one Node, CiliumNode, CiliumBGPNodeConfig and agent a node, one Service and its slices a VIP.

use serde_json::{Value, json};

use super::address::{Family, node_name, pod_network, service_name};
use super::recording::{copy, document, hole, set};
use super::{Fleet, Items};

const DOCUMENTS: &str = "/cluster/documents";

/// Kinds with as many objects as there are nodes or VIPs.
const MANY: &[&str] = &["Node", "Service", "EndpointSlice", "CiliumNode", "CiliumBGPNodeConfig", "Pod/cilium"];

impl Fleet {
    /// Makes the few objects fit the many, and leaves holes for those.
    pub(super) fn size_cluster(&self, file: &mut Value) {
        for kind in MANY {
            set(document(file, DOCUMENTS, kind), "/json/items", hole(kind));
        }
        // One announces by BGP or by layer 2; the recording did both.
        set(document(file, DOCUMENTS, "CiliumL2AnnouncementPolicy"), "/json/items", json!([]));
        if let Some(leases) = document(file, DOCUMENTS, "Lease")["json"]["items"].as_array_mut() {
            leases.retain(|lease| !lease["metadata"]["name"].to_string().contains("l2announce"));
        }
        let instance = "/json/items/0/spec/bgpInstances/0/peers";
        set(document(file, DOCUMENTS, "CiliumBGPClusterConfig"), instance, self.peers());
        for (kind, name) in [("CiliumBGPPeerConfig", "udm-pro"), ("CiliumLoadBalancerIPPool", "services")] {
            let recorded = self.recording.object(kind, name);
            let copies: Vec<Value> =
                self.families().iter().map(|&family| self.of_family(recorded, kind, family)).collect();
            set(document(file, DOCUMENTS, kind), "/json/items", copies);
        }
        let status = &mut document(file, DOCUMENTS, "DaemonSet/cilium")["json"]["status"];
        for count in status.as_object_mut().into_iter().flat_map(serde_json::Map::iter_mut) {
            if count.1 == 3 {
                *count.1 = self.size.nodes.into();
            }
        }
    }

    fn of_family(&self, recorded: &Value, kind: &str, family: Family) -> Value {
        let mut changed = recorded.clone();
        if kind == "CiliumBGPPeerConfig" {
            set(&mut changed, "/metadata/name", family.peer());
            set(&mut changed, "/spec/families/0/afi", family.afi());
        } else {
            set(&mut changed, "/metadata/name", format!("services-{}", family.afi()));
            set(&mut changed, "/spec/blocks", json!([{"cidr": family.pool()}]));
            let used = self.size.vips;
            for (condition, count) in [(1, 65_534), (2, 65_534 - used), (3, used)] {
                set(&mut changed, &format!("/status/conditions/{condition}/message"), count.to_string());
            }
        }
        changed
    }

    /// The objects of a kind.
    pub(super) fn cluster_items<'a>(&'a self, kind: &str) -> Option<Items<'a>> {
        let (nodes, vips) = (0..self.size.nodes, 0..self.size.vips);
        let text = |value: Value| value.to_string();
        Some(match kind {
            "Node" => Box::new(nodes.map(|node| self.node(node)).map(text)),
            "CiliumNode" => Box::new(nodes.map(|node| self.cilium_node(node)).map(text)),
            "CiliumBGPNodeConfig" => Box::new(nodes.map(|node| self.node_config(node)).map(text)),
            "Pod/cilium" => Box::new(nodes.map(|node| self.agent(node)).map(text)),
            "Service" => Box::new(vips.map(|vip| self.service(vip)).map(text)),
            "EndpointSlice" => Box::new(
                vips.flat_map(move |vip| self.families().iter().map(move |&family| self.slice(vip, family))).map(text),
            ),
            _ => return None,
        })
    }

    fn node(&self, node: usize) -> Value {
        let (name, network) = (node_name(node), pod_network(node));
        let changes = [
            ("/metadata/name", json!(name)),
            ("/metadata/uid", json!(self.uid("node", node))),
            ("/metadata/labels/kubernetes.io~1hostname", json!(name)),
            ("/spec/podCIDR", json!(network)),
            ("/spec/podCIDRs/0", json!(network)),
            ("/status/addresses/0/address", json!(Family::V4.node(node))),
            ("/status/addresses/1/address", json!(name)),
        ];
        copy(self.recording.object("Node", "node-1"), changes)
    }

    fn cilium_node(&self, node: usize) -> Value {
        let name = node_name(node);
        let address = |family: &Family| json!({"ip": family.node(node), "type": "InternalIP"});
        let changes = [
            ("/metadata/name", json!(name)),
            ("/metadata/uid", json!(self.uid("ciliumnode", node))),
            ("/metadata/labels/kubernetes.io~1hostname", json!(name)),
            ("/spec/addresses", self.families().iter().map(address).collect()),
            ("/spec/ipam/podCIDRs/0", json!(pod_network(node))),
        ];
        copy(self.recording.object("CiliumNode", "node-1"), changes)
    }

    fn node_config(&self, node: usize) -> Value {
        let recorded = self.recording.object("CiliumBGPNodeConfig", "node-1");
        let session = |family: &Family| {
            let count = "/routeCount/0";
            let changes = [
                ("/name", json!(family.peer())),
                ("/peerAddress", json!(family.peer_address())),
                (&format!("{count}/afi"), json!(family.afi())),
                (&format!("{count}/advertised"), json!(self.advertised[node])),
                (&format!("{count}/received"), json!(self.size.vips)),
            ];
            copy(&recorded["status"]["bgpInstances"][0]["peers"][0], changes)
        };
        let changes = [
            ("/metadata/name", json!(node_name(node))),
            ("/metadata/uid", json!(self.uid("nodeconfig", node))),
            ("/spec/bgpInstances/0/peers", self.peers()),
            ("/status/bgpInstances/0/peers", self.families().iter().map(session).collect()),
        ];
        copy(recorded, changes)
    }

    /// The peers as a ClusterConfig and a NodeConfig name them.
    fn peers(&self) -> Value {
        let recorded = &self.recording.object("CiliumBGPClusterConfig", "home")["spec"]["bgpInstances"][0]["peers"][0];
        let peer = |family: &Family| {
            let name = json!(family.peer());
            let address = json!(family.peer_address());
            copy(recorded, [("/name", name.clone()), ("/peerAddress", address), ("/peerConfigRef/name", name)])
        };
        self.families().iter().map(peer).collect()
    }

    fn agent(&self, node: usize) -> Value {
        let address = Family::V4.node(node);
        let changes = [
            ("/metadata/name", json!(format!("cilium-{:05}", node + 1))),
            ("/metadata/uid", json!(self.uid("pod", node))),
            ("/spec/nodeName", json!(node_name(node))),
            ("/status/hostIP", json!(address)),
            ("/status/hostIPs/0/ip", json!(address)),
            ("/status/podIP", json!(address)),
            ("/status/podIPs/0/ip", json!(address)),
        ];
        copy(self.recording.object("Pod/cilium", "cilium-aaaaa"), changes)
    }

    /// Local policy: the nodes with an endpoint advertise it, and no other.
    fn service(&self, vip: usize) -> Value {
        let (namespace, name) = service_name(vip, self.size.vips);
        let all = |of: &dyn Fn(&Family) -> Value| Value::Array(self.families().iter().map(of).collect());
        let asked: Vec<String> = self.families().iter().map(|family| family.vip(vip).to_string()).collect();
        let changes = [
            ("/metadata/name", json!(name)),
            ("/metadata/namespace", json!(namespace)),
            ("/metadata/uid", json!(self.uid("service", vip))),
            ("/metadata/annotations/lbipam.cilium.io~1ips", json!(asked.join(","))),
            ("/spec/ports/0/nodePort", json!(30_000 + vip % 2768)),
            ("/spec/selector/app", json!(name)),
            ("/spec/clusterIP", json!(Family::V4.cluster_ip(vip))),
            ("/spec/clusterIPs", all(&|family| json!(family.cluster_ip(vip)))),
            ("/spec/ipFamilies", all(&|family| json!(if *family == Family::V4 { "IPv4" } else { "IPv6" }))),
            ("/spec/ipFamilyPolicy", json!(if self.size.ipv6 { "RequireDualStack" } else { "SingleStack" })),
            ("/status/loadBalancer/ingress", all(&|family| json!({"ip": family.vip(vip), "ipMode": "VIP"}))),
        ];
        copy(self.recording.object("Service", "plex"), changes)
    }

    fn slice(&self, vip: usize, family: Family) -> Value {
        let (namespace, name) = service_name(vip, self.size.vips);
        let recorded = self.recording.object("EndpointSlice", "plex-1");
        let endpoint = |&node: &usize| {
            let address = json!([family.endpoint(node, vip)]);
            copy(&recorded["endpoints"][0], [("/addresses", address), ("/nodeName", json!(node_name(node)))])
        };
        let changes = [
            ("/metadata/name", json!(format!("{name}-{}", family.afi()))),
            ("/metadata/namespace", json!(namespace)),
            ("/metadata/uid", json!(self.uid(family.afi(), vip))),
            ("/metadata/labels/kubernetes.io~1service-name", json!(name)),
            ("/addressType", json!(if family == Family::V4 { "IPv4" } else { "IPv6" })),
            ("/endpoints", self.placed[vip].iter().map(endpoint).collect()),
        ];
        copy(recorded, changes)
    }
}
