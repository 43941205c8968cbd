//! Who is called what, and has which address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[derive(Clone, Copy, PartialEq)]
pub enum Family {
    V4,
    V6,
}

/// The nodes' network and the router's own address in it.
pub const NODES_NETWORK: &str = "10.64.0.0/16";
pub const ROUTER_AMONG_NODES: &str = "10.64.0.1";
pub const ROUTER_AMONG_NODES_V6: &str = "fd00:90:3::1";

impl Family {
    pub fn afi(self) -> &'static str {
        match self {
            Self::V4 => "ipv4",
            Self::V6 => "ipv6",
        }
    }

    pub fn length(self) -> u8 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }

    /// The peer's name in the cluster, the address that nodes dial, and the router's peer group and prefix list.
    pub fn peer(self) -> &'static str {
        match self {
            Self::V4 => "udm-pro",
            Self::V6 => "udm-pro-v6",
        }
    }

    pub fn peer_address(self) -> &'static str {
        match self {
            Self::V4 => "10.90.254.1",
            Self::V6 => "fd00:90:254::1",
        }
    }

    pub fn peer_group(self) -> &'static str {
        match self {
            Self::V4 => "k8s",
            Self::V6 => "k8s6",
        }
    }

    pub fn pool(self) -> &'static str {
        match self {
            Self::V4 => "10.99.0.0/16",
            Self::V6 => "fd00:99:8::/112",
        }
    }

    pub fn vip(self, vip: usize) -> IpAddr {
        match self {
            Self::V4 => v4([10, 99, 0, 1], vip),
            Self::V6 => v6([0xfd00, 0x99, 8, 0, 0, 0, 0, 1], vip),
        }
    }

    pub fn node(self, node: usize) -> IpAddr {
        match self {
            Self::V4 => v4([10, 64, 1, 1], node),
            Self::V6 => v6([0xfd00, 0x90, 3, 0, 0, 0, 0, 0x101], node),
        }
    }

    pub fn cluster_ip(self, service: usize) -> IpAddr {
        match self {
            Self::V4 => v4([172, 20, 0, 10], service),
            Self::V6 => v6([0xfd00, 0x96, 0, 0, 0, 0, 0, 10], service),
        }
    }

    /// An endpoint of a Service, in the node's pod network.
    pub fn endpoint(self, node: usize, service: usize) -> IpAddr {
        let host = 2 + service % 250;
        match self {
            Self::V4 => v4([10, 128, 0, 0], node * 256 + host),
            Self::V6 => v6([0xfd00, 0x244, 0, 0, 0, 0, 0, 0], node * 65_536 + host),
        }
    }
}

pub fn pod_network(node: usize) -> String {
    format!("{}/24", v4([10, 128, 0, 0], node * 256))
}

pub fn node_name(node: usize) -> String {
    format!("node-{:05}", node + 1)
}

/// Namespace and name; twenty namespaces in the order of an API server's list.
pub fn service_name(service: usize, of: usize) -> (String, String) {
    (format!("team-{:02}", service * 20 / of), format!("app-{:05}", service + 1))
}

fn v4(first: [u8; 4], index: usize) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(Ipv4Addr::from(first).to_bits() + u32::try_from(index).expect("sizes are small")))
}

fn v6(first: [u16; 8], index: usize) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(Ipv6Addr::from(first).to_bits() + index as u128))
}
