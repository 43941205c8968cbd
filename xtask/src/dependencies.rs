//! What the program is made of: licences, bans and sources by cargo-deny, and the oldest Rust that compiles it.

use crate::run::{self, Result, must, program};

/// Where cargo-deny is installed.
const TOOLS: &str = "target/tools";

const CARGO_DENY: &str = "0.20.2";

/// Checks deny.toml. Known vulnerabilities are the workflow's to look up: their list changes, the project need not.
pub fn allowed(skipped: &mut Vec<String>) -> Result<()> {
    let deny = run::root().join(TOOLS).join("bin/cargo-deny").to_string_lossy().into_owned();
    if !run::output(program(&deny, &["--version"])).is_ok_and(|said| said.ends_with(CARGO_DENY)) {
        // Unoptimized: compiling it takes longer than it ever runs.
        let what = ["install", "cargo-deny", "--version", CARGO_DENY, "--locked"];
        if let Err(why) =
            must(program("cargo", &[&what[..], &["--debug", "--quiet", "--force", "--root", TOOLS]].concat()))
        {
            skipped.push(format!("licences, bans and sources: {why}"));
            return Ok(());
        }
    }
    must(program(&deny, &["--log-level", "error", "--locked", "--workspace", "check", "licenses", "bans", "sources"]))
}

/// Compiles the program with the version that Cargo.toml promises.
pub fn oldest_rust(skipped: &mut Vec<String>) -> Result<()> {
    let version = env!("CARGO_PKG_RUST_VERSION");
    if let Err(why) = must(program("rustup", &["toolchain", "install", version, "--profile", "minimal"])) {
        skipped.push(format!("Rust {version}: {why}"));
        return Ok(());
    }
    let check = ["run", version, "cargo", "check", "--locked", "--workspace", "--quiet"];
    must(program("rustup", &[&check[..], &["--target-dir", "target/oldest-rust"]].concat()))
}
