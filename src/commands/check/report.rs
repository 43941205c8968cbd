//! How `check` prints: findings, and the rules themselves.

use std::io::Write;

use super::Args;
use super::choice::Choice;
use crate::cli::{GlobalFlags, OutputFlags};
use crate::error::{Exit, Result};
use crate::present::findings::hint::Read;
use crate::present::findings::{Findings, hint, junit, sarif, text};
use crate::present::rules::Rules;
use crate::present::{self, Printer};
use crate::rules::{self, Diagnosis, Rule, Severity};
use crate::ui::Ui;

/// Formats of this verb alone.
pub const REPORTS: &[&str] = &["junit", "sarif"];

/// How findings are printed.
pub enum Format<'a> {
    Printed(Printer<'a>),
    Junit,
    Sarif,
}

impl<'a> Format<'a> {
    pub fn of(flags: &'a OutputFlags) -> Result<Self> {
        match flags.output.as_deref() {
            Some("junit") => Ok(Self::Junit),
            Some("sarif") => Ok(Self::Sarif),
            _ => Printer::beside(REPORTS, flags).map(Self::Printed),
        }
    }

    /// Whether it has a finding for each subject.
    pub fn is_of_each(&self) -> bool {
        matches!(self, Self::Sarif)
    }

    pub fn print(&self, diagnosis: &Diagnosis, args: &Args, flags: &GlobalFlags, ui: &Ui) -> Result<()> {
        let least = args.severity.min(args.fail_on);
        let write = |text: String| present::finish(ui.stdout().write_all(text.as_bytes()));
        match self {
            Self::Junit => write(junit::render(diagnosis, args.fail_on, least)),
            Self::Sarif => write(sarif::render(diagnosis, least)?),
            Self::Printed(printer) if printer.is_table() && !printer.is_sorted() => {
                let detail = if printer.is_wide() { text::Detail::Full } else { text::Detail::Short };
                write(text::render(diagnosis, least, detail))?;
                let read = match &flags.ends.from {
                    _ if args.is_of_files() => Read::Files,
                    Some(file) => Read::Snapshot(file),
                    None => Read::Live,
                };
                if let Some(next) = hint::next_step(&diagnosis.told(least), &read) {
                    ui.hint(&next);
                }
                Ok(())
            }
            Self::Printed(printer) => {
                let shown = diagnosis.findings.iter().filter(|finding| finding.severity >= least).collect();
                printer.print(&Findings(shown), ui.stdout())
            }
        }
    }
}

pub fn list(choice: &Choice, least: Severity, printer: &Printer, ui: &Ui) -> Result<Exit> {
    let rules = rules::all().filter(|rule| choice.has(rule) && rule.severity >= least);
    printer.print(&Rules(rules.collect()), ui.stdout()).map(|()| Exit::Ok)
}

pub fn explain(rules: Vec<&'static Rule>, printer: &Printer, ui: &Ui) -> Result<Exit> {
    if !printer.is_table() {
        return printer.print(&Rules(rules), ui.stdout()).map(|()| Exit::Ok);
    }
    let text: Vec<String> = rules.into_iter().map(present::rules::explain).collect();
    present::finish(ui.stdout().write_all(text.join("\n\n").as_bytes())).map(|()| Exit::Ok)
}
