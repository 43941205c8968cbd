//! Ranking, on rules that are made up.

use super::*;
use crate::rules::finding::{End, Subject};
use crate::rules::{Explanation, Layer, Rule};

const EXPLANATION: Explanation = Explanation { what: "", matters: "", detected: "", fix: "", sources: &[] };

const fn rule(code: &'static str, layer: Layer) -> Rule {
    Rule {
        code,
        rows: &[],
        severity: Severity::Error,
        layer,
        title: "it is broken",
        explanation: EXPLANATION,
        judge: |_, _| {},
    }
}

static ROUTER: Rule = rule("R", Layer::Router);
static SESSION: Rule = rule("S", Layer::Session);
static GUESS: Rule = rule("G", Layer::Session);
static ROUTE: Rule = rule("V", Layer::Route);

fn node(number: usize) -> Subject {
    Subject::object("node", &format!("{number:05}"))
}

fn finding(rule: &'static Rule, number: usize, explains: &[usize]) -> Finding {
    Finding::of(rule, node(number)).explains(explains.iter().map(|at| Symptom::Route(*at)))
}

fn ranked(findings: Vec<Finding>) -> Vec<Finding> {
    super::ranked(findings, Same::Together)
}

/// The codes in order, each with that of its cause.
fn told(findings: Vec<Finding>) -> Vec<(&'static str, Option<&'static str>)> {
    ranked(findings).iter().map(|finding| (finding.rule.code, finding.caused_by)).collect()
}

#[test]
fn a_cause_comes_before_what_it_explains_altogether() {
    let findings = vec![finding(&ROUTE, 1, &[1]), finding(&SESSION, 2, &[1, 2]), finding(&ROUTER, 3, &[1, 2, 3])];
    assert_eq!(told(findings), [("R", None), ("S", Some("R")), ("V", Some("R"))]);
    let partly = vec![finding(&ROUTE, 1, &[1, 9]), finding(&SESSION, 2, &[1])];
    assert_eq!(told(partly), [("S", None), ("V", None)]);
}

#[test]
fn nothing_explains_what_has_no_symptom() {
    assert_eq!(told(vec![finding(&ROUTE, 1, &[]), finding(&ROUTER, 2, &[1])]), [("R", None), ("V", None)]);
}

#[test]
fn independent_causes_are_both_kept_the_more_fundamental_first() {
    let findings = vec![finding(&ROUTE, 1, &[5]), finding(&SESSION, 2, &[2]), finding(&ROUTER, 3, &[1])];
    assert_eq!(told(findings), [("R", None), ("S", None), ("V", None)]);
    let same_symptom = vec![finding(&SESSION, 1, &[1]), finding(&GUESS, 1, &[1])];
    assert_eq!(told(same_symptom), [("G", None), ("S", None)]);
}

#[test]
fn what_follows_stands_under_its_own_cause() {
    let findings = vec![
        finding(&SESSION, 1, &[1]).title("one"),
        finding(&SESSION, 2, &[2]).title("two"),
        finding(&ROUTE, 3, &[1]),
        finding(&ROUTE, 4, &[2]),
    ];
    let ranked = ranked(findings);
    let subjects: Vec<String> = ranked.iter().map(|finding| finding.subject.to_string()).collect();
    assert_eq!(subjects, ["node 00001", "node 00003", "node 00002", "node 00004"]);
}

#[test]
fn a_guess_yields_to_what_is_measured() {
    let guess = || finding(&GUESS, 1, &[1]).inferred("a probe");
    assert_eq!(told(vec![guess(), finding(&SESSION, 1, &[1])]), [("S", None), ("G", Some("S"))]);
    // What lies further down is no reason for it, and it is none for what was measured.
    assert_eq!(told(vec![guess(), finding(&ROUTE, 1, &[1])]), [("G", None), ("V", None)]);
    let guesses = vec![guess(), finding(&SESSION, 1, &[1]).inferred("another")];
    assert_eq!(told(guesses), [("G", None), ("S", None)]);
}

#[test]
fn the_cause_of_an_error_comes_before_a_warning() {
    let findings = vec![
        finding(&ROUTER, 1, &[]).severity(Severity::Warning),
        finding(&SESSION, 2, &[2]).severity(Severity::Warning),
        finding(&ROUTE, 3, &[2]),
    ];
    assert_eq!(told(findings), [("S", None), ("V", Some("S")), ("R", None)]);
}

#[test]
fn the_same_of_many_subjects_is_said_once() {
    let one = |number: usize| {
        finding(&SESSION, number, &[number])
            .seen(End::Router, None, format!("{number} is down"))
            .excluded([format!("not {number}"), "not the password".to_owned()])
            .fix("start it")
            .paste("router bgp 65001")
            .paste(format!("no neighbor {number} shutdown"))
    };
    let merged = ranked((1..=5).chain([2]).map(one).collect());
    let [all] = merged.as_slice() else { panic!("{merged:?}") };
    assert_eq!((&all.subject, all.also.len(), all.explains.len()), (&node(1), 4, 5));
    assert_eq!(all.evidence.len(), WITH_EVIDENCE);
    assert_eq!(all.excluded, ["not the password"]);
    assert_eq!(all.fix.paste.len(), 6, "the context stands once: {:?}", all.fix.paste);
}

#[test]
fn each_subject_can_be_told_apart() {
    let one = |number| finding(&SESSION, number, &[]).seen(End::Router, None, format!("{number} is down"));
    let apart = super::ranked(vec![one(2), one(1), one(2)], Same::Apart);
    let told: Vec<_> = apart.iter().map(|finding| (&finding.subject, finding.evidence.len())).collect();
    assert_eq!(told, [(&node(1), 1), (&node(2), 1)]);
}

#[test]
fn what_differs_in_more_than_the_subject_is_said_apart() {
    let base = || finding(&SESSION, 1, &[]).fix("start it");
    let others = [
        base().title("it is odd"),
        base().severity(Severity::Warning),
        base().inferred("a probe"),
        base().fix("stop it"),
        finding(&ROUTE, 1, &[]).fix("start it"),
    ];
    assert_eq!(ranked(others.into_iter().chain([base(), base()]).collect()).len(), 6);
}

#[test]
fn many_findings_are_ranked_at_once() {
    let started = std::time::Instant::now();
    let mut findings: Vec<Finding> = (0..10_000).map(|at| finding(&ROUTE, at, &[at])).collect();
    // A title of its own keeps each apart, and all share a symptom.
    findings.extend((0..10_000).map(|at| finding(&SESSION, at, &[at, 20_000]).title(format!("number {at}"))));
    let ranked = ranked(findings);
    assert_eq!(ranked.len(), 20_000);
    assert!(ranked.chunks(2).all(|pair| pair[0].rule.code == "S" && pair[1].caused_by == Some("S")));
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}
