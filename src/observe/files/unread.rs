//! What is not read, and what is said of it.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::manifest::{in_kubernetes, is_read};
use super::place::{PIPE, Place, gap, gap_with_hint};
use crate::snapshot::{Gap, Kind};

/// A document that is not read.
pub struct Unread {
    pub place: Place,
    /// What it says it is.
    pub stated: Stated,
    pub cause: Cause,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Stated {
    Kind(String),
    /// It may be of any kind, or of several.
    Any,
    /// An object of another kind.
    Other,
    /// It does not say: no object.
    Nothing,
}

pub enum Cause {
    /// A kustomization takes it in, and it is not among the files.
    Absent(String),
    /// The whole file.
    Refused(String),
    Broken(String),
    /// Of Helm; if it is no YAML, why.
    Template(Option<String>),
    /// What another tool fills in.
    OtherTemplate,
    /// A template of the chart in this folder.
    ChartTemplate(Rc<str>),
    Encrypted,
}

impl Unread {
    /// Whether it may hold an object of this kind.
    pub fn may_be(&self, kind: Kind) -> bool {
        match &self.stated {
            Stated::Kind(stated) => stated == in_kubernetes(kind).1,
            Stated::Any => true,
            Stated::Other | Stated::Nothing => false,
        }
    }
}

/// What a document says it is, read without understanding the rest.
pub fn stated(text: &str) -> Stated {
    let start = text.trim_start();
    // A template opens with two of them.
    let kind = if start.starts_with('{') && !start.starts_with("{{") {
        let value = text.split_once("\"kind\"").and_then(|(_, rest)| rest.trim_start().strip_prefix(':'));
        value.and_then(|rest| rest.split([',', '}', '\n']).next())
    } else {
        text.lines().find_map(|line| line.strip_prefix("kind")?.trim_start().strip_prefix(':'))
    };
    let kind = kind.map(|kind| kind.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']));
    // `ENC[...]` is of SOPS; Flux reads kinds before it decrypts.
    match kind.filter(|kind| !kind.starts_with("ENC[")) {
        Some(kind) if kind.ends_with("List") || !kind.chars().all(|c| c.is_ascii_alphanumeric()) => Stated::Any,
        Some(kind) if is_of_use(kind, text) => Stated::Kind(kind.to_owned()),
        Some(_) => Stated::Other,
        None => Stated::Nothing,
    }
}

/// Of some kinds only Cilium's objects are read.
fn is_of_use(kind: &str, text: &str) -> bool {
    is_read(kind) || Kind::ALL.iter().any(|read| in_kubernetes(*read).1 == kind) && text.contains("cilium")
}

/// What is said of documents that are not read: of a template once a file, or once a chart; of what is encrypted only if
/// it may be of use.
pub fn gaps(unread: &[Unread]) -> Vec<Gap> {
    let mut said = BTreeSet::new();
    let mut gap_of = |one: &Unread| {
        let is_of_use = Kind::ALL.iter().any(|kind| one.may_be(*kind));
        // Nobody expects these to be read; Services of charts are unknown anyway.
        let is_missed = Kind::ALL.iter().any(|kind| kind.is_written() && one.may_be(*kind));
        let (file, place) = (&one.place.file, &one.place);
        match &one.cause {
            Cause::Absent(what) => {
                let folder = Some(place.folder()).filter(|folder| !folder.is_empty()).unwrap_or(".");
                let why = format!("it takes in {what}, which is not among the files");
                Some(gap_with_hint(place, why, format!("kustomize build {folder} | {PIPE}")))
            }
            Cause::Refused(why) => Some(gap(file, why)),
            // Files of other tools, not all of which keep to the letter.
            Cause::Broken(_) if one.stated == Stated::Nothing && file.ends_with(".json") => None,
            Cause::Template(_) if one.stated == Stated::Nothing => None,
            Cause::Broken(why) => Some(gap(place, why)),
            Cause::Template(broken) if said.insert(file.clone()) => {
                let broken = broken.iter().map(|why| format!("; as YAML it is broken: {why}")).collect::<String>();
                let why = format!("it is a Helm template, which is not read{broken}");
                Some(gap_with_hint(place, why, format!("helm template CHART | {PIPE}")))
            }
            Cause::OtherTemplate if is_missed && said.insert(file.clone()) => {
                let hint = format!("fill it in first, and `... | {PIPE}`");
                Some(gap_with_hint(place, "it is a template, which is not read", hint))
            }
            Cause::ChartTemplate(chart) if is_missed && said.insert(chart.clone()) => {
                let hint = format!("helm template {chart} | {PIPE}");
                Some(gap_with_hint(chart, "it is a Helm chart, whose templates are not read", hint))
            }
            Cause::Encrypted if is_of_use => {
                let hint = format!("sops decrypt {file} | {PIPE}");
                Some(gap_with_hint(place, "it is encrypted with SOPS, and not read", hint))
            }
            Cause::Encrypted => {
                tracing::debug!("{place}: it is encrypted with SOPS, and not read");
                None
            }
            Cause::Template(_) | Cause::OtherTemplate | Cause::ChartTemplate(_) => None,
        }
    };
    unread.iter().filter_map(&mut gap_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_document_says_it_is_can_be_read_without_the_rest() {
        let kind = |kind: &str| Stated::Kind(kind.to_owned());
        assert_eq!(stated("a: [\nkind: \"Service\" # x\n"), kind("Service"));
        assert_eq!(stated("{\"a\": [, \"kind\" : \"Service\"}"), kind("Service"));
        assert_eq!(stated("  kind: Service\n"), Stated::Nothing);
        assert_eq!(stated("kind: ENC[x]\n"), Stated::Nothing);
        assert_eq!(stated("kind: {{ x }}\n"), Stated::Any);
        assert_eq!(stated("{{- if x }}\nkind: Service\n{{- end }}\n"), kind("Service"));
        assert_eq!(stated("kind: List\n"), Stated::Any);
        assert_eq!(stated("kind: ConfigMap\nmetadata: {name: x}\n"), Stated::Other);
        assert_eq!(stated("kind: ConfigMap\nmetadata: {name: cilium-config}\n"), kind("ConfigMap"));
    }
}
