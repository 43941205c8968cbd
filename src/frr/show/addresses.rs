//! `ip -j addr` of the router: its interfaces and their addresses.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Interface {
    #[serde(rename = "ifname")]
    pub name: String,
    /// `UP`: switched on; `LOWER_UP`: with a carrier.
    flags: Vec<String>,
    /// `UP`, `DOWN`, `UNKNOWN` of what has no carrier to know of.
    operstate: String,
    #[serde(rename = "addr_info")]
    pub addresses: Vec<Address>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    local: String,
    prefixlen: u8,
    /// `global`, `link`, `host`.
    pub scope: String,
}

impl Interface {
    pub fn is_up(&self) -> bool {
        self.flags.iter().any(|flag| flag == "UP") && self.operstate != "DOWN"
    }

    /// Addresses that others can reach, with the net that they are on.
    pub fn global(&self) -> impl Iterator<Item = IpNet> {
        self.addresses.iter().filter(|address| address.scope == "global").filter_map(Address::net)
    }

    /// Whether hosts with this address are its neighbors: the router sends straight to them.
    pub fn is_connected_to(&self, address: IpAddr) -> bool {
        self.global().any(|net| net.contains(&address))
    }
}

impl Address {
    /// The address, with the length of its net.
    pub fn net(&self) -> Option<IpNet> {
        IpNet::new(self.local.parse().ok()?, self.prefixlen).ok()
    }
}

/// Reads the document.
///
/// # Errors
/// It is not the JSON that iproute2 prints.
pub fn parse(text: &str) -> Result<Vec<Interface>, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_have_addresses_and_nets() {
        let text = r#"[{"ifname": "br3", "flags": ["BROADCAST", "UP", "LOWER_UP"], "operstate": "UP", "addr_info": [
                          {"family": "inet", "local": "10.90.3.1", "prefixlen": 24, "scope": "global"},
                          {"family": "inet6", "local": "fe80::1", "prefixlen": 64, "scope": "link"}]},
                       {}, {"ifname": "br4", "flags": ["UP"], "operstate": "DOWN"}]"#;
        let interfaces = parse(text).expect("iproute2's shape");
        assert_eq!(interfaces[0].global().map(|net| net.to_string()).collect::<Vec<_>>(), ["10.90.3.1/24"]);
        let is_connected = |address: &str| interfaces[0].is_connected_to(address.parse().expect("an address"));
        assert!(is_connected("10.90.3.101") && !is_connected("10.90.4.1") && !is_connected("fe80::2"));
        assert!(interfaces[0].is_up() && !interfaces[2].is_up());
    }
}
