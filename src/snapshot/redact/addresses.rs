//! Addresses: two that share their first n bits share exactly n bits afterwards, so that prefixes, pools, listen ranges
//! and aggregates contain what they contained.

use std::collections::{BTreeSet, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::key::Key;

/// Addresses in them stay: unspecified, loopback, multicast, masks and broadcast, and the address that Cilium gives to
/// an ingress that has no endpoint.
const KEPT: &[&str] = &["0.0.0.0/8", "127.0.0.0/8", "192.192.192.192/32", "224.0.0.0/3", "::/127", "ff00::/8"];

/// Addresses in them are replaced and stay in them.
const CLASSES: &[&str] = &[
    "10.0.0.0/8",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "64:ff9b::/96",
    "2000::/3",
    "2001:db8::/32",
    "2002::/16",
    "fc00::/8",
    "fd00::/8",
    "fe80::/64",
];

/// Keys that are tried until no replacement is another original.
const ATTEMPTS: usize = 32;

/// An address' first bits, the others zero.
type Prefix = (bool, u32, u128);

/// Replaces addresses.
pub struct Addresses {
    key: Key,
    kept: Vec<IpNet>,
    /// Below these prefixes the next bit stays.
    fixed: HashSet<Prefix>,
}

impl Addresses {
    /// For a file with these addresses. What is in a range of `ranges`, ends included, will be in it afterwards.
    pub fn new(key: Key, all: &BTreeSet<IpAddr>, ranges: &[(IpAddr, IpAddr)]) -> Self {
        let nets = |texts: &[&str]| -> Vec<IpNet> { texts.iter().filter_map(|text| text.parse().ok()).collect() };
        let kept = nets(KEPT);
        let mut fixed = HashSet::new();
        for net in kept.iter().chain(&nets(CLASSES)) {
            let address = Bits::of(net.addr());
            fixed.extend((0..net.prefix_len().into()).map(|length| address.prefix(length)));
        }
        for end in ranges.iter().flat_map(|&(start, stop)| [start, stop]) {
            // An order is decided by the first bit that differs; it has to stay where there are addresses on both sides.
            let end = Bits::of(end);
            fixed.extend((0..end.width()).filter(|&length| end.branches(length, all)).map(|length| end.prefix(length)));
        }
        let mut addresses = Self { key, kept, fixed };
        for _ in 0..ATTEMPTS {
            let hits_another =
                |address: &IpAddr| !addresses.is_kept(*address) && all.contains(&addresses.map(*address));
            if !all.iter().any(hits_another) {
                break;
            }
            addresses.key = addresses.key.next();
        }
        addresses
    }

    /// The address that stands for another.
    pub fn map(&self, address: IpAddr) -> IpAddr {
        if let IpAddr::V6(v6) = address
            && let Some(v4) = v6.to_ipv4_mapped()
        {
            return match self.map(IpAddr::V4(v4)) {
                IpAddr::V4(v4) => IpAddr::V6(v4.to_ipv6_mapped()),
                v6 @ IpAddr::V6(_) => v6,
            };
        }
        if self.is_kept(address) {
            return address;
        }
        let original = Bits::of(address);
        let flipped = (0..original.width())
            .filter(|&length| !original.stays(length) && !self.fixed.contains(&original.prefix(length)))
            .filter(|&length| self.key.hash(original.prefix(length)) & 1 == 1)
            .fold(original.bits, |bits, length| bits ^ original.bit(length));
        Bits { bits: flipped, ..original }.address()
    }

    /// The address of a network: host bits that are all zero stay so.
    pub fn map_network(&self, address: IpAddr, length: u8) -> IpAddr {
        let original = Bits::of(address);
        let mapped = Bits::of(self.map(address));
        let length = u32::from(length).min(original.width());
        if original.bits == original.prefix(length).2 {
            Bits { bits: mapped.prefix(length).2, ..mapped }.address()
        } else {
            mapped.address()
        }
    }

    fn is_kept(&self, address: IpAddr) -> bool {
        self.kept.iter().any(|net| net.contains(&address))
    }
}

/// An address as a number.
#[derive(Clone, Copy)]
struct Bits {
    v4: bool,
    bits: u128,
}

impl Bits {
    fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self { v4: true, bits: u32::from(address).into() },
            IpAddr::V6(address) => Self { v4: false, bits: address.into() },
        }
    }

    fn address(self) -> IpAddr {
        match u32::try_from(self.bits) {
            Ok(bits) if self.v4 => IpAddr::V4(Ipv4Addr::from(bits)),
            _ => IpAddr::V6(Ipv6Addr::from(self.bits)),
        }
    }

    fn width(self) -> u32 {
        if self.v4 { 32 } else { 128 }
    }

    /// The bit behind the first `length` ones.
    fn bit(self, length: u32) -> u128 {
        1 << (self.width() - 1 - length)
    }

    fn prefix(self, length: u32) -> Prefix {
        let host = self.width() - length;
        (self.v4, length, self.bits.checked_shr(host).map_or(0, |bits| bits << host))
    }

    /// The last octet of an IPv4 address: 0 and 255, which may be a network and its broadcast, stay and stay alone.
    fn stays(self, length: u32) -> bool {
        if !self.v4 || length < 24 {
            return false;
        }
        let before = (self.bits & 0xff) >> (32 - length);
        before == 0 || before == (1 << (length - 24)) - 1
    }

    /// Whether there are addresses that first differ from this one in the bit behind the first `length` ones.
    fn branches(self, length: u32, all: &BTreeSet<IpAddr>) -> bool {
        let first = (self.prefix(length + 1).2) ^ self.bit(length);
        let last = first | (self.bit(length) - 1);
        let address = |bits| Bits { bits, ..self }.address();
        all.range(address(first)..=address(last)).next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> BTreeSet<IpAddr> {
        texts.iter().map(|text| text.parse().expect(text)).collect()
    }

    fn shared(a: IpAddr, b: IpAddr) -> u32 {
        let (a, b) = (Bits::of(a), Bits::of(b));
        (a.bits ^ b.bits).leading_zeros() - (128 - a.width())
    }

    #[test]
    fn shared_bits_stay_shared() {
        let all = set(&[
            "10.90.3.101",
            "10.90.3.102",
            "10.90.3.0",
            "10.90.254.1",
            "10.244.1.11",
            "192.168.1.7",
            "192.168.2.7",
            "8.8.8.8",
            "8.8.4.4",
            "93.184.216.34",
            "172.20.0.1",
        ]);
        let all6 =
            set(&["fd00:90:3::101", "fd00:90:3::102", "fd00:90:254::1", "2a01:4f8::1", "fe80::c843:4bff:fe02:714c"]);
        for key in (0..50).map(Key::fixed) {
            for family in [&all, &all6] {
                let addresses = Addresses::new(key, family, &[]);
                for &a in family {
                    assert!(!family.contains(&addresses.map(a)), "{a} is not replaced by another original");
                    for &b in family.iter().filter(|b| **b != a) {
                        assert_eq!(shared(a, b), shared(addresses.map(a), addresses.map(b)), "{a} {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn special_addresses_stay_and_classes_are_not_left() {
        let addresses = Addresses::new(Key::fixed(7), &BTreeSet::new(), &[]);
        let map = |text: &str| addresses.map(text.parse().expect(text)).to_string();
        for kept in [
            "0.0.0.0",
            "127.0.0.1",
            "255.255.255.0",
            "0.0.0.255",
            "192.192.192.192",
            "224.0.0.5",
            "::",
            "::1",
            "ff02::1",
        ] {
            assert_eq!(map(kept), kept);
        }
        for (address, class) in [
            ("10.1.2.3", "10.0.0.0/8"),
            ("192.168.7.7", "192.168.0.0/16"),
            ("172.31.1.2", "172.16.0.0/12"),
            ("169.254.3.4", "169.254.0.0/16"),
            ("fd12:3456::7", "fd00::/8"),
            ("fe80::1:2", "fe80::/64"),
            ("2a01:4f8::1", "2000::/3"),
        ] {
            let class: IpNet = class.parse().expect(class);
            assert!(class.contains(&map(address).parse::<IpAddr>().expect("an address")), "{address}");
            assert_ne!(map(address), address);
        }
        assert!(map("::ffff:10.1.2.3").starts_with("::ffff:10."));
        for bits in 0..=255_u32 {
            let public = IpAddr::V4(Ipv4Addr::from(bits << 24 | 0x0008_0808));
            let IpAddr::V4(mapped) = addresses.map(public) else { panic!("a family is kept") };
            let IpAddr::V4(public) = public else { panic!("a family is kept") };
            assert_eq!(
                (mapped.is_private(), mapped.is_loopback(), mapped.is_multicast()),
                (public.is_private(), public.is_loopback(), public.is_multicast())
            );
        }
    }

    #[test]
    fn networks_keep_their_zeros_and_what_is_in_them() {
        let addresses = Addresses::new(Key::fixed(3), &BTreeSet::new(), &[]);
        for (net, inside) in
            [("10.99.0.0/16", "10.99.8.200"), ("10.99.8.0/21", "10.99.15.255"), ("fd00:1::/64", "fd00:1::7")]
        {
            let net: IpNet = net.parse().expect(net);
            let mapped =
                IpNet::new(addresses.map_network(net.addr(), net.prefix_len()), net.prefix_len()).expect("a net");
            assert_eq!(mapped, mapped.trunc());
            assert!(mapped.contains(&addresses.map(inside.parse().expect(inside))));
        }
        let address = "10.99.8.1".parse().expect("an address");
        assert_eq!(addresses.map_network(address, 24), addresses.map(address), "an interface's address");
        assert_eq!(addresses.map_network("0.0.0.0".parse().expect("any"), 0).to_string(), "0.0.0.0");
    }

    #[test]
    fn ranges_contain_what_they_contained() {
        let all: BTreeSet<IpAddr> = (0..=255).map(|n| IpAddr::V4(Ipv4Addr::new(10, 99, 8, n))).collect();
        let (start, stop) = ("10.99.8.77".parse().expect("start"), "10.99.8.202".parse().expect("stop"));
        for key in (0..50).map(Key::fixed) {
            let addresses = Addresses::new(key, &all, &[(start, stop)]);
            for &address in &all {
                let mapped = addresses.map(address);
                assert_eq!(
                    (address.cmp(&start), address.cmp(&stop)),
                    (mapped.cmp(&addresses.map(start)), mapped.cmp(&addresses.map(stop)))
                );
            }
        }
    }
}
