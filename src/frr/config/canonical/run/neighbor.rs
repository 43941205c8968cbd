//! Neighbors and groups: how they come into being, and what goes with them.

use std::net::IpAddr;

use super::super::super::statement::Statement;
use super::super::super::words::is_of_family;
use super::super::dialect::Dialect;
use super::super::settings::{Setting, Settings, Slot, slot};
use super::super::spell::{as_number, name, option};
use super::super::word::Word;
use super::exchange::{activate, is_active};
use super::family::{entered, ipv4};
use super::instance::is_group;
use super::{Machine, Refusal, set};

/// What a neighbor is known by; there is none without one of them.
const BEGINNINGS: [&str; 4] = ["group", "remote-as", "member", "interface"];

impl Machine {
    pub(super) fn neighbor(&mut self, at: &Slot, neighbor: &str, words: &[&str], statement: &Statement) -> bool {
        let name = &name(neighbor);
        let Some(instance) = self.settings.get_mut(at) else { return false };
        let instance = &mut instance.under;
        match (words, statement.on) {
            (["peer-group"], true) => {
                let is_new = !exists(instance, name);
                put(instance, name, "group", &["peer-group"]);
                if is_new {
                    begin(instance, name);
                }
                is_new
            }
            (["remote-as", ..], false) if is_group(instance, name) => without_remote_as(instance, name),
            ([] | ["peer-group"] | ["remote-as", ..], false) => remove(instance, name),
            (["peer-group", group], true) => match join(instance, name, group) {
                Ok(changed) => changed,
                Err(why) => self.refuse(statement, why),
            },
            (["peer-group", group], false) => group_of(instance, name) == Some(*group) && remove(instance, name),
            (["interface", rest @ ..], on) if name.parse::<IpAddr>().is_err() => {
                if !on {
                    return remove(instance, name);
                }
                let rest = rest.to_vec();
                let changed = interface(instance, name, rest.first() == Some(&"v6only"));
                let rest = rest.strip_prefix(&["v6only"]).unwrap_or(&rest);
                (!rest.is_empty() && self.neighbor(at, name, rest, statement)) || changed
            }
            // Both notations are known from 9.0 on.
            (["remote-as", asn], true) if asn.contains('.') && !self.dialect.is_at_least(9, 0) => {
                self.refuse(statement, Refusal::BadValue)
            }
            (["remote-as", asn], true) => match remote_as(instance, name, &as_number(asn)) {
                Ok(changed) => changed,
                Err(why) => self.refuse(statement, why),
            },
            _ if !exists(instance, name) => self.refuse(statement, Refusal::NoSuchNeighbor),
            _ if is_of_family(words) => self.neighbor_in_family(at, &ipv4(), name, words, statement),
            _ => {
                if matches!(words, ["ebgp-multihop" | "ttl-security", ..]) {
                    return hops(instance, name, words, statement.on, &self.dialect);
                }
                // Its message stays until it is taken away.
                let is_down = instance.get(&slot(&["neighbor", name, "shutdown"])).is_some();
                if statement.on && words == ["shutdown"] && is_down {
                    return false;
                }
                if let ["local-as", asn, ..] = words
                    && statement.on
                    && has_local_as_of_group(instance, name, asn)
                {
                    return false;
                }
                if words == ["bfd"] && !statement.on {
                    return instance.remove_starting(&slot(&["neighbor", name, "bfd"]));
                }
                let mut changed = false;
                for spelled in option(name, words, &self.dialect) {
                    // Taking the profile away leaves the rest of it.
                    let is_left = !statement.on && words.len() > 1 && spelled.words.len() == 3 && words[0] == "bfd";
                    changed |= !is_left && set(instance, spelled, statement.on);
                }
                changed
            }
        }
    }
}

pub(super) fn exists(instance: &Settings, name: &str) -> bool {
    BEGINNINGS.iter().any(|beginning| instance.get(&slot(&["neighbor", name, beginning])).is_some())
}

pub fn members(instance: &Settings, group: &str) -> Vec<String> {
    if !is_group(instance, group) {
        return Vec::new();
    }
    let is_member = |slot: &Slot, setting: &Setting| {
        slot.get(2).is_some_and(|word| word.is_text("member")) && setting.words.last().is_some_and(|own| own == group)
    };
    let neighbors = [Word::Text("neighbor".into())];
    instance
        .starting(&neighbors)
        .filter(|(slot, setting)| is_member(slot, setting))
        .map(|(_, setting)| setting.words[1].clone())
        .collect()
}

pub(super) fn group_of<'a>(instance: &'a Settings, name: &str) -> Option<&'a str> {
    instance.get(&slot(&["neighbor", name, "member"]))?.words.last().map(String::as_str)
}

fn put(instance: &mut Settings, name: &str, about: &str, words: &[&str]) -> bool {
    let words = ["neighbor", name].iter().chain(words).map(|&word| word.to_owned()).collect();
    instance.put(slot(&["neighbor", name, about]), Setting::new(true, words))
}

/// A new neighbor exchanges what new ones do by default (bgpd/bgpd.c, `peer_create`).
fn begin(instance: &mut Settings, name: &str) {
    if instance.get(&slot(&["bgp", "default", "ipv4-unicast"])).is_none() {
        activate(entered(instance, &ipv4()), name, true);
    }
    let defaults = slot(&["bgp", "default"]);
    let families: Vec<(String, String)> = instance
        .starting(&defaults)
        .filter(|(_, setting)| setting.on)
        .filter_map(|(_, setting)| setting.words.get(2)?.split_once('-'))
        .filter(|(afi, _)| ["ipv6", "l2vpn"].contains(afi))
        .map(|(afi, safi)| (afi.to_owned(), safi.to_owned()))
        .collect();
    for (afi, safi) in families {
        activate(entered(instance, &["address-family", &afi, &safi]), name, true);
    }
}

fn interface(instance: &mut Settings, name: &str, v6only: bool) -> bool {
    let is_new = !exists(instance, name);
    let changed = put(instance, name, "interface", if v6only { &["interface", "v6only"] } else { &["interface"] });
    if is_new {
        begin(instance, name);
    }
    changed
}

fn remote_as(instance: &mut Settings, name: &str, asn: &str) -> Result<bool, Refusal> {
    let is_new = !exists(instance, name);
    if is_new && name.parse::<IpAddr>().is_err() {
        return Err(Refusal::NoSuchGroup);
    }
    if let Some(group) = group_of(instance, name)
        && let Some(of_group) = instance.get(&slot(&["neighbor", group, "remote-as"]))
    {
        let is_same = of_group.words.last().is_some_and(|own| own == asn);
        return if is_same { Ok(false) } else { Err(Refusal::GroupsRemoteAs) };
    }
    // Those of its members are overwritten (bgpd/bgpd.c, `peer_group_remote_as`).
    for member in members(instance, name) {
        instance.remove(&slot(&["neighbor", &member, "remote-as"]));
    }
    let changed = put(instance, name, "remote-as", &["remote-as", asn]);
    if is_new {
        begin(instance, name);
    }
    Ok(changed)
}

/// A group without one loses its members (`peer_group_remote_as_delete`).
fn without_remote_as(instance: &mut Settings, group: &str) -> bool {
    let changed = instance.remove(&slot(&["neighbor", group, "remote-as"]));
    for member in members(instance, group).iter().filter(|_| changed) {
        remove(instance, member);
    }
    changed
}

/// How far away a neighbor may be. A group's holds for its members, whatever they had (`peer_ebgp_multihop_set`).
fn hops(instance: &mut Settings, name: &str, words: &[&str], on: bool, dialect: &Dialect) -> bool {
    let Some(spelled) = option(name, words, dialect).pop() else { return false };
    let of_group = group_of(instance, name).map(|group| slot(&["neighbor", group, words[0]]));
    let of_group = of_group.and_then(|at| instance.get(&at)).map(|setting| setting.words[2..].to_vec());
    if on && of_group.is_some_and(|of_group| of_group == spelled.words[2..]) {
        return instance.remove(&spelled.slot);
    }
    let mut changed = set(instance, spelled, on);
    for member in members(instance, name) {
        changed |= without_hops(instance, &member);
    }
    changed
}

/// FRR 10 does not keep the AS of a member that says the same as its group, and prints `local-as (null)`.
fn has_local_as_of_group(instance: &Settings, name: &str, asn: &str) -> bool {
    let of_group = group_of(instance, name).and_then(|group| instance.get(&slot(&["neighbor", group, "local-as"])));
    of_group.is_some_and(|of_group| asn == "(null)" || of_group.words.get(3).is_some_and(|own| *own == as_number(asn)))
}

fn without_hops(instance: &mut Settings, name: &str) -> bool {
    let multihop = instance.remove(&slot(&["neighbor", name, "ebgp-multihop"]));
    let security = instance.remove(&slot(&["neighbor", name, "ttl-security"]));
    multihop || security
}

fn join(instance: &mut Settings, name: &str, group: &str) -> Result<bool, Refusal> {
    if !is_group(instance, group) {
        return Err(Refusal::NoSuchGroup);
    }
    match group_of(instance, name) {
        Some(known) if known == group => return Ok(false),
        Some(_) => return Err(Refusal::OtherGroup),
        None => {}
    }
    let has_remote_as = instance.get(&slot(&["neighbor", group, "remote-as"])).is_some();
    if !exists(instance, name) && (!has_remote_as || name.parse::<IpAddr>().is_err()) {
        return Err(Refusal::NoRemoteAs);
    }
    if has_remote_as {
        instance.remove(&slot(&["neighbor", name, "remote-as"]));
    }
    if ["ebgp-multihop", "ttl-security"]
        .iter()
        .any(|option| instance.get(&slot(&["neighbor", group, option])).is_some())
    {
        without_hops(instance, name);
    }
    put(instance, name, "member", &["peer-group", group]);
    for family in instance.starting_mut(&[Word::Text("address-family".into())]) {
        let on = is_active(&family.under, group);
        activate(&mut family.under, name, on);
    }
    Ok(true)
}

/// A neighbor, or a group with its members and ranges.
fn remove(instance: &mut Settings, name: &str) -> bool {
    if !exists(instance, name) {
        return false;
    }
    for member in members(instance, name) {
        remove(instance, &member);
    }
    if is_group(instance, name) {
        let ranges = slot(&["bgp", "listen", "range"]);
        instance.retain(|slot, setting| {
            !(slot.starts_with(&ranges) && setting.words.last().is_some_and(|group| group == name))
        });
    }
    let of_neighbor = slot(&["neighbor", name]);
    for family in instance.starting_mut(&[Word::Text("address-family".into())]) {
        family.under.remove_starting(&of_neighbor);
    }
    instance.remove_starting(&of_neighbor)
}
