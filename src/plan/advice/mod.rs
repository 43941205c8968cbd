//! What would be good beyond what is required. It never makes a router differ, and is done only if asked for. What is there
//! already counts by what it does: a filter of another name, a setting of the group.

mod identity;
mod inbound;
mod limits;
mod outbound;
mod ranges;

use super::comparison::{Change, Part};
use super::edit::Edit;
use super::facts::Facts;
use super::lacks::{Lacks, Seats, Want};
use super::view::View;
use super::way::Way;

#[derive(Debug)]
pub struct Advice {
    pub about: About,
    pub why: String,
    /// What it would change; empty where somebody has to decide.
    pub changes: Vec<Change>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    InboundFilter,
    OutboundFilter,
    RequiresPolicy,
    MaximumPrefix,
    SoftReconfiguration,
    RouterId,
    ListenRange,
    Description,
}

impl About {
    /// As machines know it.
    pub fn word(self) -> &'static str {
        match self {
            Self::InboundFilter => "inboundFilter",
            Self::OutboundFilter => "outboundFilter",
            Self::RequiresPolicy => "requiresPolicy",
            Self::MaximumPrefix => "maximumPrefix",
            Self::SoftReconfiguration => "softReconfiguration",
            Self::RouterId => "routerId",
            Self::ListenRange => "listenRange",
            Self::Description => "description",
        }
    }
}

/// All of it, one after the other: each on what the ones before have come to.
pub struct Advised {
    pub advice: Vec<Advice>,
    pub edits: Vec<Edit>,
    /// Where all of it leads; `None`: there is nothing.
    pub after: Option<View>,
}

/// What is looked at.
struct Ground<'a> {
    view: &'a View,
    seats: &'a Seats<'a>,
    facts: Facts<'a>,
}

struct Found {
    about: About,
    why: String,
    edits: Vec<Edit>,
}

/// Filters come before what is safe only with them.
const LOOKS: [fn(&Ground) -> Option<Found>; 9] = [
    inbound::missing,
    inbound::wide,
    outbound::missing,
    outbound::policy,
    limits::maximum_prefix,
    limits::soft_reconfiguration,
    identity::router_id,
    ranges::wide,
    identity::descriptions,
];

impl Advised {
    pub fn of(view: &View, want: &Want, facts: Facts) -> Self {
        let mut advised = Self { advice: Vec::new(), edits: Vec::new(), after: None };
        for look in LOOKS {
            let now = advised.after.as_ref().unwrap_or(view);
            let Some(seats) = Seats::of(now, want.sessions).filter(|seats| !seats.seats.is_empty()) else { break };
            let Some(found) = look(&Ground { view: now, seats: &seats, facts }) else { continue };
            if found.edits.is_empty() {
                advised.advice.push(Advice { about: found.about, why: found.why, changes: Vec::new() });
                continue;
            }
            let way = Way::find(now, &found.edits, want);
            let edits = [found.edits, way.edits].concat();
            let (_, changes) = Change::between(now, &way.after, facts, &[(Part::Hardening, &edits[..])]);
            advised.advice.push(Advice { about: found.about, why: found.why, changes });
            advised.edits.extend(edits);
            advised.after = Some(way.after);
        }
        advised
    }
}

impl Found {
    /// `None`: there is nothing to say. What no line can do is said with it.
    fn of(about: About, why: String, lacks: Lacks) -> Option<Self> {
        if lacks.edits.is_empty() && lacks.by_hand.is_empty() {
            return None;
        }
        let by_hand = lacks.by_hand.iter().map(|reason| format!("; by hand: {reason}"));
        let why = std::iter::once(why).chain(by_hand).collect();
        Some(Self { about, why, edits: lacks.edits })
    }
}
