//! docs/rules.md, which `cargo xtask docs` writes, and what has to hold for all rules together.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::rows::ROWS;
use super::uncovered::UNCOVERED;
use super::{Group, Row, Rule, all, groups};

const INTRODUCTION: &str = "\
# Rules

What `kubectl bgp check` looks for. `kubectl bgp check --explain CODE` prints the same for one rule. An error loses a session
or traffic; a warning is not as it was meant, or breaks at the next change; information is good to know. [Known
causes](#known-causes) says which rule tells which cause, and which causes no rule tells.

`cargo xtask docs` writes this page from src/rules.
";

fn page() -> String {
    let mut text = INTRODUCTION.to_owned();
    for group in groups() {
        let _ = write!(text, "\n## {}\n", capitalized(group.name));
        group.all().for_each(|rule| section(&mut text, rule));
    }
    text.push_str("\n## Known causes\n\n| row | cause | told by |\n|---|---|---|\n");
    let told = told();
    for (row, name) in ROWS {
        let by = match told.get(row) {
            Some(codes) => codes.iter().map(|code| format!("[{code}](#{})", code.to_lowercase())).collect(),
            None => vec![prose(reason(row).unwrap_or_default())],
        };
        let _ = writeln!(text, "| {row} | {} | {} |", prose(name), by.join(", "));
    }
    text
}

/// The heading is the code alone: links to it stay.
fn section(text: &mut String, rule: &Rule) {
    let severity = rule.severity.to_string();
    let about = std::iter::once(severity.as_str()).chain(rule.rows.iter().copied()).collect::<Vec<_>>().join(", ");
    let _ = write!(text, "\n### {}\n\n**{}** ({about})\n\n", rule.code, prose(rule.title));
    let explanation = &rule.explanation;
    for (heading, said) in [
        ("What it is", explanation.what),
        ("Why it matters", explanation.matters),
        ("How it is detected", explanation.detected),
        ("How to fix it", explanation.fix),
    ] {
        let _ = writeln!(text, "- {heading}: {}", prose(said));
    }
    let sources: Vec<String> = explanation.sources.iter().map(|source| prose(source)).collect();
    let _ = writeln!(text, "- Sources: {}", sources.join("; "));
}

/// Markdown that shows as it is written; what stands in backticks is left alone.
fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(at, part)| match at % 2 {
        0 => part.replace('<', "&lt;").replace('*', "\\*").replace('|', "\\|"),
        _ => part.replace('|', "\\|"),
    });
    parts.collect::<Vec<_>>().join("`")
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The codes that tell each row.
fn told() -> BTreeMap<Row, BTreeSet<&'static str>> {
    let mut told = BTreeMap::<Row, BTreeSet<&'static str>>::new();
    for rule in all() {
        rule.rows.iter().for_each(|row| {
            told.entry(row).or_default().insert(rule.code);
        });
    }
    told
}

fn reason(row: Row) -> Option<&'static str> {
    UNCOVERED.iter().find(|(id, _)| *id == row).map(|(_, reason)| *reason)
}

#[test]
fn the_page_is_current() {
    crate::written::is_current("docs/rules.md", &page());
}

#[test]
fn every_known_cause_is_told_or_says_why_not() {
    let told = told();
    let silent: Vec<Row> =
        ROWS.iter().map(|(row, _)| *row).filter(|row| !told.contains_key(row) && reason(row).is_none()).collect();
    assert!(silent.is_empty(), "no rule tells {silent:?}, and src/rules/uncovered.rs does not say why");
    let told_too: Vec<Row> = UNCOVERED.iter().map(|(row, _)| *row).filter(|row| told.contains_key(row)).collect();
    assert!(told_too.is_empty(), "rules tell {told_too:?}: take them off src/rules/uncovered.rs");
    let known: BTreeSet<Row> = ROWS.iter().map(|(row, _)| *row).collect();
    let listed = told.keys().copied().chain(UNCOVERED.iter().map(|(row, _)| *row));
    let foreign: Vec<Row> = listed.filter(|row| !known.contains(row)).collect();
    assert!(foreign.is_empty(), "{foreign:?} are no known causes");
}

#[test]
fn names_and_codes_stand_once() {
    let once = |names: Vec<&'static str>| {
        let mut seen = BTreeSet::new();
        names.into_iter().filter(|name| !seen.insert(*name)).collect::<Vec<_>>()
    };
    assert_eq!(once(all().map(|rule| rule.code).collect()), [""; 0], "codes");
    assert_eq!(once(groups().iter().map(|group| group.name).collect()), [""; 0], "groups");
    assert_eq!(once(ROWS.iter().map(|(row, _)| *row).collect()), [""; 0], "known causes");
    assert_eq!(once(UNCOVERED.iter().map(|(row, _)| *row).collect()), [""; 0], "causes that no rule tells");
}

#[test]
fn every_rule_is_explained() {
    for rule in groups().iter().flat_map(Group::all) {
        let Rule { code, title, explanation, .. } = rule;
        let digits = code.strip_prefix("BGP").unwrap_or_default();
        assert!(digits.len() == 3 && digits.parse::<u16>().is_ok(), "{code} is no code");
        let texts = [*title, explanation.what, explanation.matters, explanation.detected, explanation.fix];
        assert!(texts.iter().all(|text| !text.trim().is_empty()), "{code} leaves something unsaid");
        assert!(!explanation.sources.is_empty(), "{code} names no source");
        assert!(texts.iter().chain(explanation.sources).all(|text| !text.contains('\n')), "{code} breaks a line");
    }
}
