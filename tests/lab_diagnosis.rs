//! `kubectl bgp check` names the cause of every fault of the lab first. The walk of `lab_states` asks for it in each
//! state. Each version of FRR walks over half of them, and over those that FRR itself tells in both; with
//! `KUBECTL_BGP_SCORE=all` each walks over all. Both together write docs/diagnosis-score.md. `KUBECTL_BGP_FAULTS=a,b` walks over
//! these states only.

mod expected;
mod page;
mod verdict;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub use expected::Expected;
use page::{page, percent};
use verdict::{Answer, Verdict};

use crate::support::lab::{Lab, faults, tests_folder, text};

/// Less than this is a failure. The goal is 95; a busy machine may bring some states about late.
const PERCENT_RIGHT: f64 = 92.0;

/// The walks that are over, by version of FRR.
static SCORES: Mutex<BTreeMap<u32, Vec<Judged>>> = Mutex::new(BTreeMap::new());

/// The versions that the page needs.
const VERSIONS: [u32; 2] = [8, 10];

/// What was said in each state of one version of FRR.
pub struct Score {
    version: u32,
    judged: Vec<Judged>,
}

#[derive(Clone)]
struct Judged {
    expected: Expected,
    verdict: Verdict,
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn every_fault_of_the_lab_has_an_expected_cause() {
    let expected = expected::all();
    let without = |fault: &String| !expected.iter().any(|state| state.fault == *fault);
    assert_eq!(faults().into_iter().filter(without).collect::<Vec<_>>(), Vec::<String>::new());
    let parts = expected.iter().flat_map(|state| state.fault.split('+')).filter(|part| *part != "healthy");
    let unknown = parts.filter(|part| !faults().iter().any(|fault| fault == part));
    assert_eq!(unknown.collect::<Vec<_>>(), Vec::<&str>::new());
}

/// The states to walk over: all, or those that are asked for.
pub fn states() -> Vec<Expected> {
    let mut states = expected::all();
    if let Some(chosen) = chosen() {
        states.retain(|state| chosen.contains(&state.fault));
        assert_eq!(states.len(), chosen.len(), "some of KUBECTL_BGP_FAULTS are not in causes.txt: {chosen:?}");
    }
    states
}

/// The states that KUBECTL_BGP_FAULTS names.
pub fn chosen() -> Option<Vec<String>> {
    let chosen = std::env::var("KUBECTL_BGP_FAULTS").ok()?;
    Some(chosen.split(',').map(str::to_owned).collect())
}

impl Score {
    pub fn of(version: u32) -> Self {
        Self { version, judged: Vec::new() }
    }

    /// Asks `check` in the state that the lab is in.
    pub fn judge(&mut self, expected: &Expected, lab: &Lab) {
        let (mut verdict, mut lines) = ask(expected, lab);
        if !verdict.right {
            // A node's status lags its agent by up to 5 s.
            std::thread::sleep(Duration::from_secs(6));
            (verdict, lines) = ask(expected, lab);
        }
        self.note(expected, verdict, &lines);
    }

    /// The lab could not be brought into the state.
    pub fn unreached(&mut self, expected: &Expected) {
        self.note(expected, Verdict { right: false, said: "not reached".to_owned() }, &[]);
    }

    fn note(&mut self, expected: &Expected, verdict: Verdict, lines: &[String]) {
        let word = if verdict.right { "right" } else { "WRONG" };
        eprintln!("FRR {} {}: {word}: {}, expected {}", self.version, expected.fault, verdict.said, expected.rows());
        if !verdict.right {
            eprintln!("    {}", lines.join("\n    "));
        }
        self.judged.push(Judged { expected: expected.clone(), verdict });
    }

    /// What is not as it must be: too little is right. A state without a fault counts as wrong if anything above
    /// information is found in it.
    pub fn end(self) -> Vec<String> {
        let (faults, states): (Vec<_>, Vec<_>) = self.judged.iter().partition(|state| state.expected.is_fault());
        let right = faults.iter().filter(|state| state.verdict.right).count();
        let percent = percent(right, faults.len());
        eprintln!("FRR {}: {right} of {} faults right first, {percent:.1} %", self.version, faults.len());

        let loud = states.iter().filter(|state| !state.verdict.right).count();
        let all = self::percent(right + states.len() - loud, self.judged.len());
        eprintln!("FRR {}: {loud} of {} states without a fault are not left in peace", self.version, states.len());
        let failure = (all < PERCENT_RIGHT).then(|| format!("{all:.1} % of the states right"));
        if chosen().is_none() {
            write_page(self.version, self.judged);
        }
        failure.into_iter().collect()
    }
}

fn ask(expected: &Expected, lab: &Lab) -> (Verdict, Vec<String>) {
    let mut words = vec!["check", "-o", "json"];
    if expected.probe {
        words.push("--probe");
    }
    let output = lab.kubectl_bgp(&words);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    match Answer::read(&stdout, &stderr) {
        Some(answer) => (answer.judge(expected), answer.lines()),
        None => (Verdict { right: false, said: "no list of findings".to_owned() }, vec![stderr]),
    }
}

/// Every version walks over all states.
pub fn is_whole() -> bool {
    std::env::var("KUBECTL_BGP_SCORE").is_ok_and(|word| word == "all")
}

/// Once both versions were walked over, the page is written.
fn write_page(version: u32, judged: Vec<Judged>) {
    let mut scores = SCORES.lock().unwrap_or_else(PoisonError::into_inner);
    scores.insert(version, judged);
    if VERSIONS.iter().all(|version| scores.contains_key(version)) {
        std::fs::write(tests_folder("../docs/diagnosis-score.md"), page(&scores)).expect("the docs");
    }
}
