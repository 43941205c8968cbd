//! An answer in kubectl's protocol: a candidate a line, what it means behind a tab, and at last what the shell may do.

use std::collections::BTreeSet;
use std::fmt;

use crate::present::escape::escape;

/// A word that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub word: String,
    /// What it means, in a few words; may be empty.
    pub about: String,
}

impl Candidate {
    pub fn new(word: impl Into<String>, about: impl Into<String>) -> Self {
        Self { word: word.into(), about: about.into() }
    }

    pub fn plain(word: impl Into<String>) -> Self {
        Self::new(word, "")
    }

    /// Nothing that a shell would read differently; names from elsewhere are untrusted.
    fn is_harmless(&self) -> bool {
        // What begins with a colon may pass for the directive.
        !self.word.starts_with(':')
            && self.word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@=,+%[]".contains(c))
    }
}

/// Which files the shell offers itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Files {
    #[default]
    None,
    Any,
    /// Instead of the candidates.
    Json,
}

#[derive(Debug, Default)]
pub struct Answer {
    pub candidates: Vec<Candidate>,
    pub files: Files,
}

impl Answer {
    pub fn of(candidates: impl Iterator<Item = Candidate>) -> Self {
        Self { candidates: candidates.collect(), files: Files::None }
    }

    pub fn files(files: Files) -> Self {
        Self { candidates: Vec::new(), files }
    }

    /// Those that begin with what is typed, each once, less what is harmful.
    pub fn beginning_with(mut self, typed: &str) -> Self {
        let mut seen = BTreeSet::new();
        self.candidates.retain(|candidate| {
            candidate.word.starts_with(typed) && candidate.is_harmless() && seen.insert(candidate.word.clone())
        });
        self
    }

    /// The bits of cobra's ShellCompDirective (spf13/cobra completions.go).
    fn directive(&self) -> u8 {
        const NO_SPACE: u8 = 2;
        const NO_FILES: u8 = 4;
        const FILTER_BY_EXTENSION: u8 = 8;
        let goes_on =
            !self.candidates.is_empty() && self.candidates.iter().all(|candidate| candidate.word.ends_with('='));
        match self.files {
            Files::None if goes_on => NO_FILES | NO_SPACE,
            Files::None => NO_FILES,
            Files::Any => 0,
            Files::Json => FILTER_BY_EXTENSION,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.files == Files::Json {
            // With this directive the candidates are extensions.
            writeln!(f, "json")?;
        } else {
            for Candidate { word, about } in &self.candidates {
                match about.as_str() {
                    "" => writeln!(f, "{word}")?,
                    about => writeln!(f, "{word}\t{}", escape(about))?,
                }
            }
        }
        writeln!(f, ":{}", self.directive())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &[(&str, &str)], typed: &str) -> String {
        Answer::of(words.iter().map(|(word, about)| Candidate::new(*word, *about))).beginning_with(typed).to_string()
    }

    #[test]
    fn candidates_stand_in_lines_and_the_directive_last() {
        assert_eq!(
            said(&[("node-1", ""), ("peers", "Shows them"), ("node-1", "again")], ""),
            "node-1\npeers\tShows them\n:4\n"
        );
        assert_eq!(said(&[("json", ""), ("jsonpath=", "")], "j"), "json\njsonpath=\n:4\n");
        assert_eq!(said(&[("json", ""), ("jsonpath=", "")], "jsonp"), "jsonpath=\n:6\n");
        assert_eq!(Answer::files(Files::Json).to_string(), "json\n:8\n");
        assert_eq!(Answer::default().to_string(), ":4\n");
    }

    #[test]
    fn a_name_from_elsewhere_stays_one_word() {
        let evil = [
            ("a b", ""),
            ("$(id)", ""),
            ("a\nb", ""),
            ("`id`", ""),
            ("a;b", ""),
            (":4", ""),
            ("x", "one\ntwo\u{1b}[31m\tthree"),
        ];
        assert_eq!(said(&evil, ""), "x\tone...\n:4\n");
    }
}
