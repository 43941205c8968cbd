//! The cluster's side: which sessions are asked for, and what each node says of them.

mod decode;
mod no_bgp;
mod reported;
mod wanted;

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::known::Known;
use super::names::NodeName;
use super::session::Source;
use crate::cilium::Metadata;
use crate::cilium::bgp::{ClusterConfig, NodeConfig, NodeConfigOverride, PeerConfig, PeeringPolicy};
use crate::cilium::node::CiliumNode;
use crate::cilium::pod::Pod;
use crate::cilium::selector::LabelSelector;
use crate::snapshot::{ClusterAnswers, Gap, Kind, Missing};
use decode::Decoder;
pub use wanted::Wanted;

/// The cluster's documents, decoded. A kind that is missing keeps the reason.
pub struct Cluster {
    nodes: Known<Vec<CiliumNode>>,
    cluster_configs: Known<Vec<ClusterConfig>>,
    peer_configs: Known<Vec<PeerConfig>>,
    node_configs: Known<Vec<NodeConfig>>,
    node_config_source: Option<Source>,
    overrides: Known<Vec<NodeConfigOverride>>,
    policies: Known<Vec<PeeringPolicy>>,
    agents: Known<Vec<Pod>>,
    /// No object that says which sessions there should be was refused.
    complete: bool,
    no_bgp_configured: Option<Missing>,
}

/// What is known of a node's agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agent {
    Ready,
    NotReady,
    Unknown,
}

impl Cluster {
    /// Decodes what is needed and says what is missing of `kinds`.
    pub fn decode(end: &ClusterAnswers, kinds: &[Kind], gaps: &mut Vec<Gap>) -> Self {
        if let Some(missing) = &end.missing {
            gaps.push(Gap { what: "the cluster".to_owned(), missing: missing.clone() });
        }
        let mut decoder = Decoder::new(end, kinds, gaps);
        let nodes: Known<Vec<CiliumNode>> = decoder.list(Kind::CiliumNode);
        let cluster_configs = decoder.list(Kind::BgpClusterConfig);
        let node_configs = decoder.list(Kind::BgpNodeConfig);
        let overrides = decoder.list(Kind::BgpNodeConfigOverride);
        let policies = decoder.list(Kind::BgpPeeringPolicy);
        let complete = decoder.refused_nothing();
        Self {
            peer_configs: decoder.list(Kind::BgpPeerConfig),
            agents: decoder.agents(nodes.value().is_some_and(|nodes| !nodes.is_empty())),
            node_config_source: end.document(Kind::BgpNodeConfig).map(|document| Source {
                source: document.path.clone().unwrap_or_default(),
                read_at: document.read_at,
            }),
            nodes,
            cluster_configs,
            node_configs,
            overrides,
            policies,
            complete,
            no_bgp_configured: no_bgp::why(end),
        }
    }

    /// Whether all of it could be read: which sessions there should be, and what the nodes say of them.
    pub fn knows_sessions(&self) -> bool {
        self.complete
            && self.nodes.value().is_some()
            && self.cluster_configs.value().is_some()
            && self.node_configs.value().is_some()
            && self.overrides.value().is_some()
            && self.policies.value().is_some()
    }

    /// Whether any of it could be read.
    pub fn knows_anything(&self) -> bool {
        self.nodes.value().is_some() || self.cluster_configs.value().is_some() || self.node_configs.value().is_some()
    }

    /// Why no node is asked to peer, if none is.
    pub fn no_bgp_configured(&self) -> Option<&Missing> {
        self.no_bgp_configured.as_ref()
    }

    /// Labels of the nodes, as Cilium selects them.
    pub fn labels(&self) -> Known<BTreeMap<NodeName, BTreeMap<String, String>>> {
        let labels = |node: &CiliumNode| (NodeName(node.metadata.name.clone()), node.metadata.labels.clone());
        self.nodes.map(|nodes| nodes.iter().map(labels).collect())
    }

    /// The node that has an address.
    pub fn node_with(&self, address: IpAddr) -> Known<NodeName> {
        self.nodes.and_then(|nodes| match nodes.iter().find(|node| addresses(node).contains(&address)) {
            Some(node) => Known::Seen(NodeName(node.metadata.name.clone())),
            None if !self.complete => Known::unknown("not every object could be read"),
            None => Known::absent(format!("no node has the address {address}")),
        })
    }

    fn agent(&self, node: &str) -> Agent {
        match self.agents.value() {
            None => Agent::Unknown,
            Some(pods) if pods.iter().any(|pod| pod.spec.node_name == node && pod.status.is_ready()) => Agent::Ready,
            Some(_) => Agent::NotReady,
        }
    }
}

/// A node's addresses, InternalIPs first.
fn addresses(node: &CiliumNode) -> Vec<IpAddr> {
    let of = |internal: bool| {
        let kinds = node.spec.addresses.iter().filter(move |address| (address.kind == "InternalIP") == internal);
        kinds.filter_map(|address| address.ip.parse().ok())
    };
    of(true).chain(of(false)).collect()
}

fn values<T>(known: &Known<Vec<T>>) -> &[T] {
    known.value().map_or(&[], Vec::as_slice)
}

fn find<'a, T>(objects: &'a Known<Vec<T>>, name: &str, metadata: impl Fn(&T) -> &Metadata) -> Option<&'a T> {
    values(objects).iter().find(|object| metadata(object).name == name)
}

/// The objects whose node selector matches; without one it matches every node.
fn select<'a, T>(
    objects: &'a Known<Vec<T>>,
    node: Option<&CiliumNode>,
    selector: impl Fn(&T) -> Option<&LabelSelector>,
) -> Vec<&'a T> {
    let Some(node) = node else { return Vec::new() };
    values(objects)
        .iter()
        .filter(|object| selector(object).is_none_or(|selector| selector.matches(&node.metadata.labels)))
        .collect()
}
