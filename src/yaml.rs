//! YAML 1.1 as kubectl reads it, where `no` is false and `010` is eight (sigs.k8s.io/yaml): what is meant as text and is not
//! quoted is found out here as it is there.

use serde::de::DeserializeOwned;
use serde_saphyr::{MessageFormatter, Options, UserMessageFormatter};

/// A document that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    pub line: usize,
    pub why: String,
}

/// Reads a document.
///
/// # Errors
/// It is broken, or says the same key twice.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Broken> {
    serde_saphyr::from_str_with_options(text, options(text)).map_err(|error| {
        let line = error.location().map_or(0, |location| usize::try_from(location.line()).unwrap_or_default());
        let why = UserMessageFormatter.format_message(error.without_snippet()).into_owned();
        Broken { line: line.max(1), why }
    })
}

/// An alias may not make a document many times larger than it is written.
pub fn options(text: &str) -> Options {
    let written = text.len();
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: written + 10_000,
            max_events: 2 * written + 20_000,
            max_total_scalar_bytes: 4 * written + (1 << 16),
        },
        legacy_octal_numbers: true,
        emit_comments: false,
        with_snippet: false,
    }
}
