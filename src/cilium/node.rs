//! `CiliumNode`: a node as Cilium selects and addresses it.

use serde::Deserialize;

use super::{Object, null_is_default};

/// Its labels, copied from the Node by the agent, are what a ClusterConfig's nodeSelector is matched against
/// (cilium operator/pkg/bgp).
pub type CiliumNode = Object<CiliumNodeSpec>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CiliumNodeSpec {
    #[serde(deserialize_with = "null_is_default")]
    pub addresses: Vec<NodeAddress>,
}

#[derive(Debug, Deserialize)]
pub struct NodeAddress {
    /// `InternalIP`, `ExternalIP`, `CiliumInternalIP`.
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    pub ip: String,
}
