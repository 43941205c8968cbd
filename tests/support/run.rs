//! Runs the real program and states what it must print.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A run of `kubectl-bgp` with nothing of the user's configuration.
pub struct Run(Command);

/// What a run printed.
pub struct Printed {
    pub stdout: String,
    pub stderr: String,
    pub status: i32,
}

/// `kubectl-bgp` with these words.
pub fn bgp(words: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-bgp"));
    command.args(words).stdin(Stdio::null()).env("KUBECONFIG", "/nonexistent/kubeconfig").env("HOME", "/nonexistent");
    for variable in
        ["KUBECTL_BGP_ROUTER", "KUBECTL_BGP_SSH_CONFIG", "UNIFI_API_KEY", "UNIFI_SITE", "NO_COLOR", "CLICOLOR_FORCE"]
    {
        command.env_remove(variable);
    }
    Run(command)
}

impl Run {
    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    pub fn kubeconfig(self, path: &Path) -> Self {
        self.env("KUBECONFIG", path)
    }

    pub fn stdin_from(mut self, path: &Path) -> Self {
        self.0.stdin(std::fs::File::open(path).expect("the test wrote it"));
        self
    }

    pub fn output(mut self) -> Printed {
        let Output { status, stdout, stderr } = self.0.output().expect("the program starts");
        Printed {
            stdout: String::from_utf8(stdout).expect("text"),
            stderr: String::from_utf8(stderr).expect("text"),
            status: status.code().expect("an exit status"),
        }
    }

    /// The run prints exactly this.
    #[track_caller]
    pub fn prints(self, stdout: &str, stderr: &str, status: i32) {
        let printed = self.output();
        assert_eq!((printed.stdout.as_str(), printed.stderr.as_str(), printed.status), (stdout, stderr, status));
    }

    /// The run prints no data, and on standard error exactly this.
    #[track_caller]
    pub fn fails(self, stderr: &str, status: i32) {
        self.prints("", stderr, status);
    }
}

impl Printed {
    /// The output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).expect(&self.stdout)
    }

    /// The cells of the table's row that begins with `first`.
    #[track_caller]
    pub fn row(&self, first: &str) -> Vec<&str> {
        let line = self.stdout.lines().find(|line| line.starts_with(first)).expect(&self.stdout);
        line.split("   ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
    }
}
