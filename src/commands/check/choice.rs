//! Which rules the command line names: by code, or by the name of their group.

use std::collections::BTreeSet;

use crate::error::{Error, Result};
use crate::rules::{self, Rule, rows};

/// The rules that are wanted.
pub struct Choice(BTreeSet<&'static str>);

impl Choice {
    /// What `--only` leaves, less what `--skip` names.
    pub fn of(only: &[String], skip: &[String]) -> Result<Self> {
        let only = if only.is_empty() { rules::all().collect() } else { named(only)? };
        let mut codes: BTreeSet<&str> = only.iter().map(|rule| rule.code).collect();
        for rule in named(skip)? {
            codes.remove(rule.code);
        }
        if codes.is_empty() { Err(Error::usage("--only and --skip leave no rule")) } else { Ok(Self(codes)) }
    }

    pub fn has(&self, rule: &Rule) -> bool {
        self.0.contains(rule.code)
    }
}

/// The rules that the words name, in the order of the words.
pub fn named(words: &[String]) -> Result<Vec<&'static Rule>> {
    let mut found = Vec::new();
    for word in words {
        let of_group = rules::groups().iter().filter(|group| group.name.eq_ignore_ascii_case(word));
        let by_code = rules::all().filter(|rule| rule.code.eq_ignore_ascii_case(word));
        let before = found.len();
        found.extend(of_group.flat_map(rules::Group::all).chain(by_code));
        if found.len() == before {
            return Err(unknown(word));
        }
    }
    Ok(found)
}

fn unknown(word: &str) -> Error {
    let tell = |rule: &&Rule| rule.rows.iter().any(|row| row.eq_ignore_ascii_case(word));
    let telling: Vec<&str> = rules::all().filter(tell).map(|rule| rule.code).collect();
    let error = Error::usage(format!("there is no rule or group \"{word}\""));
    let hint = if telling.is_empty() {
        near(word).map(|near| format!("did you mean {near}?"))
    } else {
        let row = word.to_uppercase();
        let name = rows::name(&row).unwrap_or_default();
        Some(format!("{row}, {name}, is told by {}", telling.join(" and ")))
    };
    hint.into_iter().fold(error, Error::hint).hint("kubectl bgp check --list names them all")
}

/// Codes and groups that look like it, the most alike first: `BGP137 or BGP139`.
fn near(word: &str) -> Option<String> {
    const ALIKE: f64 = 0.8;
    // Less alike than the best by this much is none that was meant.
    const CLOSE: f64 = 0.05;
    const MOST: usize = 3;
    let word = word.to_lowercase();
    let names = rules::all().map(|rule| rule.code).chain(rules::groups().iter().map(|group| group.name));
    let alike = |name: &&str| strsim::jaro_winkler(&word, &name.to_lowercase());
    let begins_alike = |name: &str| word.chars().zip(name.to_lowercase().chars()).take_while(|(a, b)| a == b).count();
    let mut names: Vec<&str> = names.filter(|name| alike(name) >= ALIKE).collect();
    let best = names.iter().map(alike).fold(0.0, f64::max);
    names.retain(|name| alike(name) > best - CLOSE);
    names.sort_by_key(|name| (std::cmp::Reverse(begins_alike(name)), *name));
    names.truncate(MOST);
    let (last, others) = names.split_last()?;
    Some(if others.is_empty() { (*last).to_owned() } else { format!("{} or {last}", others.join(", ")) })
}
