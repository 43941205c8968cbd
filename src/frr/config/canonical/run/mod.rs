//! What FRR makes of statements, one after the other: what each sets, takes away with it, and what is refused.

mod exchange;
mod family;
mod instance;
mod list;
mod neighbor;

use std::collections::HashSet;

use super::super::block::Block;
use super::super::statement::Statement;
use super::dialect::Dialect;
use super::settings::{Setting, Settings};
use super::settle::settled;
use super::spell::{Spelled, Unsaid, spell};
use super::word::Word;
pub use neighbor::members;

/// A router without its daemons.
#[derive(Clone, Debug)]
pub struct Machine {
    dialect: Dialect,
    pub settings: Settings,
    /// The rules of lists, where FRR looks for the same ones.
    rules: HashSet<String>,
    pub refused: Vec<Refused>,
}

/// A statement that FRR would not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// From 1 on.
    pub line: usize,
    pub why: Refusal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Another AS runs there.
    OtherAs,
    NoSuchGroup,
    NoSuchNeighbor,
    /// Neither the group nor the neighbor has one.
    NoRemoteAs,
    /// The group has one, and its members have no other.
    GroupsRemoteAs,
    OtherGroup,
    /// The range belongs to another one.
    RangeTaken,
    /// An address, length or number that is none.
    BadValue,
}

impl Machine {
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, settings: Settings::default(), rules: HashSet::new(), refused: Vec::new() }
    }

    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// What FRR would print.
    pub fn settled(&self) -> Settings {
        settled(self)
    }

    /// Whether something changed.
    pub fn run(&mut self, statements: &[Statement]) -> bool {
        let mut changed = false;
        for statement in statements {
            changed |= self.top(statement);
        }
        changed
    }

    fn top(&mut self, statement: &Statement) -> bool {
        match statement.words[..] {
            _ if is_of_the_system(&statement.words) => false,
            ["router", "bgp", ..] => self.instance(statement),
            ["route-map", name] if !statement.on => {
                self.settings.remove_starting(&[Word::Text("route-map".into()), Word::of(name)])
            }
            _ => match list::numbered(&statement.words) {
                Some(rule) => self.rule(statement, &rule),
                None => plain(&mut self.settings, Block::Top, statement, &self.dialect),
            },
        }
    }

    fn refuse(&mut self, statement: &Statement, why: Refusal) -> bool {
        self.refused.push(Refused { line: statement.line, why });
        false
    }
}

/// What a router is, and not how it routes: FRR prints some of it unasked.
fn is_of_the_system(words: &[&str]) -> bool {
    matches!(
        words,
        ["frr" | "hostname" | "domainname" | "service", ..] | ["ip" | "ipv6", "forwarding"] | ["line", "vty", ..]
    )
}

/// Statements whose meaning does not depend on what is there.
fn plain(settings: &mut Settings, block: Block, statement: &Statement, dialect: &Dialect) -> bool {
    let opened = block.opened_by(&statement.words).filter(|_| statement.on);
    let mut changed = false;
    for spelled in spell(block, &statement.words, dialect) {
        let slot = spelled.slot.clone();
        changed |= set(settings, spelled, statement.on);
        if let (Some(opened), Some(setting)) = (opened, settings.get_mut(&slot)) {
            for under in &statement.under {
                changed |= plain(&mut setting.under, opened, under, dialect);
            }
        }
    }
    changed
}

fn set(settings: &mut Settings, spelled: Spelled, on: bool) -> bool {
    let Spelled { slot, words, unsaid } = spelled;
    let known = settings.get(&slot);
    match (on, unsaid) {
        (true, Unsaid::On | Unsaid::Same) => settings.remove(&slot),
        (false, Unsaid::Unknown) if known.is_none() => settings.put(slot, Setting::new(false, words)),
        (false, Unsaid::Other | Unsaid::Same | Unsaid::Unknown) => {
            let is_other = known.is_some_and(|known| is_alternative(&known.words, &words));
            !is_other && settings.remove(&slot)
        }
        (true, Unsaid::Other | Unsaid::Unknown) | (false, Unsaid::On) => settings.put(slot, Setting::new(on, words)),
    }
}

/// Words that stand in one place and exclude each other are taken away by their own name alone.
fn is_alternative(known: &[String], gone: &[String]) -> bool {
    const MODES: [&str; 3] = ["graceful-restart", "graceful-restart-disable", "graceful-restart-helper"];
    let mode = |words: &[String]| words.last().filter(|last| MODES.contains(&last.as_str())).cloned();
    matches!((mode(known), mode(gone)), (Some(known), Some(gone)) if known != gone)
}
