//! Text from a cluster or a router may hold terminal escapes: nothing of it reaches a terminal as a control character.

/// A table cell: the first line, with `...` if there are more, and control characters escaped
/// (k8s.io/cli-runtime/pkg/printers/terminal.go).
pub fn escape(text: &str) -> String {
    match text.split_once(['\n', '\r']) {
        Some((first, _)) => format!("{}...", escape_controls(first)),
        None => escape_controls(text),
    }
}

/// A message of several lines.
pub fn escape_lines(text: &str) -> String {
    text.split('\n').map(escape_controls).collect::<Vec<_>>().join("\n")
}

fn escape_controls(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{1b}' => "^[".to_owned(),
            // Line separators, and bidirectional overrides, which reorder what a reader sees.
            '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => c.escape_unicode().to_string(),
            c if c.is_control() => c.escape_default().to_string(),
            c => c.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_harmless_line() {
        assert_eq!(escape("node-1"), "node-1");
        assert_eq!(escape("a\u{1b}[31mred"), "a^[[31mred");
        assert_eq!(escape("one\ntwo"), "one...");
        assert_eq!(escape("a\tb\u{9b}c\u{202e}d"), "a\\tb\\u{9b}c\\u{202e}d");
        assert_eq!(escape_lines("a\u{7}\nb"), "a\\u{7}\nb");
    }
}
