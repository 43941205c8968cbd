//! A trace for reading: a line a hop, then what explains it, the fix last.

use std::fmt::Write;

use owo_colors::OwoColorize;

use super::{Told, Traces};
use crate::present::escape::escape;
use crate::present::findings::text::{Detail, render_finding};
use crate::rules::{End, Severity};
use crate::shell;
use crate::trace::{Hop, State};

/// Where the proofs begin.
const INDENT: usize = 15;

pub fn render(traces: &Traces, detail: Detail) -> String {
    let all: Vec<String> = traces.told.iter().map(|told| one(traces, told, detail)).collect();
    all.join("\n")
}

fn one(traces: &Traces, told: &Told, detail: Detail) -> String {
    let mut text = String::new();
    headline(&mut text, traces, told);
    let (reached, others): (Vec<&Hop>, Vec<&Hop>) =
        told.trace.hops.iter().partition(|hop| hop.state != State::NotReached);
    for hop in reached {
        write_hop(&mut text, hop, detail);
    }
    if !others.is_empty() {
        let names: Vec<&str> = others.iter().map(|hop| hop.name).collect();
        let _ = writeln!(text, "{} {}", "-".dimmed(), format!("not reached: {}", names.join(", ")).dimmed());
    }
    if !told.trace.down.is_empty() && told.findings.is_empty() {
        let nodes = traces.down(&told.trace);
        let ask = shell::command(["kubectl", "bgp", "why", shell::name(&nodes)]);
        let _ = writeln!(text, "  {} tells why a session is down", escape(&ask).bold());
    }
    // Where the cause is told, what follows from it need not be.
    let is_told = |code: &str| told.findings.iter().any(|finding| finding.rule.code == code);
    let least = if detail == Detail::Full { Severity::Information } else { Severity::Warning };
    let told = told.findings.iter().filter(|finding| finding.severity >= least);
    for finding in told.filter(|finding| !finding.caused_by.is_some_and(is_told)) {
        let _ = write!(text, "\n{}", render_finding(finding, detail));
    }
    text
}

fn headline(text: &mut String, traces: &Traces, told: &Told) {
    let maker = told.trace.made_by.as_ref().map(|maker| format!(" (made by {maker})")).unwrap_or_default();
    let about: String = traces.about(&told.trace).iter().map(|part| format!(", {part}")).collect();
    let _ = writeln!(
        text,
        "{}{}{}",
        escape(&capitalised(&traces.subject(&told.trace))).bold(),
        escape(&maker),
        escape(&about)
    );
}

fn write_hop(text: &mut String, hop: &Hop, detail: Detail) {
    let mark = match hop.state {
        State::Ok => "✔".green().to_string(),
        State::Broken => "✗".red().to_string(),
        State::Unknown(_) | State::NotReached => "?".yellow().to_string(),
    };
    let proof = |proof: &crate::rules::finding::Evidence| {
        let end = match proof.end {
            End::Cluster => "cluster",
            End::Router => "router",
        };
        match (detail, &proof.source) {
            (Detail::Short, _) => escape(&proof.text),
            (Detail::Full, Some(source)) => {
                format!("{} {}", escape(&proof.text), format!("({end}: {})", escape(&source.source)).dimmed())
            }
            (Detail::Full, None) => format!("{} {}", escape(&proof.text), format!("({end})").dimmed()),
        }
    };
    let mut lines: Vec<String> = hop.proofs.iter().map(proof).collect();
    if let State::Unknown(why) = &hop.state {
        lines.push(format!("not known: {}", escape(why)));
    }
    let name = format!("{:<width$}", hop.name, width = INDENT - 2);
    let _ = writeln!(text, "{mark} {name}{}", lines.first().map_or("", String::as_str));
    for line in lines.iter().skip(1) {
        let _ = writeln!(text, "{:INDENT$}{line}", "");
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
