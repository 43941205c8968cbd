//! Nothing that is there is overwritten unless somebody says so.

use std::io::{BufRead, IsTerminal, Write};

use super::{Change, Changes, Outcome};
use crate::error::{Error, Result};
use crate::frr::config::secret::{Reader, announcing};
use crate::present::diff;
use crate::ui::Ui;

/// Who allows that files are overwritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Whoever sits at the terminal; without one, nobody.
    Ask,
    /// The command line.
    Given,
}

/// Shows what changes in files that are there, and asks.
///
/// # Errors
/// The answer is no, or there is nobody to ask.
pub fn obtain(changes: &Changes, consent: Consent, ui: &Ui) -> Result<()> {
    let overwritten: Vec<&Change> = changes.iter().filter(|change| change.outcome() == Outcome::Changed).collect();
    if overwritten.is_empty() || consent == Consent::Given {
        return Ok(());
    }
    for change in &overwritten {
        // A closed standard error is nobody to ask, which is said below.
        let _ = ui.stderr().write_all(shown(change).as_bytes());
    }
    let names: Vec<String> = overwritten.iter().map(|change| change.wanted.path.display().to_string()).collect();
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        let is = if names.len() == 1 { "is there already and differs" } else { "are there already and differ" };
        return Err(Error::failure(format!("{} {is}", names.join(", ")))
            .hint("nothing was changed; --force overwrites, --output-dir writes elsewhere"));
    }
    ui.note(&format!("Overwrite {}? [y/N]", names.join(", ")));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    match (read, answer.trim().to_lowercase().as_str()) {
        (Ok(_), "y" | "yes") => Ok(()),
        _ => Err(Error::failure("nothing was changed, as asked")),
    }
}

/// What changes in a file.
pub fn shown(change: &Change) -> String {
    let (name, before) = (change.wanted.path.display().to_string(), change.before().unwrap_or_default());
    let hidden = |text: &str| if change.wanted.is_of_router { without_passwords(text) } else { text.to_owned() };
    diff::unified(&name, &hidden(&before), &hidden(&change.wanted.text))
}

/// The lines up to the word behind which a password stands: one that a person took out of use by a `!` is one still.
fn without_passwords(text: &str) -> String {
    let line = |line: &str| {
        let words: Vec<&str> = line.trim_end().split([' ', '\t']).collect();
        match announcing(&words, Reader::Stranger).filter(|at| words[at + 1..].iter().any(|word| !word.is_empty())) {
            Some(at) => format!("{} ***{}", words[..=at].join(" "), &line[line.trim_end().len()..]),
            None => line.to_owned(),
        }
    };
    text.split_inclusive('\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_shows_no_password() {
        let text =
            " neighbor k8s password s3cret\r\n neighbor k8s timers 3 9\n! neighbor a passw b\n neighbor x password y";
        let expected =
            " neighbor k8s password ***\r\n neighbor k8s timers 3 9\n! neighbor a passw ***\n neighbor x password ***";
        assert_eq!(without_passwords(text), expected);
    }
}
