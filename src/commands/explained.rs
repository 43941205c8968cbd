//! What explains the bad rows of a table, said after it in a few lines.

use std::collections::BTreeSet;
use std::io::Write;

use crate::present::findings::brief;
use crate::rules::finding::Symptom;
use crate::rules::{Diagnosis, Facts, Finding, Layer, Severity};
use crate::topology::Topology;
use crate::ui::Ui;

/// Says on standard error what causes these symptoms. Rules that lack evidence here are silent: `check` asks for more.
pub fn explain(topology: &Topology, symptoms: &BTreeSet<Symptom>, ui: &Ui) {
    if symptoms.is_empty() {
        return;
    }
    let diagnosis = Diagnosis::of(&Facts::of(topology), |_| true);
    let causes: Vec<&Finding> = diagnosis
        .findings
        .iter()
        .filter(|finding| finding.caused_by.is_none() && !finding.explains.is_disjoint(symptoms))
        .filter(|finding| finding.severity > Severity::Information)
        .filter(|finding| !matches!(finding.rule.layer, Layer::SessionUnexplained | Layer::RouteUnexplained))
        .collect();
    // A closed standard error is no reason to fail.
    let _ = ui.stderr().write_all(brief::render(&causes).as_bytes());
}
