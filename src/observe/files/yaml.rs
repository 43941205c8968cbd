//! A document's text to a value, and the lines of a list's items.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_json::value::RawValue;
use serde_saphyr::Spanned;

use super::chunks::Chunk;
use crate::yaml;
pub use crate::yaml::Broken;

/// Reads a document; what is broken is told by the line of the file.
///
/// # Errors
/// It is broken, or says the same key twice.
pub fn read<T: DeserializeOwned>(chunk: &Chunk) -> Result<T, Broken> {
    if chunk.is_json {
        return serde_json::from_str(chunk.text)
            .map_err(|error| Broken { line: chunk.first_line + error.line().max(1) - 1, why: error.to_string() });
    }
    yaml::read(chunk.text).map_err(|broken| Broken { line: chunk.first_line + broken.line - 1, ..broken })
}

/// Reads a text that is a document of its own, such as one inside of a string.
///
/// # Errors
/// It is broken.
pub fn read_text(text: &str) -> Result<Value, Broken> {
    read(&Chunk { text, first_line: 1, is_json: false })
}

#[derive(Deserialize)]
struct SpannedItems {
    #[serde(default)]
    items: Vec<Spanned<IgnoredAny>>,
}

#[derive(Deserialize)]
struct RawItems<'a> {
    #[serde(borrow, default)]
    items: Vec<&'a RawValue>,
}

/// The lines of the file that the items of a list begin at.
pub fn item_lines(chunk: &Chunk) -> Vec<usize> {
    if chunk.is_json {
        let Ok(list) = serde_json::from_str::<RawItems>(chunk.text) else { return Vec::new() };
        let start = chunk.text.as_ptr() as usize;
        let (mut line, mut counted) = (chunk.first_line, 0);
        let mut line_of = |item: &&RawValue| {
            let at = item.get().as_ptr() as usize - start;
            line += chunk.text[counted..at].matches('\n').count();
            counted = at;
            line
        };
        return list.items.iter().map(&mut line_of).collect();
    }
    let list = serde_saphyr::from_str_with_options::<SpannedItems>(chunk.text, yaml::options(chunk.text));
    let line = |item: &Spanned<IgnoredAny>| usize::try_from(item.referenced.line()).unwrap_or_default();
    list.map_or_else(
        |_| Vec::new(),
        |list| list.items.iter().map(|item| chunk.first_line + line(item).max(1) - 1).collect(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::chunks::split;
    use super::*;

    fn why(text: &str) -> (usize, String) {
        let broken = read::<Value>(&split(text)[0]).expect_err("it is broken");
        (broken.line, broken.why)
    }

    #[test]
    fn values_are_kubectls() {
        let text = "a: no\nb: \"no\"\nc: 010\nd: 0o17\ne: 12:30\nf: 2020-01-01\ng: &x {p: 1}\nh:\n  <<: *x\n  q: y\n";
        let expected = json!({
            "a": false, "b": "no", "c": 8, "d": 15, "e": "12:30", "f": "2020-01-01", "g": {"p": 1}, "h": {"p": 1, "q": true}
        });
        assert_eq!(read::<Value>(&split(text)[0]), Ok(expected));
    }

    #[test]
    fn what_is_broken_is_named_with_its_line() {
        assert_eq!(why("\n---\na: 1\na: 2\n"), (4, "duplicate mapping key `a` is not allowed here".to_owned()));
        assert_eq!(why("a: [1, 2\nb: 3\n").0, 2);
        assert_eq!(why("a: 'x\n").0, 1);
    }

    #[test]
    fn aliases_do_not_explode() {
        let level = |level: usize| match level {
            0 => "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(),
            _ => format!("a{level}: &a{level} [{}]\n", format!("*a{}, ", level - 1).repeat(9)),
        };
        let levels: String = (0..9).map(level).collect();
        assert!(why(&levels).1.contains("too large or too complex"));
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), "*a, ".repeat(90));
        assert!(why(&long).1.contains("too large or too complex"));
        assert!(!why(&format!("a: {}", "[".repeat(100_000))).1.is_empty());
    }

    #[test]
    fn items_know_their_lines() {
        let of = |text: &str| item_lines(&split(text)[0]);
        assert_eq!(of("---\n# x\nkind: List\nitems:\n- a: 1\n\n- b: 1\n-\n  c: 1\n"), [5, 7, 9]);
        assert_eq!(of("\n{\"items\": [{},\n{\"a\":\n1}, {}]}"), [2, 3, 4]);
        assert_eq!(of("items:\n"), [0; 0]);
    }
}
