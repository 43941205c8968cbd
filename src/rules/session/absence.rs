//! How the router's neighbor for a node is missing.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use crate::frr::config::bgp::BgpInstance;
use crate::rules::Facts;
use crate::rules::facts::Case;
use crate::topology::Known;
use crate::topology::cluster::Cluster;
use crate::topology::names::NeighborName;

/// How a neighbor is missing.
pub enum Absence<'a> {
    NoLine,
    OutOfRange,
    /// One address stands where those of several nodes should.
    Shared(Option<IpAddr>, &'a Nobodys),
    OtherAddress(&'a Nobodys),
}

/// Neighbors of one router, family and AS that no node owns.
#[derive(Default)]
pub struct Nobodys {
    all: BTreeSet<IpAddr>,
    /// Those that are not established.
    pub waiting: BTreeSet<IpAddr>,
    /// How many sessions have no neighbor.
    missing: usize,
}

/// Router, whether IPv4, AS of the nodes.
pub type Place<'a> = (&'a str, bool, Option<u32>);

pub fn nobodys<'a>(facts: &Facts<'a>) -> HashMap<Place<'a>, Nobodys> {
    let mut nobodys = HashMap::<Place, Nobodys>::new();
    for case in facts.uninvited().filter(|case| matches!(case.session.node, Known::Absent(_))) {
        let Some(end) = case.router_end() else { continue };
        let NeighborName::Address(address) = end.neighbor else { continue };
        let asn = case.session.local_asn.value().map(|asn| asn.0);
        let of = nobodys.entry((end.router.as_str(), address.is_ipv4(), asn)).or_default();
        of.all.insert(address);
        if !end.established {
            of.waiting.insert(address);
        }
    }
    for case in facts.down().filter(Case::neighbor_is_absent) {
        if let Some(of) = place(&case).and_then(|place| nobodys.get_mut(&place)) {
            of.missing += 1;
        }
    }
    nobodys
}

pub fn place<'a>(case: &Case<'a>) -> Option<Place<'a>> {
    let address = case.session.dials_from.value()?.first()?;
    Some((&case.router?.name, address.is_ipv4(), case.session.local_asn.value().map(|asn| asn.0)))
}

pub fn absence<'a>(facts: &Facts, instance: &BgpInstance, nobodys: Option<&'a Nobodys>) -> Absence<'a> {
    let api = facts.cluster().and_then(Cluster::server_address);
    match nobodys {
        Some(nobodys) if api.is_some_and(|api| nobodys.all.contains(&api)) => Absence::Shared(api, nobodys),
        Some(nobodys) if nobodys.waiting.is_empty() => Absence::NoLine,
        Some(nobodys) if nobodys.missing > nobodys.waiting.len() => Absence::Shared(None, nobodys),
        Some(nobodys) => Absence::OtherAddress(nobodys),
        None if !instance.listen_ranges.is_empty() && sibling_group(instance).is_none() => Absence::OutOfRange,
        None => Absence::NoLine,
    }
}

/// The group that the other neighbors are in.
pub fn sibling_group(instance: &BgpInstance) -> Option<&str> {
    let members = instance.neighbors.iter().filter(|neighbor| !neighbor.is_group);
    members.filter_map(|neighbor| neighbor.member_of.as_ref()).map(|group| group.value.as_str()).next()
}
