//! Snapshot files: one JSON document, readable with jq.

use std::fmt::Display;
use std::fs::File;
use std::io::{Read, Write};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;

use super::{API_VERSION, KIND, Snapshot, secrets};
use crate::error::{Error, Result};

/// Recorded in the lab: three nodes, Services of both policies, one node with a fault.
const DEMO: &str = include_str!("demo.json");

/// More than ten thousand nodes with everything on them; beyond that the file is something else.
const LIMIT: u64 = 1 << 30;

/// Reads a snapshot: a path, `-` for standard input, or `demo` for the one built in.
pub fn read(source: &str) -> Result<Snapshot> {
    match source {
        "demo" => parse(DEMO.as_bytes(), source),
        "-" => parse_from(std::io::stdin().lock(), 0, source),
        path => {
            let file = File::open(path).map_err(|error| unreadable(source, &error))?;
            let size = file.metadata().map_or(0, |metadata| metadata.len());
            parse_from(file, size, source)
        }
    }
}

fn unreadable(source: &str, error: &impl Display) -> Error {
    Error::failure(format!("cannot read the snapshot {source}: {error}"))
        .hint("--from takes a file that `kubectl bgp snapshot` wrote, `-`, or `demo`")
}

/// Parsing a slice is five times as fast as parsing while reading. The text is gone when the answers are there.
fn parse_from(from: impl Read, size: u64, source: &str) -> Result<Snapshot> {
    let mut text = Vec::with_capacity(usize::try_from(size.min(LIMIT)).unwrap_or_default());
    from.take(LIMIT + 1).read_to_end(&mut text).map_err(|error| unreadable(source, &error))?;
    if text.len() as u64 > LIMIT {
        return Err(Error::failure(format!("{source} is larger than 1 GiB, which no snapshot is")));
    }
    parse(&text, source)
}

fn parse(text: &[u8], source: &str) -> Result<Snapshot> {
    // Some editors put a byte order mark in front.
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    serde_json::from_slice(text).map_err(|error| match error.classify() {
        Category::Eof if text.is_empty() => no_snapshot(source, "it is empty"),
        Category::Eof => no_snapshot(source, &format!("it is cut short at line {}", error.line())),
        Category::Data => no_snapshot(source, &error.to_string()),
        Category::Syntax | Category::Io => no_snapshot(source, &format!("it is not JSON: {error}")),
    })
}

/// The kind tells a snapshot from any other JSON.
pub(super) fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    let kind = String::deserialize(deserializer)?;
    if kind == KIND { Ok(kind) } else { Err(D::Error::custom(format!("it says it is kind {kind}"))) }
}

/// The version says whether the rest can be understood.
pub(super) fn version<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    let version = String::deserialize(deserializer)?;
    if version == API_VERSION {
        return Ok(version);
    }
    let ours = env!("CARGO_PKG_VERSION");
    Err(D::Error::custom(format!(
        "it has the version {version:?}, this kubectl-bgp {ours} reads {API_VERSION}; use the one that wrote it, or a newer one"
    )))
}

fn no_snapshot(source: &str, why: &str) -> Error {
    Error::failure(format!("{source} is not a snapshot: {why}")).hint("`kubectl bgp snapshot -f FILE` writes one")
}

/// Writes a snapshot without secrets.
pub fn write(mut snapshot: Snapshot, mut to: impl Write) -> std::io::Result<()> {
    secrets::cut(&mut snapshot);
    serde_json::to_writer_pretty(&mut to, &snapshot)?;
    to.write_all(b"\n")?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse(text.as_bytes(), "x.json").expect_err("not a snapshot").message
    }

    #[test]
    fn what_is_no_snapshot_is_named() {
        assert_eq!(error(""), "error: x.json is not a snapshot: it is empty");
        assert_eq!(error("{\"kind\": \"Snap"), "error: x.json is not a snapshot: it is cut short at line 1");
        assert!(error("{}").starts_with("error: x.json is not a snapshot: missing field `apiVersion`"));
        assert!(error("{\"kind\":\"List\"}").starts_with("error: x.json is not a snapshot: it says it is kind List"));
        assert!(error("hello").starts_with("error: x.json is not a snapshot: it is not JSON: "));
        assert!(error("{\"kind\":\"Snapshot\",\"apiVersion\":\"bgp.kubectl.dev/v7\"}").contains("bgp.kubectl.dev/v7"));
    }

    #[test]
    fn reading_what_was_written_gives_the_same_file() {
        let mut first = Vec::new();
        write(parse(DEMO.as_bytes(), "demo").expect("the demo is a snapshot"), &mut first).expect("a vector takes all");
        let mut second = Vec::new();
        write(parse(&first, "again").expect("still a snapshot"), &mut second).expect("a vector takes all");
        assert_eq!(first, second);
    }
}
