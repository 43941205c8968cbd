//! What goes to standard output: kubectl-like tables and machine formats.

pub mod escape;
mod humanize;
pub mod peers;
mod table;

use std::io::{self, Write};

use serde::Serialize;

use crate::error::{Error, Result};
use crate::snapshot::API_VERSION;
use table::Table;

/// The values of `-o`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Table,
    Wide,
    Json,
    Yaml,
    Name,
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "wide" => Ok(Self::Wide),
            "json" => Ok(Self::Json),
            "yaml" => Ok(Self::Yaml),
            "name" => Ok(Self::Name),
            other => Err(format!(
                "unable to match a printer suitable for the output format \"{}\", allowed formats are: json,name,wide,yaml",
                escape::escape(other)
            )),
        }
    }
}

/// A verb's result in every format.
pub trait Output {
    /// Names the list in machine formats, such as `PeerList`.
    const KIND: &'static str;
    type Item: Serialize;

    fn table(&self) -> Table;
    fn items(&self) -> Vec<Self::Item>;
    /// `kind.group/name` of the cluster's objects, each once.
    fn names(&self) -> Vec<String>;
}

/// A Kubernetes-like list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<T> {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<T>,
}

/// Prints a result. A reader that has seen enough, such as `head`, is no failure.
pub fn print<T: Output>(output: &T, format: Format, headers: bool, mut to: impl Write) -> Result<()> {
    let list = || List { api_version: API_VERSION, kind: T::KIND, items: output.items() };
    let text = match format {
        Format::Table => output.table().render(headers, false),
        Format::Wide => output.table().render(headers, true),
        Format::Name => output.names().iter().map(|name| format!("{name}\n")).collect(),
        Format::Json => json(&list())?,
        Format::Yaml => {
            serde_saphyr::to_string(&list()).map_err(|error| Error::failure(format!("cannot write YAML: {error}")))?
        }
    };
    finish(to.write_all(text.as_bytes()).and_then(|()| to.flush()))
}

/// Judges a write to standard output.
pub fn finish(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::failure(format!("cannot write the output: {error}")))
        }
        _ => Ok(()),
    }
}

/// kubectl indents JSON by four spaces.
fn json(value: &impl Serialize) -> Result<String> {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    value
        .serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter))
        .map_err(|error| Error::failure(format!("cannot write JSON: {error}")))?;
    text.push(b'\n');
    Ok(String::from_utf8_lossy(&text).into_owned())
}
