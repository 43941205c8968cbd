//! A release's program: static for Linux, linked by zig, so that it starts on any distribution.

use std::path::{Path, PathBuf};

use super::platform::Platform;
use crate::run::{self, Result, must, output, program};

/// zig brings a linker and musl for every architecture; cargo-zigbuild hands them to cargo.
const TOOLS: &[&str] = &["cargo-zigbuild==0.24.0", "ziglang==0.17.1"];

/// Debian's package for what pip needs, where that is missing and can be installed.
pub fn install() {
    if output(program("python3", &["-c", "import ensurepip"])).is_err() {
        let _ = run::install(&["python3-venv"]);
    }
}

/// Brings what it takes to build for a platform; fails where that cannot be had.
pub fn prepare(platform: &Platform) -> Result<()> {
    if !platform.builds_here() {
        return Err(format!("{} is linked on a Mac only", platform.triple));
    }
    output(program("rustup", &["target", "add", platform.triple]))?;
    if platform.os == "linux" { tools().map(drop) } else { Ok(()) }
}

/// Builds it and returns where it is.
pub fn build(platform: &Platform) -> Result<PathBuf> {
    let mut cargo = if platform.os == "linux" {
        let mut cargo = program("cargo-zigbuild", &["zigbuild"]);
        cargo.env("PATH", path_with(&tools()?)?);
        cargo
    } else {
        program("cargo", &["build"])
    };
    cargo.args(["--locked", "--release", "--quiet", "--bin", "kubectl-bgp", "--target", platform.triple]);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags()?);
    must(cargo)?;
    Ok(run::root().join("target").join(platform.triple).join("release/kubectl-bgp"))
}

/// The folder of the tools' programs, made once for each of their versions.
fn tools() -> Result<PathBuf> {
    let folder = run::root().join("target/package-tools").join(TOOLS.join("-").replace("==", "-"));
    let programs = folder.join("bin");
    if !programs.join("cargo-zigbuild").exists() {
        output(program("python3", &["-m", "venv", &folder.to_string_lossy()]))?;
        let pip = programs.join("pip");
        let words = ["install", "--quiet", "--disable-pip-version-check"];
        must(program(&pip.to_string_lossy(), &[&words[..], TOOLS].concat()))?;
    }
    Ok(programs)
}

/// Panics name source files: from where they were built is nobody's business, and would make each builder's program another.
fn flags() -> Result<String> {
    let sources = match std::env::var("CARGO_HOME") {
        Ok(home) => home,
        Err(_) => format!("{}/.cargo", std::env::var("HOME").map_err(|error| format!("HOME: {error}"))?),
    };
    Ok(format!(
        "--remap-path-prefix={sources}/registry/src=/cargo\u{1f}--remap-path-prefix={}=/kubectl-bgp",
        run::root().display()
    ))
}

fn path_with(folder: &Path) -> Result<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path)))
        .map_err(|error| format!("PATH: {error}"))
}
