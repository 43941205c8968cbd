//! `cargo xtask test`: every check and test in order, with the time of each stage.

use std::time::Instant;

use crate::lab::lab;
use crate::run::{self, Result, must, program};
use crate::{completion, dependencies, krew, package};

/// Shell scripts that shellcheck reads, and what they source with them.
const SCRIPTS: &[(&str, &[&str])] = &[
    ("tests/lab", &["lab", "router-init.sh"]),
    ("completions", &["kubectl_complete-bgp", "kubectl-bgp.bash"]),
    ("tests/oracle", &["peers", "routes", "compare", "selftest", "peers-lies.sh", "routes-lies.sh"]),
];

pub fn run() -> Result<()> {
    let started = Instant::now();
    let mut skipped = Vec::new();
    stage("formatting", || must(program("cargo", &["fmt", "--all", "--check"])))?;
    stage("lints", || {
        must(program(
            "cargo",
            &["clippy", "--locked", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"],
        ))
    })?;
    stage("pure tests and verbs on snapshots", || {
        must(program("cargo", &["test", "--locked", "--workspace", "--quiet"]))
    })?;
    stage("completion in real shells", || completion::run(&mut skipped))?;
    match lab_can_run() {
        Ok(()) => {
            stage("shell scripts", shell_scripts)?;
            stage("lab, built", || must(lab(&["build"])).and_then(|()| must(lab(&["build", "--frr", "10"]))))?;
            stage("tests in the lab", || {
                must(program(
                    "cargo",
                    &[
                        "test",
                        "--locked",
                        "--test",
                        "kubectl-bgp",
                        "--",
                        "--ignored",
                        "--skip",
                        "completion",
                        "--skip",
                        "krew",
                        "--test-threads",
                        "2",
                    ],
                ))
            })?;
        }
        Err(why) => skipped.push(format!("tests in the lab: {why}")),
    }
    stage("installation", installation)?;
    stage("licences, bans and sources", || dependencies::allowed(&mut skipped))?;
    stage("oldest Rust", || dependencies::oldest_rust(&mut skipped))?;
    stage("release archive of this platform", || package::own(&mut skipped))?;
    stage("krew", || krew::run(&mut skipped))?;
    println!("\nall stages: {:.0} s", started.elapsed().as_secs_f32());
    for what in &skipped {
        println!("skipped: {what}");
    }
    if std::env::var_os("CI").is_some() && !skipped.is_empty() {
        return Err("with CI set, nothing may be skipped".to_owned());
    }
    Ok(())
}

fn stage(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("\n== {name}");
    let started = Instant::now();
    let done = work();
    println!(
        "== {name}: {} in {:.0} s",
        if done.is_ok() { "passed" } else { "FAILED" },
        started.elapsed().as_secs_f32()
    );
    done
}

/// Installs what the lab needs where that is possible; else the line that says why it cannot run.
fn lab_can_run() -> Result<()> {
    if run::output(lab(&["can-run"])).is_ok() {
        return Ok(());
    }
    let installed = must(lab(&["install"]));
    let mut asked = lab(&["can-run"]);
    let answer = asked.output().map_err(|error| format!("cannot run the lab: {error}"))?;
    if answer.status.success() {
        return Ok(());
    }
    let line = String::from_utf8_lossy(&[answer.stdout, answer.stderr].concat()).trim().to_owned();
    Err(if line.is_empty() { format!("{installed:?}") } else { line })
}

/// README's, but for the optimization: the archive is optimized.
fn installation() -> Result<()> {
    let root = run::root().join("target/installed").to_string_lossy().into_owned();
    let words = ["install", "--locked", "--path", ".", "--debug", "--force", "--quiet", "--root", &root];
    must(program("cargo", &words))?;
    must(program(&format!("{root}/bin/kubectl-bgp"), &["peers", "--from", "demo"]))
}

fn shell_scripts() -> Result<()> {
    for (folder, scripts) in SCRIPTS {
        let mut check = program("shellcheck", &[&["-x"], *scripts].concat());
        check.current_dir(run::root().join(folder));
        must(check)?;
    }
    Ok(())
}
