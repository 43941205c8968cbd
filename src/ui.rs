//! What goes to standard error: errors, warnings, hints and what is being waited for. Standard output is for data.

use std::future::Future;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use owo_colors::OwoColorize;

use crate::cli::GlobalFlags;
use crate::error::{Error, Exit};
use crate::present::escape::escape_lines;

/// How long an end may take before a terminal is told what the program waits for.
const PATIENCE: Duration = Duration::from_secs(1);

pub struct Ui {
    color: anstream::ColorChoice,
}

impl Ui {
    pub fn new(flags: &GlobalFlags) -> Self {
        Self { color: flags.color.choice() }
    }

    /// Standard output with colours as the user wants them.
    pub fn stdout(&self) -> impl Write + use<> {
        anstream::AutoStream::new(std::io::stdout().lock(), self.color)
    }

    /// Standard error with colours as the user wants them.
    pub fn stderr(&self) -> impl Write + use<> {
        anstream::AutoStream::new(std::io::stderr().lock(), self.color)
    }

    /// Prints an error and its hints.
    pub fn error(&self, error: &Error) {
        if error.exit == Exit::Interrupted {
            return;
        }
        let (word, rest) = error.message.split_once(':').unwrap_or(("", &error.message));
        if word == "error" {
            self.say(&format!("{}{}", "error:".red(), indented(rest)));
        } else {
            self.say(&indented(&error.message));
        }
        error.hints.iter().for_each(|hint| self.hint(hint));
    }

    /// Says what is missing or doubtful in the output.
    pub fn warning(&self, text: &str) {
        self.say(&format!("{} {}", "warning:".yellow(), indented(text)));
    }

    /// Says what to do next.
    pub fn hint(&self, text: &str) {
        self.say(&format!("{} {}", "hint:".cyan(), indented(text)));
    }

    /// Says something that is no fault.
    pub fn note(&self, text: &str) {
        self.say(&escape_lines(text));
    }

    /// Waits for `end`, and says so on a terminal when it takes longer than a second.
    pub async fn waiting<T>(&self, what: &str, end: impl Future<Output = T>) -> T {
        let mut end = std::pin::pin!(end);
        if let Ok(done) = tokio::time::timeout(PATIENCE, &mut end).await {
            return done;
        }
        self.progress(&format!("waiting for {what} ..."));
        end.await
    }

    /// Says on a terminal what the program waits for.
    pub fn progress(&self, text: &str) {
        if std::io::stderr().is_terminal() {
            self.note(text);
        }
    }

    /// A closed standard error is no reason to fail.
    fn say(&self, line: &str) {
        let _ = writeln!(self.stderr(), "{line}");
    }
}

/// Further lines of what an end said, so that none looks like one of ours.
fn indented(text: &str) -> String {
    escape_lines(text.trim_end()).replace('\n', "\n  ")
}
