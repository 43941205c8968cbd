//! The statement that takes another one away, as FRR wants it.

use super::super::canonical::{Canonical, Slot, Word};
use super::super::diff::Difference;

/// Of what was before.
pub fn of(difference: &Difference, target: &Canonical) -> (bool, Vec<String>) {
    let Some(before) = difference.before else { return (false, Vec::new()) };
    if !before.on {
        return (true, before.words.clone());
    }
    let words: Vec<&str> = before.words.iter().map(String::as_str).collect();
    let short = match words[..] {
        ["neighbor", name, ref option @ ..] => of_neighbor(name, option, difference),
        ["route-map", name, ..] if !has(target, difference.slot, 2) => vec!["route-map", name],
        ["set", "as-path", ..] => words[..3].to_vec(),
        ["description", ..] => vec!["description"],
        ["bgp", "router-id" | "shutdown" | "cluster-id", ..] => words[..2].to_vec(),
        _ => of_list(&words, difference, target),
    };
    (false, short.into_iter().map(str::to_owned).collect())
}

fn of_neighbor<'a>(name: &'a str, option: &[&'a str], difference: &Difference) -> Vec<&'a str> {
    let is_address = matches!(difference.slot[1], Word::Address(_));
    let short: &[&str] = match option {
        // With the neighbor goes all that is said of it.
        ["peer-group", _] | ["interface", ..] => &[],
        ["remote-as", ..] if is_address => &[],
        ["shutdown", "rtt", ..] | ["timers", "connect" | "delayopen", ..] => &option[..2],
        [known, ..] if WITHOUT_VALUE.contains(known) => &option[..1],
        _ => option,
    };
    [&["neighbor", name], short].concat()
}

/// Options that go by their name alone.
const WITHOUT_VALUE: &[&str] = &[
    "advertisement-interval",
    "allowas-in",
    "description",
    "ebgp-multihop",
    "maximum-prefix",
    "password",
    "port",
    "shutdown",
    "timers",
    "update-source",
    "weight",
];

/// A list that goes altogether goes by its name.
fn of_list<'a>(words: &[&'a str], difference: &Difference, target: &Canonical) -> Vec<&'a str> {
    let Some(end) = words.iter().position(|word| ["seq", "description", "remark"].contains(word)) else {
        return words.to_vec();
    };
    let is_list = difference.path.is_empty() && words[..end].iter().any(|word| word.ends_with("-list"));
    match words[end] {
        _ if is_list && !has(target, difference.slot, end) => words[..end].to_vec(),
        "description" | "remark" if is_list => words[..=end].to_vec(),
        _ => words.to_vec(),
    }
}

/// Whether something of the first so many words is left.
fn has(target: &Canonical, slot: &Slot, count: usize) -> bool {
    target.settings().starting(&slot[..count]).next().is_some()
}
