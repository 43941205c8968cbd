//! A free private range, and the new address for each old one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::Situation;
use crate::cilium::pool::Range;

/// RFC 1918. The first is looked through from where the setup's own proposal begins: people begin at its ends.
const PRIVATE: [(Ipv4Addr, u8, u32); 3] = [
    (Ipv4Addr::new(10, 0, 0, 0), 8, 0x0063_0800),
    (Ipv4Addr::new(172, 16, 0, 0), 12, 0),
    (Ipv4Addr::new(192, 168, 0, 0), 16, 0),
];

/// A pool of 256 addresses at least: it costs nothing, and may grow.
const WIDTH: u8 = 24;
/// A pool that is larger is given in order.
const WIDEST: u8 = 16;
/// As many IPv6 addresses as a pool of IPv4 may have.
const WIDTH_V6: u8 = 112;

/// Every private range is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exhausted {
    pub width: u8,
}

/// Old addresses to new ones.
pub struct Mapping {
    v4: Option<Ipv4Net>,
    v6: Option<Ipv6Net>,
    /// The last part of an address stays.
    pub keeps_places: bool,
    old: Vec<Range>,
}

impl Mapping {
    pub fn of(situation: &Situation) -> Result<Self, Exhausted> {
        let old: Vec<Range> = situation.pool.spec.ranges().collect();
        let v4: Vec<(u32, u32)> = old.iter().filter_map(as_v4).collect();
        let (first, last) = (v4.iter().map(|range| range.0).min(), v4.iter().map(|range| range.1).max());
        let spread = first.zip(last).map(|(first, last)| u8::try_from((first ^ last).leading_zeros()).unwrap_or(32));
        let keeps_places = spread.is_none_or(|common| common >= WIDEST);
        let count: u64 = v4.iter().map(|(first, last)| u64::from(last - first) + 1).sum();
        let width = match spread {
            Some(common) if common >= WIDEST => common.min(WIDTH),
            _ => u8::try_from(count.next_power_of_two().leading_zeros()).unwrap_or(0).saturating_sub(31).min(WIDTH),
        };
        let has_v6 = old.iter().any(|range| range.first.is_ipv6());
        let free = |net: &IpNet| situation.taken.iter().all(|taken| !taken.range.meets(Range::of(*net)));
        let v4 = spread.map(|_| free_v4(width, &free).ok_or(Exhausted { width })).transpose()?;
        let v6 = has_v6.then(|| free_v6(situation, &free).ok_or(Exhausted { width: WIDTH_V6 })).transpose()?;
        Ok(Self { v4, v6, keeps_places, old })
    }

    pub fn prefixes(&self) -> Vec<IpNet> {
        self.v4.map(IpNet::V4).into_iter().chain(self.v6.map(IpNet::V6)).collect()
    }

    pub fn moves(&self, address: IpAddr) -> bool {
        self.old.iter().any(|range| range.contains(address))
    }

    /// The new address; `None`: the pool has no such address.
    pub fn new_of(&self, address: IpAddr) -> Option<IpAddr> {
        match address {
            _ if !self.moves(address) => None,
            IpAddr::V4(address) => {
                let net = self.v4?;
                let place = if self.keeps_places {
                    u32::from(address) & u32::from(net.hostmask())
                } else {
                    self.order(address)
                };
                Some(Ipv4Addr::from(u32::from(net.network()) | place).into())
            }
            IpAddr::V6(address) => {
                let net = self.v6?;
                Some(
                    Ipv6Addr::from(u128::from(net.network()) | u128::from(address) & u128::from(net.hostmask())).into(),
                )
            }
        }
    }

    /// How many addresses of the pool come before this one.
    fn order(&self, address: Ipv4Addr) -> u32 {
        let address = u32::from(address);
        let before = self.old.iter().filter_map(as_v4).filter(|(first, _)| *first <= address);
        before.map(|(first, last)| if last < address { last - first + 1 } else { address - first }).sum()
    }
}

fn as_v4(range: &Range) -> Option<(u32, u32)> {
    match (range.first, range.last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => Some((first.into(), last.into())),
        _ => None,
    }
}

fn free_v4(width: u8, free: &dyn Fn(&IpNet) -> bool) -> Option<Ipv4Net> {
    PRIVATE.iter().find_map(|(base, wide, start)| {
        // A pool wider than what it is to lie in lies nowhere in it.
        let count = 1_u32.checked_shl(u32::from(width.checked_sub(*wide)?))?;
        let size = 32 - u32::from(width);
        let nets = (0..count).map(|at| {
            let at = (at + (start >> size)) % count;
            Ipv4Net::new((u32::from(*base) | at << size).into(), width)
        });
        nets.flatten().find(|net| free(&IpNet::V4(*net)))
    })
}

/// Unique local addresses: those of the nodes' own site if they have some, else a site that nobody is likely to have (RFC
/// 4193, 3.2.2, with the pool for a clock).
fn free_v6(situation: &Situation, free: &dyn Fn(&IpNet) -> bool) -> Option<Ipv6Net> {
    let is_local = |address: &Ipv6Addr| address.segments()[0] & 0xfe00 == 0xfc00;
    let local = situation.taken.iter().find_map(|taken| match taken.range.first {
        IpAddr::V6(address) if is_local(&address) => Some(u128::from(address) >> 80 << 80),
        _ => None,
    });
    let words = situation.pool.metadata.name.bytes().chain(situation.taken.iter().flat_map(|taken| taken.what.bytes()));
    // FNV-1a.
    let hash =
        words.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let site = local.unwrap_or(0xfd << 120 | u128::from(hash & 0xff_ffff_ffff) << 80);
    let nets = (0x99..=0xffff_u128).map(|subnet| Ipv6Net::new((site | subnet << 64).into(), WIDTH_V6));
    nets.flatten().find(|net| free(&IpNet::V6(*net)))
}
