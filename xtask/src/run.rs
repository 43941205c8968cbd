//! Running other programs.

use std::path::PathBuf;
use std::process::Command;

pub type Result<T> = std::result::Result<T, String>;

/// The project's folder.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap_or_else(|_| PathBuf::from("."))
}

/// A program that starts in the project's folder.
pub fn program(name: &str, words: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(words).current_dir(root());
    // It is xtask's own, because cargo started it; ring would be built anew for it, and with it whatever uses TLS.
    command.env_remove("CARGO_MANIFEST_DIR");
    command
}

/// Runs it and fails with it.
pub fn must(mut command: Command) -> Result<()> {
    let status = command.status().map_err(|error| format!("cannot run {}: {error}", line(&command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", line(&command))) }
}

/// Runs it and returns what it printed.
pub fn output(mut command: Command) -> Result<String> {
    let output = command.output().map_err(|error| format!("cannot run {}: {error}", line(&command)))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    } else {
        Err(format!("{} ended with {}: {}", line(&command), output.status, String::from_utf8_lossy(&output.stderr)))
    }
}

/// As one would type it.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(std::ffi::OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// Where a program of PATH is, or a file.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

pub fn is_here(name: &str) -> bool {
    find(name).is_some()
}

/// Installs Debian's packages; fails without root, or elsewhere than on Debian.
pub fn install(packages: &[&str]) -> Result<()> {
    // A machine that is new has no list of them.
    must(program("apt-get", &["update", "--quiet"]))?;
    must(program("apt-get", &[&["install", "-y", "--no-install-recommends"], packages].concat()))
}
