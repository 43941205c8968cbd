//! Blocks: which statements open one, and which belong into it. vtysh tries a statement in its block, then in the blocks
//! around it; indentation means nothing.

use super::words;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    Top,
    Bgp,
    Family,
    RouteMap,
    Vrf,
    Bfd,
    KeyChain,
    SegmentRouting,
    TrafficEngineering,
    Policy,
    PathComputation,
    Srv6,
    Locators,
    Ldp,
    LdpFamily,
    Interface,
    /// Without blocks in it, as far as is known.
    Other,
}

impl Block {
    /// The block that a statement in this one opens.
    pub fn opened_by(self, words: &[&str]) -> Option<Self> {
        let opened = match (self, words) {
            (Self::Top, ["router", "bgp", ..]) => Self::Bgp,
            (Self::Top, ["route-map", _, "permit" | "deny", _]) => Self::RouteMap,
            (Self::Top, ["vrf", _]) => Self::Vrf,
            (Self::Top, ["bfd"]) => Self::Bfd,
            (Self::Top, ["key", "chain", ..]) => Self::KeyChain,
            (Self::Top, ["interface", ..]) => Self::Interface,
            (Self::Top, ["segment-routing"]) => Self::SegmentRouting,
            (Self::Top, ["mpls", "ldp"]) => Self::Ldp,
            (Self::Top, ["router" | "line" | "pbr-map" | "nexthop-group" | "l2vpn", ..] | ["rpki"])
            | (Self::Bgp, ["segment-routing" | "bmp" | "vnc", ..])
            | (Self::Family, ["vni", _])
            | (Self::Bfd, ["profile" | "peer", ..])
            | (Self::KeyChain, ["key", _])
            | (Self::TrafficEngineering, ["segment-list", ..])
            | (Self::Policy, ["candidate-path", .., "dynamic"])
            | (Self::PathComputation, ["pce" | "pce-config" | "pcc", ..])
            | (Self::Srv6, ["encapsulation" | "formats" | "static-sids"])
            | (Self::Locators, ["locator", _])
            | (Self::LdpFamily, ["interface", _])
            | (Self::Interface, ["link-params"]) => Self::Other,
            (Self::Bgp, ["address-family", _] | ["address-family", _, _]) => Self::Family,
            (Self::SegmentRouting, ["traffic-eng"]) => Self::TrafficEngineering,
            (Self::SegmentRouting, ["srv6"]) => Self::Srv6,
            (Self::TrafficEngineering, ["policy", ..]) => Self::Policy,
            (Self::TrafficEngineering, ["pcep"]) => Self::PathComputation,
            (Self::Srv6, ["locators"]) => Self::Locators,
            (Self::Ldp, ["address-family", _]) => Self::LdpFamily,
            _ => return None,
        };
        Some(opened)
    }

    /// Whether a statement is taken in this block. What nothing knows stays where it stands.
    pub fn takes(self, words: &[&str]) -> bool {
        match self {
            Self::Top => true,
            _ if self.opened_by(words).is_some() => true,
            Self::Vrf => is_of_vrf(words) || !is_of_top(words),
            Self::Family => !is_of_instance(words) && !is_of_top(words),
            _ => !is_of_top(words),
        }
    }

    /// What closes it.
    pub fn end(self, header: &[&str]) -> &'static str {
        match self {
            Self::Family | Self::LdpFamily => "exit-address-family",
            Self::Vrf => "exit-vrf",
            Self::Other if header.first() == Some(&"vni") => "exit-vni",
            Self::Other if header == ["link-params"] => "exit-link-params",
            _ => "exit",
        }
    }
}

fn is_of_top(words: &[&str]) -> bool {
    match words {
        ["ip" | "ipv6" | "mac", second, ..] => OF_ADDRESSES.contains(second),
        ["bgp", second, ..] => OF_BGP.contains(second),
        ["mpls", "ldp" | "label" | "lsp", ..] | ["bfd" | "segment-routing" | "rpki"] => true,
        [first, ..] => OF_TOP.contains(first),
        [] => false,
    }
}

const OF_TOP: &[&str] = &[
    "access-list",
    "affinity-map",
    "agentx",
    "allow-external-route-update",
    "banner",
    "debug",
    "domainname",
    "frr",
    "hostname",
    "interface",
    "key",
    "l2vpn",
    "line",
    "log",
    "nexthop-group",
    "pbr-map",
    "route-map",
    "router",
    "service",
    "username",
    "vrf",
    "zebra",
];

/// Behind `bgp`, where it is no statement of an instance.
const OF_BGP: &[&str] = &[
    "as-path",
    "community",
    "community-list",
    "extcommunity-list",
    "input-queue-limit",
    "large-community-list",
    "no-rib",
    "output-queue-limit",
    "send-extra-data",
    "session-dscp",
];

/// Behind `ip` and `ipv6`.
const OF_ADDRESSES: &[&str] = &[
    "access-list",
    "as-path",
    "community-list",
    "extcommunity-list",
    "forwarding",
    "import-table",
    "large-community-list",
    "multicast-routing",
    "nht",
    "prefix-list",
    "protocol",
    "route",
    "router-id",
    "zebra",
];

fn is_of_vrf(words: &[&str]) -> bool {
    matches!(words, ["ip" | "ipv6", "route" | "nht" | "protocol" | "router-id" | "import-table", ..])
}

/// What `router bgp` knows and its families do not.
fn is_of_instance(words: &[&str]) -> bool {
    match words {
        ["neighbor", _, option @ ..] => words::is_of_session(option),
        ["bgp", second, ..] => *second != "dampening",
        [first, ..] => {
            ["bgp", "timers", "address-family", "coalesce-time", "read-quanta", "write-quanta", "update-delay", "bmp"]
                .contains(first)
        }
        [] => false,
    }
}
