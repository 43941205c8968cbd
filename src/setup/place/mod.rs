//! Where in a repository Cilium's manifests go: beside those that are there.

mod evidence;
mod folder;

use evidence::Evidence;
pub use evidence::is_release;
pub use folder::{is_within, plain};

use crate::gitops::FileObject;

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
pub fn choose(manifests: &[FileObject], current: &str) -> Choice {
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
