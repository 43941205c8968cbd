//! What speaks against the setup: what refuses it, and what is to be known before. One file a matter.

mod accident;
mod asns;
mod configs;
mod control_plane;
pub mod effect;
mod families;
mod kept;
mod nodes;
mod pools;
mod router;
mod timers;
mod unread;
mod version;
mod vlan;

use super::given::Given;
use super::ground::Ground;
use super::worksheet::Worksheet;

/// How many names a sentence has.
const NAMED: usize = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    pub weight: Weight,
    /// What is the matter, with the reason.
    pub what: String,
    /// What to do about it, each a step of its own.
    pub next: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Nothing is planned, or nothing of it written.
    Refuses,
    Warns,
}

impl Objection {
    fn refuses(what: impl Into<String>) -> Self {
        Self { weight: Weight::Refuses, what: what.into(), next: Vec::new() }
    }

    fn warns(what: impl Into<String>) -> Self {
        Self { weight: Weight::Warns, what: what.into(), next: Vec::new() }
    }

    fn next(mut self, step: impl Into<String>) -> Self {
        self.next.push(step.into());
        self
    }

    pub fn is_refusal(&self) -> bool {
        self.weight == Weight::Refuses
    }
}

/// What the cluster has against any setup; the refusals come first.
pub fn of_cluster(ground: &Ground) -> Vec<Objection> {
    sorted([unread::find(ground), nodes::none(ground), version::find(ground), control_plane::find(ground)].concat())
}

/// What speaks against this one.
pub fn of(worksheet: &Worksheet, given: &Given, ground: &Ground) -> Vec<Objection> {
    sorted(
        [
            kept::find(worksheet, given, ground),
            asns::find(worksheet, ground),
            timers::find(worksheet).into_iter().collect(),
            pools::find(worksheet, ground),
            router::find(worksheet, ground),
            families::find(worksheet, ground),
            nodes::find(worksheet, ground),
            configs::find(worksheet, ground),
            vlan::find(worksheet, ground),
            accident::find(worksheet, ground),
        ]
        .concat(),
    )
}

fn sorted(mut objections: Vec<Objection>) -> Vec<Objection> {
    objections.sort_by_key(|objection| objection.weight);
    objections
}
