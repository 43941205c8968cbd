//! Numbers and JSON as Go writes them.

use std::fmt::Write;

use serde_json::{Map, Value};

pub enum Number {
    Int(i64),
    Float(f64),
}

/// A number as kubectl holds it. Before it prints a list it encodes and decodes it once more, which makes integers of
/// whole floats (kubectl/pkg/cmd/get/get.go, printGeneric).
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
pub fn number(number: &serde_json::Number) -> Number {
    const LIMIT: f64 = i64::MAX as f64;
    let float = number.as_f64().unwrap_or(f64::NAN);
    match number.as_i64() {
        Some(int) => Number::Int(int),
        None if float.fract() == 0.0 && (-LIMIT..LIMIT).contains(&float) => Number::Int(float as i64),
        None => Number::Float(float),
    }
}

/// `%v` of a float: the shortest digits, with an exponent from a million on.
pub fn float(float: f64) -> String {
    exponential(float, |exponent| !(-4..6).contains(&exponent)).unwrap_or_else(|| float.to_string())
}

/// A float as encoding/json writes it.
pub fn json_float(float: f64) -> String {
    let text = exponential(float, |exponent| !(-6..21).contains(&exponent));
    text.map_or_else(|| float.to_string(), |text| text.replace("e-0", "e-"))
}

/// `1.5e-07`, if the exponent asks for it.
fn exponential(float: f64, wanted: impl Fn(i32) -> bool) -> Option<String> {
    let text = format!("{float:e}");
    let (digits, exponent) = text.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let sign = if exponent < 0 { '-' } else { '+' };
    wanted(exponent).then(|| format!("{digits}e{sign}{:02}", exponent.unsigned_abs()))
}

/// The fields in the order in which Go prints maps.
pub fn sorted(fields: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort_unstable_by_key(|&(key, _)| key);
    sorted
}

/// JSON on one line.
pub fn json(value: &Value, to: &mut String) {
    write_json(value, None, to);
}

/// JSON with an indent of four spaces, `depth` levels deep.
pub fn pretty_json(value: &Value, depth: usize, to: &mut String) {
    write_json(value, Some(depth), to);
}

fn write_json(value: &Value, depth: Option<usize>, to: &mut String) {
    match value {
        Value::Null => to.push_str("null"),
        Value::Bool(value) => to.push_str(if *value { "true" } else { "false" }),
        Value::Number(value) => match number(value) {
            Number::Int(int) => _ = write!(to, "{int}"),
            Number::Float(float) => to.push_str(&json_float(float)),
        },
        Value::String(text) => json_string(text, to),
        Value::Array(items) => enclose('[', ']', items, depth, to, write_json),
        Value::Object(fields) => enclose('{', '}', sorted(fields), depth, to, |(key, value), depth, to| {
            json_string(key, to);
            to.push_str(if depth.is_some() { ": " } else { ":" });
            write_json(value, depth, to);
        }),
    }
}

fn enclose<T>(
    open: char,
    close: char,
    members: impl IntoIterator<Item = T>,
    depth: Option<usize>,
    to: &mut String,
    write: impl Fn(T, Option<usize>, &mut String),
) {
    let inside = depth.map(|depth| depth + 1);
    let mut any = false;
    to.push(open);
    for member in members {
        to.push_str(if any { "," } else { "" });
        any = true;
        indent(inside, to);
        write(member, inside, to);
    }
    if any {
        indent(depth, to);
    }
    to.push(close);
}

/// Starts a line, where there are lines.
fn indent(depth: Option<usize>, to: &mut String) {
    if let Some(depth) = depth {
        _ = write!(to, "\n{:1$}", "", 4 * depth);
    }
}

/// A string with what could end a script or a line in HTML and JavaScript escaped, as encoding/json does by default.
pub fn json_string(text: &str, to: &mut String) {
    to.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => to.extend(['\\', c]),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            '\t' => to.push_str("\\t"),
            '\u{8}' => to.push_str("\\b"),
            '\u{c}' => to.push_str("\\f"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => _ = write!(to, "\\u{:04x}", u32::from(c)),
            _ => to.push(c),
        }
    }
    to.push('"');
}

/// `%q` of a string.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            c if is_printable(c) => quoted.push(c),
            c if c.is_ascii() => _ = write!(quoted, "\\x{:02x}", u32::from(c)),
            c if u32::from(c) < 0x1_0000 => _ = write!(quoted, "\\u{:04x}", u32::from(c)),
            c => _ = write!(quoted, "\\U{:08x}", u32::from(c)),
        }
    }
    quoted.push('"');
    quoted
}

/// `%#U` of a character.
pub fn named(c: char) -> String {
    let code = format!("U+{:04X}", u32::from(c));
    if is_printable(c) { format!("{code} '{c}'") } else { code }
}

fn is_printable(c: char) -> bool {
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().eq([c])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn floats_are_gos() {
        let floats = [1.5, 0.0001, 0.000_01, 1e-7, 123_456_789.5, 1e20, 1e21, -2.5e-10, 1.5e300];
        let text = ["1.5", "0.0001", "1e-05", "1e-07", "1.234567895e+08", "1e+20", "1e+21", "-2.5e-10", "1.5e+300"];
        assert_eq!(floats.map(float), text);
        let text = [
            "1.5",
            "0.0001",
            "0.00001",
            "1e-7",
            "123456789.5",
            "100000000000000000000",
            "1e+21",
            "-2.5e-10",
            "1.5e+300",
        ];
        assert_eq!(floats.map(json_float), text);
    }

    #[test]
    fn quotes_are_gos() {
        assert_eq!(quoted("a\"\\\n\u{1b}é\u{ad}😀"), r#""a\"\\\n\x1bé\u00ad😀""#);
        assert_eq!(named('%'), "U+0025 '%'");
        assert_eq!(named('\t'), "U+0009");
    }

    #[test]
    fn json_is_gos() {
        let value = json!({"b": [], "a": {"x<": "\u{1}\u{8}é\u{2028}"}, "c": [1, 2.0, null]});
        let mut text = String::new();
        json(&value, &mut text);
        assert_eq!(text, r#"{"a":{"x\u003c":"\u0001\bé\u2028"},"b":[],"c":[1,2,null]}"#);
        let mut text = String::new();
        pretty_json(&json!([{"b": 1, "a": {}}]), 0, &mut text);
        assert_eq!(text, "[\n    {\n        \"a\": {},\n        \"b\": 1\n    }\n]");
    }
}
