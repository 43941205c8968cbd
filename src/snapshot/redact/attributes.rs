//! BGP path attributes as agents print them: the bytes on the wire in base64 (RFC 4271 section 4.3).

use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::sink::Sink;
use crate::cilium::attributes::{
    AS_PATH, COMMUNITIES, EXTENDED_LENGTH, LARGE_COMMUNITY, LOCAL_PREF, MP_REACH_NLRI, MULTI_EXIT_DISC, NEXT_HOP,
    ORIGIN, split,
};

/// Replaces what is in an attribute. One that cannot be looked through becomes empty.
pub fn replace(encoded: &str, sink: &mut dyn Sink) -> String {
    let bytes = BASE64_STANDARD.decode(encoded).ok();
    bytes.and_then(|bytes| attribute(&bytes, sink)).map(|bytes| BASE64_STANDARD.encode(bytes)).unwrap_or_default()
}

fn attribute(bytes: &[u8], sink: &mut dyn Sink) -> Option<Vec<u8>> {
    let (kind, old) = split(bytes)?;
    let flags = *bytes.first()?;
    let is_extended = flags & EXTENDED_LENGTH != 0;
    let value = value(kind, old, sink)?;
    let length = u16::try_from(value.len()).ok()?.to_be_bytes();
    let length = if is_extended { &length[..] } else { &length[1..] };
    Some([&[flags, kind], length, &value].concat())
}

fn value(kind: u8, value: &[u8], sink: &mut dyn Sink) -> Option<Vec<u8>> {
    match kind {
        ORIGIN | MULTI_EXIT_DISC | LOCAL_PREF => Some(value.to_vec()),
        AS_PATH => as_path(value, sink),
        NEXT_HOP => address(value, sink),
        // Communities: two octets of AS number, and two that may be one.
        COMMUNITIES => {
            value.chunks(4).map(|pair| community(pair, sink)).collect::<Option<Vec<_>>>().map(|all| all.concat())
        }
        // Family and next hop; the prefixes behind it stand in the route too.
        MP_REACH_NLRI => {
            let length = usize::from(*value.get(3)?);
            let hops = value.get(4..4 + length)?.chunks(16.min(length.max(1)));
            let hops = hops.map(|hop| address(hop, sink)).collect::<Option<Vec<_>>>()?;
            Some([&value[..4], &hops.concat(), &[0]].concat())
        }
        LARGE_COMMUNITY => {
            let mut numbers = numbers(value)?;
            for (at, number) in numbers.iter_mut().enumerate() {
                *number = if at % 3 == 0 { sink.asn(*number) } else { sink.number(*number) };
            }
            Some(numbers.into_iter().flat_map(u32::to_be_bytes).collect())
        }
        _ => None,
    }
}

/// Segments of four-octet AS numbers.
fn as_path(mut value: &[u8], sink: &mut dyn Sink) -> Option<Vec<u8>> {
    let mut replaced = Vec::with_capacity(value.len());
    while let [kind, count, rest @ ..] = value {
        let (segment, after) = rest.split_at_checked(usize::from(*count) * 4)?;
        replaced.extend([*kind, *count]);
        replaced.extend(numbers(segment)?.into_iter().flat_map(|asn| sink.asn(asn).to_be_bytes()));
        value = after;
    }
    value.is_empty().then_some(replaced)
}

fn community(pair: &[u8], sink: &mut dyn Sink) -> Option<Vec<u8>> {
    let &[a, b, c, d] = pair else { return None };
    let asn = u16::try_from(sink.asn(u16::from_be_bytes([a, b]).into())).ok()?;
    let value = u16::try_from(sink.number(u16::from_be_bytes([c, d]).into())).ok()?;
    Some([asn.to_be_bytes(), value.to_be_bytes()].concat())
}

fn numbers(value: &[u8]) -> Option<Vec<u32>> {
    value.chunks(4).map(|number| number.try_into().ok().map(u32::from_be_bytes)).collect()
}

fn address(value: &[u8], sink: &mut dyn Sink) -> Option<Vec<u8>> {
    let ipv4 = || <[u8; 4]>::try_from(value).ok().map(IpAddr::from);
    let address = ipv4().or_else(|| <[u8; 16]>::try_from(value).ok().map(IpAddr::from))?;
    Some(match sink.address(address) {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::key::Key;
    use super::super::sink::{Learning, Replacing};
    use super::*;
    use crate::cilium::attributes::Attributes;

    #[test]
    fn attributes_are_replaced_as_text_is() {
        let encoded = [
            vec![0x40, 1, 1, 2],
            vec![0x50, 2, 0, 12, 2, 1, 0, 0, 0xfd, 0xf2, 1, 1, 0, 0, 0xfd, 0xf2],
            vec![0x40, 3, 4, 10, 90, 3, 101],
            vec![0xc0, 8, 4, 0xfd, 0xf2, 0, 9],
            vec![0xc0, 32, 12, 0, 0, 0xfd, 0xf2, 0, 0, 0, 2, 0, 0, 0, 3],
            vec![0x80, 9, 4, 10, 90, 3, 101],
        ]
        .map(|bytes| BASE64_STANDARD.encode(bytes));
        let mut learning = Learning::default();
        for text in &encoded {
            replace(text, &mut learning);
        }
        let mut replacing = Replacing::new(Key::fixed(5), learning);
        let asn = replacing.asn(65010);
        let hop = replacing.address(IpAddr::from([10, 90, 3, 101]));
        let replaced = encoded.map(|text| replace(&text, &mut replacing));
        assert_eq!(replaced[5], "", "an attribute that nobody reads");
        let read = Attributes::of(replaced.iter().filter_map(|text| BASE64_STANDARD.decode(text).ok()));
        assert_ne!((asn, hop), (65010, IpAddr::from([10, 90, 3, 101])));
        assert_eq!(read.as_path, format!("{asn} {{{asn}}}"));
        assert_eq!((read.origin, read.next_hop), (Some("incomplete"), Some(hop)));
        assert_eq!(read.communities, [format!("{asn}:9"), format!("{asn}:2:3")]);
    }

    #[test]
    fn prefixes_beside_a_next_hop_are_cut() {
        let hop = "fd00:90:3::101".parse::<std::net::Ipv6Addr>().expect("an address");
        let prefix = [128].into_iter().chain("fd00:99::7".parse::<std::net::Ipv6Addr>().expect("an address").octets());
        let value: Vec<u8> = [0, 2, 1, 16].into_iter().chain(hop.octets()).chain([0]).chain(prefix).collect();
        let bytes = [&[0x90, 14, 0, value.len().to_be_bytes()[7]], &value[..]].concat();
        let replaced = attribute(&bytes, &mut Learning::default()).expect("an attribute");
        assert_eq!(replaced, [&[0x90, 14, 0, 21], &value[..21]].concat());
    }
}
