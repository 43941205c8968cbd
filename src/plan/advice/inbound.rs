//! What nodes can make the router believe.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::{About, Found, Ground};
use crate::frr::config::Version;
use crate::frr::config::bgp::AddressFamily;
use crate::frr::config::neighbor::Neighbor;
use crate::frr::config::prefix_list::{PrefixList, PrefixListEntry};
use crate::frr::config::route_map::Match;
use crate::plan::edit::{Edit, Reason};
use crate::plan::lacks::Lacks;
use crate::plan::lacks::filters::{also, attach, default_route, inbound};
use crate::plan::required::Required;
use crate::topology::names::NodeName;
use crate::topology::router::inbound::Inbound;
use crate::topology::router::permit::Wanted;

/// A filter where there is none, or one that lets everything in.
pub fn missing(ground: &Ground) -> Option<Found> {
    let mut lacks = Lacks::default();
    for seat in &ground.seats.seats {
        for (version, _) in seat.required.families() {
            let Some(inbound) = inbound(ground.view, seat, version).filter(Inbound::is_activated) else {
                continue;
            };
            if inbound.list.is_some() || inbound.admits(default_route(version)) != Some(true) {
                continue;
            }
            if let Some(beside) = &seat.required.beside {
                lacks.by_hand(also(&seat.required.node, beside));
            } else {
                attach(ground.view, ground.seats, seat, version, "nothing else is let in", &mut lacks);
            }
        }
    }
    let why = "any node can inject any route, 0.0.0.0/0 too: nothing filters what they send";
    Found::of(About::InboundFilter, why.to_owned(), lacks)
}

/// Entries that let in more than hosts of the pools and what those are aggregated to.
pub fn wide(ground: &Ground) -> Option<Found> {
    let mut lacks = Lacks::default();
    let mut told = BTreeSet::new();
    for seat in &ground.seats.seats {
        for (version, wanted) in seat.required.families() {
            let lists = inbound(ground.view, seat, version).map(|inbound| inbound.lists()).unwrap_or_default();
            for list in lists {
                for entry in list.entries.iter().filter(|entry| is_wide(entry, version, wanted)) {
                    let node = &seat.required.node;
                    match &seat.required.beside {
                        Some(beside) => lacks.by_hand(also(node, beside)),
                        None if has_others(ground, list) => {
                            let why = format!("other neighbors have the prefix-list {} too", list.name);
                            lacks.by_hand(Reason::of(node, why));
                        }
                        None => lacks.needs(narrowed(ground, list, entry, wanted, node)),
                    }
                    told.insert(format!("{} seq {}", list.name, entry.seq));
                }
            }
        }
    }
    let told: Vec<String> = told.into_iter().collect();
    let why = format!("prefix-list {} lets in nets, and not only hosts of the pools", told.join(", prefix-list "));
    Found::of(About::InboundFilter, why, lacks)
}

/// Whether it lets in prefixes around the pools that are of no length that is wanted there.
fn is_wide(entry: &PrefixListEntry, version: Version, wanted: &BTreeSet<Wanted>) -> bool {
    let net = entry.prefix.unwrap_or_else(|| default_route(version));
    let near: Vec<&Wanted> = wanted.iter().filter(|one| net.contains(&one.net) || one.net.contains(&net)).collect();
    let longest = net.max_prefix_len();
    let (shortest, longest) = match (entry.prefix, entry.ge, entry.le) {
        (None, ..) => (0, longest),
        (_, None, None) => (net.prefix_len(), net.prefix_len()),
        (_, ge, le) => (ge.unwrap_or(net.prefix_len()), le.unwrap_or(longest)),
    };
    let is_wanted = |length: u8| near.iter().any(|one| one.length == length);
    entry.permit && !near.is_empty() && !(shortest..=longest).all(is_wanted)
}

/// Hosts of its net, unless it has addresses that are none of the pools' business: then those of the pools. What else is
/// wanted comes behind it by itself.
fn narrowed(
    ground: &Ground,
    list: &PrefixList,
    entry: &PrefixListEntry,
    wanted: &BTreeSet<Wanted>,
    node: &NodeName,
) -> Edit {
    let is_node = |net: &IpNet| {
        let dials = |required: &Required| required.addresses.iter().any(|address| net.contains(address));
        ground.seats.seats.iter().any(|seat| dials(seat.required))
    };
    let own = entry.prefix.filter(|net| !is_node(net) && !ground.facts.has_address_in(net));
    let hosts = own.map(Wanted::hosts).or_else(|| wanted.first().copied());
    let permit = hosts.map(Wanted::words).unwrap_or_default();
    Edit {
        within: Vec::new(),
        statement: format!("{} prefix-list {} seq {} {permit}", list.version.protocol(), list.name, entry.seq),
        reason: Reason::of(node, "hosts of the pools and no nets"),
    }
}

/// Whether neighbors have it that are no nodes, or what the router itself brings in.
fn has_others(ground: &Ground, list: &PrefixList) -> bool {
    let by_map = |name: &str| {
        let map = ground.view.config.route_map(name);
        let matches = map.into_iter().flat_map(|map| &map.entries).flat_map(|entry| &entry.matches);
        { matches }.any(|one| matches!(&one.value, Match::PrefixList { version, name } if *version == list.version && *name == list.name))
    };
    let uses = |line: &Neighbor| {
        line.families.get(list.version.unicast()).is_some_and(|family| {
            let lists = [&family.prefix_list_in, &family.prefix_list_out];
            let maps = [&family.route_map_in, &family.route_map_out];
            lists.into_iter().flatten().any(|name| name.value == list.name)
                || maps.into_iter().flatten().any(|name| by_map(name))
        })
    };
    let is_ours = |line: &Neighbor| {
        let is_its =
            ground.seats.seats.iter().any(|seat| seat.line.name == line.name || seat.shared().name == line.name);
        is_its && (!line.is_group || ground.seats.all_of(&line.name, |_| true))
    };
    let brings = |family: &AddressFamily| {
        let networks = family.networks.iter().map(|network| &network.route_map);
        let maps = networks.chain(family.redistributions.iter().map(|source| &source.route_map));
        maps.flatten().any(|map| by_map(map))
    };
    ground.view.config.instances.iter().any(|instance| {
        instance.neighbors.iter().any(|line| uses(line) && !is_ours(line)) || instance.families.values().any(brings)
    })
}
