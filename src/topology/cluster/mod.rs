//! The cluster's side: which sessions are asked for, and what each node says of them.

mod advertised;
mod asked;
mod backends;
mod decode;
mod judge;
mod no_bgp;
mod obstacle;
mod offers;
mod reported;
pub mod selection;
mod wanted;

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};

use super::known::Known;
use super::names::NodeName;
use super::session::Source;
use crate::cilium::advertisement::Advertisement;
use crate::cilium::bgp::{ClusterConfig, NodeConfig, NodeConfigOverride, PeerConfig, PeeringPolicy};
use crate::cilium::config::Settings;
use crate::cilium::daemon_set::DaemonSet;
use crate::cilium::endpoints::EndpointSlice;
use crate::cilium::gateway::Gateway;
use crate::cilium::l2_policy::L2Policy;
use crate::cilium::lease::Lease;
use crate::cilium::network_policy::NetworkPolicy;
use crate::cilium::node::{CiliumNode, Node};
use crate::cilium::pod::{self, Pod};
use crate::cilium::pool::Pool;
use crate::cilium::selector::LabelSelector;
use crate::cilium::served::ServedKinds;
use crate::cilium::service::Service;
use crate::gitops::{Application, FluxObject};
use crate::snapshot::{ClusterAnswers, Document, Gap, Kind, Missing};
pub use advertised::{Advertised, Carriers};
pub use asked::AskedAgents;
pub use backends::{Backends, Endpoints};
use decode::Decoder;
pub use obstacle::Obstacle;
pub use offers::Offer;
pub use wanted::{Profile, Wanted};

/// Objects of a kind by name, or why they are missing.
pub type Named<T> = Known<BTreeMap<String, T>>;

/// The cluster's documents, decoded. A kind that is missing keeps the reason.
pub struct Cluster {
    /// The API server's address.
    server: String,
    cilium_namespace: String,
    pub nodes: Named<CiliumNode>,
    pub cluster_configs: Known<Vec<ClusterConfig>>,
    pub peer_configs: Named<PeerConfig>,
    pub node_configs: Named<NodeConfig>,
    /// Where each kind was read, by the kind's name.
    sources: HashMap<&'static str, Source>,
    pub overrides: Named<NodeConfigOverride>,
    pub policies: Known<Vec<PeeringPolicy>>,
    pub advertisements: Known<Vec<Advertisement>>,
    pub settings: Known<Settings>,
    /// The agents' pods by node; of several on one, such as during a rollout, one that is ready.
    pub agents: Named<Pod>,
    pub agent_daemon_set: Known<DaemonSet>,
    /// The operator's pods.
    pub operators: Known<Vec<Pod>>,
    /// What Kubernetes itself says of the nodes.
    pub node_objects: Named<Node>,
    pub pools: Known<Vec<Pool>>,
    pub l2_policies: Known<Vec<L2Policy>>,
    pub leases: Known<Vec<Lease>>,
    pub gateways: Known<Vec<Gateway>>,
    pub network_policies: Known<Vec<NetworkPolicy>>,
    pub kustomizations: Known<Vec<FluxObject>>,
    pub helm_releases: Known<Vec<FluxObject>>,
    pub applications: Known<Vec<Application>>,
    /// What is served in `cilium.io/v2` and in `cilium.io/v2alpha1`.
    pub served_v2: Known<ServedKinds>,
    pub served_v2alpha1: Known<ServedKinds>,
    /// No object that says which sessions there should be was refused.
    complete: bool,
    no_bgp_configured: Option<Missing>,
}

/// The Services and their endpoints. They are large, and done with once it is known what they ask for.
pub struct Services {
    pub services: Known<Vec<Service>>,
    pub endpoint_slices: Known<Vec<EndpointSlice>>,
}

impl Services {
    /// Decodes what is needed and says what is missing of `kinds`.
    pub fn decode(end: &ClusterAnswers, kinds: &[Kind], gaps: &mut Vec<Gap>) -> Self {
        let mut decoder = Decoder::new(end, kinds, gaps);
        Self { services: decoder.list(Kind::Service), endpoint_slices: decoder.list(Kind::EndpointSlice) }
    }
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
        let nodes: Named<CiliumNode> = decoder.by_name(Kind::CiliumNode);
        let cluster_configs = decoder.list(Kind::BgpClusterConfig);
        let node_configs = decoder.by_name(Kind::BgpNodeConfig);
        let overrides = decoder.by_name(Kind::BgpNodeConfigOverride);
        let policies = decoder.list(Kind::BgpPeeringPolicy);
        let complete = decoder.refused_nothing();
        Self {
            server: end.server.clone(),
            cilium_namespace: end.cilium_namespace.clone(),
            peer_configs: decoder.by_name(Kind::BgpPeerConfig),
            advertisements: decoder.list(Kind::BgpAdvertisement),
            settings: decoder.one(Kind::CiliumConfig),
            agent_daemon_set: decoder.one(Kind::AgentDaemonSet),
            operators: decoder.list(Kind::OperatorPod),
            node_objects: decoder.by_name(Kind::Node),
            pools: decoder.list(Kind::LoadBalancerIpPool),
            l2_policies: decoder.list(Kind::L2AnnouncementPolicy),
            leases: decoder.list(Kind::Lease),
            gateways: decoder.list(Kind::Gateway),
            network_policies: decoder.list(Kind::NetworkPolicy),
            kustomizations: decoder.list(Kind::Kustomization),
            helm_releases: decoder.list(Kind::HelmRelease),
            applications: decoder.list(Kind::Application),
            served_v2: decoder.served(Kind::CiliumV2),
            served_v2alpha1: decoder.served(Kind::CiliumV2Alpha1),
            agents: decoder.agents(nodes.value().is_some_and(|nodes| !nodes.is_empty())).into(by_node),
            sources: kinds.iter().filter_map(|kind| Some((kind.name(), source(end.document(*kind)?)))).collect(),
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
        let labels = |(name, node): (&String, &CiliumNode)| (NodeName(name.clone()), node.metadata.labels.clone());
        self.nodes.map(|nodes| nodes.iter().map(labels).collect())
    }

    /// The pods of agents by node, without those that are not ready.
    pub fn agent_pods(&self) -> BTreeMap<String, String> {
        let ready = self.agents.value().into_iter().flatten().filter(|(_, agent)| agent.status.is_ready());
        ready.map(|(node, agent)| (node.clone(), agent.metadata.name.clone())).collect()
    }

    /// Every node's addresses. With several nodes of one address, the first by name.
    pub fn nodes_by_address(&self) -> Known<HashMap<IpAddr, NodeName>> {
        self.nodes.and_then(|nodes| {
            let mut by_address = HashMap::new();
            for (name, node) in nodes {
                for address in addresses(node) {
                    by_address.entry(address).or_insert_with(|| NodeName(name.clone()));
                }
            }
            Known::Seen(by_address)
        })
    }

    /// The API server's address; empty if none was asked.
    pub fn server(&self) -> &str {
        &self.server
    }

    pub fn cilium_namespace(&self) -> &str {
        &self.cilium_namespace
    }

    /// Major and minor version of the oldest agent, by the agents' images.
    pub fn cilium_version(&self) -> Option<(u32, u32)> {
        let pods = self.agents.value()?.values();
        pods.filter_map(|agent| pod::minor(agent.spec.agent()?.version()?)).min()
    }

    /// The address by which the API server is reached, if it is no name.
    pub fn server_address(&self) -> Option<IpAddr> {
        let host = self.server.rsplit_once("://").map_or(self.server.as_str(), |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or_default();
        host.parse::<SocketAddr>().map(|address| address.ip()).or_else(|_| host.trim_matches(['[', ']']).parse()).ok()
    }

    /// Where a kind's objects were read.
    pub fn source(&self, kind: Kind) -> Option<&Source> {
        self.sources.get(kind.name())
    }

    /// Whether every object that says which sessions there should be could be decoded.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    fn agent(&self, node: &str) -> Agent {
        match self.agents.value() {
            None => Agent::Unknown,
            Some(agents) if agents.get(node).is_some_and(|agent| agent.status.is_ready()) => Agent::Ready,
            Some(_) => Agent::NotReady,
        }
    }
}

fn source(document: &Document) -> Source {
    Source { source: document.path.clone().unwrap_or_else(|| document.name.clone()), read_at: document.read_at }
}

fn by_node(pods: Vec<Pod>) -> BTreeMap<String, Pod> {
    let mut agents: BTreeMap<String, Pod> = BTreeMap::new();
    for pod in pods {
        match agents.get(&pod.spec.node_name) {
            Some(known) if known.status.is_ready() || !pod.status.is_ready() => {}
            _ => drop(agents.insert(pod.spec.node_name.clone(), pod)),
        }
    }
    agents
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

fn find<'a, T>(objects: &'a Named<T>, name: &str) -> Option<&'a T> {
    objects.value()?.get(name)
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
