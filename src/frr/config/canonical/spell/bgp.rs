//! Statements of `router bgp` itself.

use super::super::dialect::Dialect;
use super::{Spelled, Unsaid, unknown};

#[expect(clippy::match_same_arms, reason = "a table by what the words say")]
pub fn spell(words: &[&str], dialect: &Dialect) -> Vec<Spelled> {
    let one = |count: usize, unsaid| vec![Spelled::about(count, words).unsaid(unsaid)];
    match words {
        ["bgp", "listen", "range", ..] => one(4, Unsaid::Other),
        ["bgp", "listen", "limit", "100"] => one(3, Unsaid::Same),
        ["bgp", "listen", ..] => one(3, Unsaid::Other),
        ["bgp", "default", "local-preference", "100"] | ["bgp", "default", "subgroup-pkt-queue-max", "40"] => {
            one(3, Unsaid::Same)
        }
        ["bgp", "default", "ipv4-unicast"] => one(3, Unsaid::On),
        ["bgp", "default", ..] => one(3, Unsaid::Other),
        ["bgp", "bestpath", "as-path", "multipath-relax", "no-as-set"] => vec![Spelled::about(4, &words[..4])],
        ["bgp", "bestpath", "as-path", ..] => one(4, Unsaid::Other),
        ["bgp", "bestpath", "med", flags @ ..] => {
            flags.iter().map(|flag| Spelled::about(4, &["bgp", "bestpath", "med", flag])).collect()
        }
        ["bgp", "confederation", "peers", peers @ ..] => {
            peers.iter().map(|peer| Spelled::about(4, &["bgp", "confederation", "peers", peer])).collect()
        }
        ["bgp", "graceful-restart", "notification"] => one(3, Unsaid::On),
        ["bgp", "graceful-restart", "restart-time", "120"]
        | ["bgp", "graceful-restart", "stalepath-time" | "select-defer-time", "360"]
        | ["bgp", "graceful-restart", "rib-stale-time", "500"] => one(3, Unsaid::Same),
        ["bgp", "graceful-restart", _, ..] => one(3, Unsaid::Other),
        // One of them at most.
        ["bgp", "graceful-restart" | "graceful-restart-disable"] => {
            vec![Spelled::at(&["bgp", "graceful-restart"], words)]
        }
        ["bgp", "enforce-first-as"] if dialect.enforces_first_as() => one(2, Unsaid::On),
        ["bgp", flag, ..] if ON.contains(flag) => one(2, Unsaid::On),
        ["bgp", "client-to-client", "reflection"] => one(3, Unsaid::On),
        ["bgp", "network", "import-check"] => one(3, Unsaid::On),
        ["bgp", "bestpath" | "confederation" | "max-med" | "conditional-advertisement", ..] => one(3, Unsaid::Other),
        ["bgp", "shutdown", ..] => one(2, Unsaid::Other),
        ["bgp", _, rest @ ..] if rest.len() < 2 => one(2, Unsaid::Other),
        ["timers", "bgp", "60", "180"] => one(2, Unsaid::Same),
        ["timers", "bgp", ..] => one(2, Unsaid::Other),
        ["coalesce-time" | "update-delay" | "read-quanta" | "write-quanta", ..] => one(1, Unsaid::Other),
        _ => vec![unknown(words)],
    }
}

/// What FRR does unless it is told not to.
const ON: &[&str] =
    &["ebgp-requires-policy", "fast-external-failover", "hard-administrative-reset", "suppress-duplicates"];
