//! What a command does to sessions, as it was measured on FRR 8.4 and 10.3.

use super::canonical::Machine;
use super::delta::Command;
use super::diff::Difference;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Impact {
    /// Sessions stay, and it holds at once.
    None,
}

pub fn of(_work: &Machine, _difference: &Difference, _command: &Command) -> Impact {
    Impact::None
}
