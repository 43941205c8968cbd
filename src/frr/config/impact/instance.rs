//! Commands of `router bgp` itself.

use super::super::canonical::{Settings, slot};
use super::{Change, Impact, Sessions};

pub(super) fn of(change: &Change) -> Impact {
    match change.words[..] {
        ["neighbor", name, ref option @ ..] => of_neighbor(change, name, option),
        ["bgp", "listen", "range", range, ..] if !change.on => Impact::Ends(Sessions::range(change.vrf, range)),
        ["bgp", "router-id" | "confederation", ..] => Impact::Resets(all(change)),
        ["bgp", "cluster-id", ..] => Impact::Resets(Sessions::internal(change.first, change.vrf, change.asn)),
        // It restarts them from 10.2 on; before it asks for that.
        ["bgp", "graceful-restart" | "graceful-restart-disable"] if change.dialect.is_at_least(10, 2) => {
            Impact::Resets(all(change))
        }
        ["bgp", "graceful-restart" | "graceful-restart-disable" | "minimum-holdtime", ..]
        | ["bgp", "default", "software-version-capability" | "dynamic-capability", ..]
        | ["timers", "bgp", ..] => Impact::NextStart(all(change)),
        ["bgp", "shutdown", ..] if change.on => Impact::Ends(all(change)),
        ["bgp", "ebgp-requires-policy" | "enforce-first-as"] => Impact::SoftClear(all(change)),
        ["bgp", option, ..] if KNOWN.contains(&option) => Impact::None,
        ["coalesce-time" | "read-quanta" | "write-quanta" | "update-delay", ..] => Impact::None,
        _ => Impact::Unknown,
    }
}

/// They decide between paths, or hold for what comes.
const KNOWN: &[&str] = &[
    "always-compare-med",
    "bestpath",
    "client-to-client",
    "conditional-advertisement",
    "default",
    "deterministic-med",
    "fast-external-failover",
    "hard-administrative-reset",
    "listen",
    "log-neighbor-changes",
    "max-med",
    "network",
    "shutdown",
    "suppress-duplicates",
    "update-delay",
];

fn all(change: &Change) -> Sessions {
    Sessions::all(change.first, change.vrf)
}

#[expect(clippy::match_same_arms, reason = "a table by what the words say")]
fn of_neighbor(change: &Change, name: &str, option: &[&str]) -> Impact {
    let has_own = |member: &str| {
        let at = [&slot(&["neighbor", member])[..], change.slot.get(2..).unwrap_or_default()].concat();
        change.now.get(&at).is_some()
    };
    let sessions = Sessions::of(change.first, change.vrf, name, has_own);
    let everyone = || Sessions::of(change.first, change.vrf, name, |_| false);
    match (option, change.on) {
        ([] | ["peer-group"], false) => Impact::Ends(everyone()),
        (["interface" | "peer-group" | "remote-as" | "ebgp-multihop" | "ttl-security", ..], _) => {
            Impact::Resets(everyone())
        }
        (["shutdown", "rtt", ..], _) => Impact::None,
        (["shutdown", ..], true) => Impact::Ends(without_those_down(change.now, sessions)),
        // They come up.
        (["shutdown", ..], false) => Impact::None,
        // Only the first one of a neighbor resets it: FRR keeps in mind that there was one (`peer_port_set`).
        (["port", ..], on) if !on || has_port(change.now, name) => Impact::NextStart(sessions),
        ([option, ..], _) if RESETTING.contains(option) => Impact::Resets(sessions),
        (["capability", "extended-nexthop"], _) => Impact::Resets(sessions),
        (["capability", "dynamic"], _) if !change.dialect.is_at_least(10, 1) => Impact::Resets(sessions),
        (["local-role", ..], _) if !change.dialect.is_at_least(9, 1) => Impact::Resets(sessions),
        (["capability", ..], _) => Impact::NextStart(sessions),
        ([option, ..], _) if AT_NEXT_START.contains(option) => Impact::NextStart(sessions),
        // It is what they do unless the instance says otherwise.
        (["graceful-restart-helper"], _) if change.now.get(&slot(&["bgp", "graceful-restart"])).is_none() => {
            Impact::None
        }
        (["graceful-restart" | "graceful-restart-helper" | "graceful-restart-disable"], _) => {
            if change.dialect.is_at_least(10, 2) { Impact::Resets(sessions) } else { Impact::NextStart(sessions) }
        }
        ([option, ..], _) if WITHOUT_EFFECT.contains(option) => Impact::None,
        _ => Impact::Unknown,
    }
}

/// Of its own, or of its group.
fn has_port(instance: &Settings, name: &str) -> bool {
    let has = |name: &str| instance.get(&slot(&["neighbor", name, "port"])).is_some();
    let group = instance.get(&slot(&["neighbor", name, "member"])).and_then(|member| member.words.last());
    has(name) || group.is_some_and(|group| has(group))
}

fn without_those_down(instance: &Settings, mut sessions: Sessions) -> Sessions {
    let is_down = |name: &str| instance.get(&slot(&["neighbor", name, "shutdown"]));
    sessions.neighbors.retain(|peer| is_down(&peer.name).is_none());
    sessions
}

const RESETTING: &[&str] = &[
    "disable-connected-check",
    "extended-optional-parameters",
    "ip-transparent",
    "local-as",
    "passive",
    "password",
    "port",
    "update-source",
];

const AT_NEXT_START: &[&str] = &[
    "aigp",
    "dont-capability-negotiate",
    "local-role",
    "override-capability",
    "sender-as-path-loop-detection",
    "strict-capability-match",
    "tcp-mss",
    "timers",
];

const WITHOUT_EFFECT: &[&str] =
    &["advertisement-interval", "bfd", "description", "enforce-first-as", "graceful-shutdown", "solo"];
