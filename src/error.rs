//! The one error type of the program, and its exit codes.

use std::process::ExitCode;

/// How the program ends. `--help` and docs/exit-status.md quote these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The question was answered.
    Ok = 0,
    /// A failure, a difference, or a failed check.
    Failure = 1,
    /// Wrong usage, or a check that could not be made.
    Undecided = 2,
    /// Ctrl-C, or a request to terminate.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// What went wrong, said once, with what to do next.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// The exit code that this error means.
    pub exit: Exit,
    /// One sentence in kubectl's wording, with its own `error: ` or `Error from server` at the front.
    pub message: String,
    /// Next steps, each a line of its own.
    pub hints: Vec<String>,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The question could not be answered; `what` follows `error: `.
    pub fn failure(what: impl std::fmt::Display) -> Self {
        Self::new(Exit::Failure, format!("error: {what}"))
    }

    /// The command line asks for something that makes no sense; `what` follows `error: `.
    pub fn usage(what: impl std::fmt::Display) -> Self {
        Self::new(Exit::Undecided, format!("error: {what}"))
    }

    /// A message that is complete as it stands.
    pub fn verbatim(message: String) -> Self {
        Self::new(Exit::Failure, message)
    }

    /// Ctrl-C or SIGTERM.
    pub fn interrupted() -> Self {
        Self::new(Exit::Interrupted, "interrupted".to_owned())
    }

    /// Adds a next step.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same for a check, which a failure leaves undecided.
    pub fn undecided(self) -> Self {
        let exit = if self.exit == Exit::Failure { Exit::Undecided } else { self.exit };
        Self { exit, ..self }
    }

    fn new(exit: Exit, message: String) -> Self {
        Self { exit, message, hints: Vec::new() }
    }
}

/// The whole cause chain on one line. kube's errors print their source inside their own text and return it again from
/// `source()`, so a cause that its parent already said is left out.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer: inner")]
    struct Repeating(#[source] Inner);
    #[derive(Debug, thiserror::Error)]
    #[error("inner")]
    struct Inner(#[source] Cause);
    #[derive(Debug, thiserror::Error)]
    #[error("cause")]
    struct Cause;

    #[test]
    fn a_cause_is_said_once() {
        assert_eq!(chain(&Repeating(Inner(Cause))), "outer: inner: cause");
    }
}
