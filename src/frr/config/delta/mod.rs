//! The commands that make one configuration of another, in an order in which vtysh takes each of them.

mod negation;
mod phase;
mod print;

use super::canonical::{Canonical, Machine, Slot, Word, members};
use super::diff::{self, Difference};
use super::impact::{self, Impact};
use super::secret::without_secret;
use super::statement::said;
use super::tree::Tree;
use phase::Phase;

/// So often is looked again: what a command takes away with it has to come back.
const ROUNDS: usize = 8;

#[derive(Clone, Debug, Default)]
pub struct Delta {
    pub commands: Vec<Command>,
}

#[derive(Clone)]
pub struct Command {
    /// The statements that open the blocks around it, outermost first.
    pub within: Vec<String>,
    pub on: bool,
    pub(super) words: Vec<String>,
    pub impact: Impact,
    /// What it is about, with the blocks around it.
    place: Vec<Slot>,
}

impl Command {
    /// As FRR takes it, secrets included.
    pub fn full_text(&self) -> String {
        said(self.on, &self.words)
    }

    /// Without what stands behind a word for a secret.
    pub fn text(&self) -> String {
        said(self.on, without_secret(&self.words))
    }

    /// What it is about, with the blocks around it: the same as of the difference that it makes up for.
    pub fn place(&self) -> &[Slot] {
        &self.place
    }
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {}: {:?}", self.within, self.text(), self.impact)
    }
}

impl Delta {
    /// From one to the other. The way back is the same with both exchanged.
    pub fn between(before: &Canonical, after: &Canonical) -> Self {
        let work = before.machine().clone();
        let mut way = Way { first: before, work, target: after, commands: Vec::new(), is_stuck: false };
        for _ in 0..ROUNDS {
            let known = way.commands.len();
            if !way.round() {
                break;
            }
            way.is_stuck = way.commands.len() == known;
        }
        Self { commands: way.commands }
    }

    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// As vtysh takes it from a file, secrets included.
    #[cfg(test)]
    pub fn print(&self) -> String {
        print::print(&self.commands, Command::full_text)
    }

    /// The same with a comment in the place of each line that has a secret.
    pub fn print_cut(&self) -> String {
        print::print(&self.commands, |command| {
            let (full, cut) = (command.full_text(), command.text());
            if full == cut { full } else { format!("! {cut}: it has a secret, which is not shown") }
        })
    }
}

struct Way<'a> {
    first: &'a Canonical,
    /// What the router has come to by the commands so far.
    work: Machine,
    target: &'a Canonical,
    commands: Vec<Command>,
    /// The last round changed nothing: what cannot be replaced has to go first.
    is_stuck: bool,
}

impl Way<'_> {
    /// Whether there was something to do.
    fn round(&mut self) -> bool {
        let mut settled = self.work.settled();
        let target = self.target;
        let mut differences = diff::of_settings(&settled, target.settings());
        if differences.is_empty() {
            return false;
        }
        for phase in Phase::ALL {
            let of_phase = differences.iter().filter(|difference| Phase::of(difference) == phase);
            let mut changed = false;
            for difference in of_phase {
                changed |= self.make_up(phase, difference);
            }
            if changed {
                drop(differences);
                settled = self.work.settled();
                differences = diff::of_settings(&settled, target.settings());
            }
        }
        true
    }

    fn make_up(&mut self, phase: Phase, difference: &Difference) -> bool {
        let goes_first = self.is_stuck && difference.before.is_some() && difference.after.is_some();
        let gone = goes_first && self.take(difference, negation::of(difference, self.target));
        let gone = self.without_members(difference) || gone;
        let command = match difference.after {
            _ if is_activation(difference) => self.activation(difference),
            Some(after) if !matches!(phase, Phase::Ends | Phase::Ranges) => (after.on, after.words.clone()),
            _ => negation::of(difference, self.target),
        };
        self.take(difference, command) || gone
    }

    /// A group that loses its AS loses its members in FRR 8.4, and keeps them in 10.3.
    fn without_members(&mut self, difference: &Difference) -> bool {
        let [neighbor, name, option] = &difference.slot[..] else { return false };
        let is_remote_as = neighbor.is_text("neighbor") && option.is_text("remote-as") && difference.path.len() == 1;
        let (Word::Text(name), None, Some((instance, _))) = (name, difference.after, difference.path.first()) else {
            return false;
        };
        let members =
            self.work.settings.get(instance).filter(|_| is_remote_as).map(|instance| members(&instance.under, name));
        let mut changed = false;
        for member in members.unwrap_or_default() {
            changed |= self.take(difference, (false, vec!["neighbor".to_owned(), member]));
        }
        changed
    }

    /// Keeps a command if it changes something.
    fn take(&mut self, difference: &Difference, (on, words): (bool, Vec<String>)) -> bool {
        let within = difference.path.iter().map(|(_, header)| header.full_text()).collect();
        let mut command = Command { within, on, words, impact: Impact::None, place: difference.place() };
        let text = print::print(std::slice::from_ref(&command), Command::full_text);
        command.impact = impact::of(self.first, &self.work.settings, difference, &command);
        let changed = self.work.run(&Tree::parse(&text).statements);
        self.commands.extend(changed.then_some(command));
        changed
    }

    /// Whether it is on depends on more than what is printed of it.
    fn activation(&self, difference: &Difference) -> (bool, Vec<String>) {
        let mut settings = Some(&self.target.machine().settings);
        for (slot, _) in &difference.path {
            settings = settings.and_then(|settings| settings.get(slot)).map(|block| &block.under);
        }
        let words = difference.after.or(difference.before).map(|setting| setting.words.clone());
        (settings.is_some_and(|family| family.get(difference.slot).is_some()), words.unwrap_or_default())
    }
}

fn is_activation(difference: &Difference) -> bool {
    matches!(difference.slot[..], [ref neighbor, _, ref option] if neighbor.is_text("neighbor") && option.is_text("activate"))
}

#[cfg(test)]
mod tests;
