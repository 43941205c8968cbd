//! An archive that is the same whenever it is made of the same files.

use std::fs;
use std::path::Path;

use flate2::{Compression, GzBuilder};

use crate::run::{self, Result};

/// What is packed beside the program: files, and folders with all that is in them.
const FILES: &[&str] = &["LICENSE-APACHE", "LICENSE-MIT", "docs/rights.md"];
const FOLDERS: &[(&str, &str)] = &[("completions", "completions"), ("docs/man", "man"), ("docs/rights", "docs/rights")];

const PROGRAM: &str = "kubectl-bgp";

const EXECUTABLE: &[&str] = &[PROGRAM, "completions/kubectl_complete-bgp"];

/// krew's index wants a file of this name, and knows no LICENSE-MIT.
const LICENSE: &str =
    "kubectl-bgp is licensed under MIT (LICENSE-MIT) or Apache-2.0 (LICENSE-APACHE), at your choice.\n";

/// The start of 1980: tar warns of times that are older.
const TIME: u64 = 315_532_800;

pub struct File {
    name: String,
    bytes: Vec<u8>,
}

/// All but the program; fails if one is missing.
pub fn files() -> Result<Vec<File>> {
    let mut files = vec![File { name: "LICENSE".to_owned(), bytes: LICENSE.into() }];
    for name in FILES {
        files.push(read(name, (*name).to_owned())?);
    }
    for (folder, packed) in FOLDERS {
        let listed = fs::read_dir(run::root().join(folder)).map_err(|error| missing(folder, &error))?;
        for entry in listed {
            let name = entry.map_err(|error| missing(folder, &error))?.file_name().to_string_lossy().into_owned();
            files.push(read(&format!("{folder}/{name}"), format!("{packed}/{name}"))?);
        }
    }
    Ok(files)
}

fn read(from: &str, name: String) -> Result<File> {
    let bytes = fs::read(run::root().join(from)).map_err(|error| missing(from, &error))?;
    Ok(File { name, bytes })
}

fn missing(name: &str, error: &std::io::Error) -> String {
    format!("the archive needs {name}: {error}")
}

pub fn write(path: &Path, binary: &Path, files: Vec<File>) -> Result<()> {
    let program = fs::read(binary).map_err(|error| format!("{}: {error}", binary.display()))?;
    let packed = pack(files, program).map_err(|error| format!("{}: {error}", path.display()))?;
    fs::write(path, packed).map_err(|error| format!("{}: {error}", path.display()))
}

fn pack(mut files: Vec<File>, program: Vec<u8>) -> std::io::Result<Vec<u8>> {
    files.push(File { name: PROGRAM.to_owned(), bytes: program });
    files.sort_by(|one, other| one.name.cmp(&other.name));
    let mut tar = tar::Builder::new(GzBuilder::new().write(Vec::new(), Compression::best()));
    for file in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(file.bytes.len() as u64);
        header.set_mode(if EXECUTABLE.contains(&file.name.as_str()) { 0o755 } else { 0o644 });
        header.set_mtime(TIME);
        header.set_uid(0);
        header.set_gid(0);
        tar.append_data(&mut header, &file.name, file.bytes.as_slice())?;
    }
    tar.into_inner()?.finish()
}

#[cfg(test)]
mod tests {
    use flate2::read::GzDecoder;

    use super::*;

    fn file(name: &str) -> File {
        File { name: name.to_owned(), bytes: name.into() }
    }

    #[test]
    fn the_same_files_make_the_same_archive() {
        let one = pack(vec![file("man/a.1"), file("LICENSE")], b"program".into()).expect("an archive");
        let other = pack(vec![file("LICENSE"), file("man/a.1")], b"program".into()).expect("an archive");
        assert!(one == other);
        // No time and no name in gzip's own header.
        assert_eq!(one[3..8], [0; 5]);
    }

    #[test]
    fn it_holds_the_program_and_all_that_belongs_to_it() {
        let packed = pack(files().expect("files"), b"program".into()).expect("an archive");
        let mut tar = tar::Archive::new(GzDecoder::new(packed.as_slice()));
        let mut held = Vec::new();
        for entry in tar.entries().expect("entries") {
            let entry = entry.expect("an entry");
            let (path, header) = (entry.path().expect("a path").display().to_string(), entry.header());
            assert_eq!((header.mtime().ok(), header.uid().ok(), header.gid().ok()), (Some(TIME), Some(0), Some(0)));
            held.push((path, header.mode().expect("a mode")));
        }
        assert!(held.is_sorted());
        for (name, mode) in [
            ("LICENSE", 0o644),
            ("LICENSE-APACHE", 0o644),
            ("LICENSE-MIT", 0o644),
            ("completions/_kubectl-bgp", 0o644),
            ("completions/kubectl_complete-bgp", 0o755),
            ("kubectl-bgp", 0o755),
            ("man/kubectl-bgp-peers.1", 0o644),
            ("man/kubectl-bgp.1", 0o644),
            ("docs/rights.md", 0o644),
            ("docs/rights/reader.yaml", 0o644),
        ] {
            assert!(held.contains(&(name.to_owned(), mode)), "{name}: {held:?}");
        }
    }
}
