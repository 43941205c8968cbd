//! Brings causes before what they cause, and says the same thing once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::blocks::Paste;
use super::finding::{Confidence, Finding, Severity, Standing, Symptom};

/// Subjects whose evidence is kept in one finding: the others have the same.
const WITH_EVIDENCE: usize = 3;

/// Whether what is the same of several subjects is one finding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Same {
    Together,
    Apart,
}

/// Findings in the order of reading: causes by severity, the most fundamental first, each followed by what it causes.
pub fn ranked(findings: Vec<Finding>, same: Same) -> Vec<Finding> {
    let causes = causes(&findings);
    let mut told = Merged { same, kept: Vec::new(), places: HashMap::new() };
    let mut places = vec![None; findings.len()];
    let (roots, others): (Vec<_>, Vec<_>) = findings.into_iter().enumerate().partition(|(at, _)| causes[*at].is_none());
    for (at, finding) in roots {
        places[at] = Some(told.add(finding, None));
    }
    for (at, finding) in others {
        let cause = causes[at].and_then(|cause| places[cause]);
        told.add(finding, cause);
    }
    told.in_order()
}

/// Findings that differ in their subjects alone are one.
struct Merged {
    same: Same,
    kept: Vec<Entry>,
    places: HashMap<Key, usize>,
}

struct Entry {
    finding: Finding,
    paste: Paste,
    /// The place of its cause.
    cause: Option<usize>,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    cause: Option<usize>,
    code: &'static str,
    severity: Severity,
    measured: bool,
    title: String,
    say: String,
    subject: Option<String>,
}

impl Merged {
    fn add(&mut self, mut finding: Finding, cause: Option<usize>) -> usize {
        finding.caused_by = cause.map(|cause| self.kept[cause].finding.rule.code);
        let key = Key {
            cause,
            code: finding.rule.code,
            severity: finding.severity,
            measured: finding.confidence == Confidence::Measured,
            title: finding.title.clone(),
            say: finding.fix.say.clone(),
            subject: (self.same == Same::Apart).then(|| finding.subject.to_string()),
        };
        let block = std::mem::take(&mut finding.fix.paste);
        let at = *self.places.entry(key).or_insert(self.kept.len());
        match self.kept.get_mut(at) {
            Some(entry) => entry.finding.take_in(finding),
            None => self.kept.push(Entry { finding, paste: Paste::default(), cause }),
        }
        self.kept[at].paste.add(block);
        at
    }

    fn in_order(self) -> Vec<Finding> {
        let (mut roots, mut following) = (Vec::new(), BTreeMap::<usize, Vec<Finding>>::new());
        for (at, Entry { mut finding, paste, cause }) in self.kept.into_iter().enumerate() {
            finding.fix.paste = paste.into_lines();
            match cause {
                Some(cause) => following.entry(cause).or_default().push(finding),
                None => roots.push((at, finding)),
            }
        }
        let mut told: Vec<(Severity, Finding, Vec<Finding>)> = roots
            .into_iter()
            .map(|(at, finding)| {
                let mut consequences = following.remove(&at).unwrap_or_default();
                consequences.sort_by(|a, b| place(a).cmp(&place(b)));
                // The cause of an error is more urgent than what it is called itself.
                let worst = consequences.iter().map(|other| other.severity).fold(finding.severity, Severity::max);
                (worst, finding, consequences)
            })
            .collect();
        told.sort_by(|(worst, a, _), (other, b, _)| urgency(*worst, a).cmp(&urgency(*other, b)));
        told.into_iter().flat_map(|(_, finding, following)| std::iter::once(finding).chain(following)).collect()
    }
}

/// Where a cause stands among the causes, the worst that it brings about being known. Of the causes of routes, the one
/// that breaks most comes first, whatever its layer.
fn urgency(worst: Severity, finding: &Finding) -> impl Ord + use<'_> {
    let of_routes = finding.rule.layer.is_of_routes();
    let reach = if of_routes { finding.explains.len() } else { 0 };
    (Reverse(worst), of_routes, Reverse(reach), place(finding))
}

fn place(finding: &Finding) -> impl Ord + use<'_> {
    (
        Reverse(finding.severity),
        finding.rule.layer,
        finding.confidence,
        Reverse(finding.explains.len()),
        finding.rule.code,
        &finding.subject,
        &finding.title,
    )
}

/// For each finding the one that explains all of its symptoms from furthest up, or surely where it is a guess. It is
/// itself no consequence: what explains it would explain both.
fn causes(findings: &[Finding]) -> Vec<Option<usize>> {
    let mut by_symptom: HashMap<Symptom, Vec<usize>> = HashMap::new();
    for (at, finding) in findings.iter().enumerate() {
        for symptom in &finding.explains {
            by_symptom.entry(*symptom).or_default().push(at);
        }
    }
    let height = |at: usize| (findings[at].rule.layer, findings[at].confidence);
    for all in by_symptom.values_mut() {
        all.sort_by_key(|at| (height(*at), findings[*at].rule.code));
    }
    let cause = |(at, finding): (usize, &Finding)| {
        if finding.standing == Standing::Independent {
            return None;
        }
        let candidates = by_symptom.get(finding.explains.first()?)?.iter().copied();
        candidates.take_while(|other| height(*other) < height(at)).find(|other| {
            let other = &findings[*other];
            is_above(other, finding) && finding.explains.is_subset(&other.explains)
        })
    };
    findings.iter().enumerate().map(cause).collect()
}

fn is_above(other: &Finding, finding: &Finding) -> bool {
    match (other.confidence, finding.confidence) {
        (Confidence::Inferred, Confidence::Measured) if finding.standing == Standing::Ranked => false,
        (Confidence::Measured, Confidence::Inferred) => other.rule.layer <= finding.rule.layer,
        _ => other.rule.layer < finding.rule.layer,
    }
}

impl Finding {
    fn take_in(&mut self, other: Self) {
        if self.also.len() + 1 < WITH_EVIDENCE {
            let new = other.evidence.into_iter().filter(|line| !self.evidence.contains(line)).collect::<Vec<_>>();
            self.evidence.extend(new);
        }
        self.excluded.retain(|cause| other.excluded.contains(cause));
        self.explains.extend(other.explains);
        self.also.extend(std::iter::once(other.subject).chain(other.also));
        self.also.remove(&self.subject);
    }
}

#[cfg(test)]
mod tests;
