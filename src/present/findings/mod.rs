//! What the rules found: in groups for reading, as a `FindingList` (docs/json.md is the contract), for JUnit and SARIF.

pub mod brief;
pub mod hint;
pub mod junit;
mod needs;
pub mod sarif;
pub mod text;

use serde::Serialize;

use super::Output;
use super::table::{Cell, Table, Tone};
use crate::rules::finding::Evidence;
use crate::rules::{Confidence, Finding, Row, Severity, Subject};

/// The findings that are shown.
pub struct Findings<'a>(pub Vec<&'a Finding>);

/// One finding in machine formats.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    code: &'static str,
    rows: &'static [Row],
    severity: Severity,
    title: String,
    subject: String,
    /// The subject and all others of which the same is true.
    subjects: Vec<String>,
    cause: Cause,
    confidence: Confidence,
    /// What would prove an inferred cause.
    decide: Option<String>,
    evidence: Vec<Evidence>,
    fix: String,
    /// Commands and lines of configuration that can be pasted as they are.
    paste: Vec<String>,
    excluded: Vec<String>,
}

/// `true`: it is a cause itself; else the code of its cause.
#[derive(Serialize)]
#[serde(untagged)]
enum Cause {
    Itself(bool),
    Of(&'static str),
}

impl Output for Findings<'_> {
    const KIND: &'static str = "FindingList";
    type Item = Item;

    fn table(&self) -> Table {
        let mut table = Table::new(&["SEVERITY", "CODE", "SUBJECT", "FINDING", "CAUSE", "CONFIDENCE"], &["FIX"]);
        for finding in &self.0 {
            let tone = if finding.severity == Severity::Error { Tone::Bad } else { Tone::Plain };
            table.push(vec![
                Cell::toned(finding.severity, tone),
                Cell::plain(finding.rule.code),
                Cell::plain(subjects(finding, NAMED)),
                Cell::plain(&finding.title),
                Cell::optional(finding.caused_by),
                Cell::plain(finding.confidence),
                Cell::optional(Some(&finding.fix.say).filter(|say| !say.is_empty())),
            ]);
        }
        table
    }

    fn items(&self) -> Vec<Item> {
        self.0.iter().map(|finding| item(finding)).collect()
    }

    fn names(&self) -> Vec<Vec<String>> {
        self.0.iter().map(|finding| finding.subjects().filter_map(object).collect()).collect()
    }
}

fn item(finding: &Finding) -> Item {
    Item {
        code: finding.rule.code,
        rows: finding.rule.rows,
        severity: finding.severity,
        title: finding.title.clone(),
        subject: finding.subject.to_string(),
        subjects: finding.subjects().map(ToString::to_string).collect(),
        cause: finding.caused_by.map_or(Cause::Itself(true), Cause::Of),
        confidence: finding.confidence,
        decide: finding.decide.clone(),
        evidence: finding.evidence.clone(),
        fix: finding.fix.say.clone(),
        paste: finding.fix.paste.clone(),
        excluded: finding.excluded.clone(),
    }
}

/// The name of the object in the cluster, as `-o name` prints it.
fn object(subject: &Subject) -> Option<String> {
    match subject {
        Subject::Node(name) => Some(format!("node/{name}")),
        Subject::Session(key) => Some(format!("ciliumbgpnodeconfig.cilium.io/{}", key.node)),
        Subject::Service { name, .. } => Some(format!("service/{name}")),
        // As kubectl prints it, without the namespace.
        Subject::Object { kind, name } => Some(format!("{kind}/{}", name.rsplit('/').next().unwrap_or(name))),
        Subject::Cluster | Subject::Router(_) | Subject::Neighbor { .. } | Subject::Prefix(_) => None,
    }
}

/// How many subjects a line names.
const NAMED: usize = 3;

/// The first subjects, and how many more there are. What they all are is said once.
fn subjects(finding: &Finding, most: usize) -> String {
    let (mut said, mut kind) = (String::new(), None);
    for subject in finding.subjects().take(most) {
        let full = subject.to_string();
        // `session NAME`: the word in front says what it is.
        let (word, name) = match subject {
            Subject::Cluster | Subject::Neighbor { .. } => (None, full.as_str()),
            _ => full.split_once(' ').map_or((None, full.as_str()), |(word, name)| (Some(word), name)),
        };
        if !said.is_empty() {
            said.push_str(", ");
        }
        said.push_str(if word.is_some() && word.map(str::to_owned) == kind { name } else { &full });
        kind = word.map(str::to_owned);
    }
    match (finding.also.len() + 1).saturating_sub(most) {
        0 => said,
        more => format!("{said} and {more} more"),
    }
}

/// The line of a file that evidence is from; other evidence is from a request or a command.
fn line_of_file(evidence: &Evidence) -> Option<(&str, u32)> {
    let (file, line) = evidence.source.as_ref()?.source.rsplit_once(':')?;
    // `show bgp ipv6 unicast fd00::1:7` ends in a number too.
    let is_manifest = [".yaml", ".yml", ".json"].iter().any(|ending| file.ends_with(ending));
    let is_file = is_manifest || !(file.is_empty() || file.ends_with(':') || file.contains(char::is_whitespace));
    line.parse().ok().filter(|line| is_file && *line > 0).map(|line| (file, line))
}

#[cfg(test)]
mod tests;
