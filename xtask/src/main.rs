//! `cargo xtask`: what the project does besides building: the lab, the tests, the benchmarks.

mod lab;

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
    /// Runs a verb of the lab, tests/lab/lab
    #[command(disable_help_flag = true)]
    Lab(lab::Args),
}

fn main() -> ExitCode {
    match Cli::parse().task {
        Task::Lab(args) => lab::run(&args),
    }
}
