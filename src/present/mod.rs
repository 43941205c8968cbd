//! What goes to standard output: kubectl-like tables and machine formats.

mod custom_columns;
pub mod diff;
pub mod escape;
pub mod findings;
mod humanize;
pub mod init;
mod jsonpath;
pub mod moving;
pub mod peers;
pub mod routes;
pub mod rules;
mod sort_by;
mod table;
pub mod traces;
pub mod udm_sync;
pub mod without_node;

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use crate::cli::OutputFlags;
use crate::error::{Error, Result};
use crate::snapshot::API_VERSION;
use crate::topology::Known;
use custom_columns::Columns;
use jsonpath::Template;
use table::Table;

/// The values of `-o`.
enum Format {
    Table,
    Wide,
    Json,
    Yaml,
    Name,
    JsonPath(Template),
    Columns(Columns),
}

/// As kubectl lists them when a format is none of them.
pub const FORMATS: &[&str] = &[
    "custom-columns",
    "custom-columns-file",
    "json",
    "jsonpath",
    "jsonpath-as-json",
    "jsonpath-file",
    "name",
    "wide",
    "yaml",
];

impl Format {
    /// `more` are formats that the verb has beside these.
    fn parse(text: &str, more: &[&str]) -> std::result::Result<Self, String> {
        let file =
            |path: &str, error: &str| std::fs::read_to_string(path).map_err(|why| format!("{error} {path}, {why}"));
        let (name, argument) = text.split_once('=').unwrap_or((text, ""));
        match name {
            "jsonpath" => Template::parse(argument).map(Self::JsonPath),
            "jsonpath-as-json" => Template::parse(argument).map(Template::into_json).map(Self::JsonPath),
            "jsonpath-file" => Template::parse_file(&file(argument, "error reading --template")?).map(Self::JsonPath),
            "custom-columns" => Columns::parse(argument).map(Self::Columns),
            "custom-columns-file" => Columns::parse_file(&file(argument, "error reading template")?).map(Self::Columns),
            _ => match text {
                "wide" => Ok(Self::Wide),
                "json" => Ok(Self::Json),
                "yaml" => Ok(Self::Yaml),
                "name" => Ok(Self::Name),
                other => Err(format!(
                    "unable to match a printer suitable for the output format \"{}\", allowed formats are: {}",
                    escape::escape(other),
                    FORMATS
                        .iter()
                        .chain(more)
                        .copied()
                        .collect::<BTreeSet<_>>()
                        .into_iter()
                        .collect::<Vec<_>>()
                        .join(",")
                )),
            },
        }
    }
}

/// A verb's result in every format; its three forms have the same order.
pub trait Output {
    /// Names the list in machine formats, such as `PeerList`.
    const KIND: &'static str;
    /// How a list of one is printed.
    const ALONE: Alone = Alone::InList;
    type Item: Serialize;

    fn table(&self) -> Table;
    fn items(&self) -> Vec<Self::Item>;
    /// `kind.group/name` of the cluster's objects that each item has.
    fn names(&self) -> Vec<Vec<String>>;
}

/// What becomes of the only item of a list in machine formats.
pub enum Alone {
    /// A list of one, as of `kubectl get pods`.
    InList,
    /// An object of this kind, as of `kubectl get pod NAME`.
    As(&'static str),
}

/// An end's `known` says how to read it: `seen`, `computed`, `absent` or `unknown`, the last two with the reason.
#[derive(Serialize)]
struct End<T> {
    known: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(flatten)]
    end: Option<T>,
}

impl<T> End<T> {
    fn of<V>(known: &Known<V>, item: impl FnOnce(&V) -> T) -> Self {
        match known {
            Known::Seen(value) => Self { known: "seen", why: None, end: Some(item(value)) },
            Known::Computed(value) => Self { known: "computed", why: None, end: Some(item(value)) },
            Known::Absent(why) => Self { known: "absent", why: Some(why.clone()), end: None },
            Known::Unknown(why) => Self { known: "unknown", why: Some(why.clone()), end: None },
        }
    }
}

/// A Kubernetes-like list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<T> {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<T>,
}

/// An object that is no list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Single<T> {
    api_version: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    item: T,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Document<T> {
    One(Single<T>),
    Many(List<T>),
}

impl<T> Document<T> {
    fn of<O: Output<Item = T>>(mut items: Vec<T>) -> Self {
        match (O::ALONE, items.pop()) {
            (Alone::As(kind), Some(item)) if items.is_empty() => {
                Self::One(Single { api_version: API_VERSION, kind, item })
            }
            (_, last) => {
                items.extend(last);
                Self::Many(List { api_version: API_VERSION, kind: O::KIND, items })
            }
        }
    }
}

/// Prints results as the output flags say.
pub struct Printer<'a> {
    format: Format,
    flags: &'a OutputFlags,
}

impl<'a> Printer<'a> {
    /// Judges the flags, before anything is read.
    pub fn new(flags: &'a OutputFlags) -> Result<Self> {
        Self::beside(&[], flags)
    }

    /// The same for a verb that has more formats than these, which are its own to print.
    pub fn beside(more: &[&str], flags: &'a OutputFlags) -> Result<Self> {
        let format = flags.output.as_deref().map_or(Ok(Format::Table), |text| Format::parse(text, more));
        Ok(Self { format: format.map_err(Error::usage)?, flags })
    }

    /// Whether another order is asked for than the output's own.
    pub fn is_sorted(&self) -> bool {
        self.flags.sort_by.is_some()
    }

    /// Whether columns have names above them.
    pub fn has_headers(&self) -> bool {
        !self.flags.no_headers
    }

    /// Whether every column is printed.
    pub fn is_wide(&self) -> bool {
        matches!(self.format, Format::Wide)
    }

    /// Whether it is for reading, not for a program.
    pub fn is_table(&self) -> bool {
        matches!(self.format, Format::Table | Format::Wide)
    }

    /// Prints a result. A reader that has seen enough, such as `head`, is no failure.
    pub fn print<T: Output>(&self, output: &T, mut to: impl Write) -> Result<()> {
        let text = self.render(output)?;
        finish(to.write_all(text.as_bytes()).and_then(|()| to.flush()))
    }

    fn render<T: Output>(&self, output: &T) -> Result<String> {
        let headers = !self.flags.no_headers;
        let order = match &self.flags.sort_by {
            Some(path) => Some(sort_by::order(&values(&output.items())?, path).map_err(Error::usage)?),
            None => None,
        };
        let items = || sorted(output.items(), order.as_deref());
        let document = || Document::of::<T>(items());
        Ok(match &self.format {
            Format::Table => output.table().sorted(order.as_deref()).render(headers, false),
            Format::Wide => output.table().sorted(order.as_deref()).render(headers, true),
            Format::Name => names(sorted(output.names(), order.as_deref())),
            Format::Json => json(&document())?,
            Format::Yaml => serde_saphyr::to_string(&document()).map_err(unwritable)?,
            Format::JsonPath(template) => {
                template.render(&serde_json::to_value(document()).map_err(unwritable)?).map_err(Error::failure)?
            }
            Format::Columns(columns) => columns.render(&values(&items())?, headers).map_err(Error::failure)?,
        })
    }
}

/// Items in another order.
fn sorted<T>(items: Vec<T>, order: Option<&[usize]>) -> Vec<T> {
    let Some(order) = order else { return items };
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    order.iter().filter_map(|&at| items.get_mut(at)?.take()).collect()
}

fn values(items: &[impl Serialize]) -> Result<Vec<Value>> {
    items.iter().map(serde_json::to_value).collect::<std::result::Result<_, _>>().map_err(unwritable)
}

/// One line an object, also where it has several items.
fn names(names: Vec<Vec<String>>) -> String {
    let mut once = BTreeSet::new();
    let names = names.into_iter().flatten().filter(|name| once.insert(name.clone()));
    names.map(|name| format!("{}\n", escape::escape(&name))).collect()
}

fn unwritable(error: impl std::fmt::Display) -> Error {
    Error::failure(format!("cannot write the output: {error}"))
}

/// Judges a write to standard output.
pub fn finish(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(unwritable(error)),
        _ => Ok(()),
    }
}

/// kubectl indents JSON by four spaces.
fn json(value: &impl Serialize) -> Result<String> {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter)).map_err(unwritable)?;
    text.push(b'\n');
    Ok(String::from_utf8_lossy(&text).into_owned())
}
