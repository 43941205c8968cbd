//! `kubectl bgp completion`: the scripts through which a shell, or kubectl for it, asks for candidates.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Exit, Result};
use crate::present;
use crate::ui::Ui;

/// Prints the completion script of a shell, or the one through which kubectl completes `kubectl bgp`
///
/// With kubectl's own completion, `kubectl bgp completion kubectl --install` is all that is needed: kubectl then asks the
/// plugin. The scripts for bash, zsh and fish are for those who call the program as kubectl-bgp.
#[derive(clap::Args)]
pub struct Args {
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
    /// Write the script of kubectl beside the kubectl-bgp that is on PATH
    #[arg(long)]
    install: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Shell {
    /// For kubectl-bgp in bash
    Bash,
    /// For kubectl-bgp in zsh
    Zsh,
    /// For kubectl-bgp in fish
    Fish,
    /// For `kubectl bgp` in any shell that completes kubectl
    Kubectl,
}

/// The plugin, as kubectl looks for it on PATH.
const PLUGIN: &str = "kubectl-bgp";
/// What completes it, as kubectl looks for it on PATH.
const COMPLETER: &str = "kubectl_complete-bgp";
/// What every version of the script has.
const OURS: &str = "kubectl-bgp __complete";

pub fn run(args: &Args, ui: &Ui) -> Result<Exit> {
    if !args.install {
        return present::finish(ui.stdout().write_all(args.shell.script().as_bytes())).map(|()| Exit::Ok);
    }
    if args.shell != Shell::Kubectl {
        return Err(Error::usage(
            "--install is for `completion kubectl`: a shell's own script is sourced by its profile",
        ));
    }
    let path = path_of_completer()?;
    install(&path)?;
    ui.note(&format!("wrote {}", path.display()));
    if let Some(other) = first_on_path(COMPLETER).filter(|first| *first != path) {
        ui.warning(&format!("kubectl takes {}, which comes earlier on PATH", other.display()));
    }
    Ok(Exit::Ok)
}

impl Shell {
    fn script(self) -> &'static str {
        match self {
            Self::Bash => include_str!("../../completions/kubectl-bgp.bash"),
            Self::Zsh => include_str!("../../completions/_kubectl-bgp"),
            Self::Fish => include_str!("../../completions/kubectl-bgp.fish"),
            Self::Kubectl => include_str!("../../completions/kubectl_complete-bgp"),
        }
    }
}

/// Beside the plugin that kubectl finds.
fn path_of_completer() -> Result<PathBuf> {
    let plugin = first_on_path(PLUGIN).ok_or_else(|| {
        Error::failure(format!("{PLUGIN} is not on PATH, so kubectl would not find what completes it"))
            .hint(format!("put it into a folder of PATH; {COMPLETER} belongs there too, and is to be executable"))
    })?;
    Ok(plugin.with_file_name(COMPLETER))
}

/// The program that kubectl finds by this name.
fn first_on_path(name: &str) -> Option<PathBuf> {
    let is_program = |file: &PathBuf| {
        file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(name)).find(is_program)
}

/// Writes the script, in the place of nothing or of another version of it.
fn install(path: &Path) -> Result<()> {
    let unwritable = |error: &dyn std::fmt::Display| {
        Error::failure(format!("cannot write {}: {error}", path.display()))
            .hint(format!("with the rights to: `kubectl-bgp completion kubectl > {0} && chmod +x {0}`", path.display()))
    };
    let is_ours = || path.is_file() && std::fs::read_to_string(path).is_ok_and(|text| text.contains(OURS));
    if path.symlink_metadata().is_ok() && !is_ours() {
        return Err(Error::failure(format!("{} is there already and does not come from {PLUGIN}", path.display()))
            .hint("remove it first, if nobody needs it"));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(|error| unwritable(&error.kind()))?;
    beside.write_all(Shell::Kubectl.script().as_bytes()).map_err(|error| unwritable(&error))?;
    let everybody_runs_it = std::fs::Permissions::from_mode(0o755);
    beside.as_file().set_permissions(everybody_runs_it).map_err(|error| unwritable(&error))?;
    beside.persist(path).map_err(|error| unwritable(&error.error))?;
    Ok(())
}
