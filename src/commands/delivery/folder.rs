//! What is to stand in the folder that is written to, by what stands in it.

use std::path::{Path, PathBuf};

use super::{MANIFESTS, NAMED, ROUTER};
use crate::act::files::Wanted;
use crate::error::{Error, Result};
use crate::observe::written_objects;
use crate::setup::kustomization::{self, Edit};
use crate::setup::objects::written::{is_same_object, says, says_the_same};
use crate::setup::objects::{Manifest, yaml};
use crate::topology::names::listed_up_to;

/// No kustomization is larger.
const LARGEST: u64 = 1 << 20;

/// The files of the folder with both halves in them, and the entry in its kustomization.
pub fn wanted(folder: &Path, own: &[Manifest], router: Option<&str>) -> Result<Vec<Wanted>> {
    let file =
        |name: &str, text: String| Wanted { path: folder.join(name), text, is_secret: false, is_of_router: false };
    let mut wanted = Vec::new();
    if !own.is_empty() {
        wanted.push(file(MANIFESTS, manifests_of(&folder.join(MANIFESTS), own)));
    }
    if let Some(text) = router {
        // A password that is not known is a comment.
        let is_secret = text.lines().any(|line| !line.trim_start().starts_with('!') && line.contains(" password "));
        wanted.push(Wanted { is_secret, is_of_router: true, ..file(ROUTER, text.to_owned()) });
    }
    if !own.is_empty() {
        wanted.extend(kustomization_of(folder)?);
    }
    Ok(wanted)
}

/// Objects by who has them.
pub struct Elsewhere {
    /// Those that no other file of the folder has.
    pub own: Vec<Manifest>,
    /// Where the others are.
    pub notes: Vec<String>,
    /// Where one says otherwise than the plan.
    pub contradictions: Vec<String>,
}

/// Tells the objects apart that another file of the folder has: kustomize takes none twice.
pub fn elsewhere(folder: &Path, manifests: &[Manifest]) -> Elsewhere {
    let (mut own, mut notes, mut contradictions) = (manifests.to_vec(), Vec::new(), Vec::new());
    for path in yaml_files(folder) {
        // What cannot be read is no reason to write nothing.
        let (written, _) = written_objects(std::slice::from_ref(&path)).unwrap_or_default();
        let (there, rest): (Vec<_>, Vec<_>) =
            own.into_iter().partition(|manifest| written.iter().any(|object| is_same_object(object, manifest)));
        if !there.is_empty() {
            let labels = there.iter().map(Manifest::label);
            notes.push(format!("{} has {} already", path.display(), listed_up_to(NAMED, labels)));
        }
        let is_said = |manifest: &&Manifest| written.iter().any(|object| says(object, manifest));
        for manifest in there.iter().filter(|manifest| !is_said(manifest)) {
            contradictions.push(format!(
                "{} says otherwise of {} than the plan, which the router's half follows: change it there",
                path.display(),
                manifest.label()
            ));
        }
        own = rest;
    }
    Elsewhere { own, notes, contradictions }
}

/// Those that somebody may have written; what is no folder yet has none.
fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file())).map(|entry| entry.path());
    let is_other = |path: &PathBuf| {
        let name = path.file_name().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        is_yaml && name != MANIFESTS && !kustomization::NAMES.contains(&name) && !name.starts_with('.')
    };
    let mut files: Vec<PathBuf> = files.filter(is_other).collect();
    files.sort();
    files
}

/// The file as it is if it says the same already: comments and order are whose it is.
fn manifests_of(path: &Path, manifests: &[Manifest]) -> String {
    let same = || {
        let text = std::fs::read_to_string(path).ok()?;
        let (written, gaps) = written_objects(&[path.to_owned()]).ok()?;
        (gaps.is_empty() && says_the_same(&written, manifests)).then_some(text)
    };
    same().unwrap_or_else(|| yaml::print(manifests))
}

/// The folder's kustomization with the entry, unless there is none or it has it.
fn kustomization_of(folder: &Path) -> Result<Option<Wanted>> {
    let Some((path, text)) = kustomization_file(folder)? else { return Ok(None) };
    match kustomization::insert(&text, MANIFESTS).map_err(|refusal| by_hand(&path, refusal.to_string()))? {
        Edit::Nothing => Ok(None),
        Edit::Text(text) => Ok(Some(Wanted { path, text, is_secret: false, is_of_router: false })),
    }
}

/// The folder's kustomization, if there is one.
///
/// # Errors
/// There are two, or it is nothing that can be read.
pub fn kustomization_file(folder: &Path) -> Result<Option<(PathBuf, String)>> {
    let paths: Vec<PathBuf> = kustomization::NAMES.iter().map(|name| folder.join(name)).collect();
    let mut there = paths.into_iter().filter(|path| path.symlink_metadata().is_ok());
    let Some(path) = there.next() else { return Ok(None) };
    if let Some(other) = there.next() {
        let (path, other) = (path.display(), other.display());
        return Err(Error::failure(format!("{path} and {other} are both there, and kustomize takes neither")));
    }
    let unread = |error: std::io::Error| by_hand(&path, format!("it cannot be read: {error}"));
    let metadata = path.metadata().map_err(unread)?;
    if !metadata.is_file() {
        return Err(by_hand(&path, "it is no regular file".to_owned()));
    }
    if metadata.len() > LARGEST {
        return Err(by_hand(&path, format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    let text = std::fs::read_to_string(&path).map_err(unread)?;
    Ok(Some((path, text)))
}

fn by_hand(path: &Path, why: String) -> Error {
    Error::failure(format!("cannot put {MANIFESTS} into {}: {why}", path.display()))
        .hint("nothing was changed; --output-dir writes to another folder, and an entry that is there is left alone")
}
