//! `CiliumBGPNodeConfigOverride`: what one node has of its own. It has no status.

use serde::Deserialize;

use super::null_is_default;
use crate::cilium::Object;

/// The object's name is the node's; names of instances and peers are the ClusterConfig's. What matches nothing has no
/// effect, and Cilium does not say so.
pub type NodeConfigOverride = Object<NodeConfigOverrideSpec>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeConfigOverrideSpec {
    #[serde(deserialize_with = "null_is_default")]
    pub bgp_instances: Vec<InstanceOverride>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct InstanceOverride {
    pub name: String,
    #[serde(rename = "routerID")]
    pub router_id: Option<String>,
    pub local_port: Option<u16>,
    /// From 1.17 on.
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
    pub local_port: Option<u16>,
}
