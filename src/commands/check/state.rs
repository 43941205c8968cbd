//! What one reading of both ends gave.

use crate::commands::nothing_read;
use crate::error::{Exit, Result};
use crate::rules::upgrade::Minor;
use crate::rules::{Diagnosis, Facts, Finding, Rule, Severity};
use crate::snapshot::Gap;
use crate::topology::Topology;

pub struct State {
    pub diagnosis: Diagnosis,
    pub gaps: Vec<Gap>,
    nothing_known: bool,
    end_missing: bool,
}

impl State {
    /// `apart`: a finding for each subject.
    pub fn of(topology: Topology, target: Option<Minor>, is_wanted: impl Fn(&Rule) -> bool, apart: bool) -> Self {
        let mut facts = Facts::of(&topology);
        facts.target = target;
        let diagnose = if apart { Diagnosis::of_each } else { Diagnosis::of };
        Self {
            diagnosis: diagnose(&facts, is_wanted),
            nothing_known: topology.nothing_known,
            end_missing: topology.end_missing,
            gaps: topology.gaps,
        }
    }

    /// An error if there is nothing to judge.
    pub fn known(self) -> Result<Self> {
        if self.nothing_known { Err(nothing_read(&self.gaps)) } else { Ok(self) }
    }

    pub fn verdict(&self, fail_on: Severity) -> Exit {
        if self.failing(fail_on).next().is_some() {
            Exit::Failure
        } else if self.end_missing || self.nothing_known {
            Exit::Undecided
        } else {
            Exit::Ok
        }
    }

    /// What is still to be waited for; `None`: all is well.
    pub fn waits_for(&self, fail_on: Severity) -> Option<String> {
        match self.verdict(fail_on) {
            Exit::Ok => None,
            Exit::Failure => {
                let mut failing = self.failing(fail_on);
                let first = failing.next()?;
                let more = match failing.count() {
                    0 => String::new(),
                    more => format!(", and {more} more"),
                };
                Some(format!("still {} {}: {}{more}", first.rule.code, first.title, first.subject))
            }
            _ => {
                let gap = self.gaps.first().map(|gap| format!("{}: {}", gap.what, gap.missing.message));
                Some(format!("still missing {}", gap.unwrap_or_else(|| "an end".to_owned())))
            }
        }
    }

    fn failing(&self, fail_on: Severity) -> impl Iterator<Item = &Finding> {
        self.diagnosis.findings.iter().filter(move |finding| finding.severity >= fail_on)
    }
}
