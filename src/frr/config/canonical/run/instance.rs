//! `router bgp`.

use super::super::super::block::Block;
use super::super::super::statement::Statement;
use super::super::settings::{Setting, Settings, Slot, slot};
use super::super::spell::as_number;
use super::super::word::Word;
use super::{Machine, Refusal, plain};

impl Machine {
    pub(super) fn instance(&mut self, statement: &Statement) -> bool {
        let (words, at) = called(&statement.words);
        if !statement.on {
            return self.settings.remove(&at);
        }
        match self.settings.get(&at) {
            // `router bgp` without a number means the one that is there.
            Some(known) if words.len() > 2 && known.words[2] != words[2] => {
                return self.refuse(statement, Refusal::OtherAs);
            }
            Some(_) => {}
            None => self.begin(&at, words),
        }
        let is_new = self.settings.get(&at).is_some_and(|known| known.under.is_empty());
        statement.under.iter().fold(is_new, |changed, under| self.of_instance(&at, under) || changed)
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
            ["address-family", afi, ref safi @ ..] => self.family(at, afi, safi.first().copied(), statement),
            ["neighbor", name, ref option @ ..] => self.neighbor(at, name, option, statement),
            ["neighbor"] => self.refuse(statement, Refusal::BadValue),
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
fn called(words: &[&str]) -> (Vec<String>, Slot) {
    let vrf = words.windows(2).find(|pair| ["vrf", "view"].contains(&pair[0])).filter(|pair| pair[1] != "default");
    let asn = words.get(2).map(|asn| as_number(asn));
    let at = ["router", "bgp"].into_iter().chain(vrf.into_iter().flatten().copied()).map(Word::of).collect();
    let mut said: Vec<String> = vec!["router".into(), "bgp".into()];
    said.extend(asn);
    said.extend(vrf.into_iter().flatten().map(|&word| word.to_owned()));
    (said, at)
}
