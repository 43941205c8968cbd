//! What another version of Cilium changes for the objects that are there: `check --target-cilium 1.19`.

mod table;

use std::fmt;
use std::str::FromStr;

use crate::cilium::pod;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};

pub const RULES: &[Rule] = &[CHANGES];

/// A minor version of Cilium: 1.19.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minor(pub u32, pub u32);

/// The versions of which the CRDs and the Upgrade Guide were read.
const OLDEST: Minor = Minor(1, 14);
const NEWEST: Minor = Minor(1, 20);

impl FromStr for Minor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let version = pod::minor(text).map(|(major, minor)| Self(major, minor));
        let version = version.ok_or("it is no version of Cilium, such as 1.19 or 1.19.4")?;
        if (OLDEST..=NEWEST).contains(&version) {
            Ok(version)
        } else {
            Err(format!("what changes is known of Cilium {OLDEST} to {NEWEST}"))
        }
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// One change of a version, and the objects that it touches.
struct Change {
    /// The first version that has it.
    since: Minor,
    /// The first one that has not any more: a fault that was mended.
    until: Option<Minor>,
    severity: Severity,
    what: &'static str,
    fix: &'static str,
    source: &'static str,
    /// The objects, each with what it says.
    touches: fn(&Facts) -> Vec<(Subject, String)>,
}

const CHANGES: Rule = Rule {
    code: "BGP601",
    rows: &["A6", "A46", "B11"],
    severity: Severity::Warning,
    layer: Layer::Risk,
    title: "the version of Cilium that is aimed at changes something for these objects",
    explanation: Explanation {
        what: "Between the version of Cilium that runs and the one that --target-cilium names, a kind, a version of a kind, \
               the meaning of a field or a default changes that these objects use, or a fault came in that they meet.",
        matters: "Agents ignore what they do not know any more: after the upgrade sessions or routes are gone, and nothing \
                  says why.",
        detected: "Only with --target-cilium. The running version is the one of the agents' images; every change that lies \
                   after it and up to the target is compared with the objects.",
        fix: "Change the objects as each finding says, before the upgrade.",
        sources: &["docs.cilium.io Upgrade Guide", "the CRDs of Cilium 1.14 to 1.20, pkg/k8s/apis/cilium.io"],
    },
    judge: changes,
};

fn changes(facts: &Facts, verdict: &mut Verdict) {
    let Some(target) = facts.target else { return };
    let Some(running) = facts.cilium_version() else {
        return verdict.needs("the running version of Cilium: no agent's image tells it");
    };
    let ahead = table::TABLE.iter().filter(|change| {
        change.since > running && change.since <= target && change.until.is_none_or(|until| target < until)
    });
    for change in ahead {
        for (subject, says) in (change.touches)(facts) {
            verdict.report(
                Finding::of(&CHANGES, subject)
                    .severity(change.severity)
                    .title(format!("Cilium {}: {}", change.since, change.what))
                    .seen(End::Cluster, None, says)
                    .seen(End::Cluster, None, format!("the agents run {running}; source: {}", change.source))
                    .fix(change.fix),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_people_write_them() {
        for (text, version) in [("1.19", Minor(1, 19)), ("v1.20.1", Minor(1, 20)), ("1.18.0-rc.1", Minor(1, 18))] {
            assert_eq!(text.parse(), Ok(version));
        }
        for unknown in ["latest", "1.5", "9.99"] {
            assert!(unknown.parse::<Minor>().is_err(), "{unknown}");
        }
        assert!(Minor(1, 9) < Minor(1, 19));
    }

    #[test]
    fn every_change_has_its_source() {
        for change in table::TABLE {
            assert!(!change.source.is_empty() && !change.fix.is_empty(), "{}", change.what);
            assert!(change.until.is_none_or(|until| until > change.since), "{}", change.what);
        }
    }
}
