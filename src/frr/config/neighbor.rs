//! A neighbor, or a group of them, with what is said of it outside and inside of address families.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::bgp::Timers;
use super::stated::Stated;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Neighbor {
    /// An address, an interface, or the group's name.
    pub name: String,
    /// The first line that names it.
    pub line: usize,
    pub is_group: bool,
    /// Peers over an interface, whatever address the other side has.
    pub is_unnumbered: bool,
    pub member_of: Option<Stated<String>>,
    pub remote_as: Option<Stated<RemoteAs>>,
    pub local_as: Option<Stated<u32>>,
    pub description: Option<Stated<String>>,
    pub shutdown: Option<Stated<bool>>,
    /// What it says to the other side when it shuts down.
    pub shutdown_message: Option<Stated<String>>,
    /// That there is one; never which.
    pub password: Option<Stated<()>>,
    pub timers: Option<Stated<Timers>>,
    pub connect_seconds: Option<Stated<u32>>,
    /// The TTL.
    pub ebgp_multihop: Option<Stated<u8>>,
    pub ttl_security_hops: Option<Stated<u8>>,
    pub disable_connected_check: Option<Stated<bool>>,
    /// An address or an interface.
    pub update_source: Option<Stated<String>>,
    pub bfd: Option<Stated<bool>>,
    /// It waits for the other side to connect.
    pub passive: Option<Stated<bool>>,
    pub families: BTreeMap<String, NeighborFamily>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteAs {
    Number(u32),
    /// The same as ours.
    Internal,
    /// Any but ours.
    External,
    /// Whichever it says (10.1+).
    Auto,
}

impl RemoteAs {
    /// The one AS that it means, if ours is known; `None`: several, or that is not known.
    pub fn number(self, ours: Option<u32>) -> Option<u32> {
        match self {
            Self::Number(number) => Some(number),
            Self::Internal => ours,
            Self::External | Self::Auto => None,
        }
    }

    /// Whether the session is iBGP.
    pub fn is_internal(self, ours: Option<u32>) -> bool {
        self == Self::Internal || ours.is_some() && self.number(ours) == ours
    }

    /// Whether an AS would be taken, if ours is known.
    pub fn accepts(self, asn: u32, ours: Option<u32>) -> Option<bool> {
        match self {
            Self::Number(number) => Some(number == asn),
            Self::Internal => ours.map(|ours| ours == asn),
            Self::External => ours.map(|ours| ours != asn),
            Self::Auto => Some(true),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct NeighborFamily {
    pub activate: Option<Stated<bool>>,
    pub prefix_list_in: Option<Stated<String>>,
    pub prefix_list_out: Option<Stated<String>>,
    pub route_map_in: Option<Stated<String>>,
    pub route_map_out: Option<Stated<String>>,
    /// Of AS paths.
    pub filter_list_in: Option<Stated<String>>,
    pub filter_list_out: Option<Stated<String>>,
    /// Of access lists.
    pub distribute_list_in: Option<Stated<String>>,
    pub distribute_list_out: Option<Stated<String>>,
    pub maximum_prefix: Option<Stated<MaximumPrefix>>,
    /// A copy of what was received is kept.
    pub soft_reconfiguration: Option<Stated<bool>>,
    /// How often our own AS may stand in a path.
    pub allowas_in: Option<Stated<u8>>,
    pub next_hop_self: Option<Stated<bool>>,
    pub weight: Option<Stated<u32>>,
    pub default_originate: Option<Stated<bool>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaximumPrefix {
    pub limit: u32,
    /// It only says so in its log.
    pub warning_only: bool,
    /// It comes back by itself after so many minutes.
    pub restart_minutes: Option<u32>,
}

impl Neighbor {
    pub fn address(&self) -> Option<IpAddr> {
        self.name.parse().ok()
    }
}
