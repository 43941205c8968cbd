//! `kubectl bgp check`: every rule over both ends.

use std::io::Write;

use crate::cli::{GlobalFlags, OutputFlags};
use crate::commands::{nothing_read, report};
use crate::error::{Exit, Result};
use crate::observe::observe;
use crate::present::findings::{Findings, text};
use crate::present::{self, Printer};
use crate::rules::upgrade::Minor;
use crate::rules::{Diagnosis, Facts, Finding, Rule, Severity};
use crate::snapshot::{Command, Kind, Needs, Snapshot};
use crate::topology::Topology;
use crate::ui::Ui;

/// Everything: rules are about all of it.
pub const NEEDS: Needs = Needs { kinds: Kind::ALL, commands: Command::ALL };

/// Names what is wrong, with the evidence of both ends and the fix
///
/// Runs every rule on what the cluster and the router say. What is certain is told from what is likely, a cause from what
/// it causes. A rule that lacks evidence says what it needs.
#[derive(clap::Args)]
pub struct Args {
    /// Only these rules: codes such as BGP137, or groups
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    only: Vec<String>,
    /// Not these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    skip: Vec<String>,
    /// Show only findings that are at least this severe
    #[arg(long, value_name = "SEVERITY", default_value = "information")]
    severity: Severity,
    /// Exit with 1 if a finding is at least this severe
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    fail_on: Severity,
    /// Also say what this version of Cilium changes for the objects that are there
    #[arg(long, value_name = "VERSION")]
    target_cilium: Option<Minor>,
    #[command(flatten)]
    output: OutputFlags,
}

pub fn run(args: &Args, flags: &GlobalFlags, ui: &Ui) -> Result<Exit> {
    let printer = Printer::new(&args.output)?;
    let ask_further = |snapshot: &Snapshot| {
        let topology = Topology::of(snapshot, NEEDS);
        let routes: Vec<_> = topology.routes.iter().collect();
        let mut further = topology.questions_about_sessions(flags.ends.verify);
        further.extend(topology.questions_about_routes(&routes, flags.ends.verify));
        further
    };
    // The documents are not kept beside what is made of them.
    let topology = Topology::of(&observe(flags, NEEDS, &ask_further, ui)?, NEEDS);
    if topology.nothing_known {
        return Err(nothing_read(&topology.gaps).undecided());
    }
    report(&topology.gaps, ui);
    let facts = Facts { target: args.target_cilium, ..Facts::of(&topology) };
    let diagnosis = Diagnosis::of(&facts, |rule| args.wants(rule));
    if printer.is_table() {
        let detail = if printer.is_wide() { text::Detail::Full } else { text::Detail::Short };
        let text = text::render(&diagnosis, args.severity, detail);
        present::finish(ui.stdout().write_all(text.as_bytes()))?;
    } else {
        let shown = diagnosis.findings.iter().filter(|finding| finding.severity >= args.severity).collect();
        printer.print(&Findings(shown), ui.stdout())?;
    }
    Ok(args.verdict(&diagnosis, &topology))
}

impl Args {
    fn wants(&self, rule: &Rule) -> bool {
        let named = |words: &[String]| words.iter().any(|word| rule.code.eq_ignore_ascii_case(word));
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }

    fn verdict(&self, diagnosis: &Diagnosis, topology: &Topology) -> Exit {
        let fails = |finding: &Finding| finding.severity >= self.fail_on;
        if diagnosis.findings.iter().any(fails) {
            Exit::Failure
        } else if topology.end_missing {
            Exit::Undecided
        } else {
            Exit::Ok
        }
    }
}
