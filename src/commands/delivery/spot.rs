//! Where files are written.

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};
use crate::observe::repository::{self, Repository};
use crate::setup::place::{Choice, Place, choose};

/// The folder that is written to, and what is known of it.
pub struct Spot {
    /// From the current folder, or as it was given.
    pub folder: PathBuf,
    /// Why this folder, if it was looked for.
    pub place: Option<Place>,
    pub repository: Option<Repository>,
}

impl Spot {
    /// The folder that was given, else the one that the repository has for it, else the current one.
    ///
    /// # Errors
    /// The repository has several.
    pub fn find(given: Option<&Path>, current: &Path) -> Result<Self> {
        if let Some(folder) = given {
            return Ok(Self { repository: repository::read(folder), folder: folder.to_owned(), place: None });
        }
        let nowhere = |repository| Self { folder: PathBuf::from("."), place: None, repository };
        let Some(repository) = repository::read(current) else { return Ok(nowhere(None)) };
        match choose(&repository.manifests, &repository.current) {
            Choice::One(place) => {
                let folder = from_current(&repository, &place.folder);
                Ok(Self { folder, place: Some(place), repository: Some(repository) })
            }
            Choice::Several(places) => {
                let error = Error::usage("the repository has several folders that Cilium's manifests may go to");
                let hint = |place: Place| {
                    format!("--output-dir {} has {}", from_current(&repository, &place.folder).display(), place.why)
                };
                Err(places.into_iter().map(hint).fold(error, Error::hint))
            }
            Choice::Nowhere => Ok(nowhere(Some(repository))),
        }
    }

    /// The repository's texts, each with its file: they may say addresses that move.
    pub fn texts(&self) -> Vec<(&str, &str)> {
        let texts = self.repository.iter().flat_map(|repository| &repository.texts);
        texts.map(|text| (text.file.as_str(), text.text.as_str())).collect()
    }
}

/// A folder of the repository, from the current one.
fn from_current(repository: &Repository, folder: &str) -> PathBuf {
    let (from, to) = (Path::new(&repository.current), Path::new(folder));
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(to.components().skip(shared)).collect();
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}
