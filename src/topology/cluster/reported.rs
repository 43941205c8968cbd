//! What a node's status says of a session, true or stale.

use super::{Agent, Cluster};
use crate::cilium::bgp::{AppliedTimers, Instance, NodeConfig, Peer, PeerStatus};
use crate::snapshot::Kind;
use crate::topology::known::Known;
use crate::topology::names::Family;
use crate::topology::session::{ClusterCounts, ClusterEnd, Key, Source, Timers};

impl Cluster {
    pub(super) fn reported(&self, node_config: Option<&NodeConfig>, key: &Key, peer: &Peer) -> Known<ClusterEnd> {
        let (Some(source), Known::Seen(_)) = (self.source(Kind::BgpNodeConfig), &self.node_configs) else {
            return self.node_configs.and_then(|_| Known::unknown("the node configs were not read"));
        };
        let Some(config) = node_config else {
            return Known::absent("the node has no CiliumBGPNodeConfig");
        };
        let is_asked = |instance: &Instance| {
            instance.name == key.instance.0 && instance.peers.iter().any(|peer| peer.name == key.peer.0)
        };
        if !config.spec.bgp_instances.iter().any(is_asked) {
            return Known::absent("the node's CiliumBGPNodeConfig does not have this peer");
        }
        if config.status.bgp_instances.is_empty() {
            return Known::unknown("the node's status is empty: status reporting is off, or Cilium is older than 1.17");
        }
        let instance = config.status.bgp_instances.iter().find(|instance| instance.name == key.instance.0);
        let status = instance.and_then(|instance| instance.peers.iter().find(|peer| peer.name == key.peer.0));
        if let Some((status, state)) = status.and_then(|status| Some((status, status.peering_state.as_ref()?))) {
            return Known::Seen(cluster_end(status, state, source));
        }
        // Cilium leaves peers without an address or an AS number out of the status (pkg/bgp/manager); a peer that it
        // should tell and has no state is one that the agent did not set up.
        let would_be_told = instance.is_some() && peer.peer_address.is_some() && peer.peer_asn.is_some();
        if would_be_told && self.agent(&key.node.0) == Agent::Ready {
            Known::absent("the node's agent does not have this peer: its CiliumBGPPeerConfig may be missing")
        } else {
            Known::unknown("the node's status has no state for this peer")
        }
    }
}

fn cluster_end(status: &PeerStatus, state: &str, source: &Source) -> ClusterEnd {
    let established = state == "established";
    let timers = |timers: AppliedTimers| {
        Some(Timers {
            hold_seconds: timers.applied_hold_time_seconds?.into(),
            keepalive_seconds: timers.applied_keepalive_seconds?.into(),
        })
    };
    let counts = status.route_count.iter().map(|count| ClusterCounts {
        family: Family { afi: count.afi.clone(), safi: count.safi.clone() },
        advertised: count.advertised,
        received: count.received,
    });
    ClusterEnd {
        state: state.to_owned(),
        established,
        established_at: status.established_time.as_ref().filter(|_| established).and_then(|time| time.parse().ok()),
        timers: status.timers.filter(|_| established).and_then(timers),
        families: counts.collect(),
        source: source.clone(),
    }
}
