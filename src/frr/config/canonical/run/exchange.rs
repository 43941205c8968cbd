//! What a neighbor exchanges in a family, and what is done with it.

use super::super::super::statement::Statement;
use super::super::settings::{Setting, Settings, Slot, slot};
use super::super::spell::{Spelled, option_in_family};
use super::super::word::Word;
use super::family::entered;
use super::neighbor::{exists, group_of, members};
use super::{Machine, Refusal, set};

impl Machine {
    pub(super) fn neighbor_in_family(
        &mut self,
        at: &Slot,
        family: &[&str; 3],
        name: &str,
        option: &[&str],
        statement: &Statement,
    ) -> bool {
        let Some(instance) = self.settings.get_mut(at) else { return false };
        if !exists(&instance.under, name) {
            return self.refuse(statement, Refusal::NoSuchNeighbor);
        }
        let group = group_of(&instance.under, name).map(str::to_owned);
        let members = members(&instance.under, name);
        let of_family = entered(&mut instance.under, family);
        if option == ["activate"] {
            // A group that has it already says nothing new to its members.
            let is_new = activate(of_family, name, statement.on);
            for member in members.iter().filter(|_| is_new) {
                activate(of_family, member, statement.on);
            }
            return is_new;
        }
        let mut changed = false;
        for spelled in option_in_family(name, option) {
            changed |= set_of(of_family, group.as_deref(), &members, spelled, statement.on);
        }
        if changed && option == ["route-server-client"] && (group.is_none() || !statement.on) {
            next_hop_unchanged(of_family, name, statement.on);
        }
        changed
    }
}

/// Sets an option of a member of a group, of a group with members, or of one alone.
fn set_of(family: &mut Settings, group: Option<&str>, members: &[String], spelled: Spelled, on: bool) -> bool {
    let says_so = |family: &Settings, at: &Slot| family.get(at).is_some_and(|own| own.words[2..] == spelled.words[2..]);
    let is_groups = on && group.is_some_and(|group| says_so(family, &about(group, &spelled.slot)));
    match spelled.slot.get(2) {
        // What it has from its group does not become its own (`peer_route_map_set`).
        Some(option) if option.is_text("route-map") && is_groups && family.get(&spelled.slot).is_none() => false,
        // A member follows its group as long as both say the same (bgpd/bgp_addpath.c).
        Some(option) if option.is_text("addpath-tx") => {
            if is_groups {
                return family.remove(&spelled.slot);
            }
            for at in members.iter().map(|member| about(member, &spelled.slot)) {
                if says_so(family, &at) {
                    family.remove(&at);
                }
            }
            set(family, spelled, on)
        }
        _ => set(family, spelled, on),
    }
}

/// The same of another neighbor.
fn about(name: &str, at: &[Word]) -> Slot {
    [&slot(&["neighbor", name])[..], &at[2..]].concat()
}

/// Whether a neighbor exchanges a family is kept for each of them: what is printed of it depends on its group and on the
/// instance.
pub(super) fn activate(family: &mut Settings, name: &str, on: bool) -> bool {
    let words = ["neighbor", name, "activate"];
    if on {
        family.put(slot(&words), Setting::new(true, words.map(str::to_owned).to_vec()))
    } else {
        family.remove(&slot(&words))
    }
}

/// What a route server's client gets with it (bgpd/bgpd.c, `peer_af_flag_modify`).
fn next_hop_unchanged(family: &mut Settings, name: &str, on: bool) {
    let at = slot(&["neighbor", name, "attribute-unchanged"]);
    let known = family.get(&at).map(|setting| setting.words[3..].to_vec()).unwrap_or_default();
    let is_kept = |part: &&str| known.iter().any(|known| known == part) && *part != "next-hop";
    let parts = ["as-path", "next-hop", "med"].into_iter().filter(|part| is_kept(part) || (on && *part == "next-hop"));
    let words: Vec<&str> = ["neighbor", name, "attribute-unchanged"].into_iter().chain(parts).collect();
    if words.len() > 3 {
        family.put(at, Setting::new(true, words.into_iter().map(str::to_owned).collect()));
    } else {
        family.remove(&at);
    }
}

pub(super) fn is_active(family: &Settings, name: &str) -> bool {
    family.get(&slot(&["neighbor", name, "activate"])).is_some()
}
