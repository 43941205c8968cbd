//! Label selectors, as objects carry them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::null_is_default;

type Labels = BTreeMap<String, String>;

/// A Kubernetes `LabelSelector`: all requirements must hold; an empty one holds for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LabelSelector {
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: Labels,
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Requirement {
    pub key: String,
    pub operator: String,
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

impl LabelSelector {
    pub fn matches(&self, labels: &Labels) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|requirement| requirement.matches(labels))
    }

    /// What keeps it from matching; nothing where it does.
    pub fn mismatches(&self, labels: &Labels) -> Vec<Mismatch> {
        let found = |key: &String| labels.get(key).cloned();
        let of_labels =
            self.match_labels.iter().filter(|(key, value)| labels.get(*key) != Some(value)).map(|(key, value)| {
                Mismatch { key: key.clone(), found: found(key), wanted: Wanted::OneOf(vec![value.clone()]) }
            });
        let failing = self.match_expressions.iter().filter(|requirement| !requirement.matches(labels));
        let of_expressions = failing.map(|requirement| Mismatch {
            key: requirement.key.clone(),
            found: found(&requirement.key),
            wanted: requirement.wanted(),
        });
        of_labels.chain(of_expressions).collect()
    }
}

/// What it asks for, as people write it: `app=web, tier in (a, b)`.
impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let equal = self.match_labels.iter().map(|(key, value)| format!("{key}={value}"));
        let expressions = self.match_expressions.iter().map(|Requirement { key, operator, values }| {
            let values = values.join(", ");
            match operator.as_str() {
                "In" => format!("{key} in ({values})"),
                "NotIn" => format!("{key} not in ({values})"),
                "Exists" => key.clone(),
                "DoesNotExist" => format!("!{key}"),
                other => format!("{key} {other} ({values})"),
            }
        });
        let all: Vec<String> = equal.chain(expressions).collect();
        f.write_str(if all.is_empty() { "any labels" } else { "" })?;
        f.write_str(&all.join(", "))
    }
}

/// A requirement that labels do not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    key: String,
    found: Option<String>,
    wanted: Wanted,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    OneOf(Vec<String>),
    NoneOf(Vec<String>),
    Any,
    Nothing,
    /// The operator is none of Kubernetes'.
    Never(String),
}

impl Mismatch {
    /// It is there to leave out: who has such a label may want to be left out.
    pub fn is_exclusion(&self) -> bool {
        matches!(self.wanted, Wanted::NoneOf(_) | Wanted::Nothing)
    }

    /// What `kubectl label` takes to meet it; none if no label can: Cilium makes some of the object's names.
    pub fn remedy(&self) -> Option<String> {
        let key = &self.key;
        match &self.wanted {
            _ if key.starts_with("io.kubernetes.service.") => None,
            Wanted::OneOf(values) => Some(format!("{key}={}", values.first()?)),
            Wanted::Any => Some(format!("{key}=")),
            Wanted::NoneOf(_) | Wanted::Nothing => Some(format!("{key}-")),
            Wanted::Never(_) => None,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Cilium adds these two to what a selector of Services looks at.
        match self.key.as_str() {
            "io.kubernetes.service.namespace" => f.write_str("its namespace")?,
            "io.kubernetes.service.name" => f.write_str("its name")?,
            key => write!(f, "label {key}")?,
        }
        match &self.found {
            Some(value) => write!(f, " is {}", if value.is_empty() { "empty" } else { value })?,
            None => f.write_str(" is missing")?,
        }
        match &self.wanted {
            Wanted::OneOf(values) => write!(f, " (wanted: {})", values.join(" or ")),
            Wanted::NoneOf(values) => write!(f, " (wanted: anything but {})", values.join(" or ")),
            Wanted::Any => Ok(()),
            Wanted::Nothing => f.write_str(" (wanted: that it is missing)"),
            Wanted::Never(operator) => write!(f, " (the operator {operator} selects nothing)"),
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

    fn wanted(&self) -> Wanted {
        match self.operator.as_str() {
            "In" => Wanted::OneOf(self.values.clone()),
            "NotIn" => Wanted::NoneOf(self.values.clone()),
            "Exists" => Wanted::Any,
            "DoesNotExist" => Wanted::Nothing,
            other => Wanted::Never(other.to_owned()),
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
            r#"{"matchLabels": {"app": "web", "io.kubernetes.service.namespace": "media"}, "matchExpressions": [
                {"key": "bgp", "operator": "NotIn", "values": ["off"]}, {"key": "tier", "operator": "Exists"},
                {"key": "zone", "operator": "In", "values": ["a", "b"]}, {"key": "old", "operator": "DoesNotExist"},
                {"key": "x", "operator": "Near"}, {"key": "fits", "operator": "Exists"}]}"#,
        )
        .expect("a selector");
        assert_eq!(
            selector.to_string(),
            "app=web, io.kubernetes.service.namespace=media, bgp not in (off), tier, zone in (a, b), !old, x Near (), fits"
        );
        assert_eq!(LabelSelector::default().to_string(), "any labels");
        let of = labels(&[("io.kubernetes.service.namespace", "home"), ("bgp", "off"), ("old", ""), ("fits", "y")]);
        let said: Vec<String> = selector.mismatches(&of).iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "label app is missing (wanted: web)",
                "its namespace is home (wanted: media)",
                "label bgp is off (wanted: anything but off)",
                "label tier is missing",
                "label zone is missing (wanted: a or b)",
                "label old is empty (wanted: that it is missing)",
                "label x is missing (the operator Near selects nothing)",
            ]
        );
        let mismatches = selector.mismatches(&of);
        let remedies: Vec<_> = mismatches.iter().filter_map(Mismatch::remedy).collect();
        assert_eq!(remedies, ["app=web", "bgp-", "tier=", "zone=a", "old-"]);
        assert_eq!(mismatches.iter().filter(|one| one.is_exclusion()).count(), 2);
    }
}
