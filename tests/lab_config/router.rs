//! The lab's router, as far as its configuration goes.

use std::io::Write;
use std::process::Stdio;

use crate::frr::config::Tree;
use crate::frr::config::canonical::{Canonical, Dialect};
use crate::support::lab::{Lab, tests_folder, text};

pub struct Router {
    pub lab: Lab,
    /// Debian builds FRR for that many paths.
    pub dialect: Dialect,
}

impl Router {
    pub fn up(version: &str) -> Self {
        let lab = Lab::up(&["--frr", version]);
        let dialect = Dialect { multipath: Some(256), ..Dialect::of(&Tree::parse(&running_text(&lab))) };
        Self { lab, dialect }
    }

    /// What the running configuration means.
    pub fn running(&self) -> Canonical {
        Canonical::of(&Tree::parse(&self.running_text()), &self.dialect)
    }

    pub fn running_text(&self) -> String {
        running_text(&self.lab)
    }

    /// Starts FRR anew with nothing in it.
    pub fn empty(&self) {
        self.lab.ask(&["frr-conf"]);
    }

    /// Starts FRR anew with what it had at first.
    pub fn as_at_first(&self) {
        self.lab.ask(&["frr", "stop"]);
        self.lab.ask(&["frr", "start"]);
    }

    /// What vtysh says that is no progress and no harmless note.
    pub fn apply(&self, statements: &str) -> String {
        let mut command = self.lab.command(tests_folder("lab/lab"));
        let script = "cat > /run/delta.conf; HOME=/nonexistent vtysh -f /run/delta.conf 2>&1";
        command.args(["udm", "sh", "-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut vtysh = command.spawn().expect("tests/lab/lab runs");
        vtysh.stdin.take().expect("its input").write_all(statements.as_bytes()).expect("it reads");
        let said = text(&vtysh.wait_with_output().expect("it ends").stdout);
        said.lines().filter(|line| !is_harmless(line.trim())).map(|line| format!("{line}\n")).collect()
    }
}

fn running_text(lab: &Lab) -> String {
    lab.ask(&["vty", "show running-config"])
}

fn is_harmless(line: &str) -> bool {
    line.is_empty()
        || line.starts_with('[') && (line.ends_with("] sending configuration") || line.ends_with("] done"))
        || line.starts_with("Waiting for children")
        || line.ends_with("does not exist.")
        || line.ends_with("to take effect")
}
