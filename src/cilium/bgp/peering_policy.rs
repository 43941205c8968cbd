//! `CiliumBGPPeeringPolicy`: Cilium 1.14 to 1.18. It has no status, and it wins over a ClusterConfig on the same node.

use serde::Deserialize;

use super::null_is_default;
use super::peer_config::{FamilyAdvertisements, GracefulRestart, Timers};
use super::selector::LabelSelector;
use crate::cilium::Object;

/// Two on one node clear all its BGP state.
pub type PeeringPolicy = Object<PeeringPolicySpec>;

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
    /// Absent: no pool.
    #[serde(rename = "podIPPoolSelector")]
    pub pod_ip_pool_selector: Option<LabelSelector>,
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
    /// 179 if absent.
    pub peer_port: Option<u16>,
    pub auth_secret_ref: Option<String>,
    /// 1 if absent.
    #[serde(rename = "eBGPMultihopTTL")]
    pub ebgp_multihop_ttl: Option<u32>,
    #[serde(flatten)]
    pub timers: Timers,
    pub graceful_restart: Option<GracefulRestart>,
    #[serde(deserialize_with = "null_is_default")]
    pub families: Vec<FamilyAdvertisements>,
}
