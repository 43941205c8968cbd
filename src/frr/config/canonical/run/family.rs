//! Address families.

use super::super::super::block::Block;
use super::super::super::statement::Statement;
use super::super::settings::{Setting, Settings, Slot, slot};
pub(super) use super::super::spell::is_of_ipv4;
use super::super::spell::name;
use super::{Machine, Refusal, plain};

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
}
