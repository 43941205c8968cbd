//! A node as Kubernetes sees it, and `CiliumNode`: as Cilium selects and addresses it.

use serde::Deserialize;

use super::condition::Conditions;
use super::{Object, null_is_default};

pub type Node = Object<NodeSpec, NodeStatus>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NodeSpec {
    /// Cordoned.
    #[serde(deserialize_with = "null_is_default")]
    pub unschedulable: bool,
    #[serde(rename = "podCIDRs", deserialize_with = "null_is_default")]
    pub pod_cidrs: Vec<String>,
    /// `proxmox://...` of a virtual machine whose hypervisor has a controller in the cluster.
    #[serde(rename = "providerID", deserialize_with = "null_is_default")]
    pub provider_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NodeStatus {
    #[serde(deserialize_with = "null_is_default")]
    pub conditions: Conditions,
    #[serde(deserialize_with = "null_is_default")]
    pub addresses: Vec<StatusAddress>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatusAddress {
    /// `InternalIP`, `ExternalIP`, `Hostname`.
    #[serde(rename = "type")]
    pub kind: String,
    pub address: String,
}

impl NodeStatus {
    /// Whether its kubelet says that it is healthy, and still says so.
    pub fn is_ready(&self) -> bool {
        self.conditions.is_true("Ready")
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_whose_kubelet_is_silent_is_not_ready() {
        let node = |text: &str| serde_json::from_str::<Node>(text).expect("Kubernetes' shape");
        let silent = node(
            r#"{"spec": {"unschedulable": true}, "status": {"conditions": [{"type": "Ready", "status": "Unknown"}],
                "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}]}}"#,
        );
        assert!(!silent.status.is_ready() && silent.spec.unschedulable);
        assert_eq!(silent.status.addresses[0].address, "10.0.0.1");
        assert!(node(r#"{"status": {"conditions": [{"type": "Ready", "status": "True"}]}}"#).status.is_ready());
    }
}
