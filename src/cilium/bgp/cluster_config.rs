//! `CiliumBGPClusterConfig`: which nodes peer with whom.

use serde::Deserialize;

use super::selector::LabelSelector;
use super::{ConditionsOnly, null_is_default};
use crate::cilium::Object;

pub type ClusterConfig = Object<ClusterConfigSpec, ConditionsOnly>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClusterConfigSpec {
    /// Absent: all nodes.
    pub node_selector: Option<LabelSelector>,
    #[serde(deserialize_with = "null_is_default")]
    pub bgp_instances: Vec<Instance>,
}

/// An instance of a ClusterConfig, or the same after the operator resolved it for one node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Instance {
    pub name: String,
    #[serde(rename = "localASN")]
    pub local_asn: Option<u32>,
    /// Absent: the agent does not listen, it only dials (1.18+).
    pub local_port: Option<u16>,
    /// Only in a node's config.
    #[serde(rename = "routerID")]
    pub router_id: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub peers: Vec<Peer>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Peer {
    pub name: String,
    /// Absent with auto-discovery.
    pub peer_address: Option<String>,
    /// 0 accepts any (1.17+).
    #[serde(rename = "peerASN")]
    pub peer_asn: Option<u32>,
    pub peer_config_ref: Option<PeerConfigRef>,
    /// From 1.18 on.
    pub auto_discovery: Option<AutoDiscovery>,
    /// Only in a node's config: the override's source address.
    pub local_address: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PeerConfigRef {
    pub name: String,
}

/// The agent finds the peer's address itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AutoDiscovery {
    /// `DefaultGateway`.
    pub mode: String,
    default_gateway: Option<DefaultGateway>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct DefaultGateway {
    address_family: String,
}

impl AutoDiscovery {}
