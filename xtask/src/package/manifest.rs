//! krew's manifest: what is released, and the one in the repository.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::fill::{fill, refill};
use super::platform::{PLATFORMS, TAG};
use crate::run::{self, Result};

/// Writes target/package/bgp.yaml from the archives that are there, and says which are not.
pub fn write() -> Result<Vec<String>> {
    let folder = super::folder()?;
    let (mut sums, mut missing) = (Vec::new(), Vec::new());
    for platform in PLATFORMS {
        let name = platform.archive();
        match fs::read(folder.join(&name)) {
            Ok(bytes) => sums.push((name, hexadecimal(&Sha256::digest(bytes)))),
            Err(_) => missing.push(name),
        }
    }
    let sum = |uri: &str| sums.iter().find(|(name, _)| uri.ends_with(&format!("/{name}"))).map(|(_, sum)| sum.clone());
    let path = folder.join("bgp.yaml");
    put(&path, &fill(&template()?, TAG, sum)?)?;
    println!("{}: {} of {} platforms", path.display(), sums.len(), PLATFORMS.len());
    Ok(missing)
}

/// `cargo xtask manifest`: brings plugin-manifest/bgp.yaml up to its template.
pub fn refresh() -> Result<()> {
    let path = run::root().join("plugin-manifest/bgp.yaml");
    put(&path, &refill(&template()?, &text(&path)?)?)
}

fn template() -> Result<String> {
    text(&run::root().join(".krew.yaml"))
}

fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn put(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
