//! How far an apply came.

use std::cell::RefCell;

use super::server::Target;
use crate::error::Error;

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Created,
    Configured,
    Unchanged,
}

impl Outcome {
    /// kubectl's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
        }
    }
}

/// An object, `KIND/NAME`, and what became of it; of one that was only tried, what would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    pub name: String,
    pub outcome: Outcome,
}

/// What an object is after a request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    AsItWas,
    Unknown,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Tried(Outcome),
    /// It was sent, and no answer is there yet.
    Sent,
    Refused,
    Done(Outcome),
}

/// The objects in their order, and how far each is.
pub struct Progress(RefCell<Vec<(String, State)>>);

impl Progress {
    pub fn of(targets: &[Target]) -> Self {
        Self(RefCell::new(targets.iter().map(|target| (target.name.clone(), State::Waiting)).collect()))
    }

    pub fn tried(&self, target: &Target, outcome: Outcome) {
        self.set(target, State::Tried(outcome));
    }

    pub fn begin(&self, target: &Target) {
        self.set(target, State::Sent);
    }

    pub fn end(&self, target: &Target, outcome: Outcome) {
        self.set(target, State::Done(outcome));
    }

    pub fn failed(&self, target: &Target, fate: Fate) {
        self.set(target, if fate == Fate::AsItWas { State::Refused } else { State::Sent });
    }

    fn set(&self, target: &Target, state: State) {
        self.0.borrow_mut().iter_mut().filter(|(name, _)| *name == target.name).for_each(|(_, old)| *old = state);
    }

    /// The error with how far it came.
    pub fn told(&self, error: Error) -> Error {
        self.states().into_iter().fold(error, Error::hint)
    }

    /// What is applied, what is not, and of what that is not known.
    pub fn states(&self) -> Vec<String> {
        let states = self.0.borrow();
        let of = |is_it: fn(State) -> bool| -> Vec<&str> {
            states.iter().filter(|(_, state)| is_it(*state)).map(|(name, _)| name.as_str()).collect()
        };
        let applied = of(|state| matches!(state, State::Done(Outcome::Created | Outcome::Configured)));
        let unknown = of(|state| state == State::Sent);
        let left = of(|state| matches!(state, State::Waiting | State::Tried(_) | State::Refused));
        [("applied", applied), ("sent, and not known whether applied", unknown), ("not applied", left)]
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| format!("{what}: {}", names.join(", ")))
            .collect()
    }

    pub fn into_applied(self) -> Vec<Applied> {
        let outcome = |state| match state {
            State::Tried(outcome) | State::Done(outcome) => Some(outcome),
            State::Waiting | State::Sent | State::Refused => None,
        };
        let states = self.0.into_inner().into_iter();
        states.filter_map(|(name, state)| Some(Applied { name, outcome: outcome(state)? })).collect()
    }
}
