//! Where in a repository Cilium's manifests go: beside those that are there.

mod evidence;
mod folder;

use serde_json::Value;

use evidence::Evidence;
pub use evidence::is_release;
pub use folder::{is_within, plain};

/// An object of the repository's files.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Its file from the repository's root, with `/`.
    pub file: String,
    pub value: Value,
}

impl Manifest {
    /// The file's folder; empty for the root.
    pub fn folder(&self) -> &str {
        self.file.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    fn text(&self, pointer: &str) -> &str {
        self.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether it is of this kind, in whatever version.
    pub(super) fn is(&self, group: &str, kind: &str) -> bool {
        self.text("/kind") == kind
            && self.text("/apiVersion").strip_prefix(group).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// A folder, and what speaks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From the root, with `/`; empty for the root.
    pub folder: String,
    /// Follows `it has`.
    pub why: String,
}

/// What the repository says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    One(Place),
    /// Several have the same to say for them.
    Several(Vec<Place>),
    Nowhere,
}

/// Looks for the folder; of several the one that lies below the current folder, if that is one.
pub fn choose(manifests: &[Manifest], current: &str) -> Choice {
    for evidence in Evidence::ALL {
        let mut places: Vec<Place> = Vec::new();
        for manifest in manifests {
            if let Some((folder, why)) = evidence.of(manifest)
                && places.iter().all(|place| place.folder != folder)
            {
                places.push(Place { folder, why });
            }
        }
        let mut below = places.iter().filter(|place| is_within(&place.folder, current));
        match (below.next(), below.next(), places.len()) {
            (_, _, 0) => {}
            (Some(only), None, _) => return Choice::One(only.clone()),
            (_, _, 1) => return Choice::One(places.remove(0)),
            _ => {
                places.sort_by(|a, b| a.folder.cmp(&b.folder));
                return Choice::Several(places);
            }
        }
    }
    Choice::Nowhere
}

#[cfg(test)]
mod tests;
