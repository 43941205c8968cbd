//! Pods and nodes that go to a VIP of their own cluster. Settings say what may fail, never what does.

mod external_ips;
mod policy;
mod reported;
mod sockets;

use super::Rule;

pub const RULES: &[Rule] = &[
    external_ips::NOT_TRANSLATED,
    external_ips::ON_THE_HOLDER,
    sockets::DSR,
    sockets::HOST_ONLY,
    sockets::OFF,
    reported::LOCAL,
    policy::NAMES_VIPS,
    reported::NETKIT,
];
