//! Whether what a node sends comes to its neighbor's line, and is taken there. A session that is up has shown it.

use super::{Lacks, Seats, header};
use crate::frr::config::neighbor::Neighbor;
use crate::plan::dials::PORT;
use crate::plan::edit::{Edit, Reason};
use crate::plan::required::Required;
use crate::plan::view::Seat;
use crate::topology::names::Asn;

pub fn look(seats: &Seats, lacks: &mut Lacks) {
    for seat in seats.seats.iter().filter(|seat| !seat.required.dials.is_up) {
        let Required { node, dials, .. } = seat.required;
        if dials.port != PORT {
            let port = dials.port;
            let why = format!("it dials port {port}, and no configuration of FRR's says on which port it listens");
            lacks.undecided(Reason::of(node, why));
        }
        let is_internal = seats.instance.asn.map(Asn) == Some(seat.required.node_asn);
        if !is_internal {
            security(seats, seat, lacks);
            hops(seats, seat, lacks);
        }
    }
}

/// What comes with less than 256 minus so many hops is dropped (RFC 5082).
fn security(seats: &Seats, seat: &Seat, lacks: &mut Lacks) {
    let of = |line: &Neighbor| line.ttl_security_hops.as_ref().map(|hops| hops.value);
    let (own, shared) = (of(seat.line), of(seat.shared()));
    let Some((hops, ttl)) = own.or(shared).zip(seat.required.dials.ttl) else { return };
    let least = 256 - u32::from(hops);
    if ttl >= least {
        return;
    }
    let why = format!("its packets have a TTL of {ttl}, and the router takes {least} and more");
    let place = seats.place(seat, own.is_some(), |other| other.dials.ttl.is_some_and(|ttl| ttl < least));
    match place.filter(|place| own.is_some() || *place == seat.shared().name) {
        Some(place) => lacks.needs(Edit {
            within: header(seats.instance),
            statement: format!("no neighbor {place} ttl-security hops {hops}"),
            reason: Reason::of(&seat.required.node, why),
        }),
        None => lacks.by_hand(Reason::of(
            &seat.required.node,
            format!("{why}, and other neighbors share the peer-group {}", seat.shared().name),
        )),
    }
}

/// A neighbor that is on none of the router's nets is not even tried.
fn hops(seats: &Seats, seat: &Seat, lacks: &mut Lacks) {
    let instance = seats.instance;
    let Required { node, dials, .. } = seat.required;
    let is_let = instance.effective(seat.line, |line| line.ebgp_multihop.as_ref()).is_some_and(|ttl| **ttl > 1)
        || instance.effective(seat.line, |line| line.ttl_security_hops.as_ref()).is_some_and(|hops| **hops > 1)
        || instance.effective(seat.line, |line| line.disable_connected_check.as_ref()).is_some();
    let Some(ttl) = dials.ttl.filter(|_| dials.is_far && !is_let) else { return };
    let why = "it is on none of the router's nets";
    if ttl < 2 {
        return lacks.by_hand(Reason::of(node, format!("{why}, and its CiliumBGPPeerConfig has no ebgpMultihop")));
    }
    let is_same = |other: &Required| other.dials.is_far && other.dials.ttl == Some(ttl);
    match seats.place(seat, false, is_same) {
        Some(place) => lacks.needs(Edit {
            within: header(instance),
            statement: format!("neighbor {place} ebgp-multihop {ttl}"),
            reason: Reason::of(node, why),
        }),
        None => lacks.by_hand(Reason::of(
            node,
            format!("{why}, and other neighbors share the peer-group {}", seat.shared().name),
        )),
    }
}
