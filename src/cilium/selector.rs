//! Label selectors, as objects carry them.

use std::collections::BTreeMap;

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

#[derive(Clone, Debug, Deserialize)]
pub struct Requirement {
    pub key: String,
    pub operator: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub values: Vec<String>,
}

impl LabelSelector {
    pub fn matches(&self, labels: &Labels) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|requirement| requirement.matches(labels))
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
}
