//! Values of the setup as words. Each function takes a word or says what is wrong with it.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use ipnet::IpNet;

use crate::cilium::pool::{Block, Range};
use crate::setup::given::Restart;
use crate::topology::names::Asn;

type Parsed<T> = Result<T, String>;

/// An address that can be dialled from every node.
pub fn address(word: &str) -> Parsed<IpAddr> {
    let address: IpAddr = word.parse().map_err(|_| match word.split_once('/') {
        Some((address, _)) if address.parse::<IpAddr>().is_ok() => {
            format!("it is a prefix: {address} alone is an address")
        }
        _ => "it is no IP address; nodes dial no names".to_owned(),
    })?;
    let is_link_local = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
    if address.is_unspecified() || address.is_loopback() || address.is_multicast() {
        Err("it is no address of a router".to_owned())
    } else if is_link_local {
        Err("it is a link-local address, which is another one on each link".to_owned())
    } else {
        Ok(address)
    }
}

pub fn asn(word: &str) -> Parsed<Asn> {
    // Rust would take a sign.
    let digits = if word.starts_with('+') { "" } else { word };
    match digits.parse::<u64>().map(u32::try_from) {
        Ok(Ok(0)) => Err("0 is reserved (RFC 7607)".to_owned()),
        Ok(Ok(asn)) => Ok(Asn(asn)),
        Ok(Err(_)) => Err(format!("AS numbers end at {}", u32::MAX)),
        Err(_) => Err("it is no AS number: expected 1 to 4294967295, such as 65010".to_owned()),
    }
}

/// `10.0.0.0/24`, `10.0.0.1-10.0.0.9` or one address.
pub fn block(word: &str) -> Parsed<Block> {
    if let Some((first, last)) = word.split_once('-') {
        let end = |end: &str| end.trim().parse::<IpAddr>().map_err(|_| format!("{end:?} is no IP address"));
        let (first, last) = (end(first)?, end(last)?);
        return if first.is_ipv4() != last.is_ipv4() {
            Err("one end is IPv4 and the other IPv6".to_owned())
        } else if first > last {
            Err(format!("it ends before it begins: {last}-{first} is meant"))
        } else {
            Ok(Block::from(Range { first, last }))
        };
    }
    if let Ok(address) = word.parse::<IpAddr>() {
        return Ok(Block::from(Range { first: address, last: address }));
    }
    let net: IpNet = word.parse().map_err(|_| "expected a prefix such as 10.99.8.0/24, or FIRST-LAST".to_owned())?;
    if net.prefix_len() == 0 {
        Err("it is every address that there is".to_owned())
    } else if net.addr() != net.network() {
        let range = Range { first: net.addr(), last: net.broadcast() };
        Err(format!("it has bits behind its length: {} is meant, or {}-{}", net.trunc(), range.first, range.last))
    } else {
        Ok(Block::from(net))
    }
}

/// The limits are the CRDs' (cilium pkg/k8s/apis/cilium.io/v2/bgp_peer_types.go).
pub fn hold_time(word: &str) -> Parsed<u32> {
    seconds(word, 3..=65_535)
}

pub fn keep_alive(word: &str) -> Parsed<u32> {
    seconds(word, 1..=65_535)
}

pub fn connect_retry(word: &str) -> Parsed<u32> {
    seconds(word, 1..=2_147_483_647)
}

pub fn restart_time(word: &str) -> Parsed<Restart> {
    seconds(word, 0..=4_095).map(|seconds| if seconds == 0 { Restart::Off } else { Restart::Seconds(seconds) })
}

fn seconds(word: &str, limits: RangeInclusive<u32>) -> Parsed<u32> {
    let number = word.strip_suffix('s').unwrap_or(word).parse().ok().filter(|seconds| limits.contains(seconds));
    number.ok_or_else(|| format!("expected {} to {} seconds", limits.start(), limits.end()))
}

/// As Kubernetes names objects (RFC 1123 subdomain).
pub fn object_name(word: &str) -> Parsed<String> {
    let is_part = |part: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        part.starts_with(plain) && part.ends_with(plain) && part.chars().all(|c| plain(c) || c == '-')
    };
    if word.len() <= 253 && word.split('.').all(is_part) {
        Ok(word.to_owned())
    } else {
        Err("it is no name: expected lower-case letters, digits, `-` and `.`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_a_prefix_or_two_ends() {
        let said = |word: &str| block(word).map(|block| block.to_string());
        assert_eq!(said("10.99.8.0/24"), Ok("10.99.8.0/24".to_owned()));
        assert_eq!(said("10.99.8.1-10.99.8.9"), Ok("10.99.8.1 to 10.99.8.9".to_owned()));
        assert_eq!(said("fd00::7"), Ok("fd00::7".to_owned()));
        let refused = [
            ("10.99.8.5/24", "it has bits behind its length: 10.99.8.0/24 is meant, or 10.99.8.5-10.99.8.255"),
            ("10.99.8.9-10.99.8.1", "it ends before it begins: 10.99.8.1-10.99.8.9 is meant"),
            ("10.99.8.1-fd00::1", "one end is IPv4 and the other IPv6"),
            ("10.99.8.1-x", "\"x\" is no IP address"),
            ("10.99.8.0/33", "expected a prefix such as 10.99.8.0/24, or FIRST-LAST"),
            ("0.0.0.0/0", "it is every address that there is"),
        ];
        for (word, why) in refused {
            assert_eq!(said(word), Err(why.to_owned()), "{word}");
        }
    }

    #[test]
    fn a_router_has_an_address_of_its_own() {
        assert!(address("10.90.254.1").is_ok() && address("fd00::1").is_ok());
        for word in ["udm.home", "10.90.254.1/24", "0.0.0.0", "::1", "ff02::1", "fe80::1", ""] {
            assert!(address(word).is_err(), "{word}");
        }
    }

    #[test]
    fn numbers_have_limits() {
        assert_eq!(asn("4294967295"), Ok(Asn(u32::MAX)));
        for word in ["0", "4294967296", "99999999999999999999999", "-1", "1.10", "+65010", "AS65010", ""] {
            assert!(asn(word).is_err(), "{word}");
        }
        assert_eq!((hold_time("9"), hold_time("9s")), (Ok(9), Ok(9)));
        assert!(hold_time("2").is_err() && hold_time("65536").is_err() && hold_time("9m").is_err());
        assert_eq!(restart_time("0"), Ok(Restart::Off));
        assert!(restart_time("4096").is_err() && connect_retry("0").is_err() && keep_alive("0").is_err());
    }

    #[test]
    fn names_are_kubernetes() {
        assert!(object_name("bgp-cluster.home").is_ok());
        for word in ["", "Home", "a_b", "-a", "a-", "a..b", &"a".repeat(254)] {
            assert!(object_name(word).is_err(), "{word}");
        }
    }
}
