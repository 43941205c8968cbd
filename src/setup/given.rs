//! What the user wants of the setup, by flags or when asked. What is absent is proposed.

use std::net::IpAddr;

use crate::cilium::pool::Block;
use crate::cilium::selector::LabelSelector;
use crate::topology::names::Asn;

#[derive(Clone, Debug, Default)]
pub struct Given {
    pub router_addresses: Vec<IpAddr>,
    pub router_asn: Option<Asn>,
    pub local_asn: Option<Asn>,
    pub pool: Vec<Block>,
    pub node_selector: Option<LabelSelector>,
    pub connect_retry: Option<u32>,
    pub hold: Option<u32>,
    pub keep_alive: Option<u32>,
    pub restart: Option<Restart>,
    /// The Services that are advertised.
    pub selector: Option<LabelSelector>,
    /// The same, for a first trial.
    pub canary: Option<LabelSelector>,
    pub names: GivenNames,
}

/// Graceful restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    Off,
    Seconds(u32),
}

/// What the objects are to be called.
#[derive(Clone, Debug, Default)]
pub struct GivenNames {
    pub cluster_config: Option<String>,
    pub instance: Option<String>,
    pub peer: Option<String>,
    pub peer_config: Option<String>,
    pub advertisement: Option<String>,
    pub pool: Option<String>,
}
