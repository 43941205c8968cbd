//! How a scalar is written so that every reader takes it for what it is.

use serde_json::Value;

/// Words that are no text to one reader or another: kubectl reads YAML 1.1 (yaml.org/type/bool.html).
const WORDS: &[&str] = &["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"];

/// A value that needs no lines of its own, if it is one.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("null".to_owned()),
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(string(text)),
        Value::Array(items) => items.is_empty().then(|| "[]".to_owned()),
        Value::Object(fields) => fields.is_empty().then(|| "{}".to_owned()),
    }
}

/// A text, in quotes where it needs them. A variable that is filled in before it is read stays bare, or what it stands for
/// could be nothing but text.
pub fn string(text: &str) -> String {
    let bare = if text.contains("${") { is_bare(&without_variables(text)) } else { is_plain(text) };
    if bare { text.to_owned() } else { quoted(text) }
}

/// What begins like a number, an address among them, is quoted, whether it is one or not.
fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '/')
        && is_bare(text)
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

fn is_bare(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./@+".contains(c)) && !text.starts_with(['-', '@'])
}

/// The text with an underscore for each variable, as far as its operation has nothing that YAML would take for its own.
fn without_variables(text: &str) -> String {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || "_-./:=+?^,%".contains(c);
    let mut rest = text;
    let mut left = String::new();
    while let Some((before, from)) = rest.split_once("${") {
        let Some((_, after)) = from.split_once('}').filter(|(inside, _)| inside.chars().all(is_inside)) else {
            break;
        };
        left.push_str(before);
        left.push('_');
        rest = after;
    }
    left + rest
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            _ if is_printable(c) => quoted.push(c),
            _ => quoted.push_str(&escape(c)),
        }
    }
    quoted + "\""
}

/// Without the line breaks of YAML 1.1, the byte order mark, and what reorders the text that a reader sees.
fn is_printable(c: char) -> bool {
    let is_bidi = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !is_bidi && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Text of a comment, where no reader takes an escape for what it stands for.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if is_printable(c) { c.to_string() } else { escape(c) }).collect()
}

fn escape(c: char) -> String {
    match u32::from(c) {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}
