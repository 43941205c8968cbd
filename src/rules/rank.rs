//! Brings causes before what they cause, and says the same thing once.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::finding::{Confidence, Finding, Symptom};

/// Subjects whose evidence is kept in one finding: the others have the same.
const WITH_EVIDENCE: usize = 3;

/// Lines to paste that are kept in one finding.
const MOST_TO_PASTE: usize = 24;

/// Findings in the order of reading: causes by severity, the most fundamental first, each followed by what it causes.
pub fn ranked(mut findings: Vec<Finding>) -> Vec<Finding> {
    let causes = causes(&findings);
    for (finding, cause) in findings.iter_mut().zip(causes) {
        finding.caused_by = cause;
    }
    let mut findings = merged(findings);
    findings.sort_by(|a, b| place(a).cmp(&place(b)));
    let (causes, consequences): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| finding.caused_by.is_none());
    let mut ordered = Vec::with_capacity(causes.len() + consequences.len());
    let mut consequences: Vec<Option<Finding>> = consequences.into_iter().map(Some).collect();
    for finding in causes {
        let (code, explained) = (finding.rule.code, finding.explains.clone());
        ordered.push(finding);
        for slot in &mut consequences {
            let follows = slot.as_ref().is_some_and(|other| {
                other.caused_by == Some(code) && (explained.is_empty() || !explained.is_disjoint(&other.explains))
            });
            if follows {
                ordered.extend(slot.take());
            }
        }
    }
    ordered.extend(consequences.into_iter().flatten());
    ordered
}

fn place(finding: &Finding) -> impl Ord + use<'_> {
    (
        Reverse(finding.severity),
        finding.rule.layer,
        finding.confidence,
        Reverse(finding.explains.len()),
        finding.rule.code,
        &finding.subject,
    )
}

/// For each finding the code of one that explains all of its symptoms from further up, or surely where it is a guess.
fn causes(findings: &[Finding]) -> Vec<Option<&'static str>> {
    let mut by_symptom: HashMap<Symptom, Vec<&Finding>> = HashMap::new();
    for finding in findings {
        for symptom in &finding.explains {
            by_symptom.entry(*symptom).or_default().push(finding);
        }
    }
    let cause = |finding: &Finding| {
        let candidates = by_symptom.get(finding.explains.first()?)?.iter();
        let causing =
            candidates.filter(|other| is_above(other, finding) && finding.explains.is_subset(&other.explains));
        causing.min_by_key(|other| (other.rule.layer, other.rule.code)).map(|other| other.rule.code)
    };
    findings.iter().map(cause).collect()
}

fn is_above(other: &Finding, finding: &Finding) -> bool {
    match (other.confidence, finding.confidence) {
        (Confidence::Inferred, Confidence::Measured) => false,
        (Confidence::Measured, Confidence::Inferred) => other.rule.layer <= finding.rule.layer,
        _ => other.rule.layer < finding.rule.layer,
    }
}

/// Findings that differ in their subjects alone become one.
fn merged(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::new();
    let mut places: HashMap<_, usize> = HashMap::new();
    for finding in findings {
        let key = (
            finding.rule.code,
            finding.severity,
            finding.confidence == Confidence::Measured,
            finding.caused_by,
            finding.title.clone(),
            finding.fix.say.clone(),
        );
        match places.get(&key) {
            Some(&at) => kept[at].take_in(finding),
            None => {
                places.insert(key, kept.len());
                kept.push(finding);
            }
        }
    }
    kept
}

impl Finding {
    fn take_in(&mut self, other: Self) {
        if self.also.len() + 1 < WITH_EVIDENCE {
            let new = other.evidence.into_iter().filter(|line| !self.evidence.contains(line)).collect::<Vec<_>>();
            self.evidence.extend(new);
        }
        for line in other.fix.paste {
            if self.fix.paste.len() < MOST_TO_PASTE && !self.fix.paste.contains(&line) {
                self.fix.paste.push(line);
            }
        }
        self.excluded.retain(|cause| other.excluded.contains(cause));
        self.explains.extend(other.explains);
        self.also.extend(std::iter::once(other.subject).chain(other.also));
        self.also.remove(&self.subject);
    }
}
