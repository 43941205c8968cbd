//! Files that are written together: all of them, or none. What is there already is shown and asked about.

mod consent;
mod found;
mod staged;

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::interrupt;
use crate::ui::Ui;
pub use consent::{Consent, shown};
use found::Found;
use staged::Staged;

/// A file as it should be.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub path: PathBuf,
    pub text: String,
    /// It has a password: only its owner reads it.
    pub is_secret: bool,
    /// It is a router's configuration: passwords may be in it now, or in what is there, and a diff does not show them.
    pub is_of_router: bool,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Created,
    Changed,
    Unchanged,
}

impl Outcome {
    /// As it is said of the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
        }
    }
}

/// Files as they are and as they should be; nothing is written yet.
#[derive(Debug)]
pub struct Changes(Vec<Change>);

#[derive(Debug)]
pub struct Change {
    pub wanted: Wanted,
    found: Option<Found>,
}

impl Change {
    pub fn outcome(&self) -> Outcome {
        match &self.found {
            None => Outcome::Created,
            Some(found) if found.bytes == self.wanted.text.as_bytes() => Outcome::Unchanged,
            Some(_) => Outcome::Changed,
        }
    }

    /// The text that is there.
    pub fn before(&self) -> Option<String> {
        self.found.as_ref().map(|found| String::from_utf8_lossy(&found.bytes).into_owned())
    }
}

impl Changes {
    /// Looks at what is there.
    ///
    /// # Errors
    /// One of them cannot be written: its folder is not there, it is a link, a folder or a device.
    pub fn of(wanted: Vec<Wanted>) -> Result<Self> {
        let change = |wanted: Wanted| {
            let found = found::find(&wanted.path)?;
            Ok(Change { wanted, found })
        };
        wanted.into_iter().map(change).collect::<Result<_>>().map(Self)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Change> {
        self.0.iter()
    }

    /// Shows what changes in files that are there, asks if that is wanted, and writes all of them.
    ///
    /// # Errors
    /// It is not wanted, nobody can be asked, or a file could not be written; then none is.
    pub fn write(&self, consent: Consent, ui: &Ui) -> Result<Vec<(&Path, Outcome)>> {
        consent::obtain(self, consent, ui)?;
        // A Ctrl-C before it leaves everything as it was, one behind it comes too late.
        interrupt::whole(|| self.commit())
    }

    fn commit(&self) -> Result<Vec<(&Path, Outcome)>> {
        let differ = || self.0.iter().filter(|change| change.outcome() != Outcome::Unchanged);
        let staged: Vec<Staged> = differ().map(Staged::of).collect::<Result<_>>()?;
        let mut done = Vec::new();
        for file in staged {
            match file.put_in_place() {
                Ok(placed) => done.push(placed),
                Err(error) => return Err(undone(error, done)),
            }
        }
        Ok(self.0.iter().map(|change| (change.wanted.path.as_path(), change.outcome())).collect())
    }
}

/// Takes back what is in place already, the last one first.
fn undone(error: Error, done: Vec<staged::Placed>) -> Error {
    let left: Vec<String> = done.into_iter().rev().filter_map(|placed| placed.take_back().err()).collect();
    if left.is_empty() {
        return error.hint("nothing was changed: what was written before it is taken back");
    }
    left.into_iter().fold(error, Error::hint)
}

#[cfg(test)]
mod tests;
