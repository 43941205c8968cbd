//! Snapshot files: one JSON document, readable with jq.

use std::fs::File;
use std::io::{Read, Write};

use serde::Deserialize;

use super::{API_VERSION, Snapshot, secrets};
use crate::error::{Error, Result};

/// Recorded in the lab: three nodes, Services of both policies, one node with a fault.
const DEMO: &str = include_str!("demo.json");

/// More than ten thousand nodes with everything on them; beyond that the file is something else.
const LIMIT: u64 = 1 << 30;

/// The part that says whether the rest can be understood.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
}

/// Reads a snapshot: a path, `-` for standard input, or `demo` for the one built in.
pub fn read(source: &str) -> Result<Snapshot> {
    if source == "demo" {
        return parse(DEMO, source);
    }
    let unreadable = |error: std::io::Error| {
        Error::failure(format!("cannot read the snapshot {source}: {error}"))
            .hint("--from takes a file that `kubectl bgp snapshot` wrote, `-`, or `demo`")
    };
    let mut text = String::new();
    let length = if source == "-" {
        std::io::stdin().lock().take(LIMIT + 1).read_to_string(&mut text)
    } else {
        File::open(source).and_then(|file| file.take(LIMIT + 1).read_to_string(&mut text))
    }
    .map_err(unreadable)?;
    if length as u64 > LIMIT {
        return Err(Error::failure(format!("{source} is larger than 1 GiB, which no snapshot is")));
    }
    parse(&text, source)
}

fn parse(text: &str, source: &str) -> Result<Snapshot> {
    let broken = |error: serde_json::Error| {
        let why = if text.trim().is_empty() {
            "it is empty".to_owned()
        } else if error.is_eof() {
            format!("it is cut short at line {}", error.line())
        } else if error.is_syntax() {
            format!("it is not JSON: {error}")
        } else {
            error.to_string()
        };
        Error::failure(format!("{source} is not a snapshot: {why}")).hint("`kubectl bgp snapshot -f FILE` writes one")
    };
    let header: Header = serde_json::from_str(text).map_err(broken)?;
    if header.kind != "Snapshot" {
        let kind = if header.kind.is_empty() { "nothing".to_owned() } else { format!("kind {}", header.kind) };
        return Err(Error::failure(format!("{source} is not a snapshot: it says it is {kind}"))
            .hint("`kubectl bgp snapshot -f FILE` writes one"));
    }
    if header.api_version != API_VERSION {
        return Err(Error::failure(format!(
            "{source} has the snapshot version {:?}, this kubectl-bgp {} reads {API_VERSION}",
            header.api_version,
            env!("CARGO_PKG_VERSION"),
        ))
        .hint("use the kubectl-bgp that wrote it, or a newer one"));
    }
    serde_json::from_str(text).map_err(broken)
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
        parse(text, "x.json").expect_err("not a snapshot").message
    }

    #[test]
    fn what_is_no_snapshot_is_named() {
        assert_eq!(error(""), "error: x.json is not a snapshot: it is empty");
        assert_eq!(error("{\"kind\": \"Snap"), "error: x.json is not a snapshot: it is cut short at line 1");
        assert_eq!(error("{}"), "error: x.json is not a snapshot: it says it is nothing");
        assert_eq!(error("{\"kind\":\"List\"}"), "error: x.json is not a snapshot: it says it is kind List");
        assert!(error("hello").starts_with("error: x.json is not a snapshot: it is not JSON: "));
        assert!(error("{\"kind\":\"Snapshot\",\"apiVersion\":\"bgp.kubectl.dev/v7\"}").contains("bgp.kubectl.dev/v7"));
    }

    #[test]
    fn reading_what_was_written_gives_the_same_file() {
        let mut first = Vec::new();
        write(parse(DEMO, "demo").expect("the demo is a snapshot"), &mut first).expect("a vector takes all");
        let mut second = Vec::new();
        let text = String::from_utf8(first.clone()).expect("JSON is text");
        write(parse(&text, "again").expect("still a snapshot"), &mut second).expect("a vector takes all");
        assert_eq!(first, second);
    }
}
