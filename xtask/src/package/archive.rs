//! An archive that is the same whenever it is made of the same files.

use std::fs;
use std::path::Path;

use flate2::{Compression, GzBuilder};

use crate::run::{self, Result};

/// What is packed beside the program, and its name there.
const FILES: &[(&str, &str)] = &[
    ("LICENSE-APACHE", "LICENSE-APACHE"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    ("completions/_kubectl-bgp", "completions/_kubectl-bgp"),
    ("completions/kubectl-bgp.bash", "completions/kubectl-bgp.bash"),
    ("completions/kubectl-bgp.fish", "completions/kubectl-bgp.fish"),
    ("completions/kubectl_complete-bgp", "completions/kubectl_complete-bgp"),
    ("docs/kubectl-bgp.1", "kubectl-bgp.1"),
];

const PROGRAM: &str = "kubectl-bgp";

const EXECUTABLE: &[&str] = &[PROGRAM, "completions/kubectl_complete-bgp"];

/// krew's index wants a file of this name, and knows no LICENSE-MIT.
const LICENSE: &str =
    "kubectl-bgp is licensed under MIT (LICENSE-MIT) or Apache-2.0 (LICENSE-APACHE), at your choice.\n";

/// The start of 1980: tar warns of times that are older.
const TIME: u64 = 315_532_800;

pub struct File {
    name: &'static str,
    bytes: Vec<u8>,
}

/// All but the program; fails if one is missing.
pub fn files() -> Result<Vec<File>> {
    let mut files = vec![File { name: "LICENSE", bytes: LICENSE.into() }];
    for (from, name) in FILES {
        let bytes = fs::read(run::root().join(from)).map_err(|error| format!("the archive needs {from}: {error}"))?;
        files.push(File { name, bytes });
    }
    Ok(files)
}

pub fn write(path: &Path, binary: &Path, files: Vec<File>) -> Result<()> {
    let program = fs::read(binary).map_err(|error| format!("{}: {error}", binary.display()))?;
    let packed = pack(files, program).map_err(|error| format!("{}: {error}", path.display()))?;
    fs::write(path, packed).map_err(|error| format!("{}: {error}", path.display()))
}

fn pack(mut files: Vec<File>, program: Vec<u8>) -> std::io::Result<Vec<u8>> {
    files.push(File { name: PROGRAM, bytes: program });
    files.sort_by_key(|file| file.name);
    let mut tar = tar::Builder::new(GzBuilder::new().write(Vec::new(), Compression::best()));
    for file in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(file.bytes.len() as u64);
        header.set_mode(if EXECUTABLE.contains(&file.name) { 0o755 } else { 0o644 });
        header.set_mtime(TIME);
        header.set_uid(0);
        header.set_gid(0);
        tar.append_data(&mut header, file.name, file.bytes.as_slice())?;
    }
    tar.into_inner()?.finish()
}
