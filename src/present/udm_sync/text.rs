//! Differences for reading: the lines as they would stand in the configuration, each with its reason, then the verdict.

use std::fmt::Write;

use owo_colors::OwoColorize;

use super::{advice, impact, persisted};
use crate::frr::config::canonical::Refusal;
use crate::plan::Plan;
use crate::plan::comparison::{Change, Comparison, Verdict};
use crate::plan::edit::Reason;
use crate::plan::unowned::Unowned;
use crate::present::escape::escape;

/// Between a line and its reason.
const GAP: usize = 3;

/// Where the lines are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    Here,
    /// Another program has shown them.
    Elsewhere,
}

pub fn render(plans: &[Plan], lines: Lines, is_wide: bool) -> String {
    let compared = plans.iter().filter_map(|plan| Some((plan, plan.comparison.as_ref().ok()?)));
    let all: Vec<String> = compared.map(|(plan, comparison)| one(plan, comparison, lines, is_wide)).collect();
    all.join("\n")
}

fn one(plan: &Plan, comparison: &Comparison, lines: Lines, is_wide: bool) -> String {
    let mut text = String::new();
    if lines == Lines::Here {
        changes(&mut text, &comparison.changes);
    }
    let impact = impact::summary(comparison.impacts());
    let mark = match comparison.verdict() {
        Verdict::Same => "✔".green().to_string(),
        Verdict::Differs => "✗".red().to_string(),
        Verdict::Undecided => "?".yellow().to_string(),
    };
    if !text.is_empty() {
        text.push('\n');
    }
    let said = said(comparison);
    let impact = impact.map(|impact| format!("; {impact}")).unwrap_or_default();
    let _ = writeln!(text, "{mark} {} {}", escape(&plan.router.name).bold(), escape(&format!("{said}{impact}")));
    for reason in &comparison.by_hand {
        let _ = writeln!(text, "  {} by hand: {}", "✗".red(), escape(&reason.to_string()));
    }
    for reason in &comparison.undecided {
        let _ = writeln!(text, "  {} not compared: {}", "?".yellow(), escape(&reason.to_string()));
    }
    for compared in &comparison.passwords {
        let _ = writeln!(text, "  - password: {}", escape(&compared.to_string()));
    }
    for refused in &comparison.refused {
        let _ = writeln!(text, "  - line {} is not taken by FRR: {}", refused.line, why(refused.why));
    }
    for unowned in &comparison.unowned {
        let _ = writeln!(text, "  - {}", escape(&needless(unowned)));
    }
    if let Some(persisted) = &plan.persisted {
        persisted::tell(&mut text, persisted, comparison.verdict());
    }
    for remark in &plan.remarks {
        let _ = writeln!(text, "  - for an upload to UniFi, line {}: {}", remark.line, escape(&remark.why));
    }
    if is_wide {
        for change in &comparison.changes {
            wide(&mut text, change);
        }
    }
    advice::render(&mut text, &comparison.advice, is_wide);
    text
}

fn needless(unowned: &Unowned) -> String {
    let group = unowned.group.as_ref().map(|group| format!(" in the peer-group {group}")).unwrap_or_default();
    let tag = unowned.tag.as_ref();
    let whose = match tag {
        Some(tag) if unowned.is_ours => format!(", which was made for {},", tag.node),
        Some(tag) => format!(", which was made for {} of {},", tag.node, tag.scope),
        None => String::new(),
    };
    let fate = if unowned.is_ours { "--prune drops it" } else { "it stays" };
    format!("neighbor {}{group}{whose} is needed by no node; {fate}", unowned.neighbor)
}

pub fn why(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::OtherAs => "another AS is there already",
        Refusal::NoSuchGroup => "the peer-group is not there yet",
        Refusal::NoSuchNeighbor => "the neighbor is not there yet",
        Refusal::NoRemoteAs => "neither the neighbor nor its group has an AS yet",
        Refusal::GroupsRemoteAs => "the peer-group has an AS, and its members have no other",
        Refusal::OtherGroup => "the neighbor is in another peer-group",
        Refusal::RangeTaken => "the range is another peer-group's",
        Refusal::BadValue => "a value is none that it could be",
    }
}

fn said(comparison: &Comparison) -> String {
    let Comparison { sessions, served, .. } = comparison;
    match (comparison.verdict(), comparison.changes.len()) {
        (Verdict::Same, lines) => {
            let beyond = match lines {
                0 => "",
                1 => "; 1 line beyond it",
                lines => &format!("; {lines} lines beyond it"),
            };
            format!("has what the cluster needs: {sessions} of {sessions} sessions have their neighbor{beyond}")
        }
        (Verdict::Undecided, _) => {
            format!("could not be compared altogether: {served} of {sessions} sessions have their neighbor")
        }
        (Verdict::Differs, 0) => "differs".to_owned(),
        (Verdict::Differs, 1) => "differs in 1 line".to_owned(),
        (Verdict::Differs, lines) => format!("differs in {lines} lines"),
    }
}

/// Lines of one block stand under its head, once.
pub fn changes(text: &mut String, changes: &[Change]) {
    let lines: Vec<Line> = changes.iter().flat_map(Line::of).collect();
    let width = lines.iter().map(|line| line.text.chars().count()).max().unwrap_or_default();
    let mut open: &[String] = &[];
    for (at, line) in lines.iter().enumerate() {
        let same = open.iter().zip(line.within).take_while(|(own, other)| own == other).count();
        for (depth, header) in line.within.iter().enumerate().skip(same) {
            let _ = writeln!(text, "  {}{}", " ".repeat(depth), escape(header));
        }
        open = line.within;
        let width = if line.reason.is_some() { width } else { 0 };
        let said = escape(&format!("{:<width$}", line.text));
        let said = if line.is_new { said.green().to_string() } else { said.red().to_string() };
        let reason = line.reason.map(|reason| format!("{}# {reason}", " ".repeat(GAP))).unwrap_or_default();
        let _ = writeln!(text, "{said}{}", escape(&reason).dimmed());
        // Lines that do the same tell it once.
        let next = lines.get(at + 1).filter(|next| next.within == line.within);
        if next.is_some_and(|next| next.change.impacts == line.change.impacts) {
            continue;
        }
        for impact in line.change.impacts.iter().filter_map(impact::words) {
            let _ = writeln!(text, "  {}  {}", " ".repeat(line.within.len()), escape(&impact).yellow());
        }
    }
}

struct Line<'a> {
    change: &'a Change,
    within: &'a [String],
    is_new: bool,
    /// With its sign and where it is indented to.
    text: String,
    /// Of a change the new line has it.
    reason: Option<&'a Reason>,
}

impl<'a> Line<'a> {
    fn of(change: &'a Change) -> Vec<Self> {
        let indent = " ".repeat(change.within.len());
        let line = |sign: char, said: &String, is_new: bool| Line {
            change,
            within: &change.within,
            is_new,
            text: format!("{sign} {indent}{said}"),
            reason: change.reason.as_ref().filter(|_| is_new || change.after.is_none()),
        };
        let before = change.before.as_ref().map(|said| line('-', said, false));
        let after = change.after.as_ref().map(|said| line('+', said, true));
        before.into_iter().chain(after).collect()
    }
}

fn wide(text: &mut String, change: &Change) {
    let Some(reason) = &change.reason else { return };
    let said = change.after.as_ref().or(change.before.as_ref()).map_or("", String::as_str);
    let nodes: Vec<&str> = reason.nodes.iter().map(|node| node.0.as_str()).collect();
    if !nodes.is_empty() {
        let _ = writeln!(text, "  - {}: {}", escape(said), escape(&nodes.join(", ")));
    }
}
