//! `CiliumLoadBalancerIPPool`: the addresses that LB-IPAM hands out.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::condition::Conditions;
use super::selector::LabelSelector;
use super::{Object, null_is_default};

pub type Pool = Object<PoolSpec, PoolStatus>;

/// Its addresses are another pool's too: the newer pool loses.
pub const CONFLICT: &str = "cilium.io/PoolConflict";
/// Conditions that carry a number in their message.
pub const AVAILABLE: &str = "cilium.io/IPsAvailable";
pub const TOTAL: &str = "cilium.io/IPsTotal";

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PoolSpec {
    #[serde(deserialize_with = "null_is_default")]
    blocks: Vec<Block>,
    /// What blocks were called before 1.16.
    #[serde(deserialize_with = "null_is_default")]
    cidrs: Vec<Block>,
    /// Absent: all Services.
    pub service_selector: Option<LabelSelector>,
    #[serde(deserialize_with = "null_is_default")]
    pub disabled: bool,
    /// `Yes`, `No`. Absent: no before 1.16, yes from then on.
    #[serde(rename = "allowFirstLastIPs")]
    pub allow_first_last_ips: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PoolStatus {
    #[serde(deserialize_with = "null_is_default")]
    pub conditions: Conditions,
}

/// A prefix, or addresses from the first to the last; the first alone is one address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Block {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cidr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<String>,
}

/// Addresses that follow each other; both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub first: IpAddr,
    pub last: IpAddr,
}

impl Range {
    pub fn of(net: IpNet) -> Self {
        Self { first: net.network(), last: net.broadcast() }
    }

    /// Whether both have an address.
    pub fn meets(self, other: Self) -> bool {
        self.contains(other.first) || other.contains(self.first)
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.first.is_ipv4() && (self.first..=self.last).contains(&address)
    }

    /// All of them, in their order.
    pub fn addresses(self) -> impl Iterator<Item = IpAddr> {
        let from = move |number: u128| match self.first {
            IpAddr::V4(_) => u32::try_from(number).ok().map(|number| IpAddr::V4(number.into())),
            IpAddr::V6(_) => Some(IpAddr::V6(number.into())),
        };
        (number(self.first)..=number(self.last)).filter_map(from)
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// `10.0.0.1 to 10.0.0.9`, or the one address.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last { self.first.fmt(f) } else { write!(f, "{} to {}", self.first, self.last) }
    }
}

/// As it is written.
impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.cidr, &self.start, &self.stop) {
            (Some(cidr), _, _) => f.write_str(cidr),
            (None, Some(start), Some(stop)) => write!(f, "{start} to {stop}"),
            (None, start, _) => f.write_str(start.as_deref().unwrap_or("nothing")),
        }
    }
}

impl From<IpNet> for Block {
    fn from(net: IpNet) -> Self {
        Self { cidr: Some(net.to_string()), ..Self::default() }
    }
}

impl From<Range> for Block {
    fn from(range: Range) -> Self {
        let stop = (range.first != range.last).then(|| range.last.to_string());
        Self { start: Some(range.first.to_string()), stop, ..Self::default() }
    }
}

impl Block {
    /// What Cilium makes of it: bits behind the prefix are dropped (operator/pkg/lbipam).
    pub fn range(&self) -> Option<Range> {
        match (self.prefix(), &self.start) {
            (Some(prefix), _) => Some(Range::of(prefix)),
            (None, Some(start)) => {
                let first = start.parse().ok()?;
                let stop = self.stop.as_ref().filter(|stop| !stop.is_empty());
                let last: IpAddr = stop.map_or(Some(first), |stop| stop.parse().ok())?;
                (first.is_ipv4() == last.is_ipv4() && first <= last).then_some(Range { first, last })
            }
            (None, None) => None,
        }
    }

    /// The prefix as it is written.
    pub fn prefix(&self) -> Option<IpNet> {
        self.cidr.as_ref()?.parse().ok()
    }

    /// Whether the prefix was written with bits that Cilium drops: `10.0.0.200/28` begins at `10.0.0.192`.
    pub fn has_host_bits(&self) -> bool {
        self.prefix().is_some_and(|prefix| prefix.addr() != prefix.network())
    }

    fn reserves(&self, address: IpAddr) -> bool {
        let is_large = |prefix: &IpNet| prefix.max_prefix_len() - prefix.prefix_len() > 1;
        self.prefix()
            .filter(is_large)
            .is_some_and(|prefix| address == prefix.network() || address == prefix.broadcast())
    }
}

impl PoolSpec {
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().chain(&self.cidrs)
    }

    pub fn ranges(&self) -> impl Iterator<Item = Range> {
        self.blocks().filter_map(Block::range)
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        self.ranges().any(|range| range.contains(address))
    }

    /// Whether it keeps the ends of its prefixes, said with `allowFirstLastIPs: No`; of ranges it never does.
    pub fn reserves(&self, address: IpAddr) -> bool {
        self.allow_first_last_ips.as_deref() == Some("No") && self.blocks().any(|block| block.reserves(address))
    }
}

impl PoolStatus {
    /// The number that [`AVAILABLE`] or [`TOTAL`] says.
    pub fn count(&self, kind: &str) -> Option<u128> {
        self.conditions.get(kind)?.message.trim().parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(text: &str) -> Pool {
        serde_json::from_str(text).expect("Cilium's shape")
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn bits_behind_the_prefix_are_dropped() {
        let pool = pool(r#"{"spec": {"blocks": [{"cidr": "10.0.0.200/28"}]}}"#);
        assert!(pool.spec.blocks().all(Block::has_host_bits));
        assert!(pool.spec.contains(ip("10.0.0.192")) && pool.spec.contains(ip("10.0.0.207")));
        assert!(!pool.spec.contains(ip("10.0.0.208")) && !pool.spec.contains(ip("10.0.0.191")));
    }

    #[test]
    fn a_start_alone_is_one_address() {
        let pool = pool(
            r#"{"spec": {"blocks": [{"start": "10.0.0.7"}, {"start": "fd00::1", "stop": "fd00::9"},
                {"start": "10.0.0.9", "stop": "10.0.0.8"}, {"cidr": "x"}]}}"#,
        );
        assert_eq!(pool.spec.ranges().count(), 2);
        assert!(pool.spec.contains(ip("10.0.0.7")) && !pool.spec.contains(ip("10.0.0.8")));
        assert!(pool.spec.contains(ip("fd00::5")));
    }

    #[test]
    fn only_ends_of_prefixes_are_reserved() {
        let pool = pool(
            r#"{"spec": {"allowFirstLastIPs": "No", "blocks": [{"cidr": "10.0.0.0/24"}, {"cidr": "10.0.1.0/31"},
                {"start": "10.0.2.1", "stop": "10.0.2.9"}]}}"#,
        );
        assert!(pool.spec.reserves(ip("10.0.0.0")) && pool.spec.reserves(ip("10.0.0.255")));
        for free in ["10.0.0.1", "10.0.1.0", "10.0.1.1", "10.0.2.1", "10.0.2.9"] {
            assert!(!pool.spec.reserves(ip(free)), "{free}");
        }
    }

    #[test]
    fn numbers_stand_in_the_messages() {
        let pool = pool(
            r#"{"status": {"conditions": [{"type": "cilium.io/IPsTotal", "status": "Unknown", "message": "256"},
                {"type": "cilium.io/IPsUsed", "status": "Unknown", "message": ""}]}}"#,
        );
        assert_eq!((pool.status.count(TOTAL), pool.status.count(AVAILABLE)), (Some(256), None));
    }

    #[test]
    fn addresses_follow_each_other() {
        let range = |first, last| Range { first: ip(first), last: ip(last) };
        let addresses: Vec<_> = range("10.0.0.254", "10.0.1.1").addresses().map(|ip| ip.to_string()).collect();
        assert_eq!(addresses, ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"]);
        assert_eq!(range("fd00::ffff", "fd00::ffff").addresses().next(), Some(ip("fd00::ffff")));
    }
}
