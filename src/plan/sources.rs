//! Where a difference comes from: the edit that was meant, and the commands that make up for it.

use std::collections::HashMap;

use super::edit::{Edit, Reason};
use crate::frr::config::canonical::{Setting, Slot};
use crate::frr::config::delta::{Command, Delta};
use crate::frr::config::diff::Difference;
use crate::frr::config::impact::Impact;

/// Found by what they are about: there may be thousands of each.
pub struct Sources<'a> {
    commands: HashMap<&'a [Slot], Vec<&'a Command>>,
    edits: HashMap<(Option<&'a [String]>, &'a str), &'a Edit>,
    /// Those that take something away, which they need not name as FRR does.
    without: Vec<&'a Edit>,
}

impl<'a> Sources<'a> {
    pub fn of(delta: &'a Delta, edits: &'a [Edit]) -> Self {
        let mut sources = Self { commands: HashMap::new(), edits: HashMap::new(), without: Vec::new() };
        for command in &delta.commands {
            sources.commands.entry(command.place()).or_default().push(command);
        }
        for edit in edits {
            sources.edits.entry((edit.within.get(1..), &edit.statement)).or_insert(edit);
        }
        sources.without = edits.iter().filter(|edit| edit.statement.starts_with("no ")).collect();
        sources
    }

    /// Why it is, if it was meant: a change within these blocks.
    pub fn reason(&self, difference: &Difference, within: &[String]) -> Option<&'a Reason> {
        let within = within.get(1..);
        let edit = match (difference.after.map(Setting::full_text), difference.before.map(Setting::full_text)) {
            (Some(said), _) => self.edits.get(&(within, said.as_str())).copied(),
            (None, gone) => gone.and_then(|gone| {
                let is_gone = |edit: &Edit| edit.statement.strip_prefix("no ").is_some_and(|no| gone.starts_with(no));
                self.without.iter().copied().find(|edit| edit.within.get(1..) == within && is_gone(edit))
            }),
        };
        edit.map(|edit| &edit.reason)
    }

    /// What the commands for it do to sessions.
    pub fn impacts(&self, difference: &Difference) -> Vec<Impact> {
        let commands = self.commands.get(&difference.place()[..]);
        commands.into_iter().flatten().map(|command| command.impact.clone()).collect()
    }
}
