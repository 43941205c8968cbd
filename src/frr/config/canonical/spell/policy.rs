//! Statements at the top and in route-maps.

use super::super::super::read::lists::destination;
use super::{Spelled, Unsaid, unknown};

pub fn of_top(words: &[&str]) -> Spelled {
    match words {
        ["route-map", name, _, seq] => {
            let seq = number(seq);
            Spelled::at(&["route-map", name, &seq], &["route-map", name, words[2], &seq])
        }
        ["router" | "vrf" | "interface" | "line" | "key" | "pbr-map" | "nexthop-group" | "l2vpn", ..] => {
            Spelled::about(words.len(), words)
        }
        ["bgp", "route-map", "delay-timer", "5"] => Spelled::about(3, words).unsaid(Unsaid::Same),
        _ => route(words).unwrap_or_else(|| unknown(words)),
    }
}

/// A static route; one prefix may have several.
pub fn route(words: &[&str]) -> Option<Spelled> {
    let [ip @ ("ip" | "ipv6"), "route", rest @ ..] = words else { return None };
    let (prefix, rest) = destination(rest)?;
    let prefix = prefix.to_string();
    let words: Vec<&str> = [ip, "route", &prefix].into_iter().chain(rest.iter().copied()).collect();
    Some(Spelled::about(words.len(), &words))
}

#[expect(clippy::match_same_arms, reason = "a table by what the words say")]
pub fn of_map(words: &[&str]) -> Spelled {
    match words {
        ["match", "ip" | "ipv6", _, "prefix-list" | "prefix-len" | "type" | "address", _, ..] => {
            Spelled::about(4, words)
        }
        ["match", "ip" | "ipv6", what, _] => Spelled::at(&["match", words[1], what, "access-list"], words),
        ["match", "evpn" | "rpki-extcommunity", _, ..] => Spelled::about(3, words),
        ["set", "ipv6", "next-hop", _, ..] => Spelled::about(4, words),
        ["set", "ip" | "ipv6" | "as-path" | "extcommunity" | "evpn", _, ..] => Spelled::about(3, words),
        ["match" | "set", _, ..] => Spelled::about(2, words),
        ["continue"] | ["on-match", "next"] => Spelled::at(&["on-match"], &["on-match", "next"]),
        ["continue", seq] => Spelled::at(&["on-match"], &["on-match", "goto", &number(seq)]),
        ["call" | "on-match" | "description", ..] => Spelled::about(1, words),
        _ => unknown(words),
    }
}

/// Without zeros in front.
pub fn number(word: &str) -> String {
    word.parse().map_or_else(|_| word.to_owned(), |number: u64| number.to_string())
}
