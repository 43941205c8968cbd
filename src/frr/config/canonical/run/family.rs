//! Address families.

use super::super::super::block::Block;
use super::super::super::statement::Statement;
use super::super::settings::{Setting, Settings, Slot, slot};
pub(super) use super::super::spell::is_of_ipv4;
use super::super::spell::{name, option_in_family};
use super::super::word::Word;
use super::neighbor::{exists, group_of, members};
use super::{Machine, Refusal, plain, set};

/// How FRR calls a family.
pub fn full_name<'a>(afi: &'a str, safi: Option<&'a str>) -> [&'a str; 3] {
    ["address-family", afi, safi.unwrap_or(if afi == "l2vpn" { "evpn" } else { "unicast" })]
}

pub(super) fn ipv4() -> [&'static str; 3] {
    full_name("ipv4", None)
}

/// The block of a family, which is there from its first statement on.
pub(super) fn entered<'a>(instance: &'a mut Settings, family: &[&str; 3]) -> &'a mut Settings {
    let words = || family.iter().map(|&word| word.to_owned()).collect();
    &mut instance.entry(slot(family), || Setting::new(true, words())).under
}

impl Machine {
    pub(super) fn family(&mut self, at: &Slot, afi: &str, safi: Option<&str>, statement: &Statement) -> bool {
        let family = full_name(afi, safi);
        let mut changed = false;
        for under in &statement.under {
            changed |= self.of_family(at, &family, under);
        }
        changed
    }

    pub(super) fn of_family(&mut self, at: &Slot, family: &[&str; 3], statement: &Statement) -> bool {
        if let ["neighbor", neighbor, ref option @ ..] = statement.words[..] {
            return match option {
                ["peer-group", ..] => self.neighbor(at, neighbor, option, statement),
                _ => self.neighbor_in_family(at, family, &name(neighbor), option, statement),
            };
        }
        if statement.words == ["neighbor"] {
            return self.refuse(statement, Refusal::BadValue);
        }
        let Some(instance) = self.settings.get_mut(at) else { return false };
        plain(entered(&mut instance.under, family), Block::Family, statement, &self.dialect)
    }

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
        if option == ["activate"] {
            let members = members(&instance.under, name);
            let of_family = entered(&mut instance.under, family);
            let mut changed = activate(of_family, name, statement.on);
            for member in &members {
                changed |= activate(of_family, member, statement.on);
            }
            return changed;
        }
        let group = group_of(&instance.under, name).map(str::to_owned);
        let members = members(&instance.under, name);
        let of_family = entered(&mut instance.under, family);
        let mut changed = false;
        for spelled in option_in_family(name, option) {
            let of_group = group.as_ref().and_then(|group| of_family.get(&about(group, &spelled.slot)));
            let is_groups = statement.on && of_group.is_some_and(|group| group.words[2..] == spelled.words[2..]);
            changed |= match option[0] {
                // What it has from its group does not become its own (`peer_route_map_set`).
                "route-map" if is_groups && of_family.get(&spelled.slot).is_none() => false,
                paths if paths.starts_with(PATHS) && is_groups => of_family.remove(&spelled.slot),
                paths if paths.starts_with(PATHS) => {
                    for at in members.iter().map(|member| about(member, &spelled.slot)) {
                        if of_family.get(&at).is_some_and(|own| own.words[2..] == spelled.words[2..]) {
                            of_family.remove(&at);
                        }
                    }
                    set(of_family, spelled, statement.on)
                }
                _ => set(of_family, spelled, statement.on),
            };
        }
        let is_member = group.is_some();
        if changed && option == ["route-server-client"] && !is_member {
            next_hop_unchanged(of_family, name, statement.on);
        }
        changed
    }
}

/// Options that a member follows its group in as long as both are the same (bgpd/bgp_addpath.c).
const PATHS: &str = "addpath-tx";

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
