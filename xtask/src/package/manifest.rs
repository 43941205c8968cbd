//! krew's manifest of what is released.

use std::fmt::Write as _;
use std::fs;

use sha2::{Digest, Sha256};

use super::fill::fill;
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
    fs::write(&path, fill(&template()?, TAG, sum)?).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("{}: {} of {} platforms", path.display(), sums.len(), PLATFORMS.len());
    Ok(missing)
}

fn template() -> Result<String> {
    fs::read_to_string(run::root().join(".krew.yaml")).map_err(|error| format!(".krew.yaml: {error}"))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
