//! `cargo xtask bench`: ratios measured in one run, written to docs/benchmarks.md.

mod environment;
mod page;
mod race;
mod scale;
mod small;
mod snapshots;

use crate::lab::lab;
use crate::run::{self, Result, must, output, program};
use environment::Environment;

pub fn run() -> Result<()> {
    must(program("cargo", &["build", "--locked", "--release", "--quiet"]))?;
    let mut lines = snapshots::measure()?;
    let owner = std::process::id().to_string();
    must(lab(&["up", "--lab", "bench", "--owner", &owner]))?;
    let measured = in_the_lab();
    must(lab(&["down", "--lab", "bench"]))?;
    let (frr, in_the_lab) = measured?;
    lines.splice(0..0, in_the_lab);
    let page = page::page(&lines, &frr)?;
    let path = run::root().join("docs/benchmarks.md");
    std::fs::write(&path, &page).map_err(|error| format!("{}: {error}", path.display()))?;
    print!("{page}");
    Ok(())
}

/// FRR's version and what was measured, the small lab first: scaling it cannot be undone.
fn in_the_lab() -> Result<(String, Vec<page::Line>)> {
    let frr = output(lab(&["vty", "--lab", "bench", "show version"]))?;
    let environment = Environment::read()?;
    let mut lines = small::measure(&environment)?;
    lines.extend(scale::measure(&environment)?);
    Ok((frr.split(" (").next().unwrap_or_default().to_owned(), lines))
}

/// The program that is measured.
fn ours() -> String {
    run::root().join("target/release/kubectl-bgp").to_string_lossy().into_owned()
}
