//! The tests with the real krew, built for them, of the archive that was packed before.

use std::fs;

use crate::package;
use crate::run::{self, Result, is_here, must, program};

const NEEDS: &[&str] = &["git", "go", "kubectl"];

pub fn run(skipped: &mut Vec<String>) -> Result<()> {
    if let Some(name) = NEEDS.iter().find(|name| !is_here(name)) {
        skipped.push(format!("tests krew::*: there is no {name}"));
        return Ok(());
    }
    if !package::own_archive().is_some_and(|archive| archive.exists()) {
        skipped.push("tests krew::*: there is no archive".to_owned());
        return Ok(());
    }
    let folder = run::root().join("target/krew");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut build = program("go", &["build", "-trimpath", "-o", "../../target/krew/", "tool"]);
    build.env("CGO_ENABLED", "0").current_dir(run::root().join("tests/krew"));
    must(build)?;
    // kubectl finds it by this name.
    fs::rename(folder.join("krew"), folder.join("kubectl-krew")).map_err(|error| format!("krew: {error}"))?;
    must(program("cargo", &["test", "--locked", "--test", "kubectl-bgp", "--", "--ignored", "krew::"]))
}
