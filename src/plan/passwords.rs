//! TCP MD5 passwords of both ends, each known by its stand-in alone.

use std::fmt;

use super::edit::Reason;
use super::lacks::together;
use super::required::{Password, Required};
use super::view::{Seat, View};
use crate::frr::config::canonical::slot;
use crate::frr::config::secret::CUT;
use crate::snapshot::passwords::{SecretPassword, Unusable};

/// How the passwords of sessions that have a Secret compare.
#[derive(Debug, PartialEq, Eq)]
pub struct Compared {
    /// With its namespace, if that is known; absent: whether there is one is not known.
    pub secret: Option<String>,
    pub result: Comparability,
    /// The sessions' nodes; and why it could not be compared, or why sessions go without a password.
    pub reason: Reason,
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reason { nodes, why } = &self.reason;
        let nodes = Reason { nodes: nodes.clone(), why: String::new() };
        let secret = self.secret.as_deref().unwrap_or_default();
        match self.result {
            Comparability::NotCompared => write!(f, "{nodes}: not compared ({why})"),
            Comparability::Same if why.is_empty() => write!(f, "{nodes}: the same as in the Secret {secret}"),
            Comparability::Differs if why.is_empty() => write!(f, "{nodes}: not that of the Secret {secret}"),
            Comparability::Same => write!(f, "{nodes}: none on both ends: {why}"),
            Comparability::Differs => write!(f, "{nodes}: {why}"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparability {
    Same,
    Differs,
    NotCompared,
}

/// What the router has for a neighbor or its group, outside of VRFs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stated {
    None,
    /// It was cut out before it came here.
    Cut,
    StandIn(String),
}

impl Stated {
    pub fn at(view: &View, name: &str) -> Self {
        let of_instance = |words: &[String]| matches!(words, [router, bgp, _] if router == "router" && bgp == "bgp");
        let mut instances = view.canonical.settings().iter().filter(|(_, setting)| of_instance(&setting.words));
        let at = slot(&["neighbor", name, "password"]);
        match instances.find_map(|(_, setting)| setting.under.get(&at)?.words.last()) {
            None => Self::None,
            Some(word) if word == CUT => Self::Cut,
            Some(word) => Self::StandIn(word.clone()),
        }
    }

    pub fn of(view: &View, seat: &Seat) -> Self {
        match Self::at(view, &seat.line.name) {
            Self::None => Self::at(view, &seat.shared().name),
            own => own,
        }
    }
}

/// All of them, those that fare alike together.
pub fn compared(view: &View, sessions: &[Required]) -> Vec<Compared> {
    let mut all: Vec<Compared> = Vec::new();
    for required in sessions {
        let (secret, (result, why)) = match &required.held.password {
            Password::None => continue,
            Password::Unknown => (None, not("whether there is one is not known")),
            Password::Secret(secret) => (Some(secret.secret.clone()), compare(view, required, secret)),
        };
        let reason = Reason::of(&required.node, why);
        let known = all
            .iter_mut()
            .find(|known| known.secret == secret && known.result == result && known.reason.why == reason.why);
        match known {
            Some(known) => known.reason.nodes.extend(reason.nodes),
            None => all.push(Compared { secret, result, reason }),
        }
    }
    all
}

fn compare(view: &View, required: &Required, secret: &SecretPassword) -> (Comparability, String) {
    let stand_in = match &secret.stand_in {
        Ok(stand_in) => stand_in,
        Err(Unusable::Unread(why)) => return not(why),
        Err(Unusable::Impossible(_)) => return (Comparability::Differs, String::new()),
        Err(Unusable::Absent(why)) => {
            let is_without = matches!(stated(view, required), Stated::None);
            return (if is_without { Comparability::Same } else { Comparability::Differs }, why.clone());
        }
    };
    match stated(view, required) {
        Stated::Cut => not("the router's was cut out before"),
        Stated::StandIn(own) if own == *stand_in => (Comparability::Same, String::new()),
        Stated::StandIn(_) | Stated::None => (Comparability::Differs, String::new()),
    }
}

fn stated(view: &View, required: &Required) -> Stated {
    let seat = view.instance().and_then(|instance| Seat::of(instance, required));
    seat.map_or(Stated::None, |seat| Stated::of(view, &seat))
}

fn not(why: &str) -> (Comparability, String) {
    (Comparability::NotCompared, why.to_owned())
}

/// What no statement of ours mends: a password that none can hold, and one of the router's that sessions go without. Somebody
/// has to decide which end is right.
pub fn by_hand(view: &View, sessions: &[Required]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for required in sessions {
        let Password::Secret(SecretPassword { stand_in: Err(unusable), .. }) = &required.held.password else {
            continue;
        };
        let why = match unusable {
            Unusable::Impossible(why) => why.clone(),
            Unusable::Absent(why) if !matches!(stated(view, required), Stated::None) => {
                format!("the router has a password, and {why}")
            }
            Unusable::Absent(_) | Unusable::Unread(_) => continue,
        };
        together(&mut reasons, Reason::of(&required.node, why));
    }
    reasons
}
