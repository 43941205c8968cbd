//! Every value of the setup, where it comes from, and why it is what it is.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::cilium::pool::Block;
use crate::cilium::selector::LabelSelector;
use crate::frr::config::Version;
use crate::topology::names::{Asn, PeerName};

/// A value of the worksheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<T> {
    pub value: T,
    pub origin: Origin,
    /// A sentence for the user.
    pub why: String,
}

/// Who chose a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user, by a flag or when asked.
    Given,
    /// It is in use: an object or the router has it.
    Kept,
    /// The program.
    Proposed,
}

/// The worksheet of the setup of one cluster and the routers that it peers with. Objects that are there already are kept as
/// they are, whatever this says of them: it fills in what is missing.
#[derive(Clone, Debug)]
pub struct Worksheet {
    pub served: Entry<Served>,
    pub local_asn: Entry<Asn>,
    pub router_asn: Entry<Asn>,
    /// A peer for each address of the router: one of each family that is advertised.
    pub peers: Vec<Peer>,
    pub node_selector: Entry<LabelSelector>,
    /// Blocks of the pools, by the pool's name.
    pub pools: BTreeMap<String, Entry<Vec<Block>>>,
    pub timers: Entry<Timers>,
    /// Seconds for which the router keeps a node's routes while its agent restarts.
    pub restart_seconds: Entry<Option<u32>>,
    /// The Services that are advertised.
    pub advertised: Entry<LabelSelector>,
    /// Those of them that a first trial has; the others follow when it went well.
    pub canary: Option<Entry<LabelSelector>>,
    pub names: Names,
}

/// A router's address that nodes dial.
#[derive(Clone, Debug)]
pub struct Peer {
    pub name: PeerName,
    pub address: Entry<IpAddr>,
}

impl Peer {
    pub fn family(&self) -> Version {
        Version::of(self.address.value)
    }
}

/// The timers of a PeerConfig, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    pub connect_retry: u32,
    pub hold: u32,
    pub keep_alive: u32,
}

/// What the objects are called.
#[derive(Clone, Debug, PartialEq)]
pub struct Names {
    pub cluster_config: Entry<String>,
    pub instance: Entry<String>,
    pub peer_config: Entry<String>,
    pub advertisement: Entry<String>,
}

/// The versions of `cilium.io` in which the cluster serves the kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// ClusterConfig, PeerConfig, Advertisement, NodeConfigOverride.
    pub bgp: ApiVersion,
    pub pool: ApiVersion,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiVersion {
    /// Cilium 1.18 on.
    V2,
    /// Cilium 1.16 and 1.17.
    V2Alpha1,
}

impl ApiVersion {
    /// As an object says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::V2 => "cilium.io/v2",
            Self::V2Alpha1 => "cilium.io/v2alpha1",
        }
    }
}
