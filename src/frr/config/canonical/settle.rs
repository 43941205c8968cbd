//! What FRR would print: nothing that follows from the rest.

use super::run::Machine;
use super::settings::{Setting, Settings, Slot, slot};
use super::word::Word;

const IPV4_UNICAST: [&str; 3] = ["address-family", "ipv4", "unicast"];

pub fn settled(machine: &Machine) -> Settings {
    let mut settings = machine.settings.clone();
    for (at, setting) in settings.iter_mut() {
        if at.starts_with(&slot(&["router", "bgp"])) {
            instance(&mut setting.under);
        }
    }
    settings.retain(|slot, setting| !setting.under.is_empty() || !is_nothing_by_itself(slot));
    settings
}

fn is_nothing_by_itself(slot: &Slot) -> bool {
    matches!(slot.first(), Some(Word::Text(word)) if word == "interface")
        || matches!(&slot[..], [Word::Text(word)] if ["bfd", "segment-routing"].contains(&word.as_str()))
}

fn instance(instance: &mut Settings) {
    let neighbors: Vec<Neighbor> = neighbors(instance);
    instance.entry(slot(&IPV4_UNICAST), || Setting::new(true, IPV4_UNICAST.map(str::to_owned).to_vec()));
    let defaults: Vec<Slot> = instance.starting(&slot(&["bgp", "default"])).map(|(slot, _)| slot.clone()).collect();
    for family in instance.starting_mut(&[Word::Text("address-family".into())]) {
        let flag = Word::Text(family.words[1..].join("-"));
        let is_said = defaults.iter().any(|slot| slot.last() == Some(&flag));
        // IPv4 unicast is on unless it is said, the others are not.
        activations(&mut family.under, &neighbors, (family.words == IPV4_UNICAST) != is_said);
        warnings(&mut family.under, &neighbors);
        of_groups_too(&mut family.under, &neighbors);
    }
    for neighbor in neighbors.iter().filter(|neighbor| neighbor.is_unnumbered) {
        instance.remove(&slot(&["neighbor", &neighbor.name, "capability", "extended-nexthop"]));
    }
    instance.retain(|slot, setting| !slot[0].is_text("address-family") || !setting.under.is_empty());
}

struct Neighbor {
    name: String,
    group: Option<String>,
    is_unnumbered: bool,
}

fn neighbors(instance: &Settings) -> Vec<Neighbor> {
    let mut all: Vec<Neighbor> = Vec::new();
    for (slot, setting) in instance.starting(&[Word::Text("neighbor".into())]) {
        let name = &setting.words[1];
        if all.last().is_none_or(|last| last.name != *name) {
            all.push(Neighbor { name: name.clone(), group: None, is_unnumbered: false });
        }
        let Some(last) = all.last_mut() else { continue };
        match slot.get(2) {
            Some(Word::Text(word)) if word == "member" => last.group = setting.words.last().cloned(),
            Some(Word::Text(word)) if word == "interface" && slot.len() == 3 => last.is_unnumbered = true,
            _ => {}
        }
    }
    all
}

/// A member's activation is told where it is not its group's, another one's where it is not the default.
fn activations(family: &mut Settings, neighbors: &[Neighbor], by_default: bool) {
    let at = |name: &str| slot(&["neighbor", name, "activate"]);
    let is_active: std::collections::HashSet<String> = neighbors
        .iter()
        .filter(|neighbor| family.get(&at(&neighbor.name)).is_some())
        .map(|neighbor| neighbor.name.clone())
        .collect();
    for neighbor in neighbors {
        let on = is_active.contains(&neighbor.name);
        let unsaid = neighbor.group.as_ref().map_or(by_default, |group| is_active.contains(group));
        if on == unsaid {
            family.remove(&at(&neighbor.name));
        } else {
            let words = ["neighbor", &neighbor.name, "activate"].map(str::to_owned).to_vec();
            family.put(at(&neighbor.name), Setting::new(on, words));
        }
    }
}

/// A member only warns of too many prefixes if its group does, whatever it says itself.
fn warnings(family: &mut Settings, neighbors: &[Neighbor]) {
    const WARNING: &str = "warning-only";
    let at = |name: &str| slot(&["neighbor", name, "maximum-prefix"]);
    let says = |setting: &Setting, what: &str| setting.words.iter().any(|word| word == what);
    for neighbor in neighbors {
        let Some(group) = &neighbor.group else { continue };
        let group_warns = family.get(&at(group)).is_some_and(|of_group| says(of_group, WARNING));
        if let Some(own) = family
            .get_mut(&at(&neighbor.name))
            .filter(|own| group_warns && !says(own, WARNING) && !says(own, "restart"))
        {
            let place = own.words.iter().skip(3).take_while(|word| word.parse::<u8>().is_ok()).count() + 3;
            own.words.insert(place.max(4).min(own.words.len()), WARNING.to_owned());
        }
    }
}

/// FRR prints it for each member of a group that has it.
fn of_groups_too(family: &mut Settings, neighbors: &[Neighbor]) {
    let at = |name: &str| slot(&["neighbor", name, "disable-addpath-rx"]);
    for neighbor in neighbors {
        if neighbor.group.as_ref().is_some_and(|group| family.get(&at(group)).is_some()) {
            family.remove(&at(&neighbor.name));
        }
    }
}
