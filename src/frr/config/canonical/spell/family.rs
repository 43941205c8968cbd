//! Statements of an address family.

use ipnet::IpNet;

use super::super::super::read::lists::destination;
use super::super::dialect::Dialect;
use super::{Spelled, Unsaid, unknown};

/// Whether a statement outside of families is one of IPv4 unicast.
pub fn is_of_ipv4(words: &[&str]) -> bool {
    matches!(words, ["network" | "redistribute" | "aggregate-address" | "maximum-paths" | "distance" | "table-map", ..])
        || matches!(words, ["bgp", "dampening", ..])
}

#[expect(clippy::match_same_arms, reason = "a table by what the words say")]
pub fn spell(words: &[&str], dialect: &Dialect) -> Vec<Spelled> {
    let one = |count: usize, unsaid| vec![Spelled::about(count, words).unsaid(unsaid)];
    match words {
        ["network" | "aggregate-address", rest @ ..] => match destination(rest) {
            Some((prefix, options)) => vec![of_prefix(words[0], prefix, options)],
            None => vec![unknown(words)],
        },
        ["redistribute", "ospf" | "ospf6" | "isis" | "table" | "table-direct", _, ..] => one(3, Unsaid::Other),
        ["redistribute", _, ..] => one(2, Unsaid::Other),
        ["maximum-paths", "ibgp", paths, ..] => one(2, is_built_for(paths, dialect)),
        ["maximum-paths", "ibgp"] => one(2, Unsaid::Other),
        ["maximum-paths", paths] => one(1, is_built_for(paths, dialect)),
        ["maximum-paths" | "table-map", ..] => one(1, Unsaid::Other),
        ["distance", "bgp", "20", "200", "200"] => one(2, Unsaid::Same),
        ["distance", "bgp", ..] | ["bgp", "dampening", ..] => one(2, Unsaid::Other),
        ["import", "vrf", "route-map", ..] => one(3, Unsaid::Other),
        ["import", "vrf", vrfs @ ..] => vrfs.iter().map(|vrf| Spelled::about(3, &["import", "vrf", vrf])).collect(),
        ["rd" | "rt" | "label" | "sid" | "nexthop" | "route-map", "vpn", ..] => one(3, Unsaid::Other),
        ["advertise", "ipv4" | "ipv6", _, ..] => one(3, Unsaid::Other),
        ["advertise-all-vni" | "advertise-svi-ip" | "advertise-default-gw"] => one(1, Unsaid::Other),
        _ => vec![unknown(words)],
    }
}

fn of_prefix(word: &str, prefix: IpNet, options: &[&str]) -> Spelled {
    let prefix = prefix.to_string();
    let words: Vec<&str> = [word, &prefix].into_iter().chain(options.iter().copied()).collect();
    Spelled::about(2, &words)
}

fn is_built_for(paths: &str, dialect: &Dialect) -> Unsaid {
    if paths.parse().ok().is_some_and(|paths: u32| dialect.multipath == Some(paths)) {
        Unsaid::Same
    } else {
        Unsaid::Other
    }
}
