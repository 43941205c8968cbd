//! What lines do to sessions, in words.

use crate::frr::config::impact::{Impact, Sessions};
use crate::topology::names::listed_up_to;

/// Sessions that a line has.
const NAMED: usize = 4;

/// Nothing where sessions stay and it holds at once.
pub fn words(impact: &Impact) -> Option<String> {
    match impact {
        Impact::None => None,
        Impact::NextStart(sessions) => Some(format!("holds when {} start anew", listed(sessions))),
        Impact::SoftClear(sessions) => Some(format!("holds after a soft clear of {}", listed(sessions))),
        Impact::Resets(sessions) => Some(format!("resets {}", listed(sessions))),
        Impact::Ends(sessions) => Some(format!("ends {}", listed(sessions))),
        Impact::EndsAbove { limit, sessions } => {
            Some(format!("ends those of {} that sent more than {limit} prefixes", listed(sessions)))
        }
        Impact::Unknown => Some("what it does to sessions is not known".to_owned()),
    }
}

/// All lines together: the worst; nothing without lines.
pub fn summary<'a>(impacts: impl Iterator<Item = &'a Impact>) -> Option<String> {
    let (mut down, mut unknown, mut any) = (Sessions::default(), false, false);
    let mut least: Option<u32> = None;
    for impact in impacts {
        any = true;
        match impact {
            Impact::Resets(sessions) | Impact::Ends(sessions) => down.add(sessions.clone()),
            Impact::EndsAbove { limit, .. } => least = least.into_iter().chain([*limit]).min(),
            _ => unknown |= impact.is_down().is_none(),
        }
    }
    match (any, down.is_empty(), unknown) {
        (false, ..) => None,
        (true, true, false) => Some(match least {
            None => "no session goes down".to_owned(),
            Some(limit) => format!("no session goes down that sent {limit} prefixes at most"),
        }),
        (true, true, true) => Some("whether sessions go down is not known".to_owned()),
        (true, false, _) => Some(format!("goes down: {}", listed(&down))),
    }
}

/// The names of sessions on the router: neighbors, and ranges with whoever came out of them.
pub fn names(sessions: &Sessions) -> impl Iterator<Item = String> {
    let neighbors = sessions.neighbors.iter().map(|peer| peer.name.clone());
    neighbors.chain(sessions.ranges.iter().map(|peer| peer.name.clone()))
}

fn listed(sessions: &Sessions) -> String {
    listed_up_to(NAMED, names(sessions))
}
