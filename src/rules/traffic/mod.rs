//! The route is there, and traffic fails or may fail: what stands between a router's next hop and the backend's answer.

mod access;
mod addresses;
mod backends;
mod devices;
mod dsr;
mod l2;
mod links;
mod loops;
mod names;
mod nodes;
mod policy;
mod probed;
mod spread;
mod udp;
mod unifi;

use super::Rule;

pub const RULES: &[Rule] = &[
    probed::DEAD_NEXT_HOP,
    probed::NO_ANSWER,
    probed::HASH_POLICY,
    probed::STRICT_FILTER,
    unifi::NO_NETWORK,
    links::VIRTUAL,
    links::SEVERAL,
    devices::NOT_SERVED,
    access::SOURCE_RANGES,
    policy::NOBODY_FROM_OUTSIDE,
    access::RANGES_IGNORED,
    loops::OTHER_PORTS,
    loops::UNUSED_ADDRESSES,
    nodes::NOT_READY,
    spread::CHANGED,
    spread::AFFINITY,
    dsr::REFUSED,
    dsr::GENEVE_WITHOUT_MASQUERADE,
    dsr::OPTION,
    dsr::VPN,
    l2::BOTH,
    l2::HOLDER_WITHOUT_BACKEND,
    l2::NOBODY,
    names::NOBODYS,
    addresses::TAKEN_IN_POOL,
    addresses::NODES_OWN,
    udp::REPORTED,
    backends::NONE_READY,
];
