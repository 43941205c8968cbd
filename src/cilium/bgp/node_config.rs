//! `CiliumBGPNodeConfig`: what the operator made of a ClusterConfig for one node, and what its agent says of it.

use serde::Deserialize;

use super::cluster_config::Instance;
use super::{Conditions, null_is_default};
use crate::cilium::Object;

pub type NodeConfig = Object<NodeConfigSpec, NodeConfigStatus>;

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
    /// From 1.18 on.
    #[serde(deserialize_with = "null_is_default")]
    pub conditions: Conditions,
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
