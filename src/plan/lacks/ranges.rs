//! Listen ranges: the router takes whoever dials from them.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::neighbors::{Home, new_group, vacant};
use super::{Lacks, Room, Seats, header};
use crate::frr::config::bgp::BgpInstance;
use crate::frr::config::neighbor::Neighbor;
use crate::plan::edit::{Edit, Reason};
use crate::plan::required::Required;
use crate::topology::names::listed;

/// FRR's own limit of neighbors that come by ranges.
const DEFAULT_LIMIT: u32 = 100;

/// A range that would take a node.
pub struct Proposed<'a> {
    required: &'a Required,
    range: IpNet,
    /// Neighbors in it that keep their own lines.
    others: Vec<&'a str>,
}

impl<'a> Proposed<'a> {
    /// The net of the router's that the node is on. None is proposed where another group has a part of it already: FRR asks
    /// its groups in no order that can be told.
    pub fn of(room: &Room<'a>, instance: &'a BgpInstance, required: &'a Required) -> Option<Self> {
        let nets = room.want.ranges.as_ref()?;
        let address = required.addresses[0];
        let range = nets.iter().filter(|net| net.contains(&address)).max_by_key(|net| net.prefix_len())?.trunc();
        let overlaps = |other: &IpNet| other.contains(&range) || range.contains(other);
        if instance.listen_ranges.iter().any(|listen| overlaps(&listen.range)) {
            return None;
        }
        let is_node = |address: &IpAddr| room.want.sessions.iter().any(|one| one.addresses.contains(address));
        let is_other = |line: &&Neighbor| line.address().is_some_and(|own| range.contains(&own) && !is_node(&own));
        let others = instance.neighbors.iter().filter(is_other).map(|line| line.name.as_str()).collect();
        Some(Self { required, range, others })
    }

    /// Whether it has a group already; a group of a range has an AS.
    pub fn look(&self, room: &Room, instance: &BgpInstance, home: &Home, lacks: &mut Lacks) -> bool {
        let home = match home {
            Home::Group(group) if group.remote_as.is_some() => Some(*group),
            _ => vacant(instance, self.required),
        };
        let Some(group) = home else {
            new_group(room, instance, self.required, lacks);
            return false;
        };
        let but = match &self.others[..] {
            [] => String::new(),
            others => format!(", but for {} with a line of its own", listed(others)),
        };
        let why = format!("whoever dials from there as AS {} is taken{but}", self.required.node_asn);
        lacks.needs(Edit {
            within: header(instance),
            statement: format!("bgp listen range {} peer-group {}", self.range, group.name),
            reason: Reason::of(&self.required.node, why),
        });
        true
    }
}

/// Ranges take no more neighbors than this.
pub fn limit(seats: &Seats, lacks: &mut Lacks) {
    let ranged = seats.seats.iter().filter(|seat| seat.line.is_group);
    let addresses: BTreeSet<IpAddr> = ranged.map(|seat| seat.required.addresses[0]).collect();
    let limit = seats.instance.listen_limit.as_ref().map_or(DEFAULT_LIMIT, |stated| stated.value);
    let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
    if count > limit {
        let room = count.saturating_mul(2).next_multiple_of(DEFAULT_LIMIT);
        lacks.needs(Edit {
            within: header(seats.instance),
            statement: format!("bgp listen limit {room}"),
            reason: Reason::to(format!("{count} nodes come by ranges, which take {limit}")),
        });
    }
}
