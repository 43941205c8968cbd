//! The sessions that the cluster asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use super::{Agent, Cluster, addresses, find, select};
use crate::cilium::bgp::{GracefulRestart, Instance, InstanceOverride, NodeConfig, Peer, PeerConfig, PeeringPolicy};
use crate::cilium::node::CiliumNode;
use crate::topology::known::Known;
use crate::topology::names::{Asn, InstanceName, NodeName, PeerName};
use crate::topology::session::{ClusterEnd, Key, SessionConfig};

/// CRD default of `gracefulRestart.restartTimeSeconds`.
const DEFAULT_RESTART_SECONDS: u32 = 120;

/// A session that the cluster asks for.
pub struct Wanted {
    pub key: Key,
    /// Where the node dials to.
    pub peer_address: Known<IpAddr>,
    /// Addresses the node may dial from, the likeliest first.
    pub node_addresses: Known<Vec<IpAddr>>,
    pub local_asn: Known<Asn>,
    pub peer_asn: Known<Asn>,
    pub config: Known<SessionConfig>,
    pub profile: Profile,
    /// What the node's status says, true or stale.
    pub reported: Known<ClusterEnd>,
    pub agent: Agent,
}

/// What decides which prefixes a session carries: sessions that share it are asked to carry the same, as far as their
/// nodes have it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// A peer without a PeerConfig carries nothing.
    Nothing,
    PeerConfig(String),
    /// A PeeringPolicy, and the position of the virtual router in it.
    Policy(String, usize),
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no CiliumBGPPeerConfig"),
            Self::PeerConfig(name) => write!(f, "CiliumBGPPeerConfig {name}"),
            Self::Policy(name, _) => write!(f, "CiliumBGPPeeringPolicy {name}"),
        }
    }
}

impl Cluster {
    /// Every session that a ClusterConfig, a node's config or a PeeringPolicy asks for, in the order of its key.
    pub fn wanted(&self) -> Vec<Wanted> {
        let nodes = self.nodes.value().into_iter().flat_map(BTreeMap::keys);
        let node_configs = self.node_configs.value().into_iter().flat_map(BTreeMap::keys);
        let names: BTreeSet<&String> = nodes.chain(node_configs).collect();
        names.into_iter().flat_map(|name| self.wanted_of(name)).collect()
    }

    fn wanted_of(&self, name: &str) -> Vec<Wanted> {
        let node = find(&self.nodes, name);
        let node_config = find(&self.node_configs, name);
        // Cilium 1.16 to 1.18 follow a PeeringPolicy and ignore a ClusterConfig on the same node (cilium#32774). From
        // 1.19 on a policy that an upgrade left behind means nothing, and the agent tells of the others' sessions.
        let tells_sessions = node_config.is_some_and(|config| !config.status.bgp_instances.is_empty());
        let policies = select(&self.policies, node, |policy| policy.spec.node_selector.as_ref());
        if !policies.is_empty() && !tells_sessions {
            return policies.iter().flat_map(|policy| self.wanted_by_policy(name, node, policy)).collect();
        }
        let mut peers: BTreeMap<Key, (&Instance, &Peer)> = BTreeMap::new();
        let of_node = node_config.map(|config| &config.spec.bgp_instances).into_iter().flatten();
        let selecting = select(&self.cluster_configs, node, |config| config.spec.node_selector.as_ref());
        // The node's config comes first: the operator has resolved the overrides there.
        for instance in of_node.chain(selecting.iter().flat_map(|config| &config.spec.bgp_instances)) {
            for peer in &instance.peers {
                peers.entry(key(name, &instance.name, &peer.name)).or_insert((instance, peer));
            }
        }
        let wanted = |(key, (instance, peer))| self.wanted_by_config(key, node, node_config, instance, peer);
        peers.into_iter().map(wanted).collect()
    }

    fn wanted_by_config(
        &self,
        key: Key,
        node: Option<&CiliumNode>,
        node_config: Option<&NodeConfig>,
        instance: &Instance,
        peer: &Peer,
    ) -> Wanted {
        let overriding = self.overriding(&key.node.0, &instance.name);
        let local_asn = overriding.and_then(|instance| instance.local_asn).or(instance.local_asn);
        let overriding = overriding.and_then(|instance| instance.peers.iter().find(|other| other.name == peer.name));
        let local_address = peer.local_address.as_ref().or(overriding.and_then(|peer| peer.local_address.as_ref()));
        let peer_address = match &peer.peer_address {
            Some(address) => parsed(address),
            None => Known::unknown("the peer is discovered by the agent"),
        };
        Wanted {
            reported: self.reported(node_config, &key, peer),
            config: self.config(peer),
            profile: match peer.peer_config_ref.as_ref().filter(|reference| !reference.name.is_empty()) {
                Some(reference) => Profile::PeerConfig(reference.name.clone()),
                None => Profile::Nothing,
            },
            node_addresses: self.dial_addresses(node, local_address.map(String::as_str), &peer_address),
            peer_address,
            local_asn: known_asn(local_asn, "neither the instance nor an override has a localASN"),
            peer_asn: peer.peer_asn.map_or(Known::Computed(Asn::ANY), |asn| Known::Seen(Asn(asn))),
            agent: self.agent(&key.node.0),
            key,
        }
    }

    fn wanted_by_policy(&self, name: &str, node: Option<&CiliumNode>, policy: &PeeringPolicy) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for (position, router) in policy.spec.virtual_routers.iter().enumerate() {
            let instance = router.local_asn.map_or_else(|| "AS".to_owned(), |asn| format!("AS{asn}"));
            for neighbor in &router.neighbors {
                let prefix = neighbor.peer_address.as_deref().unwrap_or_default();
                let address = prefix.split('/').next().unwrap_or_default();
                let peer_address = parsed(address);
                wanted.push(Wanted {
                    key: key(name, &instance, address),
                    node_addresses: self.dial_addresses(node, None, &peer_address),
                    peer_address,
                    local_asn: known_asn(router.local_asn, "the virtual router has no localASN"),
                    peer_asn: known_asn(neighbor.peer_asn, "the neighbor has no peerASN"),
                    config: Known::Seen(SessionConfig {
                        md5: neighbor.auth_secret_ref.is_some(),
                        graceful_restart: restart_seconds(neighbor.graceful_restart),
                    }),
                    profile: Profile::Policy(policy.metadata.name.clone(), position),
                    reported: Known::unknown("a CiliumBGPPeeringPolicy has no status"),
                    agent: self.agent(name),
                });
            }
        }
        wanted
    }

    fn config(&self, peer: &Peer) -> Known<SessionConfig> {
        let Some(name) = peer.peer_config_ref.as_ref().map(|reference| &reference.name) else {
            return Known::Computed(SessionConfig { md5: false, graceful_restart: None });
        };
        self.peer_configs.and_then(|configs| match configs.get(name) {
            Some(config) => Known::Seen(session_config(config)),
            None => Known::absent(format!("there is no CiliumBGPPeerConfig {name}")),
        })
    }

    fn overriding(&self, node: &str, instance: &str) -> Option<&InstanceOverride> {
        let overriding = find(&self.overrides, node)?;
        overriding.spec.bgp_instances.iter().find(|other| other.name == instance)
    }

    /// The configured address alone if there is one; else the InternalIP of the peer's family and, because of a source
    /// interface or several networks, the node's other addresses of that family.
    fn dial_addresses(
        &self,
        node: Option<&CiliumNode>,
        configured: Option<&str>,
        peer_address: &Known<IpAddr>,
    ) -> Known<Vec<IpAddr>> {
        if let Some(local) = configured.and_then(|address| address.parse().ok()) {
            return Known::Seen(vec![local]);
        }
        let Some(node) = node else {
            return match &self.nodes {
                Known::Unknown(why) => Known::unknown(why),
                _ => Known::unknown("there is no CiliumNode of that name"),
            };
        };
        let fits = |address: &IpAddr| peer_address.value().is_none_or(|peer| peer.is_ipv4() == address.is_ipv4());
        Known::Computed(addresses(node).into_iter().filter(fits).collect())
    }
}

fn key(node: &str, instance: &str, peer: &str) -> Key {
    Key {
        node: NodeName(node.to_owned()),
        instance: InstanceName(instance.to_owned()),
        peer: PeerName(peer.to_owned()),
    }
}

fn parsed(address: &str) -> Known<IpAddr> {
    address.parse().map_or_else(|_| Known::unknown(format!("{address:?} is no address")), Known::Seen)
}

fn session_config(config: &PeerConfig) -> SessionConfig {
    SessionConfig {
        md5: config.spec.auth_secret_ref.is_some(),
        graceful_restart: restart_seconds(config.spec.graceful_restart),
    }
}

fn restart_seconds(config: Option<GracefulRestart>) -> Option<u32> {
    let config = config.filter(|config| config.enabled)?;
    Some(config.restart_time_seconds.unwrap_or(DEFAULT_RESTART_SECONDS))
}

fn known_asn(asn: Option<u32>, otherwise: &str) -> Known<Asn> {
    asn.map_or_else(|| Known::absent(otherwise), |asn| Known::Seen(Asn(asn)))
}
