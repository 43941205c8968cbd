//! krew with a folder of its own, and the archives that `cargo xtask package` made.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::files::served;
use super::lab::text;
use super::run::Printed;

pub struct Krew {
    home: TempDir,
    archives: String,
}

impl Krew {
    pub fn new() -> Self {
        Self { home: TempDir::new().expect("a folder"), archives: served(target("package")) }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A program that finds krew and what krew installs, and nothing of the user's.
    pub fn run(&self, name: &str, words: &[&str]) -> Printed {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(name);
        command.args(words).current_dir(self.home.path()).stdin(Stdio::null());
        command.env("PATH", format!("{}:{}:{path}", self.path("krew/bin").display(), target("krew").display()));
        command.env("HOME", self.home.path()).env("KREW_ROOT", self.path("krew")).env("KREW_NO_UPGRADE_CHECK", "1");
        command.env("KREW_DEFAULT_INDEX_URI", self.path("index")).env("KUBECONFIG", "/nonexistent/kubeconfig");
        for (name, value) in [("AUTHOR", "a"), ("COMMITTER", "a")] {
            command.env(format!("GIT_{name}_NAME"), value).env(format!("GIT_{name}_EMAIL"), value);
        }
        let output = command.output().unwrap_or_else(|error| panic!("{name}: {error}"));
        Printed {
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            status: output.status.code().expect("an exit status"),
        }
    }

    /// What `kubectl` prints on a line that has to end well.
    #[track_caller]
    pub fn kubectl(&self, line: &str) -> String {
        self.done("kubectl", line)
    }

    #[track_caller]
    pub fn done(&self, name: &str, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let printed = self.run(name, &words);
        assert_eq!(printed.status, 0, "{name} {line}: {}", printed.stderr);
        printed.stdout
    }

    /// Writes the package's manifest as that of a version whose archives are served here.
    pub fn write_manifest(&self, file: &Path, version: &str) {
        let manifest = std::fs::read_to_string(target("package/bgp.yaml")).expect("a manifest: cargo xtask package");
        let own = concat!("v", env!("CARGO_PKG_VERSION"));
        let released = format!("{}/releases/download/{own}/", env!("CARGO_PKG_REPOSITORY"));
        assert!(manifest.contains(&released), "{manifest}");
        let here = manifest.replace(&released, &self.archives);
        let here = here.replace(&format!("version: {own}\n"), &format!("version: {version}\n"));
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, here).expect("a file");
    }

    /// The version whose program kubectl finds.
    pub fn linked(&self) -> Option<String> {
        let program = std::fs::read_link(self.path("krew/bin/kubectl-bgp")).ok()?;
        Some(program.parent()?.file_name()?.to_str()?.to_owned())
    }
}

/// This machine's own archive.
pub fn archive() -> PathBuf {
    let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let os = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    target(&format!("package/kubectl-bgp_v{}_{os}_{arch}.tar.gz", env!("CARGO_PKG_VERSION")))
}

fn target(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target").join(name)
}
