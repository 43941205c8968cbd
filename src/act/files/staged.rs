//! A file beside its place, whole and on the disk, and the step that puts it there.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Change;
use super::found::{Found, find, folder};
use crate::error::{Error, Result};

/// What a new file may be, less what the umask takes.
const NEW: u32 = 0o666;
/// For its owner alone.
const SECRET: u32 = 0o600;
const OTHERS: u32 = 0o077;

/// A file that is ready to be put in place.
pub struct Staged<'a> {
    change: &'a Change,
    new: NamedTempFile,
    /// What is there, for the case that another file fails.
    old: Option<NamedTempFile>,
}

/// A file that is in place, and what it takes to take it back.
pub struct Placed {
    path: PathBuf,
    old: Option<NamedTempFile>,
}

impl<'a> Staged<'a> {
    pub fn of(change: &'a Change) -> Result<Self> {
        let wanted = &change.wanted;
        let failed = |error: std::io::Error| refused(&wanted.path, &error).hint("nothing was changed");
        let new = beside(&wanted.path, wanted.text.as_bytes(), change.found.as_ref(), wanted.is_secret);
        let old = change.found.as_ref().map(|found| beside(&wanted.path, &found.bytes, Some(found), false)).transpose();
        Ok(Self { change, new: new.map_err(failed)?, old: old.map_err(failed)? })
    }

    /// # Errors
    /// It is not what it was when the user was asked, or the file system refuses.
    pub fn put_in_place(self) -> Result<Placed> {
        let path = &self.change.wanted.path;
        let was = self.change.found.as_ref().map(|found| &found.bytes);
        if find(path)?.as_ref().map(|found| &found.bytes) != was {
            return Err(Error::failure(format!("cannot write {}: it was changed meanwhile", path.display())));
        }
        let placed = match was {
            Some(_) => self.new.persist(path),
            None => self.new.persist_noclobber(path),
        };
        placed.map_err(|error| refused(path, &error.error))?;
        // The name is on the disk too; a file system that cannot say so is no reason to fail.
        let _ = File::open(folder(path)).and_then(|folder| folder.sync_all());
        Ok(Placed { path: path.clone(), old: self.old })
    }
}

impl Placed {
    /// Puts back what was there; if that fails, where it is.
    pub fn take_back(self) -> std::result::Result<(), String> {
        let path = self.path.display();
        let Some(old) = self.old else {
            return fs::remove_file(&self.path)
                .map_err(|error| format!("{path} is new and could not be removed: {error}"));
        };
        old.persist(&self.path).map(drop).map_err(|refused| {
            let why = refused.error.to_string();
            let kept = refused.file.keep().map(|(_, kept)| kept.display().to_string());
            let place = kept.map(|kept| format!(": it is in {kept}")).unwrap_or_default();
            format!("{path} is changed, and what was there could not be put back ({why}){place}")
        })
    }
}

/// Writes a file beside the place that it is for, as readable as what is there.
fn beside(path: &Path, bytes: &[u8], like: Option<&Found>, is_secret: bool) -> std::io::Result<NamedTempFile> {
    let mode = if is_secret || like.is_some() { SECRET } else { NEW };
    // The error that tempfile makes of it has another text.
    let mut refused = None;
    let file = tempfile::Builder::new().prefix(".kubectl-bgp-").suffix(".tmp").make_in(folder(path), |beside| {
        let opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(beside);
        opened.inspect_err(|error| refused = error.raw_os_error())
    });
    let file = file.map_err(|error| refused.map_or(error, std::io::Error::from_raw_os_error))?;
    file.as_file().write_all(bytes)?;
    if let Some(found) = like {
        // Whoever may not give files away keeps them.
        let _ = fchown(file.as_file(), Some(found.metadata.uid()), Some(found.metadata.gid()));
        let mode = found.metadata.mode() & 0o7777;
        let mode = if is_secret { mode & !OTHERS } else { mode };
        file.as_file().set_permissions(Permissions::from_mode(mode))?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

fn refused(path: &Path, error: &std::io::Error) -> Error {
    Error::failure(format!("cannot write {}: {error}", path.display()))
}
