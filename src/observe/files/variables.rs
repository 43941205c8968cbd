//! Variables that Flux fills in before it applies what kustomize built: `${NAME}`, and `${NAME:=default}` (its envsubst).

use std::collections::BTreeSet;

use serde_json::Value;

use super::yaml;

/// The names of a text, each with the line it first stands at, counted from 0.
pub fn names(text: &str) -> Vec<(String, usize)> {
    let mut names: Vec<(String, usize)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for part in parts(line) {
            if let Part::Variable { name, .. } = part
                && !names.iter().any(|(known, _)| known == name)
            {
                names.push((name.to_owned(), number));
            }
        }
    }
    names
}

/// What is known of a variable.
pub enum Lookup {
    Set(String),
    /// No default applies to it, as it may be set elsewhere.
    Unknown,
    /// Whoever fills it in has no value for it.
    Unset,
}

/// Fills in what is known. Returns the names that are not.
pub fn fill(value: &mut Value, lookup: &dyn Fn(&str) -> Lookup) -> BTreeSet<String> {
    let mut missing = BTreeSet::new();
    fill_all(value, lookup, &mut missing);
    missing
}

fn fill_all(value: &mut Value, lookup: &dyn Fn(&str) -> Lookup, missing: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| fill_all(item, lookup, missing)),
        Value::Object(fields) => fields.values_mut().for_each(|field| fill_all(field, lookup, missing)),
        Value::String(text) if text.contains("${") => {
            if let Some(filled) = fill_text(text, lookup, missing) {
                *value = inferred(filled);
            }
        }
        _ => {}
    }
}

/// `None` if a variable of it is not known.
fn fill_text(text: &str, lookup: &dyn Fn(&str) -> Lookup, missing: &mut BTreeSet<String>) -> Option<String> {
    let mut filled = Some(String::new());
    for part in parts(text) {
        let known = match part {
            Part::Text(text) => Some(text.to_owned()),
            Part::Variable { name, operation } => {
                let known = known(operation, lookup(name));
                if known.is_none() {
                    missing.insert(name.to_owned());
                }
                known
            }
        };
        filled = filled.zip(known).map(|(filled, known)| filled + &known);
    }
    filled
}

/// Of the operations that envsubst has, only the defaults are common.
fn known(operation: &str, lookup: Lookup) -> Option<String> {
    let default = [":=", ":-", "=", "-"].iter().find_map(|operator| operation.strip_prefix(operator));
    match lookup {
        Lookup::Set(value) if operation.is_empty() || default.is_some() => Some(value),
        Lookup::Unset => default.map(str::to_owned),
        _ => None,
    }
}

/// Flux fills in text before it is read as YAML, and kustomize has dropped quotes that a string does not need: what looks
/// like a number becomes one.
fn inferred(text: String) -> Value {
    match yaml::read_text(&text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
        _ => text.into(),
    }
}

#[derive(Debug, PartialEq)]
enum Part<'a> {
    Text(&'a str),
    Variable { name: &'a str, operation: &'a str },
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        let variable = from.find('}').and_then(|end| Some((variable(&from[2..end])?, &from[end + 1..])));
        // `$$` is a dollar sign.
        let escaped = before.strip_suffix('$');
        match (variable, escaped) {
            (Some((variable, after)), None) => {
                parts.extend([Part::Text(before), variable]);
                rest = after;
            }
            (_, escaped) => {
                parts.extend([Part::Text(escaped.unwrap_or(before)), Part::Text("${")]);
                rest = &from[2..];
            }
        }
    }
    parts.push(Part::Text(rest));
    parts
}

fn variable(inside: &str) -> Option<Part<'_>> {
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len());
    let (name, operation) = inside.split_at(end);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    is_name.then_some(Part::Variable { name, operation })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lookup(name: &str) -> Lookup {
        match name {
            "ASN" => Lookup::Set("65010".to_owned()),
            "NET" => Lookup::Set("10.9".to_owned()),
            "ELSEWHERE" => Lookup::Unknown,
            _ => Lookup::Unset,
        }
    }

    #[test]
    fn values_are_what_flux_makes_of_them() {
        let mut value = json!({
            "a": "${ASN}", "b": ["${NET}.0.0/16", "$${ASN}", "${NONE:=7}", "${NONE:-x}"], "c": "plain ${", "d": "${ASN:=1}"
        });
        assert!(fill(&mut value, &lookup).is_empty());
        let expected = json!({"a": 65010, "b": ["10.9.0.0/16", "${ASN}", 7, "x"], "c": "plain ${", "d": 65010});
        assert_eq!(value, expected);
    }

    #[test]
    fn what_is_not_known_stays_and_is_named() {
        let mut value = json!({"a": "${NONE}/${ASN}", "b": "${ELSEWHERE:=1}", "c": "${NET^^}"});
        let before = value["a"].clone();
        let missing = fill(&mut value, &lookup);
        assert_eq!(missing.into_iter().collect::<Vec<_>>(), ["ELSEWHERE", "NET", "NONE"]);
        assert_eq!(value["a"], before);
    }

    #[test]
    fn names_know_their_lines() {
        let text = "a: ${X}\nb: ${Y:=1}${X}\nc: ${{ no }} $${Z}\n";
        assert_eq!(names(text), [("X".to_owned(), 0), ("Y".to_owned(), 1)]);
    }
}
