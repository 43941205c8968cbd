//! The rules themselves: as a table, as a `RuleList`, and explained; docs/json.md is the contract.

use std::fmt::Write;

use owo_colors::OwoColorize;
use serde::Serialize;

use super::Output;
use super::table::{Cell, Table, Tone};
use crate::rules::{Row, Rule, Severity, rows};

/// Columns of an explanation's lines.
const WIDTH: usize = 100;

/// The rules that are shown.
pub struct Rules(pub Vec<&'static Rule>);

/// One rule in machine formats.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    code: &'static str,
    severity: Severity,
    group: &'static str,
    title: &'static str,
    rows: &'static [Row],
    what: &'static str,
    matters: &'static str,
    detected: &'static str,
    fix: &'static str,
    sources: &'static [&'static str],
}

impl Output for Rules {
    const KIND: &'static str = "RuleList";
    type Item = Item;

    fn table(&self) -> Table {
        let mut table = Table::new(&["CODE", "SEVERITY", "GROUP", "TITLE"], &["ROWS"]);
        for rule in &self.0 {
            table.push(vec![
                Cell::plain(rule.code),
                Cell::toned(rule.severity, if rule.severity == Severity::Error { Tone::Bad } else { Tone::Plain }),
                Cell::plain(rule.group()),
                Cell::plain(rule.title),
                Cell::optional(Some(rule.rows.join(",")).filter(|rows| !rows.is_empty())),
            ]);
        }
        table
    }

    fn items(&self) -> Vec<Item> {
        self.0.iter().map(|rule| item(rule)).collect()
    }

    /// Rules are no objects of the cluster: their codes are what `--only` and `--explain` take.
    fn names(&self) -> Vec<Vec<String>> {
        self.0.iter().map(|rule| vec![rule.code.to_owned()]).collect()
    }
}

fn item(rule: &'static Rule) -> Item {
    Item {
        code: rule.code,
        severity: rule.severity,
        group: rule.group(),
        title: rule.title,
        rows: rule.rows,
        what: rule.explanation.what,
        matters: rule.explanation.matters,
        detected: rule.explanation.detected,
        fix: rule.explanation.fix,
        sources: rule.explanation.sources,
    }
}

/// All that is known of a rule, for reading.
pub fn explain(rule: &Rule) -> String {
    let explanation = &rule.explanation;
    let mut text = format!("{} {}\n", rule.code.bold(), rule.title.bold());
    let _ = writeln!(text, "{}, {}", rule.severity, rule.group());
    let causes = rule.rows.iter().map(|row| format!("{row} {}", rows::name(row).unwrap_or_default())).collect();
    let sources = explanation.sources.iter().map(ToString::to_string).collect();
    for (heading, paragraphs) in [
        ("What it is", vec![explanation.what.to_owned()]),
        ("Why it matters", vec![explanation.matters.to_owned()]),
        ("How it is detected", vec![explanation.detected.to_owned()]),
        ("How to fix it", vec![explanation.fix.to_owned()]),
        ("Causes that it tells", causes),
        ("Sources", sources),
    ] {
        if paragraphs.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{}", heading.bold());
        for paragraph in &paragraphs {
            write_wrapped(&mut text, paragraph);
        }
    }
    text
}

fn write_wrapped(text: &mut String, paragraph: &str) {
    let mut column = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > WIDTH {
            text.push('\n');
            column = 0;
        }
        text.push_str(if column == 0 { "  " } else { " " });
        text.push_str(word);
        column += length + if column == 0 { 2 } else { 1 };
    }
    text.push('\n');
}
