//! A line for a file in `kustomization.yaml`. It is put in as text, so that everything else stays byte for byte; what comes
//! of it is read back, and anything but one entry more is refused.

mod block;
mod flow;
mod traps;

use std::fmt;

use serde_json::Value;

use crate::yaml::{self, Broken};
pub use traps::traps;

/// What kustomize calls the file; a folder may have one of them.
pub const NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// What is to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// The file is taken in already.
    Nothing,
    /// The whole text with the entry.
    Text(String),
}

/// Why nothing is put in.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// No YAML; what its reader says.
    Broken(String),
    NoMap,
    SeveralDocuments,
    /// An object of another kind.
    OtherKind(String),
    NoResources,
    /// `resources` is a list that is written in a way this does not add to.
    NoPlainList,
    /// What would come of it is not one entry more.
    OtherMeaning,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Broken(why) => write!(f, "it cannot be read: {why}"),
            Self::NoMap => f.write_str("it is no kustomization: it has no fields"),
            Self::SeveralDocuments => f.write_str("it has several documents, and a kustomization is one"),
            Self::OtherKind(kind) => write!(f, "it is a {kind}, not a kustomization of kustomize's"),
            Self::NoResources => f.write_str("it has no list `resources`"),
            Self::NoPlainList => f.write_str("its `resources` is no plain list"),
            Self::OtherMeaning => f.write_str("a line more would change more than its list `resources`"),
        }
    }
}

/// Puts an entry for a file beside it into `resources`.
///
/// # Errors
/// It cannot be done by one more entry and nothing else.
pub fn insert(text: &str, file: &str) -> Result<Edit, Refusal> {
    let before = read(text)?;
    let Some(resources) = before.get("resources") else { return Err(Refusal::NoResources) };
    let items = resources.as_array().ok_or(Refusal::NoPlainList)?;
    let names: Vec<&str> = items.iter().map(Value::as_str).collect::<Option<_>>().ok_or(Refusal::NoPlainList)?;
    let plain = |name: &str| name.trim_start_matches("./").to_owned();
    if names.iter().any(|name| plain(name) == plain(file)) {
        return Ok(Edit::Nothing);
    }
    // Some write all of them so.
    let is_dotted = !names.is_empty() && names.iter().all(|name| name.starts_with("./") || name.starts_with("../"));
    let entry = if is_dotted { format!("./{file}") } else { file.to_owned() };
    let head = head(text).ok_or(Refusal::NoPlainList)?;
    let edited = if head.value.is_empty() || head.value.starts_with('#') {
        block::insert(text, head.end, &scalar(&entry))
    } else {
        flow::insert(text, head.start, &scalar(&entry))
    };
    let edited = edited.ok_or(Refusal::NoPlainList)?;
    let after = read(&edited).map_err(|_| Refusal::OtherMeaning)?;
    if after == with_entry(before, entry) { Ok(Edit::Text(edited)) } else { Err(Refusal::OtherMeaning) }
}

fn with_entry(mut value: Value, entry: String) -> Value {
    if let Some(resources) = value.get_mut("resources").and_then(Value::as_array_mut) {
        resources.push(entry.into());
    }
    value
}

/// The line `resources:` of the outermost map, which stands at the margin.
struct Head<'a> {
    /// Where what is behind the colon begins.
    start: usize,
    /// What is behind the colon, without space around it.
    value: &'a str,
    /// Where the next line begins.
    end: usize,
}

fn head(text: &str) -> Option<Head<'_>> {
    let mut position = 0;
    let mut found = None;
    for line in text.split_inclusive('\n') {
        let key = ["resources", "\"resources\"", "'resources'"].iter().find_map(|key| line.strip_prefix(key));
        if let Some(value) = key.and_then(|rest| rest.trim_start_matches([' ', '\t']).strip_prefix(':')) {
            let is_key = value.is_empty() || value.starts_with(char::is_whitespace);
            // Of a text that has the line twice, one is in a block of text.
            if is_key && found.is_some() {
                return None;
            }
            if is_key {
                let end = position + line.len();
                found = Some(Head { start: end - value.len(), value: value.trim(), end });
            }
        }
        position += line.len();
    }
    found
}

/// What kustomize reads: one document, a map.
fn read(text: &str) -> Result<Value, Refusal> {
    if documents(text) > 1 {
        return Err(Refusal::SeveralDocuments);
    }
    let broken = |Broken { line, why }| Refusal::Broken(format!("line {line}: {why}"));
    let value: Value = yaml::read(text).map_err(broken)?;
    let field = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    let (version, kind) = (field("apiVersion"), field("kind"));
    let is_kustomizes = version.is_empty() || version.starts_with("kustomize.config.k8s.io/");
    match value {
        Value::Object(_) if is_kustomizes && ["", "Kustomization", "Component"].contains(&kind) => Ok(value),
        Value::Object(_) if kind == "Kustomization" => Err(Refusal::OtherKind(format!("Kustomization of {version}"))),
        Value::Object(_) => Err(Refusal::OtherKind(if kind.is_empty() { version.into() } else { kind.into() })),
        _ => Err(Refusal::NoMap),
    }
}

/// How many documents have content; one that begins with a marker wherever it stands (YAML 1.2.2, 9.1.2).
fn documents(text: &str) -> usize {
    let (mut count, mut is_open) = (0, false);
    for line in text.trim_start_matches('\u{feff}').lines() {
        let is_marker = ["---", "..."].iter().any(|marker| {
            line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
        });
        let content = if is_marker { line[3..].trim() } else { line.trim() };
        is_open &= !is_marker;
        let has_content = !content.is_empty() && !content.starts_with('#') && !line.starts_with('%');
        if has_content && !is_open {
            (count, is_open) = (count + 1, true);
        }
    }
    count
}

/// A name as it may stand in a list; most stand as they are.
fn scalar(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._/-".contains(c);
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic()) || name.starts_with("./");
    if starts && name.contains('.') && name.chars().all(is_plain) {
        name.to_owned()
    } else {
        Value::from(name).to_string()
    }
}

#[cfg(test)]
mod tests;
