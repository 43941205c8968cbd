//! How a router gets to an address.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Router;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// One of its own nets has it: a packet with a TTL of 1 arrives.
    OnLink,
    /// Through another router.
    Via(IpAddr),
    /// Its kernel has no route.
    No,
}

impl Router {
    /// Unknown if it could not tell its interfaces, or its kernel's routes where they are needed.
    pub fn reach(&self, address: IpAddr) -> Option<Reach> {
        if self.interfaces.value()?.iter().any(|interface| interface.is_connected_to(address)) {
            return Some(Reach::OnLink);
        }
        let tables = if address.is_ipv4() { &self.ipv4 } else { &self.ipv6 };
        let routes = &tables.kernel.value()?.routes;
        let lengths = (0..=IpNet::from(address).max_prefix_len()).rev();
        let nets = lengths.filter_map(|length| IpNet::new(address, length).ok());
        let Some(route) = nets.map(|net| net.trunc()).find_map(|net| routes.get(&net)) else { return Some(Reach::No) };
        let hops = &route.next_hops;
        Some(match hops.iter().find_map(|hop| hop.address) {
            Some(address) => Reach::Via(address),
            None if hops.iter().any(|hop| hop.interface.is_some()) => Reach::OnLink,
            None => Reach::No,
        })
    }
}
