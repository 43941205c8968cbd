//! A configuration in the one form that all texts with the same meaning have.

mod dialect;
mod lines;
mod order;
mod run;
mod settings;
mod settle;
mod spell;
mod word;

pub use dialect::Dialect;
pub use lines::{Line, Said, lines};
pub use order::ordered;
pub use run::{Machine, Refusal, Refused, members};
pub use settings::{Setting, Settings, Slot, slot};
pub use word::Word;

use super::tree::Tree;

/// What a configuration comes to when FRR has read it.
#[derive(Clone, Debug)]
pub struct Canonical {
    machine: Machine,
    settled: Settings,
}

/// They mean the same.
impl PartialEq for Canonical {
    fn eq(&self, other: &Self) -> bool {
        self.settled == other.settled
    }
}

impl Canonical {
    /// What a text comes to on a router that had nothing.
    pub fn of(tree: &Tree, dialect: &Dialect) -> Self {
        Self::then(Machine::new(dialect.told_by(tree)), tree)
    }

    /// The same router after more statements.
    #[must_use]
    pub fn after(&self, tree: &Tree) -> Self {
        Self::then(self.machine.clone(), tree)
    }

    fn then(mut machine: Machine, tree: &Tree) -> Self {
        machine.run(&tree.statements);
        let settled = machine.settled();
        Self { machine, settled }
    }

    /// What FRR would print.
    pub fn settings(&self) -> &Settings {
        &self.settled
    }

    /// What FRR would not take, in the order of the text.
    pub fn refused(&self) -> &[Refused] {
        &self.machine.refused
    }

    /// The router itself, with what is not printed.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// As FRR takes it, secrets included: instances, then route-maps, then lists, as UniFi wants them. Each statement
    /// stands behind what it needs.
    pub fn print(&self) -> String {
        let mut text = String::new();
        order::print(&self.settled, super::block::Block::Top, 0, &mut text);
        text
    }
}

#[cfg(test)]
mod tests;
