//! A TAB at the end of a line.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::lab::text;
use super::run::{Printed, bgp};

/// A folder in front of PATH with the program and what completes it, as somebody installs them.
pub struct Installed {
    folder: TempDir,
}

impl Installed {
    pub fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let link = |from: &Path, name: &str| symlink(from, folder.path().join(name)).expect("a link");
        link(Path::new(env!("CARGO_BIN_EXE_kubectl-bgp")), "kubectl-bgp");
        link(&script("kubectl_complete-bgp"), "kubectl_complete-bgp");
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program that finds it, and nothing of the user's.
    pub fn command(&self, program: &str) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(program);
        command.env("PATH", format!("{}:{path}", self.folder.path().display())).env("HOME", self.folder.path());
        command.env("KUBECONFIG", "/nonexistent/kubeconfig").env_remove("KUBECTL_BGP_ROUTER").stdin(Stdio::null());
        command
    }

    /// What the real kubectl makes of a line after `kubectl bgp`; the last word is the one that is typed.
    pub fn kubectl(&self, line: &str) -> Printed {
        let mut command = self.command("kubectl");
        let output = command.args(["__complete", "bgp"]).args(line.split(' ')).output().expect("kubectl runs");
        Printed {
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            status: output.status.code().expect("an exit status"),
        }
    }
}

/// A script of `completions/`.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(name)
}

/// `kubectl-bgp __complete` with the words of a line.
pub fn asked(line: &str) -> super::run::Run {
    let words: Vec<&str> = std::iter::once("__complete").chain(line.split(' ')).collect();
    bgp(&words)
}

/// The candidates with one space between them, and the directive.
#[track_caller]
pub fn candidates(printed: &Printed) -> String {
    let words = printed.stdout.lines().map(|line| line.split('\t').next().unwrap_or_default());
    words.collect::<Vec<_>>().join(" ")
}

/// Candidates and nothing else.
#[track_caller]
pub fn offers(line: &str, expected: &str) {
    let printed = asked(line).output();
    assert_eq!((candidates(&printed).as_str(), printed.stderr.as_str(), printed.status), (expected, "", 0), "{line}");
}
