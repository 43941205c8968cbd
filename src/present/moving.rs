//! The move of a pool for reading: step by step, each with what must be so before the next.

use std::fmt::Write;

use owo_colors::OwoColorize;

use super::escape::escape;
use crate::setup::moving::{Move, steps};

pub fn render(plan: &Move) -> String {
    let mut text = String::new();
    let prefixes: Vec<String> = plan.prefixes.iter().map(ToString::to_string).collect();
    let title = format!("The pool {} moves to {}", plan.from, prefixes.join(" and "));
    let _ = writeln!(text, "{}", escape(&title).bold());
    for service in &plan.services {
        let pairs = service.old.iter().zip(&service.new).map(|(old, new)| format!("{old} → {new}"));
        let pairs = pairs.collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "  {}", escape(&format!("{}/{}   {pairs}", service.namespace, service.name)));
        for note in &service.notes {
            let _ = writeln!(text, "    {} {}", "!".yellow(), escape(note));
        }
    }
    for doubt in &plan.doubts {
        let _ = writeln!(text, "  {} {}", "?".yellow(), escape(doubt));
    }
    for (at, step) in steps(plan).iter().enumerate() {
        let _ = writeln!(text, "\n{}", format!("{}. {}", at + 1, step.title).bold());
        for line in &step.lines {
            let _ = writeln!(text, "   {}", escape(line));
        }
        let _ = writeln!(text, "   {} {}", "before the next:".cyan(), escape(&step.gate.what));
        for command in &step.gate.ask {
            let _ = writeln!(text, "     {}", escape(command).dimmed());
        }
    }
    text
}
