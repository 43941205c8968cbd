//! Lines to paste into vtysh, with the lines that they stand under.

use std::collections::BTreeSet;

use crate::frr::config::Version;
use crate::topology::router::Router;
use crate::topology::session::RouterEnd;

/// Statements of the configuration, and what to do after them.
pub fn configure(statements: impl IntoIterator<Item = String>, then: impl IntoIterator<Item = String>) -> Vec<String> {
    let head = std::iter::once("configure terminal".to_owned());
    head.chain(statements).chain(["end".to_owned()]).chain(then).collect()
}

/// Statements of an address family, under their instance; nothing where the instance's AS is not known.
pub fn in_family(end: &RouterEnd, version: Version, statements: impl IntoIterator<Item = String>) -> Vec<String> {
    let Some(asn) = end.said.local_as else { return Vec::new() };
    let vrf = if end.vrf.is_default() { String::new() } else { format!(" vrf {}", end.vrf) };
    let head = [format!("router bgp {}{vrf}", asn.0), format!("address-family {}", version.unicast())];
    head.into_iter().chain(statements).collect()
}

/// What a statement about all these neighbors stands at: their groups, and those that have none. FRR takes no statement
/// about a neighbor of a listen range.
pub fn attachables<'a>(
    router: &Router,
    ends: impl IntoIterator<Item = &'a RouterEnd>,
    version: Version,
) -> BTreeSet<String> {
    let attachable = |end: &RouterEnd| {
        let neighbor = router.inbound(end, version).map(|inbound| inbound.neighbor);
        let group = neighbor.and_then(|neighbor| match &neighbor.member_of {
            Some(group) => Some(group.value.clone()),
            None => neighbor.is_group.then(|| neighbor.name.clone()),
        });
        group.unwrap_or_else(|| end.neighbor.to_string())
    };
    ends.into_iter().map(attachable).collect()
}

/// What applies changed filters to what was received before; sessions stay up (bgpd does not do it by itself).
pub fn soft_clear(end: Option<&RouterEnd>, version: Version) -> String {
    let vrf = end.filter(|end| !end.vrf.is_default()).map(|end| format!("vrf {} ", end.vrf)).unwrap_or_default();
    format!("clear bgp {vrf}{} unicast * soft in", version.afi())
}
