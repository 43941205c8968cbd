//! How much nodes may bring, and whether what they brought is kept.

use super::{About, Found, Ground};
use crate::frr::config::Version;
use crate::frr::config::neighbor::NeighborFamily;
use crate::plan::edit::{Edit, Reason};
use crate::plan::facts::Counts;
use crate::plan::lacks::{Lacks, header, in_family};
use crate::plan::required::Required;
use crate::plan::view::Seat;
use crate::topology::router::permit::Wanted;

/// Pools that hold more are never used up: what comes today is the measure.
const COUNTABLE: u64 = 1000;

/// Of a prefix that a session brought: bgpd's `struct bgp_adj_in` takes 56 in FRR 10.3 (`show memory`), and a prefix that is
/// denied has a place in the table beside it.
const BYTES: u64 = 100;

/// No node can fill the router's tables.
pub fn maximum_prefix(ground: &Ground) -> Option<Found> {
    let instance = ground.seats.instance;
    let (mut lacks, mut told) = (Lacks::default(), "nothing limits what a node brings".to_owned());
    for (seat, version) in exchanged(ground) {
        let stated = instance.effective_in(seat.line, version.unicast(), |family| family.maximum_prefix.as_ref());
        let now = ground.facts.accepted(&ground.seats.seats, version);
        let room = capacity(seat.required, version);
        let is_enough = |limit: u32| room.is_none_or(|room| u64::from(limit) >= room);
        if stated.is_some_and(|stated| stated.warning_only || is_enough(stated.limit)) {
            continue;
        }
        let node = &seat.required.node;
        let Some((limit, how)) = limit(room, now) else {
            lacks.by_hand(Reason::of(node, "how many it brings is not known"));
            continue;
        };
        let restart = stated.and_then(|stated| stated.restart_minutes);
        let restart = restart.map(|minutes| format!(" restart {minutes}")).unwrap_or_default();
        let has_own = |family: &NeighborFamily| family.maximum_prefix.is_some();
        let is_own = seat.line.families.get(version.unicast()).is_some_and(has_own) && !seat.line.is_group;
        match ground.seats.place(seat, is_own, |other| capacity(other, version) == room) {
            Some(place) => lacks.needs(Edit {
                within: in_family(&header(instance), version.unicast()),
                statement: format!("neighbor {place} maximum-prefix {limit}{restart}"),
                reason: Reason::of(node, how.clone()),
            }),
            None => lacks.by_hand(shared(seat)),
        }
        let most = now.map(|now| format!("; one brings {} at most now", now.most)).unwrap_or_default();
        told = format!("nothing limits what a node brings: {limit} would be {how}{most}");
        if let Some(stated) = stated {
            let before = stated.limit;
            told =
                format!("above {before} prefixes sessions end, and the pools hold more: {limit} would be {how}{most}");
        }
    }
    Found::of(About::MaximumPrefix, told, lacks)
}

/// What a filter denies can be seen.
pub fn soft_reconfiguration(ground: &Ground) -> Option<Found> {
    let instance = ground.seats.instance;
    let mut lacks = Lacks::default();
    let mut estimated: Vec<String> = Vec::new();
    for (seat, version) in exchanged(ground) {
        let is_kept =
            instance.effective_in(seat.line, version.unicast(), |family| family.soft_reconfiguration.as_ref());
        if is_kept.is_some_and(|stated| stated.value) {
            continue;
        }
        match ground.seats.place(seat, false, |_| true) {
            Some(place) => lacks.needs(Edit {
                within: in_family(&header(instance), version.unicast()),
                statement: format!("neighbor {place} soft-reconfiguration inbound"),
                reason: Reason::of(&seat.required.node, "what a filter denies can be seen"),
            }),
            None => lacks.by_hand(shared(seat)),
        }
        let estimate = memory(ground, seat.required, version);
        if !estimated.contains(&estimate) {
            estimated.push(estimate);
        }
    }
    let why = format!("what a filter denies is forgotten; to keep it takes {}", estimated.join(" and "));
    Found::of(About::SoftReconfiguration, why, lacks)
}

/// Sessions by the families that carry something.
fn exchanged<'a>(ground: &'a Ground) -> impl Iterator<Item = (&'a Seat<'a>, Version)> {
    let instance = ground.seats.instance;
    let families = |seat: &'a Seat<'a>| seat.required.families().map(move |(version, _)| (seat, version));
    let all = ground.seats.seats.iter().flat_map(families);
    all.filter(|(seat, version)| instance.is_activated(seat.line, version.unicast()))
}

fn shared(seat: &Seat) -> Reason {
    Reason::of(&seat.required.node, format!("other neighbors share the peer-group {}", seat.shared().name))
}

/// The most prefixes that the pools can give; `None`: that is no measure.
fn capacity(required: &Required, version: Version) -> Option<u64> {
    if required.beside.is_some() {
        return None;
    }
    let (_, wanted) = required.families().find(|(own, _)| *own == version)?;
    let of = |wanted: &Wanted| 1_u64.checked_shl(u32::from(wanted.length - wanted.net.prefix_len()));
    wanted.iter().try_fold(0_u64, |sum, wanted| sum.checked_add(of(wanted)?)).filter(|count| *count <= COUNTABLE)
}

/// Well above what may come, and how it was come to.
fn limit(capacity: Option<u64>, now: Option<Counts>) -> Option<(u64, String)> {
    let (limit, how) = match (capacity, now) {
        (Some(room), now) if now.is_none_or(|now| now.most <= room) => {
            (room * 2, format!("twice the {room} prefixes that the pools can give, in full hundreds"))
        }
        (_, Some(Counts { most, .. })) => {
            let limit = most.saturating_mul(10).max(COUNTABLE);
            (limit, format!("ten times the {most} that one brings now, and {COUNTABLE} at least"))
        }
        (_, None) => return None,
    };
    Some((limit.next_multiple_of(100), how))
}

fn memory(ground: &Ground, required: &Required, version: Version) -> String {
    let sessions = ground.seats.seats.len() as u64;
    let (prefixes, from) = match (ground.facts.accepted(&ground.seats.seats, version), capacity(required, version)) {
        (Some(now), _) => (now.all, format!("{} prefixes that are accepted now", now.all)),
        (None, Some(room)) => {
            (room * sessions, format!("{room} prefixes that the pools can give, from each of {sessions} nodes"))
        }
        (None, None) => return "memory that cannot be estimated".to_owned(),
    };
    let kilobytes = (prefixes * BYTES).div_ceil(1000);
    format!("about {kilobytes} kB of memory ({from}, {BYTES} bytes each)")
}
