//! `cargo xtask lab`: hands its words to `tests/lab/lab`.

use std::process::{Command, ExitCode};

use crate::run;

#[derive(clap::Args)]
pub struct Args {
    /// The lab's own verb and flags
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// The lab with these words.
pub fn lab(words: &[&str]) -> Command {
    run::program(&run::root().join("tests/lab/lab").to_string_lossy(), words)
}

pub fn pass_on(args: &Args) -> ExitCode {
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    match lab(&words).status() {
        Ok(status) => u8::try_from(status.code().unwrap_or(1)).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("error: cannot run the lab: {error}");
            ExitCode::FAILURE
        }
    }
}
