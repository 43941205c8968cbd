//! Findings for reading, in groups: short where all is well.

use std::fmt::Write;

use owo_colors::OwoColorize;

use super::{NAMED, line_of_file, needs, subjects};
use crate::present::escape::{escape, escape_lines};
use crate::rules::finding::Evidence;
use crate::rules::{self, Confidence, Diagnosis, End, Finding, Group, Severity, Told};

/// What the text has of each finding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What matters, why it is known, and the fix.
    Short,
    /// Also what the evidence excludes and where it is from, and all subjects.
    Full,
}

impl Detail {
    /// How many of a kind of line are shown.
    fn most(self, short: usize) -> usize {
        if self == Self::Full { usize::MAX } else { short }
    }
}

/// Lines of evidence, of what to paste, and of consequences, unless everything is asked for.
const EVIDENCE: usize = 4;
const PASTED: usize = 8;
const FOLLOWING: usize = 4;

/// Subjects that would make a line longer than this get their own.
const WIDTH: usize = 110;

/// The whole diagnosis; only findings that are at least this severe are told.
pub fn render(diagnosis: &Diagnosis, least: Severity, detail: Detail) -> String {
    let mut text = String::new();
    let told = diagnosis.told(least);
    for group in rules::groups() {
        write_group(&mut text, group, diagnosis, &told, detail);
    }
    let lacks = needs::folded(diagnosis.judged.iter());
    if !lacks.is_empty() {
        text.push('\n');
    }
    for lack in lacks {
        let _ = writeln!(text, "{} {}", mark(None, true), escape(&lack.line(detail == Detail::Full)));
    }
    let _ = writeln!(text, "\n{}", summary(diagnosis, &told));
    text
}

/// One finding; for other verbs too.
pub fn render_finding(finding: &Finding, detail: Detail) -> String {
    let mut text = String::new();
    write_finding(&mut text, finding, "", detail);
    text
}

/// A consequence stands under its cause, whatever its group.
fn write_group(text: &mut String, group: &Group, diagnosis: &Diagnosis, told: &[Told], detail: Detail) {
    let judged: Vec<_> = diagnosis.judged.iter().filter(|judged| group.has(judged.rule)).collect();
    if judged.is_empty() {
        return;
    }
    let told: Vec<&Told> = told.iter().filter(|told| group.has(told.finding.rule)).collect();
    let lacking = judged.iter().filter(|judged| !judged.needs.is_empty()).count();
    let worst = told.iter().map(|told| told.finding.severity).max();
    let rules = match (told.len(), lacking) {
        (0, 0) => format!(" ({})", count(judged.len(), "rule", "rules")),
        (0, lacking) => format!(" (no evidence for {lacking} of {})", count(judged.len(), "rule", "rules")),
        _ => String::new(),
    };
    let _ = writeln!(text, "{} {}{}", mark(worst, lacking > 0), group.name.bold(), rules.dimmed());
    for Told { finding, consequences } in told {
        write_finding(text, finding, "  ", detail);
        let shown = detail.most(FOLLOWING);
        for other in consequences.iter().take(shown) {
            let _ = writeln!(text, "      so: {} {}", other.rule.code, escape(&headline(other, NAMED)));
        }
        write_more(text, "      so:", consequences.len(), shown);
    }
}

fn headline(finding: &Finding, most: usize) -> String {
    let likely = if finding.confidence == Confidence::Inferred { " (likely)" } else { "" };
    format!("{}{likely}: {}", finding.title, subjects(finding, most))
}

fn write_finding(text: &mut String, finding: &Finding, indent: &str, detail: Detail) {
    let mut headline = headline(finding, detail.most(NAMED));
    if headline.chars().count() > WIDTH {
        let of = subjects(finding, detail.most(NAMED));
        headline.truncate(headline.len() - of.len() - ": ".len());
        write_head(text, finding, indent, &headline);
        let _ = writeln!(text, "{indent}    on: {}", escape(&of));
    } else {
        write_head(text, finding, indent, &headline);
    }
    if let Some(cause) = finding.caused_by {
        let _ = writeln!(text, "{indent}    because of {cause}");
    }
    let shown = detail.most(EVIDENCE);
    finding.evidence.iter().take(shown).for_each(|line| write_evidence(text, line, indent, detail));
    write_more(text, &format!("{indent}    seen:"), finding.evidence.len(), shown);
    if detail == Detail::Full && !finding.excluded.is_empty() {
        let _ = writeln!(text, "{indent}    excluded: {}", escape(&finding.excluded.join("; ")));
    }
    if let Some(decide) = &finding.decide {
        let _ = writeln!(text, "{indent}    to be sure: {}", escape(decide));
    }
    if !finding.fix.say.is_empty() {
        let _ = writeln!(text, "{indent}    fix: {}", escape(&finding.fix.say));
    }
    let lines: Vec<String> = finding
        .fix
        .paste
        .iter()
        .flat_map(|block| escape_lines(block).lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let shown = detail.most(PASTED);
    for line in lines.iter().take(shown) {
        let _ = writeln!(text, "{indent}      {}", line.cyan());
    }
    write_more(text, &format!("{indent}     "), lines.len(), shown);
}

fn write_head(text: &mut String, finding: &Finding, indent: &str, headline: &str) {
    let mark = mark(Some(finding.severity), false);
    let _ = writeln!(text, "{indent}{mark} {} {}", finding.rule.code.bold(), escape(headline));
}

fn write_evidence(text: &mut String, line: &Evidence, indent: &str, detail: Detail) {
    let end = match line.end {
        End::Cluster => "cluster",
        End::Router => "router",
    };
    let source = line.source.as_ref().filter(|_| detail == Detail::Full || line_of_file(line).is_some());
    let source = source.map(|source| format!(" ({})", escape(&source.source))).unwrap_or_default();
    let _ = writeln!(text, "{indent}    {end}: {}{}", escape(&line.text), source.dimmed());
}

fn write_more(text: &mut String, lead: &str, all: usize, shown: usize) {
    if all > shown {
        let _ = writeln!(text, "{lead} {}", format!("... {} more with -o wide", all - shown).dimmed());
    }
}

fn summary(diagnosis: &Diagnosis, told: &[Told]) -> String {
    let of = |severity: Severity| told.iter().filter(|told| told.finding.severity == severity).count();
    let found: Vec<String> = [
        (of(Severity::Error), "error", "errors"),
        (of(Severity::Warning), "warning", "warnings"),
        (of(Severity::Information), "for information", "for information"),
    ]
    .into_iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, one, many)| count(number, one, many))
    .collect();
    let found = if found.is_empty() { "nothing found".to_owned() } else { found.join(", ") };
    let rules = diagnosis.judged.len();
    let shown: usize = told.iter().map(|told| 1 + told.consequences.len()).sum();
    let less = match diagnosis.findings.len() - shown {
        0 => String::new(),
        hidden => format!("; {hidden} less severe not shown"),
    };
    match diagnosis.judged.iter().filter(|judged| !judged.needs.is_empty()).count() {
        0 => format!("{}: {found}{less}", count(rules, "rule", "rules")),
        lacking => format!("{} of {} could tell: {found}{less}", rules - lacking, count(rules, "rule", "rules")),
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn mark(worst: Option<Severity>, unknown: bool) -> String {
    match worst {
        Some(Severity::Error) => "✗".red().to_string(),
        Some(Severity::Warning) => "!".yellow().to_string(),
        Some(Severity::Information) => "i".blue().to_string(),
        None if unknown => "?".dimmed().to_string(),
        None => "✔".green().to_string(),
    }
}
