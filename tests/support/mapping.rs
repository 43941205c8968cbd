//! Whether two texts or documents are the same but for their names.

use std::collections::HashMap;

use serde_json::Value;

/// What was seen to stand for what.
#[derive(Default)]
pub struct Mapping {
    forth: HashMap<String, String>,
    back: HashMap<String, String>,
}

impl Mapping {
    /// What stands for a word.
    pub fn of<'a>(&'a self, word: &'a str) -> &'a str {
        self.forth.get(word).map_or(word, String::as_str)
    }

    /// Both have the same shape, and every word of one stands for one of the other, always the same.
    #[track_caller]
    pub fn hold(&mut self, original: &Value, redacted: &Value) {
        match (original, redacted) {
            (Value::Object(original), Value::Object(redacted)) => {
                assert_eq!(original.len(), redacted.len(), "{original:?}\n{redacted:?}");
                for ((key, value), (other_key, other)) in original.iter().zip(redacted) {
                    self.hold_texts(key, other_key);
                    self.hold(value, other);
                }
            }
            (Value::Array(original), Value::Array(redacted)) => {
                assert_eq!(original.len(), redacted.len(), "{original:?}\n{redacted:?}");
                original.iter().zip(redacted).for_each(|(original, redacted)| self.hold(original, redacted));
            }
            (Value::String(original), Value::String(redacted)) => self.hold_texts(original, redacted),
            (Value::Number(original), Value::Number(redacted)) => {
                self.hold_words(&original.to_string(), &redacted.to_string());
            }
            _ => assert_eq!(original, redacted),
        }
    }

    /// The same of texts.
    #[track_caller]
    pub fn hold_texts(&mut self, original: &str, redacted: &str) {
        let (words, others) = (words(original), words(redacted));
        if words.len() == others.len() {
            words.into_iter().zip(others).for_each(|(word, other)| self.hold_words(word, other));
        } else {
            self.hold_words(original, redacted);
        }
    }

    #[track_caller]
    fn hold_words(&mut self, original: &str, redacted: &str) {
        // A word of the language stays where it is not a name.
        if original == redacted {
            return;
        }
        let known = self.forth.entry(original.to_owned()).or_insert_with(|| redacted.to_owned());
        assert_eq!(known, redacted, "{original:?} is replaced in two ways");
        let known = self.back.entry(redacted.to_owned()).or_insert_with(|| original.to_owned());
        assert_eq!(known, original, "two words become {redacted:?}");
    }
}

fn words(text: &str) -> Vec<&str> {
    let is_mark = |c: char| c.is_whitespace() || "\"'`()[]<>,;=@".contains(c);
    let words = text.split(is_mark).map(|word| word.trim_end_matches([':', '.']));
    words.filter(|word| !word.is_empty()).collect()
}
