//! The tests of completion with the real kubectl and in real shells, as far as these are here or can be installed.

use crate::run::{self, Result, is_here, must, program};

/// Tests by how their names begin, and the programs that they need.
const TESTS: &[(&str, &[&str])] = &[
    ("completion::kubectl_", &["kubectl"]),
    ("completion_trouble::kubectl_", &["kubectl"]),
    ("completion_keys::bash_", &["bash", BASH_COMPLETION, "expect", "kubectl"]),
    ("completion_keys::zsh_", &["zsh", "expect", "kubectl"]),
    ("completion_keys::fish_", &["fish", "expect", "kubectl"]),
];

/// What kubectl's own script for bash is built on.
const BASH_COMPLETION: &str = "/usr/share/bash-completion/bash_completion";

/// Debian's packages, and what tells that one is here.
const PACKAGES: &[(&str, &str)] =
    &[("bash", "bash"), ("bash-completion", BASH_COMPLETION), ("expect", "expect"), ("fish", "fish"), ("zsh", "zsh")];

/// Runs those that can run, and adds the others to what was skipped.
pub fn run(skipped: &mut Vec<String>) -> Result<()> {
    let packages: Vec<&str> = PACKAGES.iter().filter(|(_, file)| !is_here(file)).map(|(name, _)| *name).collect();
    if !packages.is_empty() {
        // Without root, or elsewhere than on Debian, the tests that lack something are skipped.
        let _ = run::install(&packages);
    }
    let mut filters = Vec::new();
    for (tests, programs) in TESTS {
        match programs.iter().find(|name| !is_here(name)) {
            Some(name) => skipped.push(format!("tests {tests}*: there is no {name}")),
            None => filters.push(*tests),
        }
    }
    if filters.is_empty() {
        return Ok(());
    }
    let words = ["test", "--locked", "--test", "kubectl-bgp", "--", "--ignored"];
    must(program("cargo", &[&words[..], &filters].concat()))
}
