//! `CiliumL2AnnouncementPolicy`: which nodes answer ARP and neighbor solicitations for which Services.

use serde::Deserialize;

use super::bgp::ConditionsOnly;
use super::selector::LabelSelector;
use super::{Object, null_is_default};

pub type L2Policy = Object<L2PolicySpec, ConditionsOnly>;

/// The class of Services that only L2 announces (cilium pkg/k8s/apis/cilium.io/v2alpha1).
pub const L2_CLASS: &str = "io.cilium/l2-announcer";

/// Conditions; true means that the policy has no effect.
pub const PROBLEMS: [&str; 3] =
    ["io.cilium/bad-node-selector", "io.cilium/bad-service-selector", "io.cilium/bad-interface-regex"];

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct L2PolicySpec {
    /// Absent: all nodes.
    pub node_selector: Option<LabelSelector>,
    /// Absent: all Services.
    pub service_selector: Option<LabelSelector>,
    #[serde(rename = "loadBalancerIPs", deserialize_with = "null_is_default")]
    pub load_balancer_ips: bool,
    #[serde(rename = "externalIPs", deserialize_with = "null_is_default")]
    pub external_ips: bool,
    /// Go regular expressions; empty: all devices that Cilium uses.
    #[serde(deserialize_with = "null_is_default")]
    pub interfaces: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_announces_what_it_says() {
        let text = r#"{"spec": {"loadBalancerIPs": true, "interfaces": ["^eth0$"], "serviceSelector": {}},
                       "status": {"conditions": [{"type": "io.cilium/bad-node-selector", "status": "True"}]}}"#;
        let policy: L2Policy = serde_json::from_str(text).expect("Cilium's shape");
        assert!(policy.spec.load_balancer_ips && !policy.spec.external_ips);
        assert!(policy.spec.node_selector.is_none() && policy.spec.service_selector.is_some());
        assert!(PROBLEMS.iter().any(|problem| policy.status.conditions.is_true(problem)));
    }
}
