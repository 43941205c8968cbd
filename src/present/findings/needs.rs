//! What rules would have needed to know: one line for each reason that it is not known.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::Judged;

/// Rules that lack something for the same reason.
#[derive(Default)]
pub struct Lack<'a> {
    pub codes: BTreeSet<&'static str>,
    /// What they lack.
    things: BTreeSet<&'a str>,
    /// Empty: a thing says it all.
    why: &'a str,
}

/// How many things and codes a line names.
const NAMED: usize = 3;

/// By reason, the one that most rules suffer from first. `the router's neighbors: connection refused` is a thing and why.
pub fn folded<'a>(judged: impl Iterator<Item = &'a Judged>) -> Vec<Lack<'a>> {
    let mut lacks = BTreeMap::<&str, Lack>::new();
    for Judged { rule, needs } in judged {
        for need in needs {
            let (thing, why) = need.split_once(": ").unwrap_or((need, ""));
            let lack = lacks.entry(if why.is_empty() { thing } else { why }).or_default();
            lack.codes.insert(rule.code);
            lack.things.insert(thing);
            lack.why = why;
        }
    }
    let mut lacks: Vec<Lack> = lacks.into_values().collect();
    lacks.sort_by_key(|lack| std::cmp::Reverse(lack.codes.len()));
    lacks
}

impl Lack<'_> {
    /// `12 rules need the router's neighbors and 3 more: connection refused`
    pub fn line(&self, is_full: bool) -> String {
        let most = if is_full { usize::MAX } else { NAMED };
        let codes =
            if self.codes.len() > most { format!("{} rules", self.codes.len()) } else { listed(&self.codes, most) };
        let need = if self.codes.len() == 1 { "needs" } else { "need" };
        let why = if self.why.is_empty() { String::new() } else { format!(": {}", self.why) };
        format!("{codes} {need} {}{why}", listed(&self.things, most))
    }
}

fn listed(words: &BTreeSet<&str>, most: usize) -> String {
    let named: Vec<&str> = words.iter().copied().take(most).collect();
    match (words.len() - named.len(), named.split_last()) {
        (0, Some((last, others))) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        (0, _) => named.join(", "),
        (more, _) => format!("{} and {more} more", named.join(", ")),
    }
}
