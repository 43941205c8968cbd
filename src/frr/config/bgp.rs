//! `router bgp`: an instance of BGP.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::neighbor::{Neighbor, NeighborFamily};
use super::neighbors::Neighbors;
use super::stated::Stated;

pub const IPV4_UNICAST: &str = "ipv4 unicast";
pub const IPV6_UNICAST: &str = "ipv6 unicast";

#[derive(Clone, Debug, Default, PartialEq)]
pub struct BgpInstance {
    pub line: usize,
    /// Absent if it is no number.
    pub asn: Option<u32>,
    /// Absent: the default one.
    pub vrf: Option<String>,
    /// Absent: the highest address at the start of bgpd, whichever that is.
    pub router_id: Option<Stated<Ipv4Addr>>,
    pub ebgp_requires_policy: Option<Stated<bool>>,
    pub default_ipv4_unicast: Option<Stated<bool>>,
    pub timers: Option<Stated<Timers>>,
    /// All its sessions are shut down.
    pub shutdown: Option<Stated<bool>>,
    pub graceful_restart: Option<Stated<bool>>,
    pub listen_ranges: Vec<Stated<ListenRange>>,
    /// 100 if absent.
    pub listen_limit: Option<Stated<u32>>,
    /// Groups stand among them.
    pub neighbors: Neighbors,
    /// By FRR's name: `ipv4 unicast`.
    pub families: BTreeMap<String, AddressFamily>,
}

/// Seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    pub keepalive: u32,
    pub hold: u32,
}

/// Neighbors of this range need no line of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenRange {
    pub range: IpNet,
    pub group: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddressFamily {
    pub networks: Vec<Stated<Network>>,
    pub redistributions: Vec<Stated<Redistribution>>,
    /// How many equal paths are used. Absent: as many as it was built for.
    pub maximum_paths: Option<Stated<u32>>,
    pub maximum_paths_ibgp: Option<Stated<u32>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    pub prefix: IpNet,
    pub route_map: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redistribution {
    /// `connected`, `static`, `kernel`, `ospf`.
    pub source: String,
    pub route_map: Option<String>,
}

impl BgpInstance {
    /// A neighbor or a group by its name.
    pub fn neighbor(&self, name: &str) -> Option<&Neighbor> {
        self.neighbors.get(name)
    }

    pub fn group_of(&self, neighbor: &Neighbor) -> Option<&Neighbor> {
        self.neighbor(neighbor.member_of.as_ref()?).filter(|group| group.is_group)
    }

    /// What holds for a neighbor: its own statement, else its group's.
    pub fn effective<'a, T>(&'a self, neighbor: &'a Neighbor, of: impl Fn(&'a Neighbor) -> Option<T>) -> Option<T> {
        of(neighbor).or_else(|| of(self.group_of(neighbor)?))
    }

    /// The same within an address family.
    pub fn effective_in<'a, T>(
        &'a self,
        neighbor: &'a Neighbor,
        family: &str,
        of: impl Fn(&'a NeighborFamily) -> Option<T>,
    ) -> Option<T> {
        self.effective(neighbor, |neighbor| of(neighbor.families.get(family)?))
    }

    /// Whether it exchanges this family: said of it, else of its group, else IPv4 unless that was switched off.
    pub fn is_activated(&self, neighbor: &Neighbor, family: &str) -> bool {
        let by_default =
            || family == IPV4_UNICAST && self.default_ipv4_unicast.as_ref().is_none_or(|stated| stated.value);
        self.effective_in(neighbor, family, |family| family.activate.as_deref().copied()).unwrap_or_else(by_default)
    }

    /// The range that takes an address as a neighbor, if no line of its own does.
    pub fn listens_for(&self, address: IpAddr) -> Option<&Stated<ListenRange>> {
        self.listen_ranges.iter().find(|listen| listen.range.contains(&address))
    }
}
