//! FRR's configuration language: `show running-config`, or a file that a person wrote. [`Tree`] holds its statements in
//! their blocks and loses none. From it comes the typed model of this module, in which what is not understood is kept with its
//! line, and each statement knows its own; and [`canonical::Canonical`], which is what FRR makes of the text. Of two of these
//! [`diff`] tells the differences, and [`delta::Delta`] the commands from one to the other.

pub mod bgp;
mod block;
pub mod canonical;
pub mod delta;
pub mod diff;
#[cfg(test)]
pub mod generated;
pub mod impact;
pub mod neighbor;
pub mod neighbors;
pub mod prefix_list;
mod read;
pub mod route_map;
pub mod secret;
mod stated;
mod statement;
mod tree;
mod words;

use std::net::IpAddr;

use ipnet::IpNet;

use bgp::BgpInstance;
use prefix_list::PrefixList;
use route_map::RouteMap;
pub use stated::Stated;
pub use statement::Statement;
pub use tree::Tree;

/// A configuration, as far as it is understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// `frr version`: the one that wrote it. Defaults depend on it.
    pub version: Option<Stated<String>>,
    /// `frr defaults`: `traditional`, `datacenter`.
    pub profile: Option<Stated<String>>,
    /// `service integrated-vtysh-config`: one file for all daemons.
    pub integrated: Option<Stated<bool>>,
    pub instances: Vec<BgpInstance>,
    pub prefix_lists: Vec<PrefixList>,
    pub route_maps: Vec<RouteMap>,
    pub static_routes: Vec<Stated<StaticRoute>>,
    /// A `bfd` block.
    pub bfd: Option<Stated<()>>,
    pub others: Vec<Other>,
}

/// `ip route`: it wins over BGP where both have a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticRoute {
    pub prefix: IpNet,
    /// An address, an interface, `Null0`, `blackhole`.
    pub via: String,
    pub vrf: Option<String>,
}

/// A statement that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    pub line: usize,
    /// The statements that it stands under, outermost first.
    pub context: Vec<String>,
    /// What stands behind a word for a secret is left out.
    pub text: String,
}

/// Lists and families of IPv4 and IPv6 may have the same names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    V4,
    V6,
}

impl Version {
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    /// The address family of its routes, as `address-family` names it.
    pub fn unicast(self) -> &'static str {
        match self {
            Self::V4 => bgp::IPV4_UNICAST,
            Self::V6 => bgp::IPV6_UNICAST,
        }
    }

    /// As bgpd's commands name it: `clear bgp ipv4`.
    pub fn afi(self) -> &'static str {
        match self {
            Self::V4 => "ipv4",
            Self::V6 => "ipv6",
        }
    }

    /// As lists and matches name it: `ip prefix-list`, `match ip address`.
    pub fn protocol(self) -> &'static str {
        match self {
            Self::V4 => "ip",
            Self::V6 => "ipv6",
        }
    }
}

impl Config {
    /// Reads all of a text; there is no text that is refused.
    pub fn parse(text: &str) -> Self {
        read::read(&Tree::parse(text))
    }

    /// The instance of a VRF; the default one without a name.
    pub fn instance(&self, vrf: Option<&str>) -> Option<&BgpInstance> {
        self.instances.iter().find(|instance| instance.vrf.as_deref() == vrf)
    }

    /// One that is named and not defined denies everything (lib/plist.c).
    pub fn prefix_list(&self, version: Version, name: &str) -> Option<&PrefixList> {
        self.prefix_lists.iter().find(|list| list.version == version && list.name == name)
    }

    /// One that is named and not defined denies everything (bgpd/bgp_route.c).
    pub fn route_map(&self, name: &str) -> Option<&RouteMap> {
        self.route_maps.iter().find(|map| map.name == name)
    }

    /// Whether eBGP without a filter exchanges nothing (RFC 8212): on by default from 7.4, unless the profile is
    /// `datacenter` (bgpd/bgp_vty.c).
    pub fn requires_policy(&self, instance: &BgpInstance) -> bool {
        let by_default = !self.is_datacenter() && self.is_at_least(7, 4);
        instance.ebgp_requires_policy.as_ref().map_or(by_default, |stated| stated.value)
    }

    fn is_datacenter(&self) -> bool {
        self.profile.as_ref().is_some_and(|profile| profile.value == "datacenter")
    }

    /// A text that does not say its version is read as of the newest.
    fn is_at_least(&self, major: u32, minor: u32) -> bool {
        let version = self.version.as_ref().and_then(|version| {
            let mut numbers = version.value.split(|c: char| !c.is_ascii_digit()).map(str::parse);
            Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
        });
        version.is_none_or(|version: (u32, u32)| version >= (major, minor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whether_a_policy_is_required_depends_on_profile_and_version() {
        let requires = |head: &str, statement: &str| {
            let config = Config::parse(&format!("{head}\nrouter bgp 65001\n {statement}\n"));
            config.requires_policy(&config.instances[0])
        };
        assert!(requires("", ""));
        assert!(requires("frr version 10.3", ""));
        assert!(requires("frr version 7.4", ""));
        assert!(!requires("frr version 7.3.1", ""));
        assert!(!requires("frr version 8.4.4\nfrr defaults datacenter", ""));
        assert!(requires("frr defaults datacenter", "bgp ebgp-requires-policy"));
        assert!(!requires("", "no bgp ebgp-requires-policy"));
    }
}
