//! `cargo xtask package`: a release's archives and krew's manifest of them, in target/package.

mod archive;
mod build;
mod check;
mod fill;
mod manifest;
mod platform;

use std::fs;
use std::path::PathBuf;

use platform::{PLATFORMS, Platform};

use crate::run::{self, Result};

#[derive(clap::Args)]
pub struct Args {
    /// A platform to build, repeatable; all that can be built here otherwise
    #[arg(long, value_name = "OS_ARCH", value_parser = platform::parse)]
    target: Vec<Platform>,
    /// Builds nothing: writes the manifest, and fails if a platform's archive is missing
    #[arg(long, conflicts_with = "target")]
    manifest: bool,
}

const FOLDER: &str = "target/package";

/// More than this, stripped, and somebody has to say why. 18.0 MB since `init` came; the code of the verbs is most of it.
const LARGEST_BINARY: u64 = 19_000_000;

pub fn run(args: &Args) -> Result<()> {
    if !args.manifest {
        for unchecked in package(&args.target)? {
            println!("not checked: {unchecked}");
        }
    }
    match manifest::write()?.as_slice() {
        [] => Ok(()),
        names if args.manifest => Err(format!("there is no {}", names.join(", "))),
        names => {
            println!("left out of the manifest: {}", names.join(", "));
            Ok(())
        }
    }
}

/// The archive and the manifest for this machine's own platform; what of them could not be checked is added to what was
/// skipped.
pub fn own(skipped: &mut Vec<String>) -> Result<()> {
    let Some(own) = own_platform() else {
        skipped.push("package: no archive is released for this platform".to_owned());
        return Ok(());
    };
    build::install();
    if let Err(why) = build::prepare(own) {
        skipped.push(format!("package: {why}"));
        return Ok(());
    }
    skipped.extend(package(&[*own])?);
    manifest::write().map(drop)
}

/// Where this machine's own archive is, once it is packed.
pub fn own_archive() -> Option<PathBuf> {
    own_platform().map(|own| run::root().join(FOLDER).join(own.archive()))
}

fn own_platform() -> Option<&'static Platform> {
    PLATFORMS.iter().find(|platform| platform.is_own())
}

/// Builds, checks and packs, and says what could not be checked.
fn package(platforms: &[Platform]) -> Result<Vec<String>> {
    let here: Vec<Platform> = PLATFORMS.iter().filter(|platform| platform.builds_here()).copied().collect();
    let mut unchecked = Vec::new();
    for platform in if platforms.is_empty() { &here } else { platforms } {
        let files = archive::files()?;
        build::prepare(platform)?;
        let binary = build::build(platform)?;
        let size = fs::metadata(&binary).map_err(|error| format!("{}: {error}", binary.display()))?.len();
        if size > LARGEST_BINARY {
            return Err(format!("{} has {size} bytes, more than {LARGEST_BINARY}", binary.display()));
        }
        unchecked.extend(check::check(platform, &binary)?);
        let path = folder()?.join(platform.archive());
        archive::write(&path, &binary, files)?;
        let packed = fs::metadata(&path).map_err(|error| format!("{}: {error}", path.display()))?.len();
        println!("{}: {packed} bytes, the program {size}", path.display());
    }
    Ok(unchecked)
}

fn folder() -> Result<PathBuf> {
    let folder = run::root().join(FOLDER);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}
