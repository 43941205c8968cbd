//! `ip -j route` of the router: what its kernel forwards by.

use serde::Deserialize;

/// A route of the main table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct KernelRoute {
    /// `default`, an address, or a prefix.
    pub dst: String,
    /// A name of rt_protos, or its number where the router has no such file.
    pub protocol: String,
    /// Absent: 0, which wins over all others.
    pub metric: Option<u32>,
    #[serde(flatten)]
    pub only: KernelNextHop,
    pub nexthops: Vec<KernelNextHop>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct KernelNextHop {
    pub gateway: Option<String>,
    /// The next hop, where its family is not the route's.
    pub via: Option<Via>,
    pub dev: Option<String>,
    pub weight: Option<u32>,
    /// `dead`, `linkdown`: not forwarded by.
    pub flags: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Via {
    pub host: String,
}

/// RTPROT_BGP (linux/rtnetlink.h), by name and by number.
const BGP: [&str; 2] = ["bgp", "186"];

impl KernelRoute {
    pub fn is_bgps(&self) -> bool {
        BGP.contains(&self.protocol.as_str())
    }

    /// One next hop stands in the route itself.
    pub fn next_hops(&self) -> impl Iterator<Item = &KernelNextHop> {
        let only = std::iter::once(&self.only).filter(|_| self.nexthops.is_empty());
        self.nexthops.iter().chain(only)
    }
}

impl KernelNextHop {
    pub fn is_alive(&self) -> bool {
        !self.flags.iter().any(|flag| flag == "dead" || flag == "linkdown")
    }

    pub fn address(&self) -> Option<&str> {
        self.gateway.as_deref().or(self.via.as_ref().map(|via| via.host.as_str()))
    }
}

/// Reads the document.
///
/// # Errors
/// It is not the JSON that iproute2 prints.
pub fn parse(text: &str) -> Result<Vec<KernelRoute>, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_next_hop_stands_in_the_route_itself() {
        let text = r#"[{"dst": "10.0.0.1", "gateway": "10.9.0.1", "dev": "br3", "protocol": "bgp", "metric": 20, "flags": []},
                       {"dst": "10.0.0.2", "protocol": "186", "nexthops": [{"via": {"family": "inet6", "host": "fe80::1"},
                        "dev": "br3", "weight": 1, "flags": ["dead", "linkdown"]}]}]"#;
        let routes = parse(text).expect("iproute2's shape");
        let next_hop = |route: &KernelRoute| route.next_hops().next().cloned().expect("one");
        assert_eq!(next_hop(&routes[0]).address(), Some("10.9.0.1"));
        assert!(routes[1].is_bgps() && !next_hop(&routes[1]).is_alive());
        assert_eq!(next_hop(&routes[1]).address(), Some("fe80::1"));
    }
}
