//! `cargo xtask bench`: ratios measured in one run, written to docs/benchmarks.md.

mod environment;
mod files;
mod line;
mod page;
mod race;
mod scale;
mod small;
mod sync;

use clap::ValueEnum;

use crate::lab::lab;
use crate::run::{self, Result, must, output, program};
use environment::Environment;
use page::{Page, Section};

#[derive(clap::Args)]
pub struct Args {
    /// Measures these groups alone; the page keeps what it says of the others, and when they were measured
    #[arg(long, value_delimiter = ',', value_name = "GROUP")]
    only: Vec<Group>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Group {
    /// Three nodes and one router
    Small,
    /// udm-sync where nothing differs
    Sync,
    /// A thousand nodes
    Scale,
    /// Snapshot files of growing size
    Files,
}

impl Group {
    fn is_in_the_lab(self) -> bool {
        self != Self::Files
    }
}

pub fn run(args: &Args) -> Result<()> {
    // Scaling the lab cannot be undone, so it comes behind what needs three nodes.
    let all = Group::value_variants().iter().copied();
    let groups: Vec<Group> = all.filter(|group| args.only.is_empty() || args.only.contains(group)).collect();
    must(program("cargo", &["build", "--locked", "--release", "--quiet"]))?;
    let mut sections = Vec::new();
    if groups.iter().any(|group| group.is_in_the_lab()) {
        let owner = std::process::id().to_string();
        must(lab(&["up", "--lab", "bench", "--owner", &owner]))?;
        let measured = in_the_lab(&groups);
        must(lab(&["down", "--lab", "bench"]))?;
        sections = measured?;
    }
    if groups.contains(&Group::Files) {
        sections.push(Section::new(Group::Files, &page::measured_with(None)?, Ok(files::measure()?)));
    }
    let path = run::root().join("docs/benchmarks.md");
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let page = Page::read(&known).with(sections).print();
    std::fs::write(&path, &page).map_err(|error| format!("{}: {error}", path.display()))?;
    print!("{page}");
    Ok(())
}

fn in_the_lab(groups: &[Group]) -> Result<Vec<Section>> {
    let frr = output(lab(&["vty", "--lab", "bench", "show version"]))?;
    let environment = Environment::read()?;
    let mut sections = Vec::new();
    for &group in groups {
        let lines = match group {
            Group::Small => Ok(small::measure(&environment)?),
            Group::Sync => sync::measure(&environment)?,
            Group::Scale => Ok(scale::measure(&environment)?),
            Group::Files => continue,
        };
        sections.push(Section::new(group, &page::measured_with(frr.split(" (").next())?, lines));
    }
    Ok(sections)
}

/// The program that is measured.
fn ours() -> String {
    run::root().join("target/release/kubectl-bgp").to_string_lossy().into_owned()
}
