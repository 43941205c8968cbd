//! The sessions of one router that should carry a prefix.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use ipnet::IpNet;

use super::Parts;
use crate::topology::cluster::Carriers;
use crate::topology::known::Known;

/// Position of a session among all.
pub type SessionIndex = usize;

/// Sessions, ascending; many prefixes share one list.
#[derive(Clone, Debug, PartialEq)]
pub struct Speakers {
    pub sessions: Rc<[SessionIndex]>,
    /// How many nodes that are.
    pub nodes: usize,
}

impl Speakers {
    pub fn contains(&self, session: SessionIndex) -> bool {
        self.sessions.binary_search(&session).is_ok()
    }
}

/// Finds the speakers of prefixes at one router.
pub struct SpeakersOf<'a> {
    parts: &'a Parts<'a>,
    none: Speakers,
    /// The carriers met so far: most prefixes have the same.
    shared: HashMap<&'a Carriers, Speakers>,
}

impl<'a> SpeakersOf<'a> {
    pub fn new(parts: &'a Parts<'a>, router: Option<usize>) -> Self {
        let ends_here = |session: &SessionIndex| {
            router.is_none() || parts.sessions.get(*session).is_some_and(|session| session.ends_at == router)
        };
        let mut shared: HashMap<&Carriers, Speakers> = HashMap::new();
        for carriers in parts.advertised.iter().flat_map(|all| all.carriers.values()) {
            shared.entry(carriers).or_insert_with(|| {
                let of_groups = carriers.groups.iter().filter_map(|group| parts.groups.get(*group)).flatten();
                let all: BTreeSet<SessionIndex> =
                    of_groups.chain(&carriers.sessions).copied().filter(ends_here).collect();
                let nodes: BTreeSet<_> = all.iter().map(|&index| parts.sessions[index].node.value()).collect();
                Speakers { nodes: nodes.len(), sessions: all.into_iter().collect() }
            });
        }
        Self { parts, none: Speakers { sessions: Rc::new([]), nodes: 0 }, shared }
    }

    pub fn of(&self, prefix: &IpNet) -> Known<Speakers> {
        let Some(advertised) = self.parts.advertised else {
            return Known::unknown("the cluster was not asked");
        };
        if let Some(why) = &advertised.unknown {
            return Known::unknown(why);
        }
        match advertised.carriers.get(prefix) {
            Some(Carriers { unknown: Some(why), .. }) => Known::unknown(why),
            Some(carriers) => Known::Computed(self.shared.get(carriers).unwrap_or(&self.none).clone()),
            None if !advertised.services_known => Known::unknown("the Services could not be read"),
            None => Known::Computed(self.none.clone()),
        }
    }
}
