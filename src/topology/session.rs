//! One BGP session with its two ends.

use std::net::IpAddr;
use std::rc::Rc;

use jiff::Timestamp;
use serde::Serialize;

use super::cluster::Profile;
use super::known::Known;
use super::names::{Asn, Family, InstanceName, NeighborName, NodeName, PeerName, Vrf};
use crate::frr::show::neighbors::Neighbor;

/// Node, instance and peer on the cluster's side, joined to router, VRF and neighbor on the other.
#[derive(Clone, Debug)]
pub struct Session {
    /// Absent if only the router knows the session.
    pub key: Known<Key>,
    /// The node; for a row that only the router knows, the one that has the neighbor's address.
    pub node: Known<NodeName>,
    /// Where the node dials to; unknown with auto-discovery.
    pub peer_address: Known<IpAddr>,
    /// The node's AS.
    pub local_asn: Known<Asn>,
    /// The router's AS; 0 accepts any.
    pub peer_asn: Known<Asn>,
    /// Addresses the node may dial from, the likeliest first.
    pub dials_from: Known<Vec<IpAddr>>,
    /// What the PeerConfig asks for.
    pub config: Known<SessionConfig>,
    /// Where its configuration stands; `None` if only the router knows the session.
    pub profile: Option<Profile>,
    pub cluster: Known<ClusterEnd>,
    pub router: Known<RouterEnd>,
    /// Position, among the routers that were read, of the one where it ends.
    pub ends_at: Option<usize>,
}

/// What names a session in the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub node: NodeName,
    pub instance: InstanceName,
    pub peer: PeerName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionConfig {
    /// A Secret with an MD5 password is named.
    pub md5: bool,
    /// Restart time in seconds, if graceful restart is on.
    pub graceful_restart: Option<u32>,
}

/// What the node's agent wrote into its status.
#[derive(Clone, Debug)]
pub struct ClusterEnd {
    /// In Cilium's words: `idle connect active open_sent open_confirm established`.
    pub state: String,
    pub established: bool,
    pub established_at: Option<Timestamp>,
    /// Negotiated; nothing while it is not established.
    pub timers: Option<Timers>,
    pub families: Vec<ClusterCounts>,
    pub source: Source,
}

/// What the router says of the neighbor.
#[derive(Clone, Debug)]
pub struct RouterEnd {
    /// The router's ssh target.
    pub router: String,
    pub vrf: Vrf,
    pub neighbor: NeighborName,
    /// From a `bgp listen range`, not a line of its own.
    pub dynamic: bool,
    /// In FRR's words: `Idle (Admin)`, `Active`, `Established`.
    pub state: String,
    pub established: bool,
    pub established_at: Option<Timestamp>,
    /// Negotiated; nothing while it is not established.
    pub timers: Option<Timers>,
    /// A password is configured.
    pub md5: bool,
    /// Restart time in seconds that the node asked for.
    pub graceful_restart: Option<u32>,
    /// How often an established session was lost.
    pub flaps: Option<u64>,
    /// Why it is not established; nothing while it is, when FRR's text is noise.
    pub last_reset: Option<LastReset>,
    /// The host name in the node's OPEN.
    pub hostname: Option<String>,
    pub families: Vec<RouterCounts>,
    /// All that FRR says of it.
    pub said: Rc<Neighbor>,
    pub source: Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Timers {
    pub hold_seconds: u64,
    pub keepalive_seconds: u64,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LastReset {
    pub reason: String,
    pub at: Option<Timestamp>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ClusterCounts {
    #[serde(flatten)]
    pub family: Family,
    pub advertised: u64,
    pub received: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct RouterCounts {
    #[serde(flatten)]
    pub family: Family,
    /// Prefixes that passed the inbound policy; stale ones of a graceful restart included.
    pub accepted: Option<u64>,
    pub sent: Option<u64>,
    #[serde(skip)]
    pub inbound: InboundPolicy,
}

/// What the router lets in from a neighbor.
#[derive(Clone, Debug, Default)]
pub struct InboundPolicy {
    pub prefix_list: Option<String>,
    /// `None`: the running configuration is not known.
    pub prefix_list_is_defined: Option<bool>,
    pub route_map: Option<String>,
    /// eBGP without a policy discards everything (RFC 8212).
    pub required: bool,
}

/// Where a value was seen, and when.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// A request path or a command.
    pub source: String,
    pub read_at: Timestamp,
}

/// A moment, and when it was read: an age is the distance of the two.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    pub at: Timestamp,
    pub read_at: Timestamp,
}

/// Whether a session is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Every end that was asked has it established.
    Up,
    Down,
    /// What is known does not decide it.
    Undecided,
    /// A neighbor of the router that no node owns: not the cluster's to judge.
    Foreign,
}

/// Which ends were asked; an end that was not is not judged.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub cluster: bool,
    pub router: bool,
}

impl Session {
    /// Judges the ends that were asked.
    pub fn health(&self, asked: Asked) -> Health {
        let cluster = if asked.cluster { end_health(&self.cluster, |end| end.established) } else { Health::Up };
        let router = if asked.router { end_health(&self.router, |end| end.established) } else { Health::Up };
        match (&self.key, &self.node) {
            // The node is there, and the cluster does not ask it to peer.
            (Known::Absent(_), Known::Seen(_) | Known::Computed(_)) => Health::Down,
            (Known::Absent(_), Known::Absent(_)) => Health::Foreign,
            (Known::Absent(_), Known::Unknown(_)) | (Known::Unknown(_), _) => router,
            (Known::Seen(_) | Known::Computed(_), _) => match (cluster, router) {
                (Health::Down, _) | (_, Health::Down) => Health::Down,
                (Health::Up, Health::Up) => Health::Up,
                _ => Health::Undecided,
            },
        }
    }

    /// When the session came up, and when that was read: the router's word, else the cluster's.
    pub fn established(&self) -> Known<Since> {
        let since = |at: Option<Timestamp>, source: &Source| match at {
            Some(at) => Known::Seen(Since { at, read_at: source.read_at }),
            None => Known::absent("the session is not established"),
        };
        match self.router.and_then(|end| since(end.established_at, &end.source)) {
            Known::Unknown(_) => self.cluster.and_then(|end| since(end.established_at, &end.source)),
            known => known,
        }
    }

    /// Prefixes that the node says it advertises, all families together.
    pub fn advertised(&self) -> Known<u64> {
        self.cluster.map(|end| end.families.iter().map(|counts| counts.advertised).fold(0, u64::saturating_add))
    }

    /// Prefixes that the router accepted, all families together.
    pub fn accepted(&self) -> Known<u64> {
        self.router.map(|end| end.families.iter().filter_map(|counts| counts.accepted).fold(0, u64::saturating_add))
    }

    /// Whether it carries prefixes of this family, as far as its ends tell.
    pub fn carries(&self, ipv4: bool) -> bool {
        match (self.router.value(), self.cluster.value()) {
            (Some(end), _) => end.families.iter().any(|counts| counts.family.is_unicast(ipv4)),
            (None, Some(end)) if !end.families.is_empty() => {
                end.families.iter().any(|counts| counts.family.is_unicast(ipv4))
            }
            _ => true,
        }
    }

    /// Negotiated timers: the router's word, else the cluster's.
    pub fn timers(&self) -> Option<Timers> {
        let router = self.router.value().and_then(|end| end.timers);
        router.or_else(|| self.cluster.value().and_then(|end| end.timers))
    }
}

fn end_health<T>(end: &Known<T>, established: impl Fn(&T) -> bool) -> Health {
    match end {
        Known::Seen(end) | Known::Computed(end) if established(end) => Health::Up,
        Known::Unknown(_) => Health::Undecided,
        _ => Health::Down,
    }
}
