//! What is said of a neighbor or a group.

use super::super::super::read::neighbor::asn;
use super::super::dialect::Dialect;
use super::super::word::one_spelling;
use super::{Spelled, Unsaid, plain};

/// The one spelling of its name.
pub fn name(name: &str) -> String {
    one_spelling(name)
}

/// Outside of families: the words behind its name, without what brings it into being.
#[expect(clippy::match_same_arms, reason = "a table by what the words say")]
pub fn option(name: &str, words: &[&str], dialect: &Dialect) -> Vec<Spelled> {
    let words = plain(words);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let one = |about: &[&str], words: &[&str], unsaid| vec![of(name, about, words).unsaid(unsaid)];
    match words[..] {
        ["timers", kind @ ("connect" | "delayopen"), ..] => one(&["timers", kind], &words, Unsaid::Other),
        ["capability", "extended-nexthop"] => one(&words, &words, Unsaid::Other),
        ["capability", "fqdn"] if dialect.is_at_least(10, 0) => one(&words, &words, Unsaid::On),
        ["capability", kind, ..] => one(&["capability", kind], &words, Unsaid::Other),
        // One of them at most.
        ["graceful-restart" | "graceful-restart-helper" | "graceful-restart-disable"] => {
            one(&["graceful-restart"], &words, Unsaid::Other)
        }
        ["shutdown", "rtt", ..] => one(&["shutdown", "rtt"], &words, Unsaid::Other),
        ["bfd", kind @ ("profile" | "check-control-plane-failure" | "strict"), ..] => {
            let mut both = one(&["bfd"], &["bfd"], Unsaid::Other);
            both.extend(one(&["bfd", kind], &words, Unsaid::Other));
            both
        }
        ["bfd", "3", "300", "300"] => one(&["bfd"], &["bfd"], Unsaid::Other),
        ["path-attribute", ..] => one(&words, &words, Unsaid::Other),
        ["ebgp-multihop"] => one(&["ebgp-multihop"], &["ebgp-multihop", "255"], Unsaid::Other),
        ["enforce-multihop"] => one(&["disable-connected-check"], &["disable-connected-check"], Unsaid::Other),
        ["enforce-first-as"] if dialect.enforces_first_as() => one(&words, &words, Unsaid::On),
        ["port", "179"] => one(&["port"], &words, Unsaid::Same),
        ["local-as", number, ref rest @ ..] => {
            let number = as_number(number);
            let words: Vec<&str> = ["local-as", &number].into_iter().chain(rest.iter().copied()).collect();
            one(&["local-as"], &words, Unsaid::Other)
        }
        [first, ..] => one(&[first], &words, Unsaid::Other),
        [] => Vec::new(),
    }
}

/// Inside of a family.
pub fn option_in_family(name: &str, words: &[&str]) -> Vec<Spelled> {
    let words = plain(words);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let one = |about: &[&str], words: &[&str], unsaid| vec![of(name, about, words).unsaid(unsaid)];
    match words[..] {
        [kind @ ("prefix-list" | "filter-list" | "distribute-list" | "route-map"), _, direction] => {
            one(&[kind, direction], &words, Unsaid::Other)
        }
        ["send-community", ref kinds @ ..] => communities(kinds)
            .iter()
            .map(|kind| of(name, &["send-community", kind], &["send-community", kind]).unsaid(Unsaid::On))
            .collect(),
        ["next-hop-self", "force" | "all"] => {
            one(&["next-hop-self", "force"], &["next-hop-self", "force"], Unsaid::Other)
        }
        ["attribute-unchanged"] => {
            let all = ["attribute-unchanged", "as-path", "next-hop", "med"];
            one(&["attribute-unchanged"], &all, Unsaid::Other)
        }
        ["addpath-tx-all-paths" | "addpath-tx-bestpath-per-AS" | "addpath-tx-best-selected", ..] => {
            one(&["addpath-tx"], &words, Unsaid::Other)
        }
        ["capability", "orf", ..] => one(&["capability", "orf"], &words, Unsaid::Other),
        ["allowas-in", "3"] => one(&["allowas-in"], &["allowas-in"], Unsaid::Other),
        // 75 percent is when it warns if nothing else is said. `warning-only restart` is printed for members of a group
        // that only warns, and not taken.
        ["maximum-prefix", limit, ref rest @ ..] => {
            let restarts = rest.contains(&"restart");
            let rest = rest.strip_prefix(&["75"]).unwrap_or(rest);
            let rest = rest.iter().copied().filter(|word| !(restarts && *word == "warning-only"));
            let words: Vec<&str> = ["maximum-prefix", limit].into_iter().chain(rest).collect();
            one(&["maximum-prefix"], &words, Unsaid::Other)
        }
        ["soft-reconfiguration", ..] => {
            one(&["soft-reconfiguration"], &["soft-reconfiguration", "inbound"], Unsaid::Other)
        }
        [first, ..] => one(&[first], &words, Unsaid::Other),
        [] => Vec::new(),
    }
}

/// An AS as a plain number, or the word that stands for one.
pub fn as_number(word: &str) -> String {
    asn(word).map_or_else(|| word.to_owned(), |asn| asn.to_string())
}

fn communities<'a>(kinds: &[&'a str]) -> Vec<&'a str> {
    match kinds {
        [] => vec!["standard"],
        ["both"] => vec!["standard", "extended"],
        ["all"] => vec!["standard", "extended", "large"],
        kinds => kinds.to_vec(),
    }
}

fn of(name: &str, about: &[&str], words: &[&str]) -> Spelled {
    let with_name = |words: &[&str]| -> Vec<String> {
        ["neighbor", name].iter().chain(words).map(|&word| word.to_owned()).collect()
    };
    Spelled::at(&with_name(about), &with_name(words))
}
