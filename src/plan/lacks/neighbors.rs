//! Neighbors that are not there, and the group that they come into.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use super::{Lacks, Room, Seats, filters, header, in_family, ranges};
use crate::frr::config::bgp::BgpInstance;
use crate::frr::config::neighbor::{Neighbor, RemoteAs};
use crate::plan::edit::{Edit, Reason};
use crate::plan::required::Required;
use crate::plan::view::Seat;
use crate::topology::names::Asn;

/// As people call the group of a cluster's nodes; another one if that is taken.
const GROUP: &str = "k8s";

pub fn look(room: &Room, lacks: &mut Lacks) {
    let Some(instance) = room.view.instance() else { return without_instance(room.want.sessions, lacks) };
    let within = header(instance);
    let mut homes: Vec<(&Required, Home)> = Vec::new();
    let sessions = room.want.sessions;
    let mut dialing: HashMap<IpAddr, Asn> = HashMap::new();
    for required in sessions.iter().filter(|required| Seat::of(instance, required).is_none()) {
        // An address has one neighbor; that it has two AS is told when the neighbor is there.
        if *dialing.entry(required.addresses[0]).or_insert(required.node_asn) != required.node_asn {
            continue;
        }
        let known = homes.iter().position(|(like, _)| like.is_like(required));
        let at = known.unwrap_or_else(|| {
            homes.push((required, home(instance, sessions, required)));
            homes.len() - 1
        });
        if let Some(range) = ranges::Proposed::of(room, instance, required) {
            if !range.look(room, instance, &homes[at].1, lacks) {
                return;
            }
            continue;
        }
        let (address, asn) = (required.addresses[0], required.node_asn);
        let why = if room.want.ranges.is_some() { "in no net of the router's that is free for a range" } else { "" };
        let mut say = |statement: String| {
            lacks.needs(Edit { within: within.clone(), statement, reason: Reason::of(&required.node, why) });
        };
        match &homes[at].1 {
            Home::Group(group) => {
                if group.remote_as.is_none() {
                    say(format!("neighbor {address} remote-as {asn}"));
                }
                say(format!("neighbor {address} peer-group {}", group.name));
            }
            Home::Beside(sibling) => {
                say(format!("neighbor {address} remote-as {asn}"));
                filter_like(sibling, required, &within, lacks);
            }
            // Others come into it when it is there.
            Home::New => return new_group(room, instance, required, lacks),
        }
        if let Some(tag) = &required.tag {
            let statement = format!("neighbor {address} description {tag}");
            let reason = Reason::of(&required.node, "whose it is");
            lacks.needs(Edit { within: within.clone(), statement, reason });
        }
    }
}

pub fn new_group(room: &Room, instance: &BgpInstance, required: &Required, lacks: &mut Lacks) {
    let asn = required.node_asn;
    let group = free(GROUP, |name| instance.neighbor(name).is_some());
    for (option, why) in [
        ("peer-group".to_owned(), "the cluster's nodes".to_owned()),
        (format!("remote-as {asn}"), format!("the nodes are AS {asn}")),
    ] {
        let statement = format!("neighbor {group} {option}");
        lacks.needs(Edit { within: header(instance), statement, reason: Reason::to(why) });
    }
    if let Some(seats) = Seats::of(room.view, room.want.sessions) {
        filters::guard(room, &seats, &group, required, lacks);
    }
}

fn without_instance(sessions: &[Required], lacks: &mut Lacks) {
    match sessions.iter().find(|required| required.router_asn != Asn::ANY) {
        Some(Required { peer, router_asn, .. }) => lacks.needs(Edit {
            within: Vec::new(),
            statement: format!("router bgp {router_asn}"),
            reason: Reason::to(format!("no BGP is there; the cluster's peer {peer} is AS {router_asn}")),
        }),
        None if sessions.is_empty() => {}
        None => lacks.by_hand(Reason::to("no BGP is there, and the cluster's peers may have any AS")),
    }
}

/// Where a new neighbor belongs.
pub enum Home<'a> {
    Group(&'a Neighbor),
    /// The nodes' neighbors have no group: it is written like one of them.
    Beside(&'a Neighbor),
    New,
}

/// With most of the nodes that are like it; else in a group for its AS that nobody is in yet.
fn home<'a>(instance: &'a BgpInstance, sessions: &'a [Required], required: &Required) -> Home<'a> {
    let like = sessions.iter().filter(|other| other.is_like(required));
    let seats: Vec<Seat> = like.filter_map(|other| Seat::of(instance, other)).collect();
    let takes = |line: &Neighbor| {
        let remote_as = instance.effective(line, |line| line.remote_as.as_ref());
        remote_as.is_none_or(|remote_as| remote_as.accepts(required.node_asn.0, instance.asn) == Some(true))
    };
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for seat in seats.iter().filter(|seat| seat.shared().is_group && takes(seat.shared())) {
        *groups.entry(&seat.shared().name).or_default() += 1;
    }
    let most = groups.iter().max_by_key(|(_, count)| **count).and_then(|(name, _)| instance.neighbor(name));
    if let Some(group) = most {
        return Home::Group(group);
    }
    let alone = seats.iter().find(|seat| !seat.shared().is_group && seat.line.address().is_some());
    if let Some(seat) = alone {
        return Home::Beside(seat.line);
    }
    vacant(instance, required).map_or(Home::New, Home::Group)
}

/// The only group for its AS that nobody is in; of several, the one that was made for it.
pub fn vacant<'a>(instance: &'a BgpInstance, required: &Required) -> Option<&'a Neighbor> {
    let is_empty = |group: &&Neighbor| {
        let is_in = |neighbor: &Neighbor| neighbor.member_of.as_ref().is_some_and(|own| own.value == group.name);
        !instance.neighbors.iter().any(is_in) && !instance.listen_ranges.iter().any(|listen| listen.group == group.name)
    };
    let is_for_it = |group: &&Neighbor| {
        group.remote_as.as_ref().is_some_and(|own| own.value == RemoteAs::Number(required.node_asn.0))
    };
    let groups = instance.neighbors.iter().filter(|line| line.is_group);
    let empty: Vec<&Neighbor> = groups.filter(is_for_it).filter(is_empty).collect();
    match empty[..] {
        [only] => Some(only),
        _ => empty.into_iter().find(|group| is_numbered(GROUP, &group.name)),
    }
}

/// Whether `free` gives such names.
fn is_numbered(name: &str, given: &str) -> bool {
    let number = |rest: &str| rest.strip_prefix('-').is_some_and(|number| number.parse::<u32>().is_ok());
    given.strip_prefix(name).is_some_and(|rest| rest.is_empty() || number(rest))
}

/// What its siblings may not bring it may not either.
fn filter_like(sibling: &Neighbor, required: &Required, within: &[String], lacks: &mut Lacks) {
    let address = required.addresses[0];
    for (family, filters) in &sibling.families {
        let lists = [("prefix-list", &filters.prefix_list_in), ("route-map", &filters.route_map_in)];
        for (kind, name) in lists.into_iter().filter_map(|(kind, name)| Some((kind, name.as_ref()?))) {
            lacks.needs(Edit {
                within: in_family(within, family),
                statement: format!("neighbor {address} {kind} {} in", name.value),
                reason: Reason::of(&required.node, format!("as of {}", sibling.name)),
            });
        }
    }
}

/// A name that nothing has.
pub fn free(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
}
