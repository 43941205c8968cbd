//! What a word is by its looks: an address, a number, a time, an identifier.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::sink::Sink;
use super::text;
use super::vocabulary::is_plain;
use crate::connect;

/// Units behind a number.
const UNITS: &[&str] =
    &["", "B", "Ei", "G", "Gi", "K", "Ki", "M", "Mi", "T", "Ti", "d", "h", "k", "m", "ms", "s", "u", "us", "w", "y"];

/// The replacement of a word whose looks say what it is.
pub fn replace(word: &str, sink: &mut dyn Sink) -> Option<String> {
    let first = word.bytes().next()?;
    let may_be_one = first.is_ascii_hexdigit() || first == b':';
    let replaced = may_be_one
        .then(|| address(word, sink).or_else(|| hexadecimal(word, sink)).or_else(|| numeric(word, sink)))
        .flatten();
    if replaced.is_some() {
        return replaced;
    }
    if is_version(word) || is_quantity(word) {
        return Some(word.to_owned());
    }
    as_prefixed(word, sink).or_else(|| extended_community(word, sink))
}

/// Whether it is an address, alone.
pub fn is_address(word: &str) -> bool {
    word.parse::<IpAddr>().is_ok()
}

/// An address, a prefix, a range; with a zone or a port.
fn address(word: &str, sink: &mut dyn Sink) -> Option<String> {
    if !word.contains(['.', ':']) {
        return None;
    }
    if let Ok(address) = word.parse::<IpAddr>() {
        return Some(sink.address(address).to_string());
    }
    if let Some((address, zone)) = word.split_once('%') {
        let address = sink.address(address.parse().ok()?);
        return Some(format!("{address}%{}", text::replace(zone, sink)));
    }
    if let Some((address, length)) = word.split_once('/') {
        let (address, length) = (address.parse().ok()?, length.parse().ok()?);
        return Some(format!("{}/{length}", sink.network(address, length)));
    }
    if let Some((start, stop)) = word.split_once('-') {
        let (start, stop) = (start.parse().ok()?, stop.parse().ok()?);
        sink.range(start, stop);
        return Some(format!("{}-{}", sink.address(start), sink.address(stop)));
    }
    let (address, port) = word.rsplit_once(':')?;
    let address = IpAddr::V4(address.parse::<Ipv4Addr>().ok()?);
    port.parse::<u16>().ok().map(|port| format!("{}:{port}", sink.address(address)))
}

/// A MAC address, a UUID, or what /proc/net/tcp has of a socket.
fn hexadecimal(word: &str, sink: &mut dyn Sink) -> Option<String> {
    if let Some(socket) = connect::of_proc(word) {
        return Some(connect::in_proc(SocketAddr::new(sink.address(socket.ip()), socket.port())));
    }
    let groups = |separator: char, lengths: &[usize]| {
        let is_group = |(group, length): (&str, &usize)| {
            group.len() == *length && group.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        word.split(separator).count() == lengths.len() && word.split(separator).zip(lengths).all(is_group)
    };
    if groups(':', &[2; 6]) {
        if word.chars().all(|c| "0:".contains(c)) || word.chars().all(|c| "fF:".contains(c)) {
            return Some(word.to_owned());
        }
        // Locally administered, not a group: no maker has given it away.
        return Some(format!("02{}", &sink.digits(word)[2..]));
    }
    groups('-', &[8, 4, 4, 4, 12]).then(|| sink.digits(word))
}

/// Digits with marks between them: numbers, times, AS paths, communities.
fn numeric(word: &str, sink: &mut dyn Sink) -> Option<String> {
    let has_only_marks = |c: char| c.is_ascii_digit() || "._-:%".contains(c);
    let (date, time) = word.split_once('T').unwrap_or((word, ""));
    let is_time = date.len() == 10 && time.trim_end_matches('Z').chars().all(has_only_marks);
    if !date.chars().all(has_only_marks) || !is_time && !time.is_empty() {
        return None;
    }
    if is_time && word.contains(['-', 'T']) {
        return Some(word.to_owned());
    }
    // More of them may be an address in another notation.
    let parts = word.split(['.', '-', '_']).count();
    if parts > 3 || parts == 3 && word.contains(['-', '_']) {
        return None;
    }
    let has_leading_zero = word.split([':', '-', '.']).any(|part| part.len() > 1 && part.starts_with('0'));
    let is_clock = word.contains(':') && word.split(':').all(|part| part.len() == 2);
    if has_leading_zero || is_clock {
        return Some(word.to_owned());
    }
    if word.contains(':') {
        return community(word, sink);
    }
    if let Some((high, low)) = word.split_once('.') {
        let dotted = high
            .parse::<u16>()
            .ok()
            .zip(low.parse::<u16>().ok())
            .map(|(high, low)| u32::from(high) << 16 | u32::from(low));
        let replaced = dotted.map(|asn| (asn, sink.number(asn))).filter(|(asn, replaced)| asn != replaced);
        return Some(replaced.map_or_else(|| word.to_owned(), |(_, asn)| dot_notation(asn)));
    }
    let number = |part: &str| part.parse().map_or_else(|_| part.to_owned(), |number| sink.number(number).to_string());
    Some(
        word.split('_')
            .map(|part| part.split('-').map(number).collect::<Vec<_>>().join("-"))
            .collect::<Vec<_>>()
            .join("_"),
    )
}

/// `65010:100`, `65010:1:2`: the first number is an AS, another may be one.
fn community(word: &str, sink: &mut dyn Sink) -> Option<String> {
    let numbers = word.split(':').map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>()?;
    let (&first, others) = numbers.split_first()?;
    if !matches!(others.len(), 1 | 2) {
        return None;
    }
    let first = sink.asn(first).to_string();
    Some(others.iter().fold(first, |text, &number| format!("{text}:{}", sink.number(number))))
}

/// `RT:65010:100`.
fn extended_community(word: &str, sink: &mut dyn Sink) -> Option<String> {
    let (kind, rest) = word.split_once(':').filter(|(kind, _)| is_plain(kind))?;
    Some(format!("{kind}:{}", community(rest, sink)?))
}

/// `AS65010`.
fn as_prefixed(word: &str, sink: &mut dyn Sink) -> Option<String> {
    let at = word.find(|c: char| c.is_ascii_digit())?;
    let (prefix, number) = word.split_at(at);
    let is_prefix = ["as", "asn"].iter().any(|known| prefix.eq_ignore_ascii_case(known));
    is_prefix.then(|| asn_text(number, sink)).flatten().map(|asn| format!("{prefix}{asn}"))
}

/// An AS number in either notation.
pub fn asn_text(text: &str, sink: &mut dyn Sink) -> Option<String> {
    if let Some((high, low)) = text.split_once('.') {
        let (high, low): (u16, u16) = (high.parse().ok()?, low.parse().ok()?);
        return Some(dot_notation(sink.asn(u32::from(high) << 16 | u32::from(low))));
    }
    text.parse().ok().map(|asn| sink.asn(asn).to_string())
}

fn dot_notation(asn: u32) -> String {
    format!("{}.{}", asn >> 16, asn & 0xffff)
}

/// `v1.19.0`, `v2alpha1`.
fn is_version(word: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(rest) = word.strip_prefix('v') else { return false };
    match ["alpha", "beta"].iter().find_map(|stage| rest.split_once(stage)) {
        Some((major, minor)) => is_number(major) && is_number(minor),
        None => rest.split('.').all(is_number),
    }
}

/// `16Gi`, `4m5s`, `0.5ms`.
fn is_quantity(word: &str) -> bool {
    let mut rest = word;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let unit = &rest[number..];
        let end = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        if rest[..number].parse::<f64>().is_err() || !UNITS.contains(&&unit[..end]) {
            return false;
        }
        rest = &unit[end..];
    }
    true
}
