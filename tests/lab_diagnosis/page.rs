//! docs/diagnosis-score.md.

use std::collections::BTreeMap;

use super::Judged;
use crate::support::lab::described_faults;

/// The page of what was said on every version of FRR.
pub fn page(scores: &BTreeMap<u32, Vec<Judged>>) -> String {
    let mut lines = vec![HEAD.to_owned()];
    lines.extend(scores.iter().map(|(version, judged)| totals(*version, judged)));
    let versions: String = scores.keys().map(|version| format!(" FRR {version} |")).collect();
    lines.push(format!("\n| state | what is broken | expected |{versions}"));
    lines.push(format!("|---|---|---|{}", "---|".repeat(scores.len())));
    let descriptions = described_faults();
    let states = scores.values().next().into_iter().flatten().enumerate();
    lines.extend(states.map(|(row, Judged { expected, .. })| {
        let said: String = scores.values().map(|judged| cell(&judged[row])).collect();
        let probed = if expected.probe { ", with `--probe`" } else { "" };
        let what = description(&expected.fault, &descriptions);
        format!("| `{}` | {what} | {}{probed} |{said}", expected.fault, expected.rows())
    }));
    lines.join("\n") + "\n"
}

fn totals(version: u32, judged: &[Judged]) -> String {
    let (faults, states): (Vec<_>, Vec<_>) = judged.iter().partition(|state| state.expected.is_fault());
    let right = |of: &[&Judged]| of.iter().filter(|state| state.verdict.right).count();
    format!(
        "- FRR {version}: {} of {} faults right first ({:.1} %), {} of {} states without a fault left in peace",
        right(&faults),
        faults.len(),
        percent(right(&faults), faults.len()),
        right(&states),
        states.len(),
    )
}

fn cell(Judged { verdict, .. }: &Judged) -> String {
    if verdict.right { format!(" {} |", verdict.said) } else { format!(" **wrong**: {} |", verdict.said) }
}

pub fn percent(part: usize, whole: usize) -> f64 {
    let count = |number: usize| f64::from(u32::try_from(number).expect("a number of states"));
    if whole == 0 { 100.0 } else { 100.0 * count(part) / count(whole) }
}

const HEAD: &str = "# Is the right cause named first?

Written by the tests `lab_states` in the lab, where every fault is made for real and `kubectl bgp check` looks at it live; do
not edit. `tests/lab/causes.txt` says what is expected, and was written before the rules. A state counts as right if the first
finding above information is a cause with an expected row and subject; for risks and choices, if such a finding is there and
nothing else is above information; for states without a fault, if nothing is. \"Nothing found\" is wrong where there is a
fault. A wrong answer is asked for once more 6 s later, because a node's status lags its agent by up to 5 s.
";

fn description(fault: &str, descriptions: &BTreeMap<String, String>) -> String {
    let parts = fault.split('+').map(|part| descriptions.get(part).map_or("nothing", String::as_str));
    parts.collect::<Vec<_>>().join("; and ").replace('|', "\\|")
}
