//! `cargo xtask lab`: hands its words to `tests/lab/lab`.

use std::path::Path;
use std::process::{Command, ExitCode};

#[derive(clap::Args)]
pub struct Args {
    /// The lab's own verb and flags; `help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

pub fn run(args: &Args) -> ExitCode {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/lab/lab");
    match Command::new(&script).args(&args.words).status() {
        Ok(status) => u8::try_from(status.code().unwrap_or(1)).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("cannot run {}: {error}", script.display());
            ExitCode::FAILURE
        }
    }
}
