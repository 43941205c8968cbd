//! kubectl's `-l`.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::cilium::selector::{LabelSelector, Requirement};

/// `a=b`, `a==b`, `a!=b`, `a`, `!a`, `a in (b, c)`, `a notin (b, c)`, joined by commas.
#[derive(Clone, Debug)]
pub struct LabelQuery(LabelSelector);

impl LabelQuery {
    /// As an object has it.
    pub fn into_selector(self) -> LabelSelector {
        let is_one = |one: &Requirement| one.operator == "In" && one.values.len() == 1;
        let (equal, match_expressions) = self.0.match_expressions.into_iter().partition::<Vec<_>, _>(is_one);
        let mut selector = LabelSelector { match_expressions, ..self.0 };
        for requirement in equal {
            // A key that is asked for two values selects nothing: both stay.
            match requirement.values.first() {
                Some(value) if !selector.match_labels.contains_key(&requirement.key) => {
                    selector.match_labels.insert(requirement.key, value.clone());
                }
                _ => selector.match_expressions.push(requirement),
            }
        }
        selector
    }

    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.matches(labels)
    }
}

impl FromStr for LabelQuery {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let match_expressions = split_outside_parentheses(text)
            .map(|term| parse_term(term.trim()).ok_or_else(|| format!("unable to parse the requirement {term:?}")))
            .collect::<Result<_, _>>()?;
        Ok(Self(LabelSelector { match_expressions, ..LabelSelector::default() }))
    }
}

fn split_outside_parentheses(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    text.split(move |c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    })
    .filter(|term| !term.trim().is_empty())
}

fn parse_term(term: &str) -> Option<Requirement> {
    let requirement = |key: &str, operator: &str, values: Vec<String>| {
        let key = key.trim();
        let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
        let is_value = |value: &String| value.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        (is_key && values.iter().all(is_value)).then(|| Requirement {
            key: key.to_owned(),
            operator: operator.to_owned(),
            values,
        })
    };
    if let Some((key, set)) = term.split_once('(') {
        let values = set.strip_suffix(')')?.split(',').map(|value| value.trim().to_owned()).collect();
        let (key, operator) = key.trim().rsplit_once(char::is_whitespace)?;
        return match operator {
            "in" => requirement(key, "In", values),
            "notin" => requirement(key, "NotIn", values),
            _ => None,
        };
    }
    let one = |value: &str| vec![value.trim().to_owned()];
    if let Some((key, value)) = term.split_once("!=") {
        requirement(key, "NotIn", one(value))
    } else if let Some((key, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
        requirement(key, "In", one(value))
    } else if let Some(key) = term.strip_prefix('!') {
        requirement(key, "DoesNotExist", Vec::new())
    } else {
        requirement(term, "Exists", Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn queries_select_as_kubectl_does() {
        let node = labels(&[("kubernetes.io/os", "linux"), ("zone", "a")]);
        for (query, expected) in [
            ("", true),
            ("zone", true),
            ("!zone", false),
            ("zone=a", true),
            ("zone==b", false),
            ("zone!=b", true),
            ("rack!=1", true),
            ("zone in (a, b),kubernetes.io/os=linux", true),
            ("zone notin (a)", false),
            ("rack", false),
        ] {
            let parsed: LabelQuery = query.parse().expect(query);
            assert_eq!(parsed.matches(&node), expected, "{query}");
        }
    }

    #[test]
    fn an_object_has_the_same_selector() {
        for query in ["", "zone=a,rack!=1,!old", "zone in (a, b)", "zone=a,zone=b"] {
            let parsed: LabelQuery = query.parse().expect(query);
            let selector = parsed.clone().into_selector();
            for node in [labels(&[("zone", "a")]), labels(&[("zone", "b"), ("old", "")]), labels(&[])] {
                assert_eq!(selector.matches(&node), parsed.matches(&node), "{query}: {node:?}");
            }
        }
        assert_eq!("a=b".parse::<LabelQuery>().expect("a query").into_selector().match_labels.len(), 1);
    }

    #[test]
    fn nonsense_is_refused() {
        for query in ["a in b", "=x", "a within (b)", "a in (b", "a b", "a==b==c", "a=b c"] {
            assert!(query.parse::<LabelQuery>().is_err(), "{query}");
        }
    }
}
