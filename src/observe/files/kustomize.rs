//! kustomization.yaml: which files it takes in, and what it does to them.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::Value;

use super::layer::Layer;
use super::manifest::{Manifest, is_read, list, text};
use super::place::PIPE;
use super::unread::{Cause, Stated, Unread};
use super::yaml;

/// The kustomizations by their folders, and the manifests that they may take in.
pub struct Kustomizations<'a> {
    by_folder: BTreeMap<&'a str, &'a Manifest>,
    manifests: &'a [Manifest],
    files: BTreeMap<&'a str, &'a Rc<str>>,
    /// Those that have an object in them that is read.
    with_objects: BTreeSet<&'a Rc<str>>,
}

/// Where kustomization.yaml names patches.
const PATCHES: &[&str] = &["/patches", "/patchesStrategicMerge", "/patchesJson6902"];

/// What else changes every object.
const CHANGES: &[&str] = &["namePrefix", "nameSuffix", "replacements", "transformers", "vars"];

impl<'a> Kustomizations<'a> {
    pub fn new(kustomizations: &'a [Manifest], manifests: &'a [Manifest]) -> Self {
        let by_folder = kustomizations.iter().map(|one| (one.place.folder(), one)).collect();
        let with_objects = manifests.iter().filter(|one| one.kind.is_some()).map(|one| &one.place.file).collect();
        Self {
            by_folder,
            manifests,
            with_objects,
            files: manifests.iter().map(|one| (&*one.place.file, &one.place.file)).collect(),
        }
    }

    /// The files that are patches: what is in them is no object of its own.
    pub fn patch_files(&self) -> BTreeSet<Rc<str>> {
        let of = |one: &&Manifest| {
            let folder = one.place.folder().to_owned();
            patches(&one.value).filter_map(patch_file).map(|file| join(&folder, file).into()).collect::<Vec<Rc<str>>>()
        };
        self.by_folder.values().flat_map(of).collect()
    }

    /// The files that a folder's objects come from: what its kustomization takes in, or all below it.
    pub fn reach_of(&self, folder: &str) -> BTreeSet<Rc<str>> {
        if self.by_folder.contains_key(folder) {
            let mut reach = BTreeSet::new();
            self.collect(folder, &mut reach, &mut BTreeSet::new());
            return reach;
        }
        let is_below =
            |file: &str| folder.is_empty() || file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        self.files.values().filter(|file| is_below(file)).map(|file| Rc::clone(file)).collect()
    }

    fn collect(&self, folder: &str, reach: &mut BTreeSet<Rc<str>>, seen: &mut BTreeSet<String>) {
        let Some(one) = self.by_folder.get(folder).filter(|_| seen.insert(folder.to_owned())) else { return };
        for entry in taken_in(one) {
            let path = join(folder, entry);
            match self.files.get(&*path) {
                Some(file) => drop(reach.insert(Rc::clone(file))),
                None => self.collect(&path, reach, seen),
            }
        }
    }

    /// What is taken in from outside of the files, or is not there at all. What comes from the net is not looked for.
    pub fn absent(&self, files: &BTreeSet<Rc<str>>) -> Vec<Unread> {
        let is_remote =
            |entry: &str| entry.contains("://") || entry.contains("?ref=") || entry.starts_with("github.com/");
        let is_here = |path: &str| {
            let below = if path.is_empty() { String::new() } else { format!("{path}/") };
            files.contains(path) || files.range(Rc::from(&*below)..).next().is_some_and(|file| file.starts_with(&below))
        };
        let mut absent = Vec::new();
        for (folder, one) in &self.by_folder {
            for entry in taken_in(one).filter(|entry| !is_remote(entry) && !is_here(&join(folder, entry))) {
                let place = one.place.clone();
                absent.push(Unread { place, stated: Stated::Any, cause: Cause::Absent(entry.to_owned()) });
            }
        }
        absent
    }

    pub fn layers(&self) -> Vec<Layer> {
        self.by_folder.iter().map(|(folder, one)| self.layer(folder, one)).collect()
    }

    fn layer(&self, folder: &str, one: &Manifest) -> Layer {
        let value = &one.value;
        let reach = self.reach_of(folder);
        let pairs = list(value, "/labels").iter().map(|entry| &entry["pairs"]);
        let labels = pairs.chain([&value["commonLabels"]]).filter_map(Value::as_object).flatten();
        let is_set = |name: &&&str| match &value[**name] {
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => false,
        };
        let has_objects = self.has_objects(&reach);
        let changes = CHANGES.iter().filter(is_set).filter(|_| has_objects).map(|name| (*name).to_owned());
        let patches = self.patches_of_use(patches(value), folder, has_objects);
        let build = if folder.is_empty() { "." } else { folder };
        Layer {
            place: one.place.clone(),
            namespace: Some(text(value, "/namespace")).filter(|name| !name.is_empty()).map(str::to_owned),
            labels: labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect(),
            not_applied: changes.chain(patches).collect(),
            build: format!("kustomize build {build} | {PIPE}"),
            variables: None,
            reach,
        }
    }

    /// Whether any object that is read comes from these files.
    pub fn has_objects(&self, reach: &BTreeSet<Rc<str>>) -> bool {
        reach.iter().any(|file| self.with_objects.contains(file))
    }

    /// Patches of kinds that are read, and those that do not say of what they are if there is any object they may be of.
    pub fn patches_of_use<'b>(
        &self,
        patches: impl Iterator<Item = &'b Value>,
        folder: &str,
        has_objects: bool,
    ) -> BTreeSet<String> {
        let mut of_use = BTreeSet::new();
        for patch in patches {
            match self.patched_kinds(patch, folder) {
                Some(kinds) => {
                    of_use.extend(kinds.iter().filter(|kind| is_read(kind)).map(|kind| format!("a patch of {kind}")));
                }
                None if has_objects => drop(of_use.insert("a patch".to_owned())),
                None => {}
            }
        }
        of_use
    }

    /// `None` if it does not say. A patch in the form of an object does; one in the form of operations has a target.
    fn patched_kinds(&self, patch: &Value, folder: &str) -> Option<Vec<String>> {
        if let Some(target) = patch["target"].as_object() {
            let kind = target.get("kind").and_then(Value::as_str)?;
            // It may be an expression.
            return kind.chars().all(|c| c.is_ascii_alphanumeric()).then(|| vec![kind.to_owned()]);
        }
        if let Some(file) = patch_file(patch) {
            let file = join(folder, file);
            let inside = self.manifests.iter().filter(|one| *one.place.file == *file);
            return Some(inside.map(|one| text(&one.value, "/kind").to_owned()).collect());
        }
        let inline = patch.as_str().unwrap_or_else(|| text(patch, "/patch"));
        let kind = text(&yaml::read_text(inline).ok()?, "/kind").to_owned();
        (!kind.is_empty()).then(|| vec![kind])
    }
}

fn taken_in(one: &Manifest) -> impl Iterator<Item = &str> {
    ["/resources", "/components", "/bases"].iter().flat_map(|field| list(&one.value, field)).filter_map(Value::as_str)
}

fn patches(value: &Value) -> impl Iterator<Item = &Value> {
    PATCHES.iter().flat_map(|field| list(value, field))
}

/// The file of a patch; an entry that is a string is a file or the patch itself.
fn patch_file(patch: &Value) -> Option<&str> {
    match patch.as_str() {
        Some(entry) => Some(entry).filter(|entry| !entry.contains('\n')),
        None => patch["path"].as_str(),
    }
}

/// A path in a folder, without `.` and `..` as far as they can be resolved.
pub fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" if !parts.is_empty() => {}
            "." => {}
            ".." if parts.last().is_some_and(|last| *last != ".." && !last.is_empty()) => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    // An empty folder is no root.
    if folder.is_empty() && parts.first() == Some(&"") {
        parts.remove(0);
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::reading::Reading;
    use super::super::unread::gaps;
    use super::super::walk::{Form, Found};
    use super::*;
    use crate::snapshot::Gap;

    const POOL: &str = "apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {name: p}\n";

    fn read(files: &[(&str, &str)]) -> Reading {
        let mut reading = Reading::default();
        for (name, text) in files {
            reading.read(&Found { name: (*name).into(), path: name.into(), form: Form::Manifests }, text);
        }
        reading
    }

    fn not_applied(files: &[(&str, &str)]) -> Vec<String> {
        let reading = read(files);
        let layers = Kustomizations::new(&reading.kustomizations, &reading.manifests).layers();
        layers.iter().filter_map(Layer::gap).map(|gap| format!("{}: {}", gap.what, gap.missing.message)).collect()
    }

    #[test]
    fn a_kustomization_reaches_what_it_names() {
        let reading = read(&[
            ("k/base/kustomization.yaml", "resources: [./a.yaml, ../more/]"),
            ("k/base/a.yaml", POOL),
            ("k/base/other.yaml", POOL),
            ("k/more/kustomization.yml", "resources: [b.yaml]\ncomponents: [../base]"),
            ("k/more/b.yaml", POOL),
            ("k/prod/kustomization.yaml", "resources:\n- ../base\n- https://example.com/x\npatches:\n- path: p.yaml\n"),
            ("k/prod/p.yaml", POOL),
            ("flat/x/c.yaml", POOL),
        ]);
        let all = Kustomizations::new(&reading.kustomizations, &reading.manifests);
        let reach = |folder: &str| all.reach_of(folder).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(reach("k/prod"), "k/base/a.yaml k/more/b.yaml");
        assert_eq!(reach("k/base"), "k/base/a.yaml k/more/b.yaml");
        assert_eq!(reach("flat"), "flat/x/c.yaml");
        assert_eq!(reach(""), "flat/x/c.yaml k/base/a.yaml k/base/other.yaml k/more/b.yaml k/prod/p.yaml");
        assert_eq!(all.patch_files().into_iter().collect::<Vec<_>>(), ["k/prod/p.yaml".into()]);
    }

    #[test]
    fn what_is_not_among_the_files_is_told() {
        let resources = "resources: [../base, ./here/, a.yaml, absent.yaml, https://example.com/x, x/y?ref=z]";
        let reading = read(&[("k/kustomization.yaml", resources), ("k/here/x.yaml", ""), ("k/a.yaml", "a: 1")]);
        let all = Kustomizations::new(&reading.kustomizations, &reading.manifests);
        let said = |one: &Gap| format!("{}: {}", one.what, one.missing.message);
        let absent: Vec<String> = gaps(&all.absent(&reading.files)).iter().map(said).collect();
        let why = |what: &str| format!("k/kustomization.yaml:1: it takes in {what}, which is not among the files");
        assert_eq!(absent, [why("../base"), why("absent.yaml")]);
    }

    #[test]
    fn only_changes_of_what_is_read_are_named() {
        let named = not_applied(&[
            ("a/kustomization.yaml", "resources: [p.yaml]\nnamePrefix: x-\nreplacements: []\nimages: [{name: y}]"),
            ("a/p.yaml", POOL),
            ("b/kustomization.yaml", "resources: [d.yaml]\nnamePrefix: x-\npatches: [{patch: '- op: add'}]"),
            ("b/d.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n"),
        ]);
        assert_eq!(named, ["a/kustomization.yaml:1: what it changes is not applied: namePrefix"]);
    }

    #[test]
    fn patches_are_named_by_what_they_are_of() {
        let patches = |patches: &str| {
            let kustomization = format!("resources: [p.yaml]\n{patches}");
            not_applied(&[("k/kustomization.yaml", &kustomization), ("k/p.yaml", POOL), ("k/q.yaml", POOL)]).join("")
        };
        let said = |what: &str| format!("k/kustomization.yaml:1: what it changes is not applied: {what}");
        assert_eq!(patches("patches:\n- path: q.yaml\n"), said("a patch of CiliumLoadBalancerIPPool"));
        assert_eq!(patches("patchesStrategicMerge: [q.yaml]"), said("a patch of CiliumLoadBalancerIPPool"));
        assert_eq!(patches("patches:\n- patch: |\n    kind: Service\n"), said("a patch of Service"));
        assert_eq!(patches("patches:\n- patch: |\n    - op: add\n"), said("a patch"));
        assert_eq!(patches("patches:\n- patch: |\n    - op: add\n  target: {kind: Deployment}\n"), "");
        assert_eq!(patches("patches:\n- path: deployment.yaml\n"), "");
        assert_eq!(patches("patches:\n- target: {kind: Cilium.*}\n  path: x.yaml\n"), said("a patch"));
    }

    #[test]
    fn paths_are_joined() {
        let all = [("a/b", "../c/./d/"), ("", "./x.yaml"), ("a", "../../x"), ("/a", "../x"), ("../a", "b")];
        let joined = all.map(|(folder, path)| join(folder, path));
        assert_eq!(joined, ["a/c/d", "x.yaml", "../x", "/x", "../a/b"]);
    }
}
