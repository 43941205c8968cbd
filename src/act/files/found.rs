//! What is at a path already.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// No manifest is larger.
const LIMIT: u64 = 16 << 20;

/// A regular file.
#[derive(Debug)]
pub struct Found {
    pub bytes: Vec<u8>,
    pub metadata: Metadata,
}

/// Reads the file, if it is there.
///
/// # Errors
/// It could not be replaced by another file of the same name.
pub fn find(path: &Path) -> Result<Option<Found>> {
    let refused = |why: String| Error::failure(format!("cannot write {}: {why}", path.display()));
    let folder = folder(path);
    let is_folder = fs::metadata(&folder).map_err(|error| match error.kind() {
        ErrorKind::NotFound => refused(format!("the folder {} does not exist", folder.display()))
            .hint("make it first, or name another one with --output-dir"),
        _ => refused(error.to_string()),
    })?;
    if !is_folder.is_dir() {
        return Err(refused(format!("{} is not a directory", folder.display())));
    }
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(error.to_string())),
    };
    if metadata.is_symlink() {
        let target = fs::read_link(path).map(|target| format!(" to {}", target.display())).unwrap_or_default();
        return Err(refused(format!("it is a link{target}, which is not written through"))
            .hint("name the folder that it leads to with --output-dir"));
    }
    if metadata.is_dir() {
        return Err(refused("it is a directory".to_owned()));
    }
    if !metadata.is_file() {
        return Err(refused("it is no regular file".to_owned()));
    }
    if metadata.len() > LIMIT {
        return Err(refused(format!("what is there is larger than {} MiB, and no manifest of ours", LIMIT >> 20)));
    }
    let bytes = fs::read(path).map_err(|error| refused(format!("what is there cannot be read: {error}")))?;
    Ok(Some(Found { bytes, metadata }))
}

/// The folder of a file.
pub fn folder(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}
