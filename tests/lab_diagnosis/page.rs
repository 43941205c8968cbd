//! docs/diagnosis-score.md.

use std::collections::BTreeMap;

use super::Judged;
use crate::support::lab::described_faults;

/// The page of what was said on every version of FRR.
pub fn page(scores: &BTreeMap<u32, Vec<Judged>>) -> String {
    let versions: Vec<u32> = scores.keys().copied().collect();
    let mut page = HEAD.to_owned();
    for (version, judged) in scores {
        let (faults, states): (Vec<_>, Vec<_>) = judged.iter().partition(|state| state.expected.is_fault());
        let right = |of: &[&Judged]| of.iter().filter(|state| state.verdict.right).count();
        page += &format!(
            "- FRR {version}: {} of {} faults right first ({:.1} %), {} of {} states without a fault left in peace\n",
            right(&faults),
            faults.len(),
            percent(right(&faults), faults.len()),
            right(&states),
            states.len(),
        );
    }
    page += "\n| state | what is broken | expected |";
    page.extend(versions.iter().map(|version| format!(" FRR {version} |")));
    page += &format!("\n|---|---|---|{}\n", "---|".repeat(versions.len()));
    let descriptions = described_faults();
    for (row, state) in scores.values().next().into_iter().flatten().enumerate() {
        let of_each = scores.values().map(|judged| &judged[row].verdict);
        let cells: Vec<String> = of_each
            .map(|verdict| if verdict.right { verdict.said.clone() } else { format!("**wrong**: {}", verdict.said) })
            .collect();
        let expected = &state.expected;
        let probed = if expected.probe { ", with `--probe`" } else { "" };
        page += &format!(
            "| `{}` | {} | {}{probed} | {} |\n",
            expected.fault,
            description(&expected.fault, &descriptions),
            expected.rows(),
            cells.join(" | ")
        );
    }
    page
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
