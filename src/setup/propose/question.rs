//! What only the user knows.

/// A value that neither end tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The flag that answers it.
    pub flag: &'static str,
    /// What is asked: `the address of the router that nodes dial`.
    pub what: String,
    /// Why it is not known.
    pub why: String,
    /// What it often is.
    pub default: Option<String>,
}
