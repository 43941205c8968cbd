//! Findings in two lines each, for beside a table.

use std::fmt::Write;

use owo_colors::OwoColorize;

use super::{NAMED, subjects};
use crate::present::escape::escape;
use crate::rules::{Confidence, Finding, Severity};

/// How many are told.
const TOLD: usize = 5;

pub fn render(findings: &[&Finding]) -> String {
    let mut text = String::new();
    for finding in findings.iter().take(TOLD) {
        write_finding(&mut text, finding);
    }
    match findings.len().saturating_sub(TOLD) {
        0 => {}
        more => drop(writeln!(text, "{more} more: kubectl bgp check")),
    }
    text
}

fn write_finding(text: &mut String, finding: &Finding) {
    let mark = match finding.severity {
        Severity::Error => "✗".red().to_string(),
        Severity::Warning => "!".yellow().to_string(),
        Severity::Information => "i".blue().to_string(),
    };
    let likely = if finding.confidence == Confidence::Inferred { " (likely)" } else { "" };
    let (code, title, of) = (finding.rule.code.bold(), escape(&finding.title), escape(&subjects(finding, NAMED)));
    let _ = writeln!(text, "{mark} {code} {title}{likely}: {of}");
    if !finding.fix.say.is_empty() {
        let _ = writeln!(text, "    fix: {}", escape(&finding.fix.say));
    }
}
