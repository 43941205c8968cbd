//! Filters that keep out what nodes advertise.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::neighbors::free;
use super::{Lacks, Room, Seats, header, in_family};
use crate::frr::config::Version;
use crate::frr::config::prefix_list::PrefixVerdict;
use crate::plan::edit::{Edit, Reason};
use crate::plan::inbound::{Passage, passage};
use crate::plan::required::Required;
use crate::plan::view::{Seat, View};
use crate::topology::names::{NeighborName, NodeName};
use crate::topology::router::inbound::{Denial, Inbound};
use crate::topology::router::permit::{Wanted, lines};

/// As people call the list of a cluster's addresses; another one if that is taken.
pub const LIST: &str = "k8s-services";

/// What has to be permitted by one list.
#[derive(Default)]
struct Missing {
    nodes: BTreeSet<NodeName>,
    wanted: BTreeSet<Wanted>,
    /// The first entry that denies some of it.
    denying: Option<u32>,
}

pub fn look(room: &Room, seats: &Seats, lacks: &mut Lacks) {
    let mut by_list: BTreeMap<(Version, String), Missing> = BTreeMap::new();
    for seat in &seats.seats {
        for (version, wanted) in seat.required.families() {
            let Some(inbound) = inbound(room.view, seat, version) else { continue };
            for &one in wanted {
                match passage(&inbound, one) {
                    Passage::Admitted => {}
                    Passage::Undecided => lacks.undecided(Reason::of(
                        &seat.required.node,
                        format!("{} looks at more than the prefix", inbound.filters().unwrap_or_default()),
                    )),
                    // eBGP without a filter takes nothing (RFC 8212).
                    Passage::Denied(None) => {
                        attach(room.view, seats, seat, version, "without a filter nothing is accepted", lacks);
                    }
                    Passage::Denied(Some(denial)) => match list_of(&inbound, denial) {
                        Some((name, denying)) => {
                            let missing = by_list.entry((version, name.to_owned())).or_default();
                            missing.nodes.insert(seat.required.node.clone());
                            missing.wanted.insert(one);
                            missing.denying = missing.denying.into_iter().chain(denying).min();
                        }
                        None => lacks.by_hand(Reason::of(
                            &seat.required.node,
                            format!("{} denies {}: {}", denial.filter(), one.net, denial.because()),
                        )),
                    },
                }
            }
        }
    }
    for ((version, name), missing) in by_list {
        permit(room, version, &name, missing, lacks);
    }
}

/// What nobody tells the prefixes of, no line lets in.
pub fn also(node: &NodeName, beside: &str) -> Reason {
    Reason::of(node, format!("it advertises {beside} too, which a filter for the pools would keep out"))
}

/// Where a session has a filter that it had not before, what it keeps out of that which the session brings.
pub fn kept_out(before: &View, after: &View, sessions: &[Required]) -> Vec<Reason> {
    let filtered = |view: &View| -> BTreeSet<NodeName> {
        let is_filtered = |seat: &Seat| {
            let mut inbounds = seat.required.families().filter_map(|(version, _)| inbound(view, seat, version));
            inbounds.any(|inbound| inbound.filters().is_some())
        };
        let seats = Seats::of(view, sessions).into_iter().flat_map(|seats| seats.seats);
        seats.filter(is_filtered).map(|seat| seat.required.node.clone()).collect()
    };
    let (before, after) = (filtered(before), filtered(after));
    let is_new = |required: &&Required| after.contains(&required.node) && !before.contains(&required.node);
    let new = sessions.iter().filter(is_new);
    new.filter_map(|required| Some(also(&required.node, required.beside.as_ref()?))).collect()
}

/// A group is found by its name as a neighbor is.
pub fn inbound<'a>(view: &'a View, seat: &Seat, version: Version) -> Option<Inbound<'a>> {
    Inbound::of(&view.config, None, &NeighborName::parse(&seat.line.name), version)
}

/// The list that would have to permit it, and the number of its entry that denies it; `None`: no list decides alone.
fn list_of<'a>(inbound: &Inbound<'a>, denial: Denial<'a>) -> Option<(&'a str, Option<u32>)> {
    match denial {
        Denial::UndefinedList(name) => Some((name, None)),
        Denial::List(list, entry) => Some((&list.name, entry.map(|entry| entry.seq))),
        Denial::Map(_, None) => Some((inbound.list_of_map()?, None)),
        Denial::Map(..) | Denial::UndefinedMap(_) => None,
    }
}

fn permit(room: &Room, version: Version, name: &str, missing: Missing, lacks: &mut Lacks) {
    let list = room.view.config.prefix_list(version, name);
    let by_number = |seq: u32| list?.entries.iter().find(|entry| entry.seq == seq);
    let by_map = || {
        let verdicts = missing.wanted.iter().map(|wanted| list.map(|list| list.permits(wanted.net)));
        let denying = verdicts.filter_map(|verdict| match verdict {
            Some(PrefixVerdict::Denied(entry)) => Some(entry),
            _ => None,
        });
        denying.min_by_key(|entry| entry.seq)
    };
    let denying = missing.denying.and_then(by_number).or_else(by_map);
    for statement in lines(name, version, list, denying, &missing.wanted) {
        let reason = Reason::to("the LoadBalancer pools");
        lacks.needs(Edit { within: Vec::new(), statement, reason });
    }
}

/// The list that other nodes have, unless it lets everything in; or a new one.
fn list_for(view: &View, seats: &Seats, version: Version) -> String {
    let inbounds = seats.seats.iter().filter_map(|seat| inbound(view, seat, version));
    let filtering = inbounds.filter(|inbound| inbound.admits(default_route(version)) != Some(true));
    let name = filtering.filter_map(|inbound| inbound.list).map(|name| name.value.clone()).next();
    name.unwrap_or_else(|| free(LIST, |name| view.config.prefix_list(version, name).is_some()))
}

pub fn default_route(version: Version) -> IpNet {
    match version {
        Version::V4 => Ipv4Net::default().into(),
        Version::V6 => Ipv6Net::default().into(),
    }
}

/// A new group is never open: it has a filter in each family that it exchanges, whatever eBGP takes without one.
pub fn guard(room: &Room, seats: &Seats, group: &str, required: &Required, lacks: &mut Lacks) {
    let instance = seats.instance;
    let carried: BTreeSet<Version> = required.families().map(|(version, _)| version).collect();
    let has_ipv4 = instance.default_ipv4_unicast.as_ref().is_none_or(|stated| stated.value);
    let open = (has_ipv4 && !room.view.config.requires_policy(instance)).then_some(Version::V4);
    for version in carried.iter().copied().chain(open.filter(|version| !carried.contains(version))) {
        let list = list_for(room.view, seats, version);
        // What is carried is permitted when the group has its neighbors.
        if !carried.contains(&version) && room.view.config.prefix_list(version, &list).is_none() {
            let statement = format!("{} prefix-list {list} seq 5 deny any", version.protocol());
            let reason = Reason::to(format!("no address of {} is known to come", version.afi()));
            lacks.needs(Edit { within: Vec::new(), statement, reason });
        }
        lacks.needs(Edit {
            within: in_family(&header(instance), version.unicast()),
            statement: format!("neighbor {group} prefix-list {list} in"),
            reason: Reason::to("nothing but the pools is let in"),
        });
    }
}

pub fn attach(view: &View, seats: &Seats, seat: &Seat, version: Version, why: &str, lacks: &mut Lacks) {
    let family = version.unicast();
    let name = list_for(view, seats, version);
    let is_same = |other: &Required| other.families().any(|(own, _)| own == version);
    match seats.place(seat, false, is_same) {
        Some(place) => lacks.needs(Edit {
            within: in_family(&header(seats.instance), family),
            statement: format!("neighbor {place} prefix-list {name} in"),
            reason: Reason::of(&seat.required.node, why),
        }),
        None => lacks.by_hand(Reason::of(
            &seat.required.node,
            format!("{why}, and other neighbors share the peer-group {}", seat.shared().name),
        )),
    }
}
