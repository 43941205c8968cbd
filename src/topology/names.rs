//! Names and numbers that are not just strings and integers.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

/// An autonomous system number, four octets (RFC 6793).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Asn(pub u32);

impl Asn {
    /// What Cilium takes for any AS (1.17 on).
    pub const ANY: Self = Self(0);
}

impl fmt::Display for Asn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

name! {
    /// A Kubernetes node.
    NodeName
}
name! {
    /// A BGP instance of a ClusterConfig; for a PeeringPolicy, which names none, `AS` and the local AS number.
    InstanceName
}
name! {
    /// A peer of an instance; for a PeeringPolicy, which names none, the peer's address.
    PeerName
}
name! {
    /// A router's VRF; `default` is the main table.
    Vrf
}

impl Vrf {
    pub fn is_default(&self) -> bool {
        self.0 == "default"
    }
}

/// How many names a sentence has before "and N more".
const NAMED: usize = 2;

/// Names for a sentence: sorted, and the last ones counted only.
pub fn listed<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    listed_up_to(NAMED, names)
}

/// The same with as many names as there is room for.
pub fn listed_up_to<T: AsRef<str>>(most: usize, names: impl IntoIterator<Item = T>) -> String {
    let names: BTreeSet<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
    let first: Vec<&str> = names.iter().map(String::as_str).take(most).collect();
    match names.len().saturating_sub(most) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// What a router calls a neighbor: its address, or the interface of an unnumbered one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NeighborName {
    Address(IpAddr),
    Interface(String),
}

impl NeighborName {
    pub fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Interface(text.to_owned()), Self::Address)
    }
}

impl fmt::Display for NeighborName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Interface(interface) => interface.fmt(f),
        }
    }
}

impl Serialize for NeighborName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Address family and subsequent family in Cilium's words: `ipv4`, `unicast`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Family {
    pub afi: String,
    pub safi: String,
}

impl Family {
    pub fn is_unicast(&self, ipv4: bool) -> bool {
        self.afi == if ipv4 { "ipv4" } else { "ipv6" } && self.safi == "unicast"
    }

    /// From FRR's name, such as `ipv4Unicast` or `l2VpnEvpn`.
    pub fn from_frr(name: &str) -> Self {
        let split = name.rfind(|c: char| c.is_ascii_uppercase()).filter(|&at| at > 0).unwrap_or(name.len());
        Self { afi: name[..split].to_ascii_lowercase(), safi: name[split..].to_ascii_lowercase() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_have_ciliums_names() {
        let family = |afi: &str, safi: &str| Family { afi: afi.into(), safi: safi.into() };
        assert_eq!(Family::from_frr("ipv4Unicast"), family("ipv4", "unicast"));
        assert_eq!(Family::from_frr("ipv6Unicast"), family("ipv6", "unicast"));
        assert_eq!(Family::from_frr("l2VpnEvpn"), family("l2vpn", "evpn"));
        assert_eq!(Family::from_frr("odd"), family("odd", ""));
    }
}
