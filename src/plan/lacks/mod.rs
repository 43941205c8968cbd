//! What a configuration lacks of what is required, as statements that would make up for it.

pub(super) mod filters;
mod neighbors;
mod ranges;
mod reach;
mod settings;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use ipnet::IpNet;

use super::edit::{Edit, Reason};
use super::required::Required;
use super::view::{Seat, View};
use crate::frr::config::bgp::BgpInstance;
pub use neighbors::free;

/// What a configuration is to have.
pub struct Want<'a> {
    pub sessions: &'a [Required],
    /// New neighbors come by listen ranges: the nets that these may be.
    pub ranges: Option<Vec<IpNet>>,
}

/// What is missing or wrong.
#[derive(Default)]
pub struct Lacks {
    pub edits: Vec<Edit>,
    /// Where the edit of a block and a statement is among them.
    places: HashMap<(Vec<String>, String), usize>,
    /// What no statement of ours makes up for: somebody has to decide.
    pub by_hand: Vec<Reason>,
    /// What could not be decided.
    pub undecided: Vec<Reason>,
}

/// All of it. What a new neighbor or list needs further shows when it is there.
pub fn lacks(view: &View, want: &Want) -> Lacks {
    let mut lacks = Lacks::default();
    let room = Room { view, want };
    neighbors::look(&room, &mut lacks);
    if let Some(seats) = Seats::of(view, want.sessions) {
        settings::look(view, &seats, &mut lacks);
        reach::look(&seats, &mut lacks);
        ranges::limit(&seats, &mut lacks);
        filters::look(&room, &seats, &mut lacks);
    }
    lacks
}

/// A configuration, and what it is to have.
pub struct Room<'a> {
    view: &'a View,
    want: &'a Want<'a>,
}

/// The sessions that have their place.
pub struct Seats<'a> {
    pub instance: &'a BgpInstance,
    pub seats: Vec<Seat<'a>>,
}

impl Lacks {
    /// Nodes that need the same are told together.
    pub fn needs(&mut self, edit: Edit) {
        match self.places.entry((edit.within.clone(), edit.statement.clone())) {
            Entry::Occupied(place) => self.edits[*place.get()].reason.nodes.extend(edit.reason.nodes),
            Entry::Vacant(place) => {
                place.insert(self.edits.len());
                self.edits.push(edit);
            }
        }
    }

    pub fn by_hand(&mut self, reason: Reason) {
        together(&mut self.by_hand, reason);
    }

    pub fn undecided(&mut self, reason: Reason) {
        together(&mut self.undecided, reason);
    }
}

pub fn together(reasons: &mut Vec<Reason>, reason: Reason) {
    match reasons.iter_mut().find(|known| known.why == reason.why) {
        Some(known) => known.nodes.extend(reason.nodes),
        None => reasons.push(reason),
    }
}

impl<'a> Seats<'a> {
    /// `None`: no BGP is there.
    pub fn of(view: &'a View, sessions: &'a [Required]) -> Option<Self> {
        let instance = view.instance()?;
        Some(Self { instance, seats: sessions.iter().filter_map(|required| Seat::of(instance, required)).collect() })
    }

    /// Whether all neighbors of a group are nodes that wish the same.
    pub fn all_of(&self, group: &str, is_same: impl Fn(&Required) -> bool) -> bool {
        let members = self
            .instance
            .neighbors
            .iter()
            .filter(|neighbor| neighbor.member_of.as_ref().is_some_and(|own| own.value == group));
        let of_group: Vec<&Seat> = self.seats.iter().filter(|seat| seat.shared().name == group).collect();
        let ours: HashSet<&str> = of_group.iter().map(|seat| seat.line.name.as_str()).collect();
        of_group.iter().all(|seat| is_same(seat.required)) && { members }
            .all(|member| ours.contains(member.name.as_str()))
    }

    /// What a statement about a session is made at: what says otherwise now, else the group if all of it wishes the same,
    /// else the neighbor; `None`: a group's neighbors cannot have it apart.
    pub fn place(&self, seat: &Seat, is_own: bool, is_same: impl Fn(&Required) -> bool) -> Option<String> {
        let shared = seat.shared();
        if is_own || !shared.is_group {
            return Some(seat.line.name.clone());
        }
        if self.all_of(&shared.name, is_same) {
            return Some(shared.name.clone());
        }
        (!seat.line.is_group).then(|| seat.line.name.clone())
    }
}

/// How an instance is entered.
pub fn header(instance: &BgpInstance) -> Vec<String> {
    instance.asn.map(|asn| format!("router bgp {asn}")).into_iter().collect()
}

pub fn in_family(header: &[String], family: &str) -> Vec<String> {
    [header, &[format!("address-family {family}")]].concat()
}
