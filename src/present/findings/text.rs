//! Findings for reading, in groups: short where all is well.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use owo_colors::OwoColorize;

use super::subjects;
use crate::present::escape::escape;
use crate::rules::{self, Confidence, Diagnosis, End, Finding, Group, Severity};

/// What the text has of each finding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What matters, why it is known, and the fix.
    Short,
    /// Also what the evidence excludes, and all subjects.
    Full,
}

/// Lines of evidence that are shown unless everything is asked for.
const SHOWN: usize = 4;

/// The whole diagnosis; only findings that are at least this severe are told.
pub fn render(diagnosis: &Diagnosis, least: Severity, detail: Detail) -> String {
    let mut text = String::new();
    for group in rules::groups() {
        render_group(&mut text, group, diagnosis, least, detail);
    }
    summary(&mut text, diagnosis, least);
    text
}

/// One finding with what it causes; for other verbs too.
pub fn render_finding(finding: &Finding, detail: Detail) -> String {
    let mut text = String::new();
    write_finding(&mut text, finding, "", detail);
    text
}

fn render_group(text: &mut String, group: &Group, diagnosis: &Diagnosis, least: Severity, detail: Detail) {
    let codes: BTreeSet<&str> = group.rules.iter().copied().flatten().map(|rule| rule.code).collect();
    let judged = diagnosis.judged.iter().filter(|judged| codes.contains(judged.rule.code));
    let (mut rules, mut needs) = (0, BTreeMap::<&str, BTreeSet<&str>>::new());
    for judged in judged {
        rules += 1;
        for need in &judged.needs {
            needs.entry(need).or_default().insert(judged.rule.code);
        }
    }
    if rules == 0 {
        return;
    }
    // A consequence stands under its cause, whatever its group.
    let findings: Vec<(usize, &Finding)> = diagnosis
        .findings
        .iter()
        .enumerate()
        .filter(|(_, finding)| finding.severity >= least && finding.caused_by.is_none())
        .filter(|(_, finding)| codes.contains(finding.rule.code))
        .collect();
    let worst = findings.iter().map(|(_, finding)| finding.severity).max();
    let _ = writeln!(text, "{} {}", mark(worst, !needs.is_empty()), group.name.bold());
    for (at, finding) in findings {
        write_finding(text, finding, "  ", detail);
        let following = diagnosis.findings[at + 1..].iter().take_while(|other| other.caused_by.is_some());
        for other in following.filter(|other| other.severity >= least) {
            let _ =
                writeln!(text, "      so: {} {}: {}", other.rule.code, escape(&other.title), escape(&subjects(other)));
        }
    }
    for (need, codes) in needs {
        let codes: Vec<&str> = codes.into_iter().collect();
        let of = if codes.len() > 3 { format!("{} rules", codes.len()) } else { codes.join(", ") };
        let _ = writeln!(text, "  {} {of}: needs {}", "?".dimmed(), escape(need));
    }
}

fn write_finding(text: &mut String, finding: &Finding, indent: &str, detail: Detail) {
    let likely = if finding.confidence == Confidence::Inferred { " (likely)" } else { "" };
    let of = match detail {
        Detail::Short => subjects(finding),
        Detail::Full => finding.subjects().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let _ = writeln!(
        text,
        "{indent}{} {} {}{likely}: {}",
        mark(Some(finding.severity), false),
        finding.rule.code.bold(),
        escape(&finding.title),
        escape(&of)
    );
    let most = if detail == Detail::Full { usize::MAX } else { SHOWN };
    for line in finding.evidence.iter().take(most) {
        let end = match line.end {
            End::Cluster => "cluster",
            End::Router => "router",
        };
        let source = line.source.as_ref().map(|source| format!(" ({})", escape(&source.source))).unwrap_or_default();
        let _ = writeln!(text, "{indent}    {end}: {}{}", escape(&line.text), source.dimmed());
    }
    if detail == Detail::Full && !finding.excluded.is_empty() {
        let _ = writeln!(text, "{indent}    excluded: {}", escape(&finding.excluded.join("; ")));
    }
    if let Some(decide) = &finding.decide {
        let _ = writeln!(text, "{indent}    to be sure: {}", escape(decide));
    }
    if !finding.fix.say.is_empty() {
        let _ = writeln!(text, "{indent}    fix: {}", escape(&finding.fix.say));
    }
    for line in &finding.fix.paste {
        let _ = writeln!(text, "{indent}        {}", escape(line).cyan());
    }
}

fn summary(text: &mut String, diagnosis: &Diagnosis, least: Severity) {
    let causes = diagnosis.findings.iter().filter(|finding| finding.caused_by.is_none() && finding.severity >= least);
    let count = |severity: Severity| causes.clone().filter(|finding| finding.severity == severity).count();
    let [errors, warnings, information] = [Severity::Error, Severity::Warning, Severity::Information].map(count);
    let unknown = diagnosis.judged.iter().filter(|judged| !judged.needs.is_empty()).count();
    let some = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        more => Some(format!("{more} {many}")),
    };
    let parts: Vec<String> = [
        some(errors, "error", "errors"),
        some(warnings, "warning", "warnings"),
        some(information, "information", "informations"),
        some(unknown, "rule that lacks evidence", "rules that lack evidence"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let said =
        if parts.is_empty() { format!("{} rules, nothing found", diagnosis.judged.len()) } else { parts.join(", ") };
    let _ = writeln!(text, "\n{said}");
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
