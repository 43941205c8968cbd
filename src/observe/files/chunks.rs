//! A file's text to its documents, each with the line it begins at.

use serde_json::value::RawValue;

/// One document, as it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chunk<'a> {
    pub text: &'a str,
    /// The line of the file that the text begins at.
    pub first_line: usize,
    /// It is whole, and JSON.
    pub is_json: bool,
}

impl Chunk<'_> {
    /// The line of the file that the content begins at.
    pub fn line(&self) -> usize {
        let blank = self.text.lines().take_while(|line| has_no_content(line)).count();
        self.first_line + blank
    }
}

/// The documents that are not empty: JSON documents one behind the other, or YAML documents between their markers. A line
/// that begins with a marker is one wherever it stands (YAML 1.2.2, 9.1.2), so that a broken document ends there too.
pub fn split(text: &str) -> Vec<Chunk<'_>> {
    let mut chunks = Vec::new();
    let (rest, line) = if text.trim_start().starts_with('{') { split_json(text, &mut chunks) } else { (text, 1) };
    split_yaml(rest, line, &mut chunks);
    chunks
}

/// Takes JSON documents from the front. What is left may be YAML, or broken.
fn split_json<'a>(text: &'a str, chunks: &mut Vec<Chunk<'a>>) -> (&'a str, usize) {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let (mut end, mut line) = (0, 1);
    while let Some(Ok(raw)) = stream.next() {
        let whole = &text[end..stream.byte_offset()];
        let before = whole.len() - raw.get().len();
        line += newlines(&whole[..before]);
        chunks.push(Chunk { text: raw.get(), first_line: line, is_json: true });
        line += newlines(raw.get());
        end = stream.byte_offset();
    }
    (&text[end..], line)
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

fn split_yaml<'a>(text: &'a str, first_line: usize, chunks: &mut Vec<Chunk<'a>>) {
    let (mut start, mut position, mut start_line) = (0, 0, first_line);
    let mut push = |from: usize, to: usize, line: usize| {
        let chunk = Chunk { text: &text[from..to], first_line: line, is_json: false };
        if !chunk.text.lines().all(has_no_content) {
            chunks.push(chunk);
        }
    };
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let next = position + line.len();
        if is_marker(line, "---") {
            push(start, position, start_line);
            (start, start_line) = (position, first_line + number);
        } else if is_marker(line, "...") {
            push(start, position, start_line);
            (start, start_line) = (next, first_line + number + 1);
        }
        position = next;
    }
    push(start, position, start_line);
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

/// Nothing but space, a comment, a directive, or a marker without content behind it.
fn has_no_content(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}');
    let rest = if is_marker(line, "---") { &line[3..] } else { line };
    let rest = rest.trim();
    rest.is_empty() || rest.starts_with('#') || line.starts_with('%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(&str, usize)> {
        split(text).iter().map(|chunk| (chunk.text.trim(), chunk.line())).collect()
    }

    #[test]
    fn documents_know_their_lines() {
        let text =
            "# all\n---\n# first\n\na: 1\n--- # second\nb: |\n  ---\n  x\n---\n---\n%YAML 1.2\n---\nc: 1\n...\nd: 1\n";
        let expected =
            [("---\n# first\n\na: 1", 5), ("--- # second\nb: |\n  ---\n  x", 7), ("---\nc: 1", 14), ("d: 1", 16)];
        assert_eq!(of(text), expected);
        assert_eq!(of("--- {a: 1}\r\n---\r\nb: 1\r\n"), [("--- {a: 1}", 1), ("---\r\nb: 1", 3)]);
        assert_eq!(of("\u{feff}---\na: ---\n---x: 1\n"), [("\u{feff}---\na: ---\n---x: 1", 2)]);
        assert_eq!(of("# nothing\n---\n...\n"), []);
    }

    #[test]
    fn json_documents_may_follow_each_other() {
        assert_eq!(
            of("\n{\"a\":\n1}{\"b\": 2}\n\n{\"c\": 3}\n"),
            [("{\"a\":\n1}", 2), ("{\"b\": 2}", 3), ("{\"c\": 3}", 5)]
        );
        assert_eq!(of("{\"a\": 1}\n---\n{\"b\": 1}\n"), [("{\"a\": 1}", 1), ("---\n{\"b\": 1}", 3)]);
        assert_eq!(of("{a: 1}\n---\nb: 1\n"), [("{a: 1}", 1), ("---\nb: 1", 3)]);
        assert_eq!(of("{\"a\": 1}\n{\"b\": \n"), [("{\"a\": 1}", 1), ("{\"b\":", 2)]);
    }
}
