//! Whether a program runs; for Linux, with nothing but the kernel.

use std::fs;
use std::path::Path;

use super::platform::Platform;
use crate::run::{self, Result, output, program};

const WORDS: &[&str] = &["peers", "--from", "demo"];

/// Runs it, for Linux where no other file is, an emulator apart. What could not be tried is what comes back.
pub fn check(platform: &Platform, binary: &Path) -> Result<Option<String>> {
    let was_not_run = |why: &str| Ok(Some(format!("{} was not run: {why}", platform.triple)));
    let command = if platform.os == "linux" {
        // Static itself.
        let name = format!("qemu-{}-static", platform.architecture());
        let emulator = if platform.is_own() { None } else { run::find(&name) };
        if emulator.is_none() && !platform.is_own() {
            return was_not_run(&format!("there is no {name}"));
        }
        if let Err(why) = output(program("unshare", &["--map-root-user", "true"])) {
            return was_not_run(&format!("no empty root can be made: {why}"));
        }
        let root = run::root().join("target/package-root");
        prepare(&root, binary, emulator.as_deref()).map_err(|error| format!("{}: {error}", root.display()))?;
        let mut alone = program("unshare", &["--map-root-user", "--root"]);
        alone.arg(root).args(emulator.map(|_| "/emulator")).arg("/kubectl-bgp").args(WORDS);
        alone
    } else if platform.is_own() {
        program(&binary.to_string_lossy(), WORDS)
    } else {
        return was_not_run("it is for another architecture");
    };
    let printed = output(command)?;
    if !printed.starts_with("NODE ") {
        return Err(format!("{} printed: {printed}", binary.display()));
    }
    println!("{}: runs{}", platform.triple, if platform.os == "linux" { " in an empty root" } else { "" });
    Ok(None)
}

fn prepare(root: &Path, binary: &Path, emulator: Option<&Path>) -> std::io::Result<()> {
    if root.exists() {
        fs::remove_dir_all(root)?;
    }
    fs::create_dir_all(root)?;
    fs::copy(binary, root.join("kubectl-bgp"))?;
    if let Some(emulator) = emulator {
        fs::copy(emulator, root.join("emulator"))?;
    }
    Ok(())
}
