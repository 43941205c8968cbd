//! Cilium's BGP kinds, in the shape that v2 and v2alpha1 share (Cilium 1.16 to 1.20), and the older PeeringPolicy.

pub mod cluster_config;
pub mod node_config;
pub mod node_config_override;
pub mod peer_config;
pub mod peering_policy;

use super::condition::Conditions;
use super::{null_is_default, selector};

pub use cluster_config::{ClusterConfig, Instance, Peer};
pub use node_config::{AppliedTimers, NodeConfig, PeerStatus};
pub use node_config_override::{InstanceOverride, NodeConfigOverride};
pub use peer_config::{FamilyAdvertisements, GracefulRestart, PeerConfig};
pub use peering_policy::{PeeringPolicy, PolicyNeighbor};

/// Conditions of a ClusterConfig: no node has the labels that it asks for.
pub const NO_MATCHING_NODE: &str = "cilium.io/NoMatchingNode";
/// Peers name PeerConfigs that are not there; the message lists them.
pub const MISSING_PEER_CONFIGS: &str = "cilium.io/MissingPeerConfigs";
/// Another ClusterConfig has the same node; the message lists them.
pub const CONFLICTING_CLUSTER_CONFIG: &str = "cilium.io/ConflictingClusterConfig";
/// Condition of a PeerConfig; wrongly true in some versions where no Secret is asked for.
pub const MISSING_AUTH_SECRET: &str = "cilium.io/MissingAuthSecret";
/// Condition of a NodeConfig (1.18+): the message has `instance: error` lines.
pub const RECONCILE_ERROR: &str = "cilium.io/BGPReconcileError";
/// What it says of a Secret without the key (cilium pkg/bgp/manager/reconciler/neighbor.go, `getPeerPassword`).
pub const NO_PASSWORD_KEY: &str = "missing password key";

/// A status of which only the conditions are read (1.17+); true means a problem.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct ConditionsOnly {
    #[serde(deserialize_with = "null_is_default")]
    pub conditions: Conditions,
}

#[cfg(test)]
mod tests {
    use super::peer_config::{DEFAULT_CONNECT_RETRY_SECONDS, DEFAULT_KEEP_ALIVE_SECONDS, PeerConfigSpec};
    use super::*;

    fn decoded<T: for<'de> serde::Deserialize<'de>>(text: &str) -> T {
        serde_json::from_str(text).expect("Cilium's shape")
    }

    #[test]
    fn a_cluster_config_says_what_is_wrong_with_it() {
        let config: ClusterConfig = decoded(
            r#"{"metadata": {"name": "a", "generation": 2, "creationTimestamp": "2026-11-22T17:01:44Z"},
                "spec": {"bgpInstances": [{"name": "i", "localPort": 179, "peers": [
                    {"name": "p", "autoDiscovery": {"mode": "DefaultGateway", "defaultGateway": {"addressFamily": "ipv6"}}}]}]},
                "status": {"conditions": [{"type": "cilium.io/NoMatchingNode", "status": "True", "message": "m"},
                                          {"type": "cilium.io/MissingPeerConfigs", "status": "False"}]}}"#,
        );
        assert!(config.status.conditions.is_true(NO_MATCHING_NODE));
        assert!(!config.status.conditions.is_true(MISSING_PEER_CONFIGS));
        let instance = &config.spec.bgp_instances[0];
        assert_eq!(instance.local_port, Some(179));
        let discovery = instance.peers[0].auto_discovery.as_ref().expect("auto-discovery");
        assert_eq!(discovery.mode, "DefaultGateway");
    }

    #[test]
    fn a_node_config_names_its_owner() {
        let config: NodeConfig = decoded(
            r#"{"metadata": {"name": "node-1", "ownerReferences": [{"kind": "CiliumBGPClusterConfig", "name": "bgp"}]},
                "spec": {"bgpInstances": [{"name": "i", "routerID": "10.0.0.1"}]},
                "status": {"conditions": [{"type": "cilium.io/BGPReconcileError", "status": "True", "message": "i: e"}]}}"#,
        );
        assert_eq!(config.metadata.owner("CiliumBGPClusterConfig"), Some("bgp"));
        assert_eq!(config.metadata.owner("Node"), None);
        assert_eq!(config.spec.bgp_instances[0].router_id.as_deref(), Some("10.0.0.1"));
        assert_eq!(config.status.conditions.if_true(RECONCILE_ERROR).map(|c| c.message.as_str()), Some("i: e"));
    }

    #[test]
    fn what_a_peer_config_leaves_out_is_ciliums_default() {
        let config: PeerConfig = decoded(
            r#"{"spec": {"transport": {"peerPort": 1790, "sourceInterface": "eth1"}, "ebgpMultihop": 2,
                "timers": {"holdTimeSeconds": 9, "keepAliveTimeSeconds": null}}}"#,
        );
        assert_eq!(config.spec.connect_retry_seconds(), DEFAULT_CONNECT_RETRY_SECONDS);
        assert_eq!((config.spec.hold_seconds(), config.spec.keep_alive_seconds()), (9, DEFAULT_KEEP_ALIVE_SECONDS));
        assert_eq!((config.spec.peer_port(), config.spec.ebgp_multihop), (1790, Some(2)));
        assert_eq!(PeerConfigSpec::default().peer_port(), 179);
    }

    #[test]
    fn an_override_may_set_all_that_an_instance_has() {
        let config: NodeConfigOverride = decoded(
            r#"{"spec": {"bgpInstances": [{"name": "i", "routerID": "10.0.0.1", "localPort": 1790, "localASN": 65012,
                "peers": [{"name": "p", "localAddress": "10.0.0.2", "localPort": 179}]}]}}"#,
        );
        let instance = &config.spec.bgp_instances[0];
        assert_eq!((instance.router_id.as_deref(), instance.local_port), (Some("10.0.0.1"), Some(1790)));
        assert_eq!(instance.peers[0].local_port, Some(179));
    }

    #[test]
    fn a_policy_has_the_peers_settings_in_its_neighbors() {
        let policy: PeeringPolicy = decoded(
            r#"{"spec": {"virtualRouters": [{"localASN": 65010, "neighbors": [{"peerAddress": "10.0.0.1/32",
                "peerPort": 1790, "eBGPMultihopTTL": 3, "connectRetryTimeSeconds": 5, "families": [{"afi": "ipv4"}]}]}]}}"#,
        );
        let neighbor = &policy.spec.virtual_routers[0].neighbors[0];
        assert_eq!((neighbor.peer_port, neighbor.ebgp_multihop_ttl), (Some(1790), Some(3)));
        assert_eq!((neighbor.timers.connect_retry_time_seconds, neighbor.families.len()), (Some(5), 1));
    }
}
