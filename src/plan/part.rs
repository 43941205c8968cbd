//! What of a configuration is BGP's.

use crate::frr::config::canonical::{Setting, Settings, ordered};

/// Statements of BGP in the order that UniFi takes, and those of others.
pub fn apart(settings: &Settings) -> (Vec<&Setting>, Vec<&Setting>) {
    let (mut part, mut others) = (Vec::new(), Vec::new());
    for (_, setting) in ordered(settings) {
        match place(setting) {
            Some(place) => part.push((place, setting)),
            None => others.push(setting),
        }
    }
    part.sort_by_key(|(place, _)| *place);
    (part.into_iter().map(|(_, setting)| setting).collect(), others)
}

/// The settings of BGP alone.
pub fn part(settings: &Settings) -> Settings {
    let mut part = settings.clone();
    part.retain(|_, setting| place(setting).is_some());
    part
}

/// Where a statement belongs; `None`: it is no part of BGP.
fn place(setting: &Setting) -> Option<u8> {
    let words: Vec<&str> = setting.words.iter().map(String::as_str).collect();
    match words[..] {
        ["router", "bgp", _] => Some(0),
        ["router", "bgp", ..] => Some(1),
        ["route-map", ..] => Some(2),
        ["ip" | "ipv6", "prefix-list", ..] => Some(3),
        ["access-list", ..] | ["ip" | "ipv6", "access-list" | "as-path" | "community-list", ..] => Some(4),
        ["bgp", ..] => Some(5),
        ["rpki"] => Some(6),
        _ => None,
    }
}
