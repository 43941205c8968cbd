//! What statements do, for a reader who meets them for the first time.

/// What is exchanged in an address family.
pub fn family(name: &str) -> String {
    match name {
        "ipv4 unicast" => "routes of IPv4".to_owned(),
        "ipv6 unicast" => "routes of IPv6".to_owned(),
        other => other.to_owned(),
    }
}

/// Nothing for those that say it themselves, and for those that are not known.
pub fn about(on: bool, words: &[&str]) -> Option<String> {
    let text = match words {
        ["bgp", option @ ..] => of_bgp(on, option)?,
        ["neighbor", _, option @ ..] if on => return of_neighbor(option),
        ["timers", "bgp", ..] => "Keepalive and hold time in seconds, where a neighbor has none of its own",
        ["maximum-paths", ..] => "So many equal paths share the traffic of an address",
        ["redistribute", what, ..] if on => return Some(format!("Announces the router's {what} routes")),
        ["network", ..] => "Announces this prefix",
        ["aggregate-address", ..] => "Announces this prefix for all that is within it",
        _ => return None,
    };
    Some(text.to_owned())
}

fn of_bgp(on: bool, option: &[&str]) -> Option<&'static str> {
    let text = match option {
        ["router-id", ..] => "How other routers know this one; without it, it may change with the addresses",
        ["ebgp-requires-policy"] if !on => "Routes are taken and sent without a filter too",
        ["ebgp-requires-policy"] => "Without a filter no route is taken or sent",
        ["default", "ipv4-unicast"] if !on => {
            "Routes of IPv4 are exchanged with those alone who are activated for them"
        }
        ["listen", "range", ..] => "Whoever connects from this range is a neighbor of the group",
        ["listen", "limit", ..] => "So many neighbors may come out of ranges",
        ["bestpath", "as-path", "multipath-relax"] => "Paths of several AS may share the traffic of an address",
        ["graceful-restart"] => "Routes stay while a neighbor starts anew",
        ["log-neighbor-changes"] => "Sessions that come up or go down are logged",
        _ => return None,
    };
    Some(text)
}

fn of_neighbor(option: &[&str]) -> Option<String> {
    let text = match option {
        ["remote-as", "external"] => "Any AS but this router's own",
        ["remote-as", "internal"] => "The same AS as this router's",
        ["remote-as", asn] => return Some(format!("The neighbor's end is AS {asn}")),
        ["description", "kubectl-bgp", ..] => "The cluster and the node that it was made for",
        ["local-as", ..] => "This router shows itself to it as of this AS",
        ["password", ..] => "TCP MD5: both ends have the same password",
        ["timers", "connect", ..] => "Seconds between two tries to connect",
        ["timers", ..] => "Keepalive and hold time in seconds: silence for so long ends the session",
        ["ebgp-multihop", ..] => "It may be so many hops away",
        ["update-source", ..] => "Sessions start from this address",
        ["passive"] => "It is waited for, not connected to",
        ["shutdown", ..] => "It is switched off",
        ["bfd", ..] => "A silent neighbor is noticed sooner",
        ["activate"] => "It takes part",
        ["soft-reconfiguration", ..] => "What it sent is kept, so that a changed filter holds without a new session",
        ["next-hop-self", ..] => "Traffic for routes from here comes to this router",
        ["prefix-list", list, "in"] => return Some(format!("Only what the list {list} permits is taken from it")),
        ["prefix-list", list, "out"] => return Some(format!("Only what the list {list} permits is sent to it")),
        ["route-map", map, "in"] => return Some(format!("The route-map {map} decides what is taken from it")),
        ["route-map", map, "out"] => return Some(format!("The route-map {map} decides what is sent to it")),
        ["maximum-prefix", ..] => "One that sends more is cut off",
        _ => return None,
    };
    Some(text.to_owned())
}
