//! Words of `router bgp`: what belongs outside of families and what inside, and abbreviations of them.

/// The first words of statements.
const FIRST: &[&str] = &[
    "address-family",
    "aggregate-address",
    "bgp",
    "distance",
    "exit-address-family",
    "maximum-paths",
    "neighbor",
    "network",
    "redistribute",
    "timers",
];

/// What stands behind a neighbor's name outside of families.
const OF_SESSION: &[&str] = &[
    "advertisement-interval",
    "aigp",
    "bfd",
    "description",
    "disable-connected-check",
    "disable-link-bw-encoding-ieee",
    "dont-capability-negotiate",
    "ebgp-multihop",
    "enforce-first-as",
    "enforce-multihop",
    "extended-link-bandwidth",
    "extended-optional-parameters",
    "graceful-restart",
    "graceful-restart-disable",
    "graceful-restart-helper",
    "graceful-shutdown",
    "interface",
    "ip-transparent",
    "local-as",
    "local-role",
    "oad",
    "override-capability",
    "passive",
    "password",
    "path-attribute",
    "port",
    "remote-as",
    "sender-as-path-loop-detection",
    "shutdown",
    "solo",
    "strict-capability-match",
    "tcp-mss",
    "timers",
    "ttl-security",
    "update-source",
];

/// And inside.
const OF_FAMILY: &[&str] = &[
    "accept-own",
    "activate",
    "addpath-rx-paths-limit",
    "addpath-tx-all-paths",
    "addpath-tx-best-selected",
    "addpath-tx-bestpath-per-AS",
    "advertise-map",
    "allowas-in",
    "as-override",
    "attribute-unchanged",
    "default-originate",
    "disable-addpath-rx",
    "distribute-list",
    "filter-list",
    "maximum-prefix",
    "maximum-prefix-out",
    "next-hop-self",
    "nexthop-local",
    "prefix-list",
    "remove-private-AS",
    "route-map",
    "route-reflector-client",
    "route-server-client",
    "send-community",
    "soft-reconfiguration",
    "soo",
    "unsuppress-map",
    "weight",
];

/// Words behind `neighbor NAME` that are known outside of families alone.
pub fn is_of_session(option: &[&str]) -> bool {
    match option {
        ["capability", what, ..] => *what != "orf",
        [option, ..] => OF_SESSION.contains(option),
        [] => true,
    }
}

/// Words behind `neighbor NAME` that are known inside of families. `peer-group` is known on both sides and means the same.
pub fn is_of_family(option: &[&str]) -> bool {
    matches!(option, ["capability", "orf", ..]) || option.first().is_some_and(|option| OF_FAMILY.contains(option))
}

/// Puts words of `router bgp` in full that are abbreviated, as vtysh takes them.
pub fn complete(words: &mut [&str]) {
    if let Some(first) = words.first_mut() {
        *first = unique(first, &[FIRST]);
    }
    match words {
        ["neighbor", _, option, rest @ ..] => {
            *option = unique(option, &[OF_SESSION, OF_FAMILY, &["capability", "peer-group"]]);
            match (*option, rest) {
                ("soft-reconfiguration", [direction]) => *direction = unique(direction, &[&["inbound"]]),
                ("timers", [first, _]) => *first = unique(first, &[&["connect", "delayopen"]]),
                _ => {}
            }
        }
        ["address-family", afi, rest @ ..] => {
            *afi = unique(afi, &[&["ipv4", "ipv6", "l2vpn"]]);
            if let [safi] = rest {
                let known = &["unicast", "multicast", "vpn", "labeled-unicast", "flowspec", "evpn", "encap"][..];
                *safi = unique(safi, &[known]);
            }
        }
        _ => {}
    }
}

/// The only word that begins so.
fn unique<'a>(word: &'a str, of: &[&[&'static str]]) -> &'a str {
    let words = of.iter().copied().flatten().copied();
    if words.clone().any(|known| known == word) {
        return word;
    }
    let mut candidates = words.filter(|candidate| candidate.starts_with(word));
    match (candidates.next(), candidates.next()) {
        (Some(only), None) => only,
        _ => word,
    }
}
