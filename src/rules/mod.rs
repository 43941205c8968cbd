//! The diagnosis rules: what is wrong, what proves it, and what to do. Pure: the joined model in, findings out.
//!
//! One function a rule, one file a group, [`groups`] is the registry. A rule looks at the [`Facts`] and reports to a
//! [`Verdict`]: a finding for each subject, and what it would have needed to know where it cannot tell. It never guesses.
//! [`rank`] then brings causes before what they cause. docs/rules.md is generated from here.

mod basis;
mod blocks;
mod cluster;
mod declared;
#[cfg(test)]
mod document;
pub mod facts;
mod files;
pub mod finding;
mod gitops;
mod hairpin;
mod line;
mod losses;
mod lost;
mod needs;
mod paste;
mod rank;
mod risk;
mod route;
mod router;
pub mod rows;
mod service;
mod session;
mod traffic;
#[cfg(test)]
mod uncovered;
pub mod upgrade;
pub mod vips;
mod wants;

use std::collections::BTreeSet;

use basis::Basis;
use declared::Declared;
pub use facts::Facts;
pub use finding::{Confidence, End, Finding, Severity, Subject};

/// A rule and what there is to say about it.
#[derive(Debug)]
pub struct Rule {
    /// Stable: `BGP137`. The hundreds are the group, the rest the row of the first cause that it covers.
    pub code: &'static str,
    /// The causes that it tells, by their ids in the table that docs/rules.md prints.
    pub rows: &'static [Row],
    pub severity: Severity,
    pub layer: Layer,
    /// What is the matter, without naming a subject: `the router has shut the neighbor down`.
    pub title: &'static str,
    pub explanation: Explanation,
    pub judge: fn(&Facts, &mut Verdict),
}

/// A known cause: `A37`.
pub type Row = &'static str;

/// What `check --explain` prints.
#[derive(Debug)]
pub struct Explanation {
    /// What it is.
    pub what: &'static str,
    /// Why it matters.
    pub matters: &'static str,
    /// How it is detected, and what tells it from what looks the same.
    pub detected: &'static str,
    /// How to fix it.
    pub fix: &'static str,
    /// RFCs, files of FRR or Cilium, issues.
    pub sources: &'static [&'static str],
}

/// Where a cause sits: a cause of an upper layer explains the findings of a lower one that have the same symptoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// The cluster asks for nothing, or for what cannot be.
    Cluster,
    /// The router as a whole.
    Router,
    /// Both ends of one session do not fit each other.
    Session,
    /// What a session's ends are seen to do.
    Liveness,
    /// A session is down and nothing above says why.
    SessionUnexplained,
    /// A Service has no address, or nothing advertises it.
    Service,
    /// What the router accepts, prefers and installs.
    Route,
    /// A route is broken and nothing above says why.
    RouteUnexplained,
    /// The route is there and traffic fails.
    Traffic,
    /// Pods and nodes to their own VIPs.
    Hairpin,
    /// Nothing is broken yet.
    Risk,
}

impl Layer {
    /// Sessions come first: without them nothing else can be told. Among what concerns single routes, what breaks most of
    /// them comes first.
    fn is_of_routes(self) -> bool {
        self >= Self::Service
    }
}

impl Rule {
    /// The name of its group.
    pub fn group(&self) -> &'static str {
        groups().iter().find(|group| group.has(self)).map_or("", |group| group.name)
    }
}

/// Rules that belong together, under one heading of `check`.
#[derive(Debug)]
pub struct Group {
    pub name: &'static str,
    /// Without it, finding nothing means nothing.
    basis: Basis,
    pub rules: &'static [&'static [Rule]],
}

impl Group {
    pub fn all(&self) -> impl Iterator<Item = &'static Rule> + use<> {
        self.rules.iter().copied().flatten()
    }

    pub fn has(&self, rule: &Rule) -> bool {
        self.all().any(|other| other.code == rule.code)
    }
}

/// Every rule, in the order of `check`.
pub const fn groups() -> &'static [Group] {
    &[
        Group { name: "GitOps", basis: Basis::Cluster, rules: &[gitops::RULES] },
        Group { name: "cluster", basis: Basis::Configs, rules: &[cluster::RULES] },
        Group { name: "routers", basis: Basis::Router, rules: &[router::RULES] },
        Group { name: "sessions", basis: Basis::Sessions, rules: &[session::CERTAIN, session::LIKELY] },
        Group { name: "files", basis: Basis::Own, rules: &[files::RULES] },
        Group { name: "services", basis: Basis::Services, rules: &[service::RULES] },
        Group { name: "routes", basis: Basis::Routes, rules: &[route::RULES] },
        Group { name: "traffic", basis: Basis::Services, rules: &[traffic::RULES] },
        Group { name: "hairpin", basis: Basis::Settings, rules: &[hairpin::RULES] },
        Group { name: "risks", basis: Basis::PeerConfigs, rules: &[risk::RULES] },
        Group { name: "upgrade", basis: Basis::Own, rules: &[upgrade::RULES] },
    ]
}

/// Every rule.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    groups().iter().flat_map(Group::all)
}

/// What a rule found, and what it lacked.
#[derive(Default)]
pub struct Verdict {
    findings: Vec<Finding>,
    needs: BTreeSet<String>,
}

impl Verdict {
    pub fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The rule cannot tell without it: `the router's running configuration: <why it is missing>`.
    pub fn needs(&mut self, what: impl Into<String>) {
        self.needs.insert(what.into());
    }
}

/// What all rules found.
pub struct Diagnosis {
    /// Causes before what they cause, the worst first.
    pub findings: Vec<Finding>,
    pub judged: Vec<Judged>,
}

/// What became of one rule.
pub struct Judged {
    pub rule: &'static Rule,
    /// What it would have needed to tell more.
    pub needs: BTreeSet<String>,
}

/// A finding, and below it what it causes.
pub struct Told<'a> {
    pub finding: &'a Finding,
    pub consequences: Vec<&'a Finding>,
}

impl Diagnosis {
    /// The findings that are at least this severe. A consequence whose cause is not among them stands alone.
    pub fn told(&self, least: Severity) -> Vec<Told<'_>> {
        let (mut told, mut cause) = (Vec::<Told>::new(), None);
        for finding in &self.findings {
            if finding.caused_by.is_none() {
                cause = Some(finding);
            }
            if finding.severity < least {
                continue;
            }
            let above = told.last_mut().filter(|told| {
                finding.caused_by == Some(told.finding.rule.code)
                    && cause.is_some_and(|cause| std::ptr::eq(cause, told.finding))
            });
            match above {
                Some(told) => told.consequences.push(finding),
                None => told.push(Told { finding, consequences: Vec::new() }),
            }
        }
        told
    }

    /// Judges by the rules that `is_wanted` takes. What is true of many subjects is one finding.
    pub fn of(facts: &Facts, is_wanted: impl Fn(&Rule) -> bool) -> Self {
        Self::judge(facts, is_wanted, rank::Same::Together)
    }

    /// The same with a finding for each subject.
    pub fn of_each(facts: &Facts, is_wanted: impl Fn(&Rule) -> bool) -> Self {
        Self::judge(facts, is_wanted, rank::Same::Apart)
    }

    fn judge(facts: &Facts, is_wanted: impl Fn(&Rule) -> bool, same: rank::Same) -> Self {
        let (mut findings, mut judged) = (Vec::new(), Vec::new());
        for (group, rule) in groups().iter().flat_map(|group| group.all().map(move |rule| (group, rule))) {
            let mut verdict = Verdict::default();
            (rule.judge)(facts, &mut verdict);
            if verdict.findings.is_empty() && verdict.needs.is_empty() {
                group.basis.check(facts, &mut verdict);
            }
            findings.extend(verdict.findings);
            judged.push(Judged { rule, needs: verdict.needs });
        }
        let declared = Declared::of(facts);
        for finding in &mut findings {
            declared.tell(finding);
        }
        let mut findings = rank::ranked(findings, same);
        // What is left out may still be the cause of what is not.
        findings.retain(|finding| is_wanted(finding.rule));
        judged.retain(|judged| is_wanted(judged.rule));
        Self { findings, judged }
    }
}
