//! Commands of an address family.

use super::super::canonical::{Slot, slot};
use super::{Change, Impact, Sessions};

pub(super) fn of(change: &Change, family: &Slot) -> Impact {
    match change.words[..] {
        ["neighbor", name, ref option @ ..] => of_neighbor(change, family, name, option),
        ["network" | "redistribute" | "aggregate-address" | "maximum-paths" | "distance" | "table-map", ..] => {
            Impact::None
        }
        _ => Impact::Unknown,
    }
}

fn of_neighbor(change: &Change, family: &Slot, name: &str, option: &[&str]) -> Impact {
    let now = change.now.get(family).map(|family| &family.under);
    let has_own = |member: &str| {
        let at = [&slot(&["neighbor", member])[..], &change.slot[2..]].concat();
        now.is_some_and(|family| family.get(&at).is_some())
    };
    let sessions = Sessions::of(change.first, change.vrf, name, has_own);
    match option {
        ["activate"] => Impact::Resets(Sessions::of(change.first, change.vrf, name, |_| false)),
        ["maximum-prefix", limit, rest @ ..] if change.on && !rest.contains(&"warning-only") => {
            limit.parse().map_or(Impact::Unknown, |limit| Impact::EndsAbove { limit, sessions })
        }
        [option, ..] if RESETTING.iter().any(|resetting| option.starts_with(resetting)) => Impact::Resets(sessions),
        ["capability", "orf", ..] => Impact::Resets(sessions),
        [option, ..] if AT_ONCE.contains(option) => Impact::None,
        _ => Impact::Unknown,
    }
}

const RESETTING: &[&str] =
    &["accept-own", "addpath-tx", "disable-addpath-rx", "route-reflector-client", "route-server-client", "soo"];

/// What was exchanged before is looked at again.
const AT_ONCE: &[&str] = &[
    "advertise-map",
    "allowas-in",
    "as-override",
    "attribute-unchanged",
    "default-originate",
    "distribute-list",
    "filter-list",
    "maximum-prefix",
    "maximum-prefix-out",
    "next-hop-self",
    "nexthop-local",
    "prefix-list",
    "remove-private-AS",
    "route-map",
    "send-community",
    "soft-reconfiguration",
    "unsuppress-map",
    "weight",
];
