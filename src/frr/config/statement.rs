//! A line as words, and what stands under it.

use std::fmt;

use super::secret::without_secret;

/// A line that says something.
#[derive(Clone, PartialEq, Eq)]
pub struct Statement<'a> {
    /// From 1 on.
    pub line: usize,
    /// Without a `no` in front.
    pub on: bool,
    /// Without the `no`; those that may be abbreviated in full.
    pub words: Vec<&'a str>,
    /// The statements of the block that it opens.
    pub under: Vec<Statement<'a>>,
}

impl<'a> Statement<'a> {
    /// Nothing for empty lines and comments. A `#` or `!` behind other words is one of them.
    pub fn read(line: usize, text: &'a str) -> Option<Self> {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        if words.first()?.starts_with(['!', '#']) {
            return None;
        }
        let on = words[0] != "no";
        if !on {
            words.remove(0);
        }
        (!words.is_empty()).then_some(Self { line, on, words, under: Vec::new() })
    }

    /// As FRR takes it, secrets included, without what stands under it.
    #[cfg(test)]
    pub fn full_text(&self) -> String {
        said(self.on, &self.words)
    }

    /// With one space between words, and without what stands behind a word for a secret.
    pub fn text(&self) -> String {
        said(self.on, without_secret(&self.words))
    }
}

impl fmt::Debug for Statement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.text())?;
        if self.under.is_empty() { Ok(()) } else { f.debug_list().entries(&self.under).finish() }
    }
}

pub fn said<S: AsRef<str>>(on: bool, words: &[S]) -> String {
    let mut text = String::from(if on { "" } else { "no" });
    for word in words {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word.as_ref());
    }
    text
}
