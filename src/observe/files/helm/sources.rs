//! Where values of a release may come from.

use std::path::Path;

use crate::observe::files::kustomize::join;
use crate::observe::files::manifest::{Manifest, list, text};
use crate::observe::files::reading::Reading;
use crate::observe::files::text;

/// ConfigMaps, written or generated, and chart repositories.
pub struct Sources<'a> {
    reading: &'a Reading,
}

impl<'a> Sources<'a> {
    pub fn new(reading: &'a Reading) -> Self {
        Self { reading }
    }

    pub fn oci_repository(&self, name: &str) -> Option<&'a Manifest> {
        let mut all = self.reading.manifests.iter();
        all.find(|one| one.is("source.toolkit.fluxcd.io", "OCIRepository") && one.name() == name)
    }

    /// A ConfigMap's entry; of a generated one, the file that it is made of.
    pub fn config_map(&self, name: &str, key: &str) -> Option<String> {
        let is_it = |one: &&Manifest| one.is("", "ConfigMap") && one.name() == name;
        let written = self.reading.manifests.iter().find(is_it);
        if let Some(data) = written.and_then(|one| one.value["data"][key].as_str()) {
            return Some(data.to_owned());
        }
        self.reading.kustomizations.iter().find_map(|one| {
            let generators = list(&one.value, "/configMapGenerator").iter();
            let mut files = generators.filter(|map| text(map, "/name") == name).flat_map(|map| list(map, "/files"));
            let file = files.find_map(|entry| file_of(entry.as_str()?, key))?;
            file_below(one.place.folder(), file).ok()
        })
    }
}

/// `KEY=FILE`, or a file whose name is the key.
fn file_of<'a>(entry: &'a str, key: &str) -> Option<&'a str> {
    match entry.split_once('=') {
        Some((own, file)) => Some(file).filter(|_| own == key),
        None => Some(entry).filter(|entry| entry.rsplit('/').next() == Some(key)),
    }
}

/// Reads a file below a folder; kustomize takes none from elsewhere either.
///
/// # Errors
/// Why it is not read.
pub fn file_below(folder: &str, file: &str) -> Result<String, String> {
    let real = |path: &str| Path::new(path).canonicalize().map_err(|error| format!("it cannot be read: {error}"));
    let folder = if folder.is_empty() { "." } else { folder };
    let path = real(&join(folder, file))?;
    if !path.starts_with(real(folder)?) || !path.is_file() {
        return Err(format!("it is no file below {folder}"));
    }
    text::read(&path)
}
