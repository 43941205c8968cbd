//! `cargo xtask`: what the project does besides building: the lab, the tests, the benchmarks, releases.

#![allow(clippy::disallowed_macros, reason = "a tool of the project, which prints its own progress")]

mod bench;
mod completion;
mod dependencies;
mod docs;
mod fleet;
mod generate;
mod krew;
mod lab;
mod package;
mod run;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs a verb of the lab, tests/lab/lab; `cargo xtask lab help` lists them
    #[command(disable_help_flag = true)]
    Lab(lab::Args),
    /// Passes all the tests, and installs what they need; says what it had to skip, and why
    Test,
    /// Writes a snapshot of a healthy cluster and router of any size
    Generate(generate::Args),
    /// Measures against what users run today, and writes docs/benchmarks.md
    Bench(bench::Args),
    /// Builds a release's archives, and krew's manifest of them, in target/package
    Package(package::Args),
    /// Writes what is generated: in docs rules.md, commands.md, man and demo.svg, and plugin-manifest/bgp.yaml
    Docs,
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Lab(args) => return lab::pass_on(&args),
        Task::Test => test::run(),
        Task::Generate(args) => generate::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Package(args) => package::run(&args),
        Task::Docs => docs::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
