//! What a command does to sessions: what was measured on FRR 8.4 and 10.3, and the tables of actions in bgpd/bgpd.c.

mod family;
mod instance;
mod policy;
mod sessions;

use super::canonical::{Canonical, Dialect, Settings, Slot};
use super::delta::Command;
use super::diff::{Difference, is_instance};
pub use sessions::Sessions;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Impact {
    /// Sessions stay, and it holds at once.
    None,
    /// Sessions stay; it holds for each of them when it starts anew.
    NextStart(Sessions),
    /// Sessions stay; what was exchanged before is not looked at again without a soft clear.
    SoftClear(Sessions),
    /// They go down and come back.
    Resets(Sessions),
    /// They go down and stay down.
    Ends(Sessions),
    /// Those go down, and stay so, from which more prefixes came.
    EndsAbove { limit: u32, sessions: Sessions },
    /// A statement that is not known.
    Unknown,
}

impl Impact {
    /// If it touches none of the sessions it is nothing.
    fn of(self) -> Self {
        match self {
            Self::NextStart(sessions)
            | Self::SoftClear(sessions)
            | Self::Resets(sessions)
            | Self::Ends(sessions)
            | Self::EndsAbove { sessions, .. }
                if sessions.is_empty() =>
            {
                Self::None
            }
            other => other,
        }
    }

    /// Whether sessions go down by it; unknown where it depends on what they sent.
    pub fn is_down(&self) -> Option<bool> {
        match self {
            Self::None | Self::NextStart(_) | Self::SoftClear(_) => Some(false),
            Self::Resets(_) | Self::Ends(_) => Some(true),
            Self::EndsAbove { .. } | Self::Unknown => None,
        }
    }
}

/// A change within an instance of BGP.
struct Change<'a> {
    /// What the router had at first: only what was there has sessions.
    first: &'a Settings,
    /// What it has now.
    now: &'a Settings,
    vrf: Option<&'a str>,
    asn: Option<&'a str>,
    dialect: &'a Dialect,
    slot: &'a Slot,
    /// Whether the command has a `no`.
    on: bool,
    /// Of the command, without the `no`.
    words: Vec<&'a str>,
}

/// What a command does on a router that had `first` and has come to `now`.
pub(super) fn of(first: &Canonical, now: &Settings, difference: &Difference, command: &Command) -> Impact {
    let words = command.words.iter().map(String::as_str).collect();
    let dialect = first.machine().dialect();
    let slot = difference.path.first().map_or(difference.slot, |(slot, _)| slot);
    if !is_instance(slot) {
        return policy::of(&first.machine().settings, difference).of();
    }
    let vrf = difference.path.first().map_or(difference.before, |(_, header)| Some(header));
    let asn = vrf.and_then(|header| header.words.get(2)).map(String::as_str);
    let vrf = vrf.and_then(|header| header.words.get(4)).map(String::as_str);
    let instances = (first.machine().settings.get(slot), now.get(slot));
    let (Some(first), Some(now)) = instances else { return Impact::None };
    let (first, now) = (&first.under, &now.under);
    let change = Change { first, now, vrf, asn, dialect, slot: difference.slot, on: command.on, words };
    match &difference.path[..] {
        [] if command.on => Impact::None,
        [] => Impact::Ends(Sessions::all(first, vrf)),
        [_] => instance::of(&change),
        [_, (family, _), ..] => family::of(&change, family),
    }
    .of()
}

#[cfg(test)]
mod tests;
