//! The one form of a statement: what it is about, and how FRR would write it.

mod bgp;
mod family;
mod neighbor;
mod policy;

use super::super::block::Block;
use super::dialect::Dialect;
use super::settings::{Slot, slot};
use super::word::one_spelling;
pub use family::is_of_ipv4;
pub use neighbor::{as_number, name, option, option_in_family};
pub use policy::number;

/// A statement in the one form.
#[derive(Debug, PartialEq)]
pub struct Spelled {
    pub slot: Slot,
    pub words: Vec<String>,
    pub unsaid: Unsaid,
}

/// What holds if it is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsaid {
    /// Something else.
    Other,
    /// The same. A `no` stands against it.
    On,
    /// The same value. A `no` brings it back.
    Same,
    /// Not known, so a `no` is kept.
    Unknown,
}

impl Spelled {
    /// The first so many words are what it is about.
    fn about<S: AsRef<str>>(count: usize, words: &[S]) -> Self {
        Self::at(&words[..count.min(words.len())], words)
    }

    fn at<S: AsRef<str>, T: AsRef<str>>(about: &[S], words: &[T]) -> Self {
        let words = words.iter().map(|word| word.as_ref().to_owned()).collect();
        Self { slot: slot(about), words, unsaid: Unsaid::Other }
    }

    fn unsaid(self, unsaid: Unsaid) -> Self {
        Self { unsaid, ..self }
    }
}

/// A statement of a block; some say several things at once. Neighbors and numbered lists are not among them: what they
/// mean depends on what is there.
pub fn spell(block: Block, words: &[&str], dialect: &Dialect) -> Vec<Spelled> {
    let words = plain(words);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match block {
        Block::Bgp => bgp::spell(&words, dialect),
        Block::Family => family::spell(&words, dialect),
        Block::RouteMap => vec![policy::of_map(&words)],
        Block::Top => vec![policy::of_top(&words)],
        Block::Vrf => vec![policy::route(&words).unwrap_or_else(|| unknown(&words))],
        _ => vec![unknown(&words)],
    }
}

fn unknown(words: &[&str]) -> Spelled {
    Spelled::about(words.len(), words).unsaid(Unsaid::Unknown)
}

/// Addresses in their one spelling, prose as it stands.
pub fn plain(words: &[&str]) -> Vec<String> {
    let prose = words.iter().position(|word| ["description", "remark", "message", "password"].contains(word));
    let (words, prose) = words.split_at(prose.unwrap_or(words.len()));
    words.iter().map(|word| one_spelling(word)).chain(prose.iter().map(|&word| word.to_owned())).collect()
}
