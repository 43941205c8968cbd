//! A file's documents to objects. What cannot be read is kept by what it says of itself.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::Value;

use super::chunks::{self, Chunk};
use super::manifest::{self, Manifest, in_kubernetes, text};
use super::place::Place;
use super::unread::{Cause, Stated, Unread, stated};
use super::variables;
use super::walk::{Form, Found};
use super::yaml::{self, Broken};

/// A file with more is something else.
const MOST_DOCUMENTS: usize = 100_000;

/// Kinds that are not read themselves, but say what becomes of those that are.
const HELPERS: &[(&str, &str)] = &[
    ("", "ConfigMap"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
    ("source.toolkit.fluxcd.io", "OCIRepository"),
    ("kustomize.toolkit.fluxcd.io", "Kustomization"),
    ("argoproj.io", "Application"),
];

/// Everything that the files hold.
#[derive(Default)]
pub struct Reading {
    pub manifests: Vec<Manifest>,
    /// The files called kustomization.yaml.
    pub kustomizations: Vec<Manifest>,
    pub unread: Vec<Unread>,
    /// The files that were looked into.
    pub files: BTreeSet<Rc<str>>,
}

impl Reading {
    /// A file that is not read at all.
    pub fn refuse(&mut self, file: &Found, why: String) {
        self.files.insert(file.name.clone());
        let place = Place { file: file.name.clone(), line: 1 };
        self.unread.push(Unread { place, stated: Stated::Any, cause: Cause::Refused(why) });
    }

    pub fn read(&mut self, file: &Found, text: &str) {
        self.files.insert(file.name.clone());
        let chunks = chunks::split(text);
        if chunks.len() > MOST_DOCUMENTS {
            return self.refuse(file, format!("it has more than {MOST_DOCUMENTS} documents"));
        }
        for chunk in chunks {
            let place = Place { file: file.name.clone(), line: chunk.line() };
            match &file.form {
                // Generated, large, and never of use.
                Form::Manifests if is_definition(chunk.text) => {}
                Form::Manifests => self.document(place, &chunk),
                Form::Template => self.unread(place, &chunk, Cause::OtherTemplate),
                Form::ChartTemplate(chart) => self.unread(place, &chunk, Cause::ChartTemplate(chart.clone())),
            }
        }
    }

    fn document(&mut self, place: Place, chunk: &Chunk) {
        match yaml::read::<Value>(chunk) {
            Err(Broken { line, why }) => {
                let is_template = chunk.text.contains("{{");
                let cause = if is_template { Cause::Template(Some(why)) } else { Cause::Broken(why) };
                self.unread(Place { line, ..place }, chunk, cause);
            }
            // SOPS leaves a mark in what it encrypts, and the keys readable.
            Ok(value) if value["sops"]["mac"].is_string() => self.unread(place, chunk, Cause::Encrypted),
            Ok(value) if matches!(place.base_name(), "kustomization.yaml" | "kustomization.yml") => {
                self.kustomizations.push(Manifest::new(place, value));
            }
            Ok(value) => self.value(&place, value, chunk),
        }
    }

    /// An object, or a list of them.
    fn value(&mut self, place: &Place, mut value: Value, chunk: &Chunk) {
        let variables = variables::names(chunk.text);
        let variables = variables.into_iter().map(|(name, line)| (name, chunk.first_line + line)).collect();
        let is_list = text(&value, "/kind").ends_with("List");
        let Some(items) = value.get_mut("items").and_then(Value::as_array_mut).filter(|_| is_list) else {
            return self.object(place.clone(), value, variables, Some(chunk));
        };
        let items = std::mem::take(items);
        let (version, kind) = (text(&value, "/apiVersion"), text(&value, "/kind"));
        let item_kind = kind.strip_suffix("List").unwrap_or_default();
        let lines = yaml::item_lines(chunk);
        for (position, mut item) in items.into_iter().enumerate() {
            // A list of one kind need not say it again.
            if let (false, Some(fields)) = (item_kind.is_empty(), item.as_object_mut()) {
                fields.entry("apiVersion").or_insert_with(|| version.into());
                fields.entry("kind").or_insert_with(|| item_kind.into());
            }
            let line = lines.get(position).copied().unwrap_or(place.line);
            let end = lines.get(position + 1).copied().unwrap_or(usize::MAX);
            let inside = variables.iter().filter(|(_, at)| (line..end).contains(at)).cloned().collect();
            self.object(Place { line, ..place.clone() }, item, inside, None);
        }
    }

    /// Keeps an object that is of use. `chunk` is its own text, if it has one.
    fn object(&mut self, place: Place, value: Value, variables: Vec<(String, usize)>, chunk: Option<&Chunk>) {
        let mut manifest = Manifest { variables, ..Manifest::new(place, value) };
        if manifest.kind.is_none() && !HELPERS.iter().any(|(group, kind)| manifest.is(group, kind)) {
            return;
        }
        if let Some(kind) = manifest.kind {
            if is_template(&manifest.value) {
                let stated = Stated::Kind(in_kubernetes(kind).1.to_owned());
                self.unread.push(Unread { place: manifest.place, stated, cause: Cause::Template(None) });
                return;
            }
            manifest.odd = manifest::decode(kind, &manifest.value, chunk).err();
        }
        self.manifests.push(manifest);
    }

    fn unread(&mut self, place: Place, chunk: &Chunk, cause: Cause) {
        self.unread.push(Unread { place, stated: stated(chunk.text), cause });
    }
}

/// Whether Helm has to fill something in. Annotations may hold templates of others.
fn is_template(value: &Value) -> bool {
    fn has_braces(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains("{{"),
            Value::Array(items) => items.iter().any(has_braces),
            Value::Object(fields) => {
                fields.iter().any(|(key, value)| key.contains("{{") || key != "annotations" && has_braces(value))
            }
            _ => false,
        }
    }
    has_braces(value)
}

fn is_definition(text: &str) -> bool {
    text.lines().any(|line| line.trim_end() == "kind: CustomResourceDefinition")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::unread;
    use super::*;
    use crate::snapshot::Kind;

    fn read(text: &str) -> Reading {
        let mut reading = Reading::default();
        reading.read(&Found { name: "x.yaml".into(), path: PathBuf::new(), form: Form::Manifests }, text);
        reading
    }

    fn said(reading: &Reading) -> Vec<String> {
        unread::gaps(&reading.unread).iter().map(|gap| format!("{}: {}", gap.what, gap.missing.message)).collect()
    }

    fn found(reading: &Reading) -> Vec<String> {
        reading.manifests.iter().map(|manifest| format!("{} {}", manifest.place, manifest.label())).collect()
    }

    #[test]
    fn a_broken_document_does_not_hide_the_others() {
        let reading = read(
            "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\nkind: Service\nmetadata: [\n---\nkind: Other\n---\n\
             apiVersion: v1\nkind: Service\nmetadata: {name: b}\n",
        );
        assert_eq!(found(&reading), ["x.yaml:1 Service a", "x.yaml:10 Service b"]);
        assert_eq!(said(&reading).len(), 1);
        assert!(said(&reading)[0].starts_with("x.yaml:6: "), "{:?}", said(&reading));
        assert!(reading.unread[0].may_be(Kind::Service) && !reading.unread[0].may_be(Kind::Node));
    }

    #[test]
    fn lists_are_taken_apart() {
        let reading = read(
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: a}\n- {kind: X}\n---\n\
             apiVersion: v1\nkind: ServiceList\nitems:\n- metadata: {name: b}\n",
        );
        assert_eq!(found(&reading), ["x.yaml:4 Service a", "x.yaml:12 Service b"]);
    }

    #[test]
    fn templates_are_told_once_a_file() {
        let pool = "apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {name: p}\nspec:\n  a: ";
        let reading = read(&format!("{pool}{{{{ .A }}}}\n---\n{pool}\"{{{{ .A }}}}\"\n"));
        assert!(found(&reading).is_empty() && reading.unread.iter().all(|one| one.may_be(Kind::LoadBalancerIpPool)));
        let told = "x.yaml:5: it is a Helm template, which is not read; as YAML it is broken: expected string scalar";
        assert_eq!(said(&reading), [told]);
        assert_eq!(
            said(&read(&format!("{pool}\"{{{{ .A }}}}\"\n"))),
            ["x.yaml:1: it is a Helm template, which is not read"]
        );
        assert_eq!(said(&read("kind: {{ .Kind }}\nspec: {}\n")).len(), 1);
        assert_eq!(said(&read("tasks: {{ x }}\n")), [""; 0]);
        let annotated = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  annotations: {x: \"{{ .Name }}\"}\n";
        assert_eq!(found(&read(annotated)), ["x.yaml:1 Service a"]);
    }

    #[test]
    fn what_is_encrypted_is_told_if_it_is_of_use() {
        let encrypted = "metadata: {name: x}\nsops:\n  mac: ENC[y]\n";
        assert_eq!(said(&read(&format!("kind: Secret\n{encrypted}"))), [""; 0]);
        let pool = read(&format!("kind: CiliumLoadBalancerIPPool\n{encrypted}"));
        assert_eq!(said(&pool), ["x.yaml:1: it is encrypted with SOPS, and not read"]);
        assert_eq!(said(&read(&format!("kind: ENC[z]\n{encrypted}"))), [""; 0]);
    }

    #[test]
    fn an_odd_object_says_where() {
        let config =
            "apiVersion: cilium.io/v2\nkind: CiliumBGPClusterConfig\nmetadata: {name: a}\nspec:\n  bgpInstances:\n";
        let odd = |rest: &str| read(&format!("{config}{rest}")).manifests.remove(0).odd.map(|odd| odd.line);
        assert_eq!(odd("  - name: x\n    localASN: 65010\n"), None);
        assert_eq!(odd("  - name: x\n    localASN: sixty\n"), Some(7));
        assert!(read("apiVersion: v1\nkind: Service\nspec: {}\n").manifests[0].odd.is_some());
    }

    #[test]
    fn what_is_too_much_is_refused() {
        let reading = read(&"a: 1\n---\n".repeat(MOST_DOCUMENTS + 1));
        assert_eq!(said(&reading), ["x.yaml: it has more than 100000 documents"]);
        assert!(Kind::ALL.iter().all(|kind| reading.unread[0].may_be(*kind)));
    }
}
