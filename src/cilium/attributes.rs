//! BGP path attributes as they are on the wire (RFC 4271 section 4.3), as far as Cilium sends them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Serialize;

/// What a path carries. What is malformed is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attributes {
    pub origin: Option<&'static str>,
    /// AS numbers with a space between them; a set stands in braces.
    pub as_path: String,
    pub next_hop: Option<IpAddr>,
    pub metric: Option<u32>,
    pub local_preference: Option<u32>,
    /// Standard communities `65010:1`, large ones `65010:1:2`.
    pub communities: Vec<String>,
}

/// Types of attributes.
pub const ORIGIN: u8 = 1;
pub const AS_PATH: u8 = 2;
pub const NEXT_HOP: u8 = 3;
pub const MULTI_EXIT_DISC: u8 = 4;
pub const LOCAL_PREF: u8 = 5;
/// RFC 1997.
pub const COMMUNITIES: u8 = 8;
/// RFC 4760: IPv6 has its next hop here.
pub const MP_REACH_NLRI: u8 = 14;
/// RFC 8092.
pub const LARGE_COMMUNITY: u8 = 32;

/// The flag for a length of two octets.
pub const EXTENDED_LENGTH: u8 = 0x10;
const AS_SET: u8 = 1;

impl Attributes {
    /// One attribute each: flags, type, length, value.
    pub fn of(encoded: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut attributes = Self::default();
        for bytes in encoded {
            if let Some((kind, value)) = split(&bytes) {
                attributes.read(kind, value);
            }
        }
        attributes
    }

    fn read(&mut self, kind: u8, value: &[u8]) {
        match kind {
            ORIGIN => {
                let code = value.first().map(|&code| usize::from(code));
                self.origin = code.and_then(|code| ["IGP", "EGP", "incomplete"].get(code)).copied();
            }
            AS_PATH => self.as_path = as_path(value),
            NEXT_HOP => self.next_hop = address(value),
            MP_REACH_NLRI => {
                // Family, its sub-family, the next hop's length, the next hop; a link-local one may follow the global.
                let length = usize::from(value.get(3).copied().unwrap_or_default()).min(16);
                self.next_hop = value.get(4..4 + length).and_then(address);
            }
            MULTI_EXIT_DISC => self.metric = number(value),
            LOCAL_PREF => self.local_preference = number(value),
            COMMUNITIES => {
                let pairs = value
                    .chunks_exact(4)
                    .map(|c| format!("{}:{}", u16::from_be_bytes([c[0], c[1]]), u16::from_be_bytes([c[2], c[3]])));
                self.communities.extend(pairs);
            }
            LARGE_COMMUNITY => {
                let parts = |chunk: &[u8]| {
                    chunk.chunks_exact(4).filter_map(number).map(|part| part.to_string()).collect::<Vec<_>>()
                };
                self.communities.extend(value.chunks_exact(12).map(|chunk| parts(chunk).join(":")));
            }
            _ => {}
        }
    }
}

/// Type and value of an encoded attribute.
pub fn split(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (&flags, &kind) = (bytes.first()?, bytes.get(1)?);
    let (length, rest) = if flags & EXTENDED_LENGTH != 0 {
        (usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?])), bytes.get(4..)?)
    } else {
        (usize::from(*bytes.get(2)?), bytes.get(3..)?)
    };
    Some((kind, rest.get(..length)?))
}

/// Segments of four-octet AS numbers (RFC 6793), which Cilium always sends.
fn as_path(mut value: &[u8]) -> String {
    let mut words = Vec::new();
    while let [kind, count, rest @ ..] = value {
        let Some((segment, after)) = rest.split_at_checked(usize::from(*count) * 4) else { break };
        let numbers: Vec<String> = segment.chunks_exact(4).filter_map(number).map(|asn| asn.to_string()).collect();
        words.push(if *kind == AS_SET { format!("{{{}}}", numbers.join(",")) } else { numbers.join(" ") });
        value = after;
    }
    words.join(" ")
}

fn number(value: &[u8]) -> Option<u32> {
    value.try_into().ok().map(u32::from_be_bytes)
}

fn address(value: &[u8]) -> Option<IpAddr> {
    let ipv4 = || <[u8; 4]>::try_from(value).ok().map(|octets| IpAddr::from(Ipv4Addr::from(octets)));
    let ipv6 = || <[u8; 16]>::try_from(value).ok().map(|octets| IpAddr::from(Ipv6Addr::from(octets)));
    ipv4().or_else(ipv6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_attributes_are_read() {
        let encoded = [
            vec![0x40, 1, 1, 2],
            vec![0x50, 2, 0, 12, 2, 1, 0, 0, 0xfd, 0xf2, 1, 1, 0, 1, 0, 0],
            vec![0x80, 4, 4, 0, 0, 0, 7],
            vec![0x40, 5, 4, 0, 0, 0, 100],
            vec![0xc0, 8, 4, 0xfd, 0xf2, 0, 9],
            vec![0xc0, 32, 12, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3],
        ];
        let expected = Attributes {
            origin: Some("incomplete"),
            as_path: "65010 {65536}".into(),
            next_hop: None,
            metric: Some(7),
            local_preference: Some(100),
            communities: vec!["65010:9".into(), "1:2:3".into()],
        };
        assert_eq!(Attributes::of(encoded), expected);
    }

    #[test]
    fn ipv6_next_hops_are_in_the_reachable_prefixes() {
        let mut value = vec![0x90, 14, 0, 21, 0, 2, 1, 16];
        value.extend("fd00:90:3::101".parse::<Ipv6Addr>().expect("an address").octets());
        value.push(0);
        assert_eq!(Attributes::of([value]).next_hop, "fd00:90:3::101".parse().ok());
    }

    #[test]
    fn what_is_cut_short_is_left_out() {
        for bytes in [
            vec![],
            vec![0x40],
            vec![0x40, 1],
            vec![0x40, 3, 4, 10, 9],
            vec![0x50, 2, 0],
            vec![0x40, 2, 2, 2, 9],
            vec![0x80, 14, 2, 0, 2],
        ] {
            assert_eq!(Attributes::of([bytes]), Attributes::default());
        }
    }
}
