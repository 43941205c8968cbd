//! AS numbers that make no session, or are somebody else's.

use super::Objection;
use crate::setup::ground::Ground;
use crate::setup::worksheet::{Origin, Worksheet};
use crate::topology::names::{Asn, NeighborName};

/// What nobody may use, and why.
fn reserved(asn: Asn) -> Option<&'static str> {
    Some(match asn.0 {
        0 => "reserved (RFC 7607)",
        23_456 => "AS_TRANS, which stands for numbers of four octets (RFC 6793)",
        64_496..=64_511 | 65_536..=65_551 => "for documentation (RFC 5398)",
        65_535 | u32::MAX => "reserved (RFC 7300)",
        65_552..=131_071 => "reserved by IANA",
        _ => return None,
    })
}

/// For private use (RFC 6996).
fn is_private(asn: Asn) -> bool {
    matches!(asn.0, 64_512..=65_534 | 4_200_000_000..=4_294_967_294)
}

pub fn find(worksheet: &Worksheet, ground: &Ground) -> Vec<Objection> {
    let mut objections = Vec::new();
    let (local, router) = (&worksheet.local_asn, &worksheet.router_asn);
    if local.value == router.value {
        let what = format!(
            "the AS number is {} on both ends: that is iBGP, whose routes the router passes on to nobody else of its AS, and \
             for which no configuration is planned",
            local.value
        );
        // What is in use works, whatever it is.
        let is_kept = local.origin == Origin::Kept && router.origin == Origin::Kept;
        let objection = if is_kept { Objection::warns(what) } else { Objection::refuses(what) };
        objections.push(objection.next("give the nodes another one with --local-asn, such as 65010"));
    }
    for (whose, flag, entry) in [("the nodes'", "--local-asn", local), ("the router's", "--router-asn", router)] {
        if entry.origin == Origin::Kept {
            continue;
        }
        if let Some(why) = reserved(entry.value) {
            let what = format!("{whose} AS number {} is {why}", entry.value);
            objections.push(Objection::refuses(what).next(format!("give one of 64512 to 65534 with {flag}")));
        } else if !is_private(entry.value) {
            let what = format!("{whose} AS number {} is none for private use: it belongs to somebody", entry.value);
            objections
                .push(Objection::warns(what).next(format!("if it is not yours: one of 64512 to 65534 with {flag}")));
        }
    }
    objections.extend(in_use(worksheet, ground));
    objections.extend(expected(worksheet, ground));
    objections
}

/// What the router is told may end what runs.
fn expected(worksheet: &Worksheet, ground: &Ground) -> Option<Objection> {
    let local = &worksheet.local_asn;
    if local.origin != Origin::Given {
        return None;
    }
    let of_node = |(asn, neighbor): (Asn, &NeighborName)| match neighbor {
        NeighborName::Address(address) => Some((asn, ground.node_of(*address)?)),
        NeighborName::Interface(_) => None,
    };
    let (asn, node) = ground.neighbor_asns().filter_map(of_node).find(|(asn, _)| *asn != local.value)?;
    let what = format!(
        "the router expects the AS number {asn} of {node}, and its half is to expect {}: sessions with {asn} end when it is \
         uploaded",
        local.value
    );
    Some(Objection::warns(what).next("leave --local-asn out to keep it"))
}

fn in_use(worksheet: &Worksheet, ground: &Ground) -> Option<Objection> {
    let is_foreign = |neighbor: &NeighborName| match neighbor {
        NeighborName::Address(address) => ground.node_of(*address).is_none(),
        NeighborName::Interface(_) => true,
    };
    let has_it = |(asn, neighbor): &(Asn, &NeighborName)| *asn == worksheet.local_asn.value && is_foreign(neighbor);
    let (asn, neighbor) = ground.neighbor_asns().find(has_it)?;
    let what = format!(
        "the router's neighbor {neighbor}, which is no node of this cluster, has the AS number {asn} too: neither takes the \
         other's routes from the router, because they have it in their path"
    );
    Some(Objection::warns(what).next("give the nodes another one with --local-asn, unless both are meant to be one AS"))
}
