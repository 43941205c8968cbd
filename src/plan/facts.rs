//! What a router says of itself beyond its configuration. A file says none of it.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::view::Seat;
use crate::frr::config::Version;
use crate::frr::config::delta::{Command, Delta};
use crate::frr::config::impact::Impact;
use crate::frr::show::addresses::Interface;
use crate::topology::names::NeighborName;
use crate::topology::router::{Router, RouterNeighbor};
use crate::topology::session::RouterCounts;

#[derive(Clone, Copy)]
pub struct Facts<'a>(pub &'a Router);

impl<'a> Facts<'a> {
    /// The nets that it is on.
    pub fn nets(self) -> Vec<IpNet> {
        let interfaces = self.0.interfaces.value().into_iter().flatten();
        interfaces.flat_map(Interface::global).map(|net| net.trunc()).collect()
    }

    pub fn has_address_in(self, net: &IpNet) -> bool {
        let mut own = self.0.interfaces.value().into_iter().flatten().flat_map(Interface::global);
        own.any(|address| net.contains(&address.addr()))
    }

    /// The id that it goes by in the default VRF.
    pub fn router_id(self) -> Option<Ipv4Addr> {
        let mut ids = self.neighbors().filter_map(|neighbor| neighbor.end.said.local_router_id.as_ref()?.parse().ok());
        ids.find(|id: &Ipv4Addr| !id.is_unspecified())
    }

    /// The most prefixes that one of the neighbors brought which are accepted now, and their number from all of them.
    pub fn accepted(self, seats: &[Seat], version: Version) -> Option<Counts> {
        let of = |seat: &Seat| self.counts(seat, version)?.accepted;
        Counts::of(seats.iter().filter_map(of))
    }

    /// The same of those that were sent to them.
    pub fn sent(self, seats: &[Seat], version: Version) -> Option<Counts> {
        let of = |seat: &Seat| self.counts(seat, version)?.sent;
        Counts::of(seats.iter().filter_map(of))
    }

    /// The router goes by this id already: nothing starts anew.
    pub fn settle(self, delta: &mut Delta) {
        let Some(id) = self.router_id() else { return };
        let same = format!("bgp router-id {id}");
        let is_of_default = |command: &Command| matches!(&command.within[..], [header] if !header.contains(" vrf "));
        let settled = delta.commands.iter_mut().filter(|command| is_of_default(command) && command.text() == same);
        settled.for_each(|command| command.impact = Impact::None);
    }

    fn counts(self, seat: &Seat, version: Version) -> Option<&'a RouterCounts> {
        let is_its = |address: &IpAddr| seat.required.addresses.contains(address);
        let mut neighbors = self.neighbors();
        let neighbor = neighbors.find(|one| matches!(&one.end.neighbor, NeighborName::Address(own) if is_its(own)))?;
        neighbor.end.families.iter().find(|counts| counts.family.is_unicast(version == Version::V4))
    }

    fn neighbors(self) -> impl Iterator<Item = &'a RouterNeighbor> {
        self.0.neighbors.value().into_iter().flatten().filter(|neighbor| neighbor.end.vrf.is_default())
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Counts {
    pub most: u64,
    pub all: u64,
}

impl Counts {
    fn of(counts: impl Iterator<Item = u64>) -> Option<Self> {
        counts.fold(None, |known: Option<Self>, count| {
            let known = known.unwrap_or(Self { most: 0, all: 0 });
            Some(Self { most: known.most.max(count), all: known.all.saturating_add(count) })
        })
    }
}
