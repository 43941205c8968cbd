//! Objects as YAML with comments, in the form that people write by hand.

mod scalar;

use std::fmt::Write;

use serde_json::Value;

use super::comments::{Comments, sentence};
use super::{Manifest, comments};
use scalar::{printable, scalar, string};

/// No line of a comment is longer.
const WIDTH: usize = 100;

/// Documents of one file, one for each object.
pub fn print(manifests: &[Manifest]) -> String {
    let mut text = String::new();
    for line in comment(comments::HEAD, 0) {
        let _ = writeln!(text, "{line}");
    }
    for manifest in manifests {
        let printed = Printed { comments: &manifest.comments };
        let object = manifest.object();
        let heads = manifest.comments.at("").iter().flat_map(|paragraph| comment(paragraph, 0));
        text.push_str("---\n");
        for line in heads.chain(printed.block(&object, "", 0)) {
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

/// A part of a document, without comments.
pub fn snippet(value: &Value) -> String {
    let none = Comments::default();
    indented(Printed { comments: &none }.block(value, "", 0)).collect::<Vec<_>>().join("\n")
}

struct Printed<'a> {
    comments: &'a Comments,
}

impl Printed<'_> {
    /// The lines of a mapping or a sequence. `indent` is where they will stand.
    fn block(&self, value: &Value, pointer: &str, indent: usize) -> Vec<String> {
        match value {
            Value::Object(fields) => {
                fields.iter().flat_map(|(key, value)| self.field(key, value, pointer, indent)).collect()
            }
            Value::Array(items) => {
                let items = items.iter().enumerate();
                items.flat_map(|(at, item)| self.item(item, &format!("{pointer}/{at}"), indent)).collect()
            }
            other => scalar(other).into_iter().collect(),
        }
    }

    fn field(&self, key: &str, value: &Value, pointer: &str, indent: usize) -> Vec<String> {
        let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
        let said = self.comments.at(&pointer);
        let above = || said.iter().flat_map(|paragraph| comment(paragraph, indent));
        let key = string(key);
        let Some(scalar) = scalar(value) else {
            let inside = indented(self.block(value, &pointer, indent + 2));
            return above().chain([format!("{key}:")]).chain(inside).collect();
        };
        let line = format!("{key}: {scalar}");
        match said {
            [] => vec![line],
            [one] if indent + line.chars().count() + printable(one).chars().count() + 4 <= WIDTH => {
                vec![format!("{line}  # {}", printable(one))]
            }
            _ => above().chain([line]).collect(),
        }
    }

    /// A comment of its first line stands above the item.
    fn item(&self, item: &Value, pointer: &str, indent: usize) -> Vec<String> {
        let lines = match scalar(item) {
            Some(scalar) => vec![scalar],
            None => self.block(item, pointer, indent + 2),
        };
        let above = lines.iter().take_while(|line| line.starts_with('#')).count();
        let marked = lines.into_iter().enumerate().map(|(at, line)| match at {
            at if at < above => line,
            at if at == above => format!("- {line}"),
            _ => format!("  {line}"),
        });
        marked.collect()
    }
}

fn indented(lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("  {line}"))
}

/// A paragraph in lines of a comment. A line that begins with space is one as it is. Names in it come from clusters and
/// routers, and no reader of YAML takes a control character.
fn comment(paragraph: &str, indent: usize) -> Vec<String> {
    if paragraph.starts_with(' ') {
        return paragraph.lines().map(|line| format!("# {}", printable(line)).trim_end().to_owned()).collect();
    }
    let mut lines: Vec<String> = Vec::new();
    for word in sentence(paragraph).split_whitespace().map(printable) {
        match lines.last_mut() {
            Some(line) if indent + line.chars().count() + word.chars().count() < WIDTH => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(format!("# {word}")),
        }
    }
    lines
}

#[cfg(test)]
mod tests;
