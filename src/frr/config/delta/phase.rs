//! In which order differences are made up for.

use super::super::canonical::{Slot, Word};
use super::super::diff::{Difference, is_instance};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Statements that are not understood go before others come: they might be the same thing. So do jumps of maps.
    Strangers,
    /// Ranges that go: FRR 10 keeps a group as long as it has one.
    Ranges,
    /// Instances, groups and neighbors that go, or change what cannot be changed.
    Ends,
    /// Lists, route-maps and other blocks: they are there before they are used.
    Policies,
    /// Options that exclude others.
    Room,
    /// Instances and groups.
    Groups,
    /// Neighbors, when all of their group is there.
    Neighbors,
    /// Options that go: what takes their place is there.
    Options,
    /// Lists that nothing uses any more.
    Leftovers,
}

impl Phase {
    pub const ALL: [Self; 9] = [
        Self::Strangers,
        Self::Ranges,
        Self::Ends,
        Self::Policies,
        Self::Room,
        Self::Groups,
        Self::Neighbors,
        Self::Options,
        Self::Leftovers,
    ];

    pub fn of(difference: &Difference) -> Self {
        let is_gone = difference.after.is_none();
        let around = difference.path.first().map(|(slot, _)| *slot);
        if around.is_some_and(|slot| is_instance(slot)) {
            return within_instance(difference);
        }
        if is_instance(difference.slot) {
            return if difference.before.is_some() { Self::Ends } else { Self::Groups };
        }
        if !is_gone {
            return Self::Policies;
        }
        // An entry that denies cannot go on elsewhere.
        if difference.slot[0].is_text("on-match") {
            return Self::Strangers;
        }
        let is_policy = is_list(difference.slot) || around.is_some_and(|slot| slot[0].is_text("route-map"));
        let is_block = difference.before.is_some_and(|before| !before.under.is_empty());
        if is_policy || is_block { Self::Leftovers } else { Self::Strangers }
    }
}

fn within_instance(difference: &Difference) -> Phase {
    let slot = difference.slot;
    let is_gone = difference.after.is_none();
    let is_range = slot.len() > 3 && slot[1].is_text("listen") && slot[2].is_text("range");
    let option = slot.get(2).filter(|_| slot[0].is_text("neighbor"));
    let is = |words: &[&str]| option.is_some_and(|option| words.iter().any(|word| option.is_text(word)));
    let is_known_by =
        is(&["group", "remote-as", "member", "interface"]) && slot.len() == 3 && difference.path.len() == 1;
    if is_range && difference.before.is_some() {
        return Phase::Ranges;
    }
    let cannot_change = difference.before.is_some() && is(&["member"]);
    if (is_gone && is_known_by) || cannot_change {
        return Phase::Ends;
    }
    // FRR 10 does not know what AS to print for a member that says the same as its group (`local-as (null)`).
    if is_gone && is(&["ebgp-multihop", "ttl-security", "local-as"]) {
        return Phase::Room;
    }
    // The two exclude each other.
    if is_gone && is(&["prefix-list", "distribute-list"]) && has_other_list(difference) {
        return Phase::Room;
    }
    // What is not there any more may be the default again.
    let comes = !is_gone || is(&["activate"]) || difference.before.is_some_and(|before| !before.on);
    match (comes, slot.get(1)) {
        (false, _) => Phase::Options,
        (true, Some(Word::Address(_))) if option.is_some() => Phase::Neighbors,
        (true, _) if is_range => Phase::Neighbors,
        (true, _) => Phase::Groups,
    }
}

fn has_other_list(difference: &Difference) -> bool {
    let other = if difference.slot[2].is_text("prefix-list") { "distribute-list" } else { "prefix-list" };
    let mut slot = difference.slot.clone();
    slot[2] = Word::Text(other.to_owned());
    difference.path.last().is_some_and(|(_, family)| family.under.get(&slot).is_some())
}

fn is_list(slot: &Slot) -> bool {
    const LISTS: [&str; 7] = [
        "access-list",
        "prefix-list",
        "as-path",
        "community-list",
        "large-community-list",
        "extcommunity-list",
        "route-map",
    ];
    slot.iter().take(2).any(|word| LISTS.iter().any(|list| word.is_text(list)))
}
