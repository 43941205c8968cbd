//! Label selectors, as objects carry them.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::null_is_default;

type Labels = BTreeMap<String, String>;

/// A Kubernetes `LabelSelector`: all requirements must hold; an empty one holds for everything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LabelSelector {
    #[serde(deserialize_with = "null_is_default")]
    pub match_labels: Labels,
    #[serde(deserialize_with = "null_is_default")]
    pub match_expressions: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Requirement {
    pub key: String,
    pub operator: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub values: Vec<String>,
}

/// A requirement that labels do not fulfil, with what they have instead: `wants label app=web, and it is db`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    requirement: Requirement,
    value: Option<String>,
}

impl LabelSelector {
    pub fn matches(&self, labels: &Labels) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|requirement| requirement.matches(labels))
    }

    /// All that keeps it from matching these labels.
    pub fn mismatches(&self, labels: &Labels) -> Vec<Mismatch> {
        let equal = self.match_labels.iter().map(|(key, value)| Requirement {
            key: key.clone(),
            operator: "In".to_owned(),
            values: vec![value.clone()],
        });
        let all = equal.chain(self.match_expressions.iter().cloned());
        let failing = all.filter(|requirement| !requirement.matches(labels));
        failing.map(|requirement| Mismatch { value: labels.get(&requirement.key).cloned(), requirement }).collect()
    }

    /// The same in words, to stand behind the name of what has the selector; none if it matches.
    pub fn why_not(&self, labels: &Labels) -> Option<String> {
        let all: Vec<String> = self.mismatches(labels).iter().map(Mismatch::to_string).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }
}

impl Mismatch {
    /// It is there to leave out: who has such a label may want to be left out.
    pub fn is_exclusion(&self) -> bool {
        matches!(self.requirement.operator.as_str(), "NotIn" | "DoesNotExist")
    }

    pub fn key(&self) -> &str {
        &self.requirement.key
    }

    /// What `kubectl label` takes to fulfil it; none if no label can.
    pub fn remedy(&self) -> Option<String> {
        let key = &self.requirement.key;
        match self.requirement.operator.as_str() {
            "In" => Some(format!("{key}={}", self.requirement.values.first()?)),
            "Exists" => Some(format!("{key}=")),
            "NotIn" | "DoesNotExist" => Some(format!("{key}-")),
            _ => None,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Requirement { key, operator, values } = &self.requirement;
        match (operator.as_str(), values.as_slice()) {
            ("In", [value]) => write!(f, "wants label {key}={value}")?,
            ("In" | "NotIn", _) => write!(f, "wants label {key} {operator} ({})", values.join(", "))?,
            ("Exists", _) => write!(f, "wants a label {key}")?,
            ("DoesNotExist", _) => write!(f, "wants no label {key}")?,
            _ => return write!(f, "asks of label {key} what Kubernetes does not know: {operator}"),
        }
        match &self.value {
            Some(value) => write!(f, ", and it is {value:?}"),
            None => f.write_str(", and there is none"),
        }
    }
}

impl Requirement {
    /// An operator that Kubernetes does not know selects nothing, as its own selector conversion fails.
    fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        let listed = value.is_some_and(|value| self.values.contains(value));
        match self.operator.as_str() {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn an_unknown_operator_selects_nothing() {
        let requirement = Requirement { key: "a".into(), operator: "Near".into(), values: vec![] };
        let selector = LabelSelector { match_expressions: vec![requirement], ..LabelSelector::default() };
        assert!(!selector.matches(&labels(&[("a", "b")])));
        assert!(LabelSelector::default().matches(&labels(&[])));
    }

    #[test]
    fn what_does_not_match_says_why() {
        let selector: LabelSelector = serde_json::from_str(
            r#"{"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "bgp", "operator": "NotIn", "values": ["off", "no"]},
                {"key": "tier", "operator": "Exists"}, {"key": "old", "operator": "DoesNotExist"}]}"#,
        )
        .expect("Kubernetes' shape");
        assert_eq!(selector.why_not(&labels(&[("app", "web"), ("tier", "")])), None);
        let all = selector.mismatches(&labels(&[("bgp", "off"), ("old", "x")]));
        let said: Vec<String> = all.iter().map(Mismatch::to_string).collect();
        assert_eq!(
            said,
            [
                "wants label app=web, and there is none",
                "wants label bgp NotIn (off, no), and it is \"off\"",
                "wants a label tier, and there is none",
                "wants no label old, and it is \"x\"",
            ]
        );
        let remedies: Vec<_> = all.iter().filter_map(Mismatch::remedy).collect();
        assert_eq!(remedies, ["app=web", "bgp-", "tier=", "old-"]);
        assert_eq!(all.iter().filter(|one| one.is_exclusion()).count(), 2);
    }
}
