//! `router bgp`.

use super::super::super::block::Block;
use super::super::super::statement::Statement;
use super::super::settings::{Setting, Settings, Slot, slot};
use super::super::spell::as_number;
use super::super::word::Word;
use super::{Machine, Refusal, plain};
use crate::frr::as_number::AsNumber;

impl Machine {
    pub(super) fn instance(&mut self, statement: &Statement) -> bool {
        let Some((words, at)) = called(&statement.words) else { return self.refuse(statement, Refusal::BadValue) };
        if !statement.on {
            return self.settings.remove(&at);
        }
        let is_new = self.settings.get(&at).is_none();
        match self.settings.get(&at) {
            Some(known) if known.words != words => return self.refuse(statement, Refusal::OtherAs),
            Some(_) => {}
            None => self.begin(&at, words),
        }
        let mut changed = is_new;
        for under in &statement.under {
            changed |= self.of_instance(&at, under);
        }
        changed
    }

    fn begin(&mut self, at: &Slot, words: Vec<String>) {
        self.settings.put(at.clone(), Setting::new(true, words));
        for unasked in self.dialect.beginning() {
            if let (Some(statement), Some(instance)) = (Statement::read(0, unasked), self.settings.get_mut(at)) {
                plain(&mut instance.under, Block::Bgp, &statement, &self.dialect);
            }
        }
    }

    fn of_instance(&mut self, at: &Slot, statement: &Statement) -> bool {
        match statement.words[..] {
            ["address-family", afi] => self.family(at, afi, None, statement),
            ["address-family", afi, safi] => self.family(at, afi, Some(safi), statement),
            ["neighbor", name, ref option @ ..] => self.neighbor(at, name, option, statement),
            ["neighbor"] | ["address-family", ..] => self.refuse(statement, Refusal::BadValue),
            ["bgp", "listen", "range", range, "peer-group", group] if statement.on => {
                let Some(instance) = self.settings.get(at) else { return false };
                if !is_group(&instance.under, group) {
                    return self.refuse(statement, Refusal::NoSuchGroup);
                }
                if instance.under.get(&slot(&["neighbor", group, "remote-as"])).is_none() {
                    return self.refuse(statement, Refusal::NoRemoteAs);
                }
                let known = instance.under.get(&slot(&["bgp", "listen", "range", range]));
                if known.is_some_and(|known| known.words.last().is_some_and(|known| known != group)) {
                    return self.refuse(statement, Refusal::RangeTaken);
                }
                self.set_in(at, statement)
            }
            _ if super::family::is_of_ipv4(&statement.words) => self.of_family(at, &super::family::ipv4(), statement),
            _ => self.set_in(at, statement),
        }
    }

    fn set_in(&mut self, at: &Slot, statement: &Statement) -> bool {
        let Some(instance) = self.settings.get_mut(at) else { return false };
        plain(&mut instance.under, Block::Bgp, statement, &self.dialect)
    }
}

pub(super) fn is_group(instance: &Settings, name: &str) -> bool {
    instance.get(&slot(&["neighbor", name, "group"])).is_some()
}

/// The words in their one spelling, and what they are about: an instance is known by its VRF.
fn called(words: &[&str]) -> Option<(Vec<String>, Slot)> {
    let [_, _, asn, rest @ ..] = words else { return None };
    let vrf = rest.windows(2).find(|pair| ["vrf", "view"].contains(&pair[0])).filter(|pair| pair[1] != "default");
    let vrf = vrf.unwrap_or_default();
    asn.parse::<AsNumber>().ok()?;
    let at = ["router", "bgp"].iter().chain(vrf).copied().map(Word::of).collect();
    let said = ["router", "bgp", &as_number(asn)].iter().chain(vrf).map(|&word| word.to_owned()).collect();
    Some((said, at))
}
