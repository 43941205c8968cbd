//! Objects to the documents that a cluster would have answered with.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::helm::Derived;
use super::layer::is_namespaced;
use super::manifest::{Manifest, in_kubernetes, text};
use super::place::{Place, gap, gap_with_hint};
use super::unread::Unread;
use crate::snapshot::{DECLARED_AT, Document, Gap, Kind, Missing, Reason};

/// How many files a path names.
const MOST_FILES: usize = 3;

/// The objects of one kind.
#[derive(Default)]
struct OfKind {
    items: Vec<Manifest>,
    /// Where there is more of it that was not read.
    unread: Vec<Place>,
}

/// Sorts the objects by kind. An object that is there twice counts once.
pub struct Lists {
    by_kind: BTreeMap<&'static str, OfKind>,
}

impl Lists {
    pub fn new(manifests: Vec<Manifest>, unread: &[Unread], gaps: &mut Vec<Gap>) -> Self {
        let mut lists = Self { by_kind: BTreeMap::new() };
        let mut first: BTreeMap<(String, String, String), (Place, Value)> = BTreeMap::new();
        for manifest in manifests {
            let Some(kind) = manifest.kind else { continue };
            let of_kind = lists.by_kind.entry(kind.name()).or_default();
            if let Some(odd) = &manifest.odd {
                of_kind.unread.push(manifest.place.clone());
                // Missing variables were named.
                if manifest.variables.is_empty() {
                    let place = Place { line: odd.line.max(manifest.place.line), ..manifest.place.clone() };
                    gaps.push(gap(place, format!("the {} cannot be read: {}", manifest.label(), odd.why)));
                }
                continue;
            }
            match first.entry(identity(kind, &manifest)) {
                Entry::Vacant(entry) => drop(entry.insert((manifest.place.clone(), manifest.value.clone()))),
                Entry::Occupied(entry) => {
                    let (place, value) = entry.get();
                    if *value != manifest.value && is_advertised(&manifest) {
                        let why = format!("the {} is at {place} too, and that one is taken", manifest.label());
                        let hint = "--manifests with the folder of one cluster, or the output of `kustomize build`";
                        gaps.push(gap_with_hint(&manifest.place, why, hint));
                    }
                    continue;
                }
            }
            of_kind.items.push(manifest);
        }
        for kind in Kind::ALL {
            let places = unread.iter().filter(|one| one.may_be(*kind)).map(|one| one.place.clone());
            lists.by_kind.entry(kind.name()).or_default().unread.extend(places);
        }
        lists
    }

    /// A document for each kind.
    pub fn documents(mut self, derived: Option<Derived>, read_at: Timestamp) -> Vec<Document> {
        let has = |kind: &Kind| self.by_kind.get(kind.name()).is_some_and(|of_kind| !of_kind.items.is_empty());
        let some_written = Kind::ALL.iter().any(|kind| kind.is_written() && has(kind));
        let mut derived = derived;
        let document = |kind: &Kind| {
            let of_kind = self.by_kind.remove(kind.name()).unwrap_or_default();
            let derived = derived.take_if(|_| *kind == Kind::CiliumConfig);
            of_kind.document(*kind, some_written, derived, read_at)
        };
        Kind::ALL.iter().map(document).collect()
    }
}

impl OfKind {
    fn document(self, kind: Kind, some_written: bool, derived: Option<Derived>, read_at: Timestamp) -> Document {
        let path = Some(self.path()).filter(|path| !path.is_empty());
        let answer = |body: Value| Document::answer(kind.name(), read_at, 0, body.to_string());
        let is_one = matches!(kind, Kind::CiliumConfig | Kind::AgentDaemonSet);
        if let Some(one) = self.items.first().filter(|_| is_one) {
            return Document { path, ..answer(annotated(one)) };
        }
        let (kubernetes, is_written) = (in_kubernetes(kind).1, kind.is_written());
        if !self.items.is_empty() || is_written && some_written && self.unread.is_empty() {
            // A list that is not whole has a word here, in Kubernetes' own terms (ListMeta.continue).
            let metadata = match self.rest(is_written) {
                Some(rest) => json!({"continue": rest}),
                None => json!({}),
            };
            let items: Vec<Value> = self.items.iter().map(annotated).collect();
            return Document {
                path,
                ..answer(json!({"kind": format!("{kubernetes}List"), "metadata": metadata, "items": items}))
            };
        }
        if let Some(Derived { object, from, .. }) = derived {
            return match object {
                Ok(object) => Document { path: Some(from), ..answer(object) },
                Err(missing) => Document::missing(kind.name(), read_at, 0, missing),
            };
        }
        let missing = match self.rest(true) {
            Some(rest) => Missing::new(Reason::Failed, format!("no {} could be read: {rest}", kind.name())),
            None => Missing::new(Reason::NotInFiles, format!("there is no {} in the files", kind.name())),
        };
        Document::missing(kind.name(), read_at, 0, missing)
    }

    /// Why there may be more of it, if there may be.
    fn rest(&self, is_written: bool) -> Option<String> {
        match self.unread.first() {
            Some(place) if self.unread.len() == 1 => Some(format!("{place} was not read")),
            Some(place) => Some(format!("{place} and {} more were not read", self.unread.len() - 1)),
            None if is_written => None,
            None => Some("charts and controllers make others, which are not in the files".to_owned()),
        }
    }

    /// The files that the items are from.
    fn path(&self) -> String {
        let files: BTreeSet<&Rc<str>> = self.items.iter().map(|item| &item.place.file).collect();
        let named: Vec<&str> = files.iter().take(MOST_FILES).map(|file| &***file).collect();
        let more = files.len().saturating_sub(MOST_FILES);
        let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{tail}", named.join(", "))
    }
}

/// Services inside of the cluster are the same in many.
fn is_advertised(manifest: &Manifest) -> bool {
    manifest.kind != Some(Kind::Service) || text(&manifest.value, "/spec/type") == "LoadBalancer"
}

/// What makes two objects the same. One whose namespace is given elsewhere is told apart by its folder.
fn identity(kind: Kind, manifest: &Manifest) -> (String, String, String) {
    let namespace = match manifest.namespace() {
        _ if !is_namespaced(kind) => String::new(),
        "" => format!("in {}", manifest.place.folder()),
        namespace => namespace.to_owned(),
    };
    (kind.name().to_owned(), namespace, manifest.name().to_owned())
}

/// The object with its place in an annotation of ours.
fn annotated(manifest: &Manifest) -> Value {
    let mut value = manifest.value.clone();
    let annotations = &mut value["metadata"]["annotations"];
    if !annotations.is_object() {
        *annotations = json!({});
    }
    annotations[DECLARED_AT] = manifest.place.to_string().into();
    value
}
