//! Lines to paste into vtysh, with the lines that they stand under.

use crate::frr::config::Version;
use crate::topology::session::RouterEnd;

/// Statements of the configuration, and what to do after them.
pub fn configure(statements: impl IntoIterator<Item = String>, then: impl IntoIterator<Item = String>) -> Vec<String> {
    let head = std::iter::once("configure terminal".to_owned());
    head.chain(statements).chain(["end".to_owned()]).chain(then).collect()
}

/// A statement of an address family, under its instance; nothing where the instance's AS is not known.
pub fn in_family(end: &RouterEnd, version: Version, statement: String) -> Vec<String> {
    let Some(asn) = end.said.local_as else { return Vec::new() };
    let vrf = if end.vrf.is_default() { String::new() } else { format!(" vrf {}", end.vrf) };
    vec![format!("router bgp {}{vrf}", asn.0), format!("address-family {} unicast", family(version)), statement]
}

/// What applies changed filters to what was received before; sessions stay up (bgpd does not do it by itself).
pub fn soft_clear(end: Option<&RouterEnd>, version: Version) -> String {
    let vrf = end.filter(|end| !end.vrf.is_default()).map(|end| format!("vrf {} ", end.vrf)).unwrap_or_default();
    format!("clear bgp {vrf}{} unicast * soft in", family(version))
}

fn family(version: Version) -> &'static str {
    match version {
        Version::V4 => "ipv4",
        Version::V6 => "ipv6",
    }
}
