//! How a node comes to its router: what the way there needs of the router's line.

use std::net::IpAddr;

use super::required::policy_neighbor;
use crate::frr::show::addresses::Interface;
use crate::topology::Known;
use crate::topology::cluster::{Cluster, Profile};
use crate::topology::router::Router;
use crate::topology::session::{Key, Session};

/// BGP's own (RFC 4271, 4).
pub const PORT: u16 = 179;

#[derive(Clone, Copy, Debug)]
pub struct Dials {
    pub port: u16,
    /// Of its packets. Unknown if the object that would say it is.
    pub ttl: Option<u32>,
    /// The session is up: its way is good.
    pub is_up: bool,
    /// None of the router's nets has its address. Not so if these are not known.
    pub is_far: bool,
}

impl Dials {
    pub fn of(cluster: &Cluster, session: &Session, key: &Key, profile: &Profile, router: &Router) -> Self {
        let addresses = session.dials_from.value().map_or(&[][..], Vec::as_slice);
        let is_near = |address: &IpAddr, interfaces: &[Interface]| {
            interfaces.iter().any(|interface| interface.is_connected_to(*address))
        };
        let interfaces = router.interfaces.value().filter(|interfaces| !interfaces.is_empty());
        let is_far = |interfaces: &Vec<Interface>| !addresses.iter().any(|address| is_near(address, interfaces));
        let (port, ttl) = said(cluster, key, profile);
        Self {
            port,
            ttl,
            is_up: matches!(&session.router, Known::Seen(end) | Known::Computed(end) if end.established),
            is_far: interfaces.is_some_and(is_far),
        }
    }
}

/// The port, and the TTL, which is 1 if nothing is said.
fn said(cluster: &Cluster, key: &Key, profile: &Profile) -> (u16, Option<u32>) {
    match profile {
        Profile::Nothing => (PORT, Some(1)),
        Profile::PeerConfig(name) => match cluster.peer_configs.value().and_then(|configs| configs.get(name)) {
            Some(config) => (config.spec.peer_port(), Some(config.spec.ebgp_multihop.unwrap_or(1))),
            None => (PORT, None),
        },
        Profile::Policy(name, position) => match policy_neighbor(cluster, name, *position, key) {
            Some(neighbor) => (neighbor.peer_port.unwrap_or(PORT), Some(neighbor.ebgp_multihop_ttl.unwrap_or(1))),
            None => (PORT, None),
        },
    }
}
