//! The cluster's side: which sessions are asked for, and what each node says of them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::de::DeserializeOwned;

use super::known::Known;
use super::names::{Asn, Family, InstanceName, NodeName, PeerName};
use super::session::{ClusterCounts, ClusterEnd, Key, SessionConfig, Source, Timers};
use crate::cilium::bgp::{
    AppliedTimers, ClusterConfig, GracefulRestart, Instance, NodeConfig, NodeConfigOverride, Peer, PeerConfig,
    PeerStatus, PeeringPolicy,
};
use crate::cilium::node::CiliumNode;
use crate::cilium::pod::Pod;
use crate::cilium::selector::LabelSelector;
use crate::cilium::{Metadata, decode_list};
use crate::snapshot::{self, Gap, Kind, Missing, Reason};

/// CRD default of `gracefulRestart.restartTimeSeconds`.
const DEFAULT_RESTART_SECONDS: u32 = 120;

/// The cluster's documents, decoded. A kind that is missing keeps the reason.
pub struct Cluster {
    nodes: Known<Vec<CiliumNode>>,
    cluster_configs: Known<Vec<ClusterConfig>>,
    peer_configs: Known<Vec<PeerConfig>>,
    node_configs: Known<Vec<NodeConfig>>,
    node_config_source: Option<Source>,
    overrides: Known<Vec<NodeConfigOverride>>,
    policies: Known<Vec<PeeringPolicy>>,
    agents: Known<Vec<Pod>>,
    no_bgp_configured: Option<Missing>,
}

/// A session that the cluster asks for.
pub struct Wanted {
    pub key: Key,
    pub peer_address: Known<String>,
    /// Addresses the node may dial from, the likeliest first.
    pub node_addresses: Known<Vec<IpAddr>>,
    pub local_asn: Known<Asn>,
    pub peer_asn: Known<Asn>,
    pub config: Known<SessionConfig>,
    /// What the node's status says, true or stale.
    pub reported: Known<ClusterEnd>,
    pub agent: Agent,
}

/// Whether an agent runs on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agent {
    Ready,
    NotReady,
    Unknown,
}

impl Cluster {
    /// Decodes what is needed and says what is missing of `kinds`.
    pub fn decode(end: &snapshot::ClusterEnd, kinds: &[Kind], gaps: &mut Vec<Gap>) -> Self {
        if let Some(missing) = &end.missing {
            gaps.push(Gap { what: "the cluster".to_owned(), missing: missing.clone() });
        }
        let no_bgp_configured = why_no_bgp(end);
        let mut decoder = Decoder { end, kinds, gaps };
        Self {
            nodes: decoder.list(Kind::CiliumNode),
            cluster_configs: decoder.list(Kind::BgpClusterConfig),
            peer_configs: decoder.list(Kind::BgpPeerConfig),
            node_configs: decoder.list(Kind::BgpNodeConfig),
            overrides: decoder.list(Kind::BgpNodeConfigOverride),
            policies: decoder.list(Kind::BgpPeeringPolicy),
            agents: decoder.list(Kind::AgentPod),
            node_config_source: end.document(Kind::BgpNodeConfig).map(|document| Source {
                source: document.path.clone().unwrap_or_default(),
                read_at: document.read_at,
            }),
            no_bgp_configured,
        }
    }

    /// Whether it could be read which sessions there should be, and what the nodes say of them.
    pub fn knows_sessions(&self) -> bool {
        self.nodes.value().is_some() && self.cluster_configs.value().is_some() && self.node_configs.value().is_some()
    }

    /// Why no node is asked to peer, if none is.
    pub fn no_bgp_configured(&self) -> Option<Missing> {
        self.no_bgp_configured.clone()
    }

    pub fn into_labels(self) -> Known<BTreeMap<NodeName, BTreeMap<String, String>>> {
        match self.nodes {
            Known::Seen(nodes) | Known::Computed(nodes) => Known::Seen(
                nodes.into_iter().map(|node| (NodeName(node.metadata.name), node.metadata.labels)).collect(),
            ),
            Known::Absent(why) | Known::Unknown(why) => Known::Unknown(why),
        }
    }

    /// The node that has an address.
    pub fn node_with(&self, address: IpAddr) -> Known<NodeName> {
        self.nodes.and_then(|nodes| match nodes.iter().find(|node| addresses(node).contains(&address)) {
            Some(node) => Known::Seen(NodeName(node.metadata.name.clone())),
            None => Known::absent(format!("no node has the address {address}")),
        })
    }

    /// Every session that a ClusterConfig, a node's config or a PeeringPolicy asks for.
    pub fn wanted(&self) -> Vec<Wanted> {
        let names: BTreeSet<&str> = (values(&self.nodes).iter().map(|node| &node.metadata))
            .chain(values(&self.node_configs).iter().map(|config| &config.metadata))
            .map(|metadata| metadata.name.as_str())
            .collect();
        names.into_iter().flat_map(|name| self.wanted_of(name)).collect()
    }

    fn wanted_of(&self, name: &str) -> Vec<Wanted> {
        let node = find(&self.nodes, name, |node| &node.metadata);
        let node_config = find(&self.node_configs, name, |config| &config.metadata);
        // Cilium 1.16 to 1.18 follow a PeeringPolicy and ignore a ClusterConfig on the same node (cilium#32774).
        let policies = select(&self.policies, node, |policy| policy.spec.node_selector.as_ref());
        if !policies.is_empty() {
            return policies.iter().flat_map(|policy| self.wanted_by_policy(name, node, policy)).collect();
        }
        let mut peers: BTreeMap<(String, String), (Option<u32>, Peer)> = BTreeMap::new();
        let of_node = node_config.map(|config| &config.spec.bgp_instances).into_iter().flatten();
        let selecting = select(&self.cluster_configs, node, |config| config.spec.node_selector.as_ref());
        // The node's config comes first: the operator has resolved the overrides there.
        for instance in of_node.chain(selecting.iter().flat_map(|config| &config.spec.bgp_instances)) {
            for peer in &instance.peers {
                peers
                    .entry((instance.name.clone(), peer.name.clone()))
                    .or_insert_with(|| (self.local_asn(name, instance), self.with_override(name, instance, peer)));
            }
        }
        peers
            .into_iter()
            .map(|((instance, _), (local_asn, peer))| {
                let key = Key {
                    node: NodeName(name.to_owned()),
                    instance: InstanceName(instance),
                    peer: PeerName(peer.name.clone()),
                };
                let peer_config = peer.peer_config_ref.as_ref().map(|reference| reference.name.as_str());
                let no_peer_config = |config: &str| Known::absent(format!("there is no CiliumBGPPeerConfig {config}"));
                Wanted {
                    reported: self.reported(node_config, &key, &peer),
                    config: match peer_config {
                        None => Known::Computed(SessionConfig { md5: false, graceful_restart: None }),
                        Some(config) => self.peer_configs.and_then(|configs| {
                            let found = configs.iter().find(|candidate| candidate.metadata.name == config);
                            found.map_or_else(|| no_peer_config(config), |found| Known::Seen(session_config(found)))
                        }),
                    },
                    peer_address: match &peer.peer_address {
                        Some(address) => Known::Seen(address.clone()),
                        None => Known::unknown("the peer is discovered by the agent"),
                    },
                    node_addresses: self.dial_addresses(node, &peer),
                    local_asn: known_asn(local_asn, "neither the instance nor an override has a localASN"),
                    peer_asn: known_asn(peer.peer_asn.or(Some(0)), ""),
                    agent: self.agent(name),
                    key,
                }
            })
            .collect()
    }

    fn wanted_by_policy(&self, name: &str, node: Option<&CiliumNode>, policy: &PeeringPolicy) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for router in &policy.spec.virtual_routers {
            let asn = router.local_asn.map_or_else(|| "AS".to_owned(), |asn| format!("AS{asn}"));
            for neighbor in &router.neighbors {
                let prefix = neighbor.peer_address.clone().unwrap_or_default();
                let address = prefix.split_once('/').map_or(prefix.as_str(), |(address, _)| address).to_owned();
                let peer = Peer { peer_address: Some(address.clone()), ..Peer::default() };
                wanted.push(Wanted {
                    key: Key {
                        node: NodeName(name.to_owned()),
                        instance: InstanceName(asn.clone()),
                        peer: PeerName(address.clone()),
                    },
                    peer_address: Known::Seen(address),
                    node_addresses: self.dial_addresses(node, &peer),
                    local_asn: known_asn(router.local_asn, "the virtual router has no localASN"),
                    peer_asn: known_asn(neighbor.peer_asn, "the neighbor has no peerASN"),
                    config: Known::Seen(SessionConfig {
                        md5: neighbor.auth_secret_ref.is_some(),
                        graceful_restart: restart_seconds(neighbor.graceful_restart),
                    }),
                    reported: Known::unknown("a CiliumBGPPeeringPolicy has no status"),
                    agent: self.agent(name),
                });
            }
        }
        wanted
    }

    fn local_asn(&self, node: &str, instance: &Instance) -> Option<u32> {
        let overriding = self.overriding(node, &instance.name).and_then(|overriding| overriding.local_asn);
        overriding.or(instance.local_asn)
    }

    fn with_override(&self, node: &str, instance: &Instance, peer: &Peer) -> Peer {
        let overriding = self.overriding(node, &instance.name);
        let peer_override = overriding.and_then(|instance| instance.peers.iter().find(|other| other.name == peer.name));
        let local_address = peer_override.and_then(|peer| peer.local_address.clone());
        Peer { local_address: peer.local_address.clone().or(local_address), ..peer.clone() }
    }

    fn overriding(&self, node: &str, instance: &str) -> Option<&crate::cilium::bgp::InstanceOverride> {
        let overriding = find(&self.overrides, node, |config| &config.metadata)?;
        overriding.spec.bgp_instances.iter().find(|other| other.name == instance)
    }

    /// The override's address alone if there is one; else the InternalIP of the peer's family and, because of a source
    /// interface or several networks, the node's other addresses of that family.
    fn dial_addresses(&self, node: Option<&CiliumNode>, peer: &Peer) -> Known<Vec<IpAddr>> {
        if let Some(local) = peer.local_address.as_deref().and_then(|address| address.parse().ok()) {
            return Known::Seen(vec![local]);
        }
        let Some(node) = node else {
            return match &self.nodes {
                Known::Unknown(why) => Known::unknown(why),
                _ => Known::unknown("there is no CiliumNode of that name"),
            };
        };
        let family = peer.peer_address.as_deref().and_then(|address| address.parse::<IpAddr>().ok());
        let fits = |address: &IpAddr| family.is_none_or(|peer| peer.is_ipv4() == address.is_ipv4());
        Known::Computed(addresses(node).into_iter().filter(fits).collect())
    }

    fn agent(&self, node: &str) -> Agent {
        match self.agents.value() {
            None => Agent::Unknown,
            Some(pods) if pods.iter().any(|pod| pod.spec.node_name == node && pod.status.is_ready()) => Agent::Ready,
            Some(_) => Agent::NotReady,
        }
    }

    fn reported(&self, node_config: Option<&NodeConfig>, key: &Key, peer: &Peer) -> Known<ClusterEnd> {
        let (Some(source), Known::Seen(_)) = (&self.node_config_source, &self.node_configs) else {
            return self.node_configs.and_then(|_| Known::unknown("the node configs were not read"));
        };
        let Some(config) = node_config else {
            return Known::absent("the node has no CiliumBGPNodeConfig");
        };
        let has = |instances: &[Instance]| {
            instances.iter().any(|i| i.name == key.instance.0 && i.peers.iter().any(|peer| peer.name == key.peer.0))
        };
        if !has(&config.spec.bgp_instances) {
            return Known::absent("the node's CiliumBGPNodeConfig does not have this peer");
        }
        if config.status.bgp_instances.is_empty() {
            return Known::unknown("the node's status is empty: status reporting is off, or Cilium is older than 1.17");
        }
        let instance = config.status.bgp_instances.iter().find(|instance| instance.name == key.instance.0);
        let status = instance.and_then(|instance| instance.peers.iter().find(|peer| peer.name == key.peer.0));
        // Cilium leaves peers without an address or an AS number out of the status (pkg/bgp/manager/status.go).
        let would_be_told = instance.is_some() && peer.peer_address.is_some() && peer.peer_asn.is_some();
        match status {
            Some(status) => cluster_end(status, source),
            None if would_be_told && self.agent(&key.node.0) == Agent::Ready => {
                Known::absent("the node's agent does not have this peer: its CiliumBGPPeerConfig may be missing")
            }
            None => Known::unknown("the node's status does not have this peer"),
        }
    }
}

fn cluster_end(status: &PeerStatus, source: &Source) -> Known<ClusterEnd> {
    let Some(state) = status.peering_state.clone() else {
        return Known::unknown("the node's status has no state for this peer");
    };
    let family = |afi: &str, safi: &str| Family { afi: afi.to_owned(), safi: safi.to_owned() };
    let established = state == "established";
    Known::Seen(ClusterEnd {
        established,
        established_at: status.established_time.filter(|_| established),
        timers: status.timers.and_then(|AppliedTimers { applied_hold_time_seconds, applied_keepalive_seconds }| {
            Some(Timers {
                hold_seconds: applied_hold_time_seconds?.into(),
                keepalive_seconds: applied_keepalive_seconds?.into(),
            })
        }),
        families: status
            .route_count
            .iter()
            .map(|count| ClusterCounts {
                family: family(&count.afi, &count.safi),
                advertised: count.advertised,
                received: count.received,
            })
            .collect(),
        source: source.clone(),
        state,
    })
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

/// A node's addresses, InternalIPs first.
fn addresses(node: &CiliumNode) -> Vec<IpAddr> {
    let of = |internal: bool| {
        let kinds = node.spec.addresses.iter().filter(move |address| (address.kind == "InternalIP") == internal);
        kinds.filter_map(|address| address.ip.parse().ok())
    };
    of(true).chain(of(false)).collect()
}

fn values<T>(known: &Known<Vec<T>>) -> &[T] {
    known.value().map_or(&[], Vec::as_slice)
}

fn find<'a, T>(objects: &'a Known<Vec<T>>, name: &str, metadata: impl Fn(&T) -> &Metadata) -> Option<&'a T> {
    values(objects).iter().find(|object| metadata(object).name == name)
}

/// The objects whose node selector matches; without one it matches every node.
fn select<'a, T>(
    objects: &'a Known<Vec<T>>,
    node: Option<&CiliumNode>,
    selector: impl Fn(&T) -> Option<&LabelSelector>,
) -> Vec<&'a T> {
    let Some(node) = node else { return Vec::new() };
    values(objects)
        .iter()
        .filter(|object| selector(object).is_none_or(|selector| selector.matches(&node.metadata.labels)))
        .collect()
}

/// Which of the three it is: no Cilium, BGP switched off, or nothing configured.
fn why_no_bgp(end: &snapshot::ClusterEnd) -> Option<Missing> {
    let reason = |kind: Kind| end.document(kind)?.missing.as_ref().map(|missing| missing.reason);
    let empty = |kind: Kind| {
        end.document(kind)?
            .body()
            .and_then(|body| decode_list::<serde::de::IgnoredAny>(body).ok())
            .map(|(all, _)| all.is_empty())
    };
    let none = |kind: Kind| reason(kind) == Some(Reason::NotServed) || empty(kind) == Some(true);
    if !none(Kind::BgpClusterConfig) || !none(Kind::BgpPeeringPolicy) {
        return None;
    }
    if reason(Kind::BgpClusterConfig).is_none() {
        return Some(
            Missing::new(
                Reason::NotConfigured,
                "this cluster has no CiliumBGPClusterConfig, so no node is asked to peer",
            )
            .hint("https://docs.cilium.io/en/stable/network/bgp-control-plane/ says how to write one"),
        );
    }
    if reason(Kind::CiliumNode) == Some(Reason::NotServed) {
        return Some(
            Missing::new(Reason::NotServed, "this cluster does not run Cilium: its API server serves no CiliumNode")
                .hint("`kubectl config current-context` says which cluster this is"),
        );
    }
    let config = end.document(Kind::CiliumConfig).and_then(snapshot::Document::body).unwrap_or_default();
    let switch = serde_json::from_str::<serde_json::Value>(config).unwrap_or_default();
    let missing =
        match (switch.pointer("/data/enable-bgp-control-plane").and_then(|on| on.as_str()), reason(Kind::CiliumConfig))
        {
            (Some("true"), _) => {
                Missing::new(Reason::NotServed, "Cilium's BGP control plane is on, but its kinds are not served").hint(
                    format!(
                        "the operator registers them: kubectl -n {} rollout restart deployment cilium-operator",
                        end.cilium_namespace
                    ),
                )
            }
            (_, Some(_)) => {
                Missing::new(Reason::NotServed, "the API server serves no kind of Cilium's BGP control plane")
            }
            _ => Missing::new(
                Reason::NotServed,
                "Cilium's BGP control plane is off: cilium-config has no enable-bgp-control-plane \"true\"",
            )
            .hint("set the Helm value bgpControlPlane.enabled=true, then restart the agents and the operator"),
        };
    Some(missing)
}

struct Decoder<'a> {
    end: &'a snapshot::ClusterEnd,
    kinds: &'a [Kind],
    gaps: &'a mut Vec<Gap>,
}

impl Decoder<'_> {
    fn list<T: DeserializeOwned>(&mut self, kind: Kind) -> Known<Vec<T>> {
        if self.end.missing.is_some() {
            return Known::unknown("the cluster could not be read");
        }
        let Some(document) = self.end.document(kind) else {
            return Known::unknown(format!("{} was not read", kind.name()));
        };
        if let Some(missing) = &document.missing {
            if missing.reason == Reason::NotServed {
                return Known::Seen(Vec::new());
            }
            self.gap(kind, missing.clone());
            return Known::unknown(&missing.message);
        }
        match decode_list(document.body().unwrap_or_default()) {
            Ok((objects, refused)) => {
                for refusal in refused {
                    self.gap(
                        kind,
                        Missing::new(
                            Reason::Failed,
                            format!("the API server's answer has an odd {}: {refusal}", kind.name()),
                        ),
                    );
                }
                Known::Seen(objects)
            }
            Err(error) => {
                let message = format!("the API server's answer is no list of {}: {error}", kind.name());
                self.gap(kind, Missing::new(Reason::Failed, message.clone()));
                Known::unknown(message)
            }
        }
    }

    fn gap(&mut self, kind: Kind, missing: Missing) {
        if self.kinds.contains(&kind) {
            self.gaps.push(Gap { what: kind.name().to_owned(), missing });
        }
    }
}
