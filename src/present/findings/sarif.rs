//! Findings as SARIF 2.1.0, for code scanning: a result for each finding, the lines of files that prove it as its places.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::{line_of_file, needs};
use crate::error::Result;
use crate::present::escape::escape_lines;
use crate::rules::finding::Evidence;
use crate::rules::{Diagnosis, Finding, Rule, Severity};

/// The page of the rules. The package names no address of its own to put in front.
const PAGE: &str = "docs/rules.md";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Value,
    invocations: [Value; 1],
    results: Vec<Outcome>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Value; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Value>,
    partial_fingerprints: Value,
    properties: Value,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

/// Findings from `least` on, each with one subject.
pub fn render(diagnosis: &Diagnosis, least: Severity) -> Result<String> {
    let rules: Vec<&Rule> = diagnosis.judged.iter().map(|judged| judged.rule).collect();
    let places: HashMap<&str, usize> = rules.iter().enumerate().map(|(at, rule)| (rule.code, at)).collect();
    let mut seen = HashMap::new();
    let shown = diagnosis.findings.iter().filter(|finding| finding.severity >= least);
    let results = shown.filter_map(|finding| Some(outcome(finding, *places.get(finding.rule.code)?, &mut seen)));
    let lacks = needs::folded(diagnosis.judged.iter());
    let notes: Vec<Value> =
        lacks.iter().map(|lack| json!({"level": "note", "message": message(&lack.line(true))})).collect();
    super::super::json(&Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: json!({"driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            }}),
            results: results.collect(),
            invocations: [json!({"executionSuccessful": true, "toolExecutionNotifications": notes})],
        }],
    })
}

fn described(rule: &Rule) -> Value {
    let explanation = &rule.explanation;
    let help = [explanation.matters, explanation.detected, explanation.fix].join("\n\n");
    json!({
        "id": rule.code,
        "shortDescription": message(rule.title),
        "fullDescription": message(explanation.what),
        "help": message(&help),
        "helpUri": format!("{PAGE}#{}", rule.code.to_lowercase()),
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {"tags": [rule.group()], "rows": rule.rows},
    })
}

fn outcome(finding: &Finding, rule_index: usize, seen: &mut HashMap<String, usize>) -> Outcome {
    let subject = finding.subject.to_string();
    let mut text = format!("{}: {subject}", finding.title);
    for line in &finding.evidence {
        text = format!("{text}\n{}", line.text);
    }
    if !finding.fix.say.is_empty() {
        text = format!("{text}\nFix: {}", finding.fix.say);
    }
    let mut lines = finding.evidence.iter().filter_map(physical);
    let mut place = json!({"logicalLocations": [{"name": subject, "fullyQualifiedName": subject, "kind": "resource"}]});
    if let Some((line, _)) = lines.next() {
        place["physicalLocation"] = line;
    }
    let related = lines.map(|(line, said)| json!({"physicalLocation": line, "message": message(said)})).collect();
    Outcome {
        rule_id: finding.rule.code,
        rule_index,
        level: level(finding.severity),
        message: message(&text),
        locations: [place],
        related_locations: related,
        partial_fingerprints: json!({"subject/v1": fingerprint(finding.rule.code, &subject, seen)}),
        properties: json!({
            "confidence": finding.confidence,
            "cause": finding.caused_by,
            "evidence": finding.evidence,
            "paste": finding.fix.paste,
            "decide": finding.decide,
            "excluded": finding.excluded,
        }),
    }
}

/// What stays the same from run to run; a second finding of the rule on the subject is told apart.
fn fingerprint(code: &str, subject: &str, seen: &mut HashMap<String, usize>) -> String {
    let name = format!("{code} {subject}");
    let times = seen.entry(name.clone()).and_modify(|times| *times += 1).or_insert(1);
    if *times == 1 { name } else { format!("{name} #{times}") }
}

/// The line of a file that evidence is from, with what it says.
fn physical(evidence: &Evidence) -> Option<(Value, &str)> {
    let (file, line) = line_of_file(evidence)?;
    Some((json!({"artifactLocation": {"uri": uri(file)}, "region": {"startLine": line}}), &evidence.text))
}

/// A path as a URI reference (RFC 3986).
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let encoded = path.bytes().map(|byte| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    std::iter::once(scheme.to_owned()).chain(encoded).collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information => "note",
    }
}

/// Braces stand for arguments and `[text](target)` for a link (SARIF 2.1.0, 3.11.5 and 3.11.6): what was seen has neither.
fn message(text: &str) -> Message {
    let text = escape_lines(text).replace('{', "{{").replace('}', "}}").replace("](", "\\](");
    Message { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_nothing_but_text() {
        assert_eq!(message("{0} [a](http://b)\u{1b}[1m\nc").text, "{{0}} [a\\](http://b)^[[1m\nc");
    }

    #[test]
    fn a_path_is_a_reference() {
        assert_eq!(uri("./apps/a b:c#1.yaml"), "apps/a%20b%3Ac%231.yaml");
        assert_eq!(uri("/tmp/ü.yaml"), "file:///tmp/%C3%BC.yaml");
    }

    #[test]
    fn the_second_of_a_kind_has_a_fingerprint_of_its_own() {
        let mut seen = HashMap::new();
        let mut next = |subject| fingerprint("BGP101", subject, &mut seen);
        assert_eq!([next("a"), next("b"), next("a")], ["BGP101 a", "BGP101 b", "BGP101 a #2"]);
    }
}
