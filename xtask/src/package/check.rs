//! Whether a program for Linux needs nothing but the kernel.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::platform::Platform;
use crate::run::{self, Result, output, program};

/// Runs it where no other file is, an emulator apart. What could not be tried is what comes back.
pub fn check(platform: &Platform, binary: &Path) -> Result<Option<String>> {
    let Some(emulator) = emulator(platform) else {
        return Ok(Some(format!("{} was not run: there is no {EMULATOR}", platform.triple)));
    };
    if platform.os != "linux" {
        return Ok(Some(format!("{} was not run without its system's libraries", platform.triple)));
    }
    if let Err(why) = output(program("unshare", &["--map-root-user", "true"])) {
        return Ok(Some(format!("{} was not run in an empty root: {why}", platform.triple)));
    }
    let root = run::root().join("target/package-root");
    prepare(&root, binary, emulator.as_deref()).map_err(|error| format!("{}: {error}", root.display()))?;
    let emulated: &[&str] = if emulator.is_some() { &["/emulator"] } else { &[] };
    let peers = output(in_root(&root, &[emulated, &["/kubectl-bgp", "peers", "--from", "demo"]].concat()))?;
    if !peers.starts_with("NODE ") {
        return Err(format!("{} printed in an empty root: {peers}", binary.display()));
    }
    println!("{}: runs in an empty root", platform.triple);
    Ok(None)
}

const EMULATOR: &str = "qemu-aarch64-static";

/// What runs its architecture here: nothing more, or an emulator; none if that is not here.
fn emulator(platform: &Platform) -> Option<Option<PathBuf>> {
    if platform.is_own() || platform.os != "linux" {
        return Some(None);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(EMULATOR)).find(|file| file.is_file()).map(Some)
}

fn prepare(root: &Path, binary: &Path, emulator: Option<&Path>) -> std::io::Result<()> {
    if root.exists() {
        fs::remove_dir_all(root)?;
    }
    fs::create_dir_all(root)?;
    fs::copy(binary, root.join("kubectl-bgp"))?;
    if let Some(emulator) = emulator {
        fs::copy(emulator, root.join("emulator"))?;
    }
    Ok(())
}

fn in_root(root: &Path, words: &[&str]) -> Command {
    let mut command = program("unshare", &["--map-root-user", "--root"]);
    command.arg(root).args(words);
    command
}
