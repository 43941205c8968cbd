//! The repository that the current folder is in: its root, its texts, and the objects in them.

use std::fs;
use std::path::{Path, PathBuf};

use super::chunks;
use super::yaml;
use crate::gitops::FileObject;

/// What is larger is no manifest that somebody wrote.
const LARGEST: u64 = 1 << 20;
/// No repository of manifests has more files.
pub const MOST: usize = 50_000;

/// A Git repository's working tree.
pub struct Repository {
    pub root: PathBuf,
    /// The current folder from the root, with `/`; empty for the root.
    pub current: String,
    pub texts: Vec<Text>,
    /// The objects of its YAML files that have to do with Cilium, or apply a folder. What cannot be read is left out.
    pub manifests: Vec<FileObject>,
    /// There are more than [`MOST`] files, and the others were not read.
    pub is_cut: bool,
}

/// A file of text.
pub struct Text {
    /// From the root, with `/`.
    pub file: String,
    pub text: String,
}

/// The folder with `.git` in it, from this one upwards; in a worktree that is a file.
pub fn root(from: &Path) -> Option<PathBuf> {
    let from = from.canonicalize().ok()?;
    from.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned)
}

/// Reads the repository that a folder is in; `None`: it is in none. Hidden files, other repositories inside of it and what
/// links lead to are left alone.
pub fn read(from: &Path) -> Option<Repository> {
    let root = root(from)?;
    let current = relative(&from.canonicalize().ok()?, &root);
    let mut repository = Repository { root, current, texts: Vec::new(), manifests: Vec::new(), is_cut: false };
    let mut folders = vec![repository.root.clone()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let mut entries: Vec<_> =
            entries.filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b".")).collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in &entries {
            match entry.file_type() {
                Ok(kind) if kind.is_file() => repository.add(&entry.path()),
                _ => {}
            }
        }
        let below = entries.iter().rev().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        folders.extend(below.map(fs::DirEntry::path).filter(|path| !path.join(".git").exists()));
        if repository.is_cut {
            break;
        }
    }
    Some(repository)
}

impl Repository {
    fn add(&mut self, path: &Path) {
        let is_small = fs::metadata(path).is_ok_and(|metadata| metadata.len() <= LARGEST);
        let Some(text) = Some(path).filter(|_| is_small).and_then(|path| fs::read_to_string(path).ok()) else { return };
        if text.contains('\0') {
            return;
        }
        if self.texts.len() == MOST {
            self.is_cut = true;
            return;
        }
        let file = relative(path, &self.root);
        if is_yaml(&file) && ["cilium", "toolkit.fluxcd.io", "argoproj.io"].iter().any(|word| text.contains(word)) {
            let chunks = chunks::split(&text);
            let values = chunks.iter().filter_map(|chunk| yaml::read(chunk).ok());
            self.manifests.extend(values.map(|value| FileObject { file: file.clone(), value }));
        }
        self.texts.push(Text { file, text });
    }
}

fn is_yaml(file: &str) -> bool {
    [".yaml", ".yml", ".json", "Kustomization"].iter().any(|ending| file.ends_with(ending))
}

fn relative(path: &Path, root: &Path) -> String {
    let parts = path.strip_prefix(root).unwrap_or(path).components();
    parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::place::{Choice, choose};

    fn write(root: &Path, file: &str, text: &str) {
        let path = root.join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    #[test]
    fn a_repository_is_found_from_within_and_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a path");
        assert!(read(&root).is_none_or(|repository| repository.root != root));
        // A worktree's `.git` is a file.
        write(&root, ".git", "gitdir: elsewhere\n");
        let release = "kind: HelmRelease\napiVersion: helm.toolkit.fluxcd.io/v2\nmetadata: {name: cilium}\n";
        write(&root, "k/kube-system/cilium/app/hr.yaml", &format!("---\n# x\n{release}---\na: [\n"));
        write(&root, "k/other/.git/config", "");
        write(&root, "k/other/hr.yaml", release);
        write(&root, ".hidden/hr.yaml", release);
        write(&root, "k/binary.yaml", "\0cilium");
        write(&root, "readme.md", "10.0.0.1");
        std::os::unix::fs::symlink(&root, root.join("loop")).expect("a link");
        let repository = read(&root.join("k/kube-system")).expect("a repository");
        assert_eq!((repository.root, repository.current.as_str()), (root, "k/kube-system"));
        let files: Vec<&str> = repository.texts.iter().map(|text| text.file.as_str()).collect();
        assert_eq!(files, ["readme.md", "k/kube-system/cilium/app/hr.yaml"]);
        let Choice::One(place) = choose(&repository.manifests, "") else { panic!("one folder has it") };
        assert_eq!((place.folder.as_str(), repository.is_cut), ("k/kube-system/cilium/app", false));
    }
}
