//! Who the router is, and whose its neighbors are.

use std::collections::HashSet;

use super::{About, Found, Ground};
use crate::plan::edit::{Edit, Reason};
use crate::plan::lacks::{Lacks, header};

/// Without one FRR takes the highest address when it starts, and a change resets all sessions.
pub fn router_id(ground: &Ground) -> Option<Found> {
    let instance = ground.seats.instance;
    if instance.router_id.is_some() {
        return None;
    }
    let mut lacks = Lacks::default();
    let why = "the router goes by its highest address when it starts, and another id resets all sessions";
    match ground.facts.router_id() {
        Some(id) => lacks.needs(Edit {
            within: header(instance),
            statement: format!("bgp router-id {id}"),
            reason: Reason::to("the id that it goes by now"),
        }),
        None => lacks.by_hand(Reason::to("bgp router-id, with the id that it goes by now, which is not known")),
    }
    Found::of(About::RouterId, why.to_owned(), lacks)
}

/// A neighbor that says whose it is can be told from others when its node is gone.
pub fn descriptions(ground: &Ground) -> Option<Found> {
    let mut lacks = Lacks::default();
    let mut told = HashSet::new();
    for seat in &ground.seats.seats {
        let Some(tag) = seat.required.tag.as_ref().filter(|_| seat.line.address().is_some()) else { continue };
        if seat.line.description.is_some() || !told.insert(&seat.line.name) {
            continue;
        }
        lacks.needs(Edit {
            within: header(ground.seats.instance),
            statement: format!("neighbor {} description {tag}", seat.line.name),
            reason: Reason::of(&seat.required.node, "whose it is"),
        });
    }
    let why = "a neighbor that does not say whose it is has to be named to --prune when its node is gone";
    Found::of(About::Description, why.to_owned(), lacks)
}
