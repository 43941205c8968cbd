//! Which sessions.

use std::collections::BTreeSet;

use super::super::canonical::{Settings, Slot, Word, members, slot};

/// Neighbors that there are lines of, and ranges whose neighbors have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sessions {
    pub neighbors: BTreeSet<Peer>,
    pub ranges: BTreeSet<Peer>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Peer {
    /// Absent: the default one.
    pub vrf: Option<String>,
    /// An address, an interface, a range.
    pub name: String,
}

impl Sessions {
    /// All of an instance.
    pub fn all(instance: &Settings, vrf: Option<&str>) -> Self {
        let is_group = |name: &str| instance.get(&slot(&["neighbor", name, "group"])).is_some();
        let is_known_by =
            |at: &Slot| at.len() == 3 && ["remote-as", "member", "interface"].iter().any(|word| at[2].is_text(word));
        let neighbors = [Word::Text("neighbor".into())];
        let names = instance
            .starting(&neighbors)
            .filter(|(at, setting)| is_known_by(at) && !is_group(&setting.words[1]))
            .map(|(_, setting)| peer(vrf, &setting.words[1]))
            .collect();
        Self { neighbors: names, ranges: ranges(instance, vrf, |_| true) }
    }

    /// Those with neighbors of the same AS.
    pub fn internal(instance: &Settings, vrf: Option<&str>, asn: Option<&str>) -> Self {
        let remote_as = |name: &str| {
            let of = |name: &str| instance.get(&slot(&["neighbor", name, "remote-as"]));
            let member = instance.get(&slot(&["neighbor", name, "member"]));
            let remote_as = of(name).or_else(|| of(member?.words.last()?));
            remote_as.and_then(|setting| setting.words.last()).cloned()
        };
        let is_internal = |name: &str| {
            remote_as(name).is_none_or(|own| own == "internal" || own == "auto" || asn.is_some_and(|asn| own == asn))
        };
        let mut all = Self::all(instance, vrf);
        all.neighbors.retain(|peer| is_internal(&peer.name));
        let group = |range: &str| instance.get(&slot(&["bgp", "listen", "range", range]))?.words.last().cloned();
        all.ranges.retain(|peer| group(&peer.name).is_some_and(|group| is_internal(&group)));
        all
    }

    /// Of a neighbor, or of a group's members and ranges; those that have an option of their own are left out.
    pub fn of(instance: &Settings, vrf: Option<&str>, name: &str, has_own: impl Fn(&str) -> bool) -> Self {
        if instance.get(&slot(&["neighbor", name, "group"])).is_some() {
            let members = members(instance, name);
            return Self {
                neighbors: members.iter().filter(|member| !has_own(member)).map(|member| peer(vrf, member)).collect(),
                ranges: ranges(instance, vrf, |group| group == name),
            };
        }
        let exists = instance.starting(&slot(&["neighbor", name])).next().is_some();
        Self { neighbors: exists.then(|| peer(vrf, name)).into_iter().collect(), ranges: BTreeSet::new() }
    }

    /// One range.
    pub fn range(vrf: Option<&str>, range: &str) -> Self {
        Self { ranges: [peer(vrf, range)].into(), ..Self::default() }
    }

    pub fn is_empty(&self) -> bool {
        self.neighbors.is_empty() && self.ranges.is_empty()
    }

    pub fn add(&mut self, other: Self) {
        self.neighbors.extend(other.neighbors);
        self.ranges.extend(other.ranges);
    }
}

fn peer(vrf: Option<&str>, name: &str) -> Peer {
    Peer { vrf: vrf.map(str::to_owned), name: name.to_owned() }
}

fn ranges(instance: &Settings, vrf: Option<&str>, is_such: impl Fn(&str) -> bool) -> BTreeSet<Peer> {
    instance
        .starting(&slot(&["bgp", "listen", "range"]))
        .filter(|(_, setting)| setting.words.last().is_some_and(|group| is_such(group)))
        .map(|(_, setting)| peer(vrf, &setting.words[3]))
        .collect()
}
