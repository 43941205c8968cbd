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
    #[serde(deserialize_with = "null_is_default")]
    pub ipam: Ipam,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ipam {
    #[serde(rename = "podCIDRs", deserialize_with = "null_is_default")]
    pub pod_cidrs: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub pools: IpamPools,
}

/// With multi-pool IPAM.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct IpamPools {
    #[serde(deserialize_with = "null_is_default")]
    pub allocated: Vec<AllocatedPool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AllocatedPool {
    pub pool: String,
    #[serde(deserialize_with = "null_is_default")]
    pub cidrs: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub struct NodeAddress {
    /// `InternalIP`, `ExternalIP`, `CiliumInternalIP`.
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    pub ip: String,
}
