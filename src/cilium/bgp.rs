//! Cilium's BGP kinds, in the shape that v2 and v2alpha1 share (Cilium 1.16 to 1.20), and the older PeeringPolicy.

use serde::Deserialize;

use super::selector::LabelSelector;
use super::{Object, null_is_default};

pub type ClusterConfig = Object<ClusterConfigSpec>;
pub type PeerConfig = Object<PeerConfigSpec>;
pub type NodeConfig = Object<NodeConfigSpec, NodeConfigStatus>;
pub type NodeConfigOverride = Object<NodeConfigOverrideSpec>;
pub type PeeringPolicy = Object<PeeringPolicySpec>;

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
#[serde(default)]
pub struct Instance {
    pub name: String,
    #[serde(rename = "localASN")]
    pub local_asn: Option<u32>,
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
    /// Only in a node's config: the override's source address.
    pub local_address: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PeerConfigRef {
    pub name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PeerConfigSpec {
    pub auth_secret_ref: Option<String>,
    pub graceful_restart: Option<GracefulRestart>,
    /// Empty: both unicast families, and nothing is advertised.
    #[serde(deserialize_with = "null_is_default")]
    pub families: Vec<FamilyAdvertisements>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FamilyAdvertisements {
    /// `ipv4`, `ipv6`.
    pub afi: String,
    /// `unicast`.
    pub safi: String,
    /// Selects Advertisements by their labels; absent: none.
    pub advertisements: Option<LabelSelector>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GracefulRestart {
    pub enabled: bool,
    /// 120 if absent.
    pub restart_time_seconds: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeConfigSpec {
    #[serde(deserialize_with = "null_is_default")]
    pub bgp_instances: Vec<Instance>,
}

/// Written by the agent every few seconds from 1.17 on; a dead agent leaves its last word behind.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeConfigStatus {
    #[serde(deserialize_with = "null_is_default")]
    pub bgp_instances: Vec<InstanceStatus>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct InstanceStatus {
    pub name: String,
    #[serde(deserialize_with = "null_is_default")]
    pub peers: Vec<PeerStatus>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PeerStatus {
    pub name: String,
    /// `idle connect active open_sent open_confirm established unknown`.
    pub peering_state: Option<String>,
    /// RFC 3339.
    pub established_time: Option<String>,
    pub timers: Option<AppliedTimers>,
    #[serde(deserialize_with = "null_is_default")]
    pub route_count: Vec<RouteCount>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AppliedTimers {
    pub applied_hold_time_seconds: Option<u32>,
    pub applied_keepalive_seconds: Option<u32>,
}

/// Counts of one address family; Cilium leaves out what is 0.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RouteCount {
    pub afi: String,
    pub safi: String,
    pub received: u64,
    pub advertised: u64,
}

/// The object's name is the node's.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeConfigOverrideSpec {
    #[serde(deserialize_with = "null_is_default")]
    pub bgp_instances: Vec<InstanceOverride>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct InstanceOverride {
    pub name: String,
    #[serde(rename = "localASN")]
    pub local_asn: Option<u32>,
    #[serde(deserialize_with = "null_is_default")]
    pub peers: Vec<PeerOverride>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PeerOverride {
    pub name: String,
    pub local_address: Option<String>,
}

/// Cilium 1.14 to 1.18. It has no status, and it wins over a ClusterConfig on the same node.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PeeringPolicySpec {
    /// Absent: all nodes.
    pub node_selector: Option<LabelSelector>,
    #[serde(deserialize_with = "null_is_default")]
    pub virtual_routers: Vec<VirtualRouter>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VirtualRouter {
    #[serde(rename = "localASN")]
    pub local_asn: Option<u32>,
    /// Absent: no Service.
    pub service_selector: Option<LabelSelector>,
    /// `LoadBalancerIP` if absent (1.16 to 1.18).
    pub service_advertisements: Option<Vec<String>>,
    #[serde(rename = "exportPodCIDR", deserialize_with = "null_is_default")]
    pub export_pod_cidr: bool,
    #[serde(deserialize_with = "null_is_default")]
    pub neighbors: Vec<PolicyNeighbor>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PolicyNeighbor {
    /// A prefix of full length, such as `10.0.0.1/32`.
    pub peer_address: Option<String>,
    #[serde(rename = "peerASN")]
    pub peer_asn: Option<u32>,
    pub auth_secret_ref: Option<String>,
    pub graceful_restart: Option<GracefulRestart>,
}
