//! Where a difference comes from: the edit that was meant, and the commands that make up for it.

use std::collections::HashMap;

use super::comparison::Part;
use super::edit::Edit;
use crate::frr::config::canonical::{Setting, Slot};
use crate::frr::config::delta::{Command, Delta};
use crate::frr::config::diff::Difference;
use crate::frr::config::impact::Impact;

/// An edit, and which part of the whole it is of.
type Meant<'a> = (Part, &'a Edit);

/// Found by what they are about: there may be thousands of each.
pub struct Sources<'a> {
    commands: HashMap<&'a [Slot], Vec<&'a Command>>,
    edits: HashMap<(Option<&'a [String]>, &'a str), Meant<'a>>,
    /// All of them: what takes something away need not name it as FRR does.
    all: Vec<Meant<'a>>,
}

impl<'a> Sources<'a> {
    pub fn of(delta: &'a Delta, parts: &[(Part, &'a [Edit])]) -> Self {
        let all: Vec<Meant> = parts.iter().flat_map(|(part, edits)| edits.iter().map(|edit| (*part, edit))).collect();
        let mut sources = Self { commands: HashMap::new(), edits: HashMap::new(), all };
        for command in &delta.commands {
            sources.commands.entry(command.place()).or_default().push(command);
        }
        for &(part, edit) in &sources.all {
            sources.edits.entry((edit.within.get(1..), &edit.statement)).or_insert((part, edit));
        }
        sources
    }

    /// What was meant by it, if anything was: a change within these blocks.
    pub fn meant(&self, difference: &Difference, within: &[String]) -> Option<Meant<'a>> {
        match (difference.after.map(Setting::full_text), difference.before.map(Setting::full_text)) {
            (Some(said), _) => self.edits.get(&(within.get(1..), said.as_str())).copied(),
            (None, gone) => gone.and_then(|gone| self.all.iter().copied().find(|(_, edit)| edit.takes(&gone, within))),
        }
    }

    /// What the commands for it do to sessions.
    pub fn impacts(&self, difference: &Difference) -> Vec<Impact> {
        let commands = self.commands.get(&difference.place()[..]);
        commands.into_iter().flatten().map(|command| command.impact.clone()).collect()
    }
}
