//! `KUBECTL_EXTERNAL_DIFF`: the user's own program shows what differs, as `kubectl diff` runs it
//! (k8s.io/kubectl/pkg/cmd/diff/diff.go): the words of the variable, of which further ones may have letters, digits, `-` and
//! `=` alone, behind two folders.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::error::{Error, Result};
use crate::frr::config::canonical::Canonical;
use crate::interrupt::{forget, remove_at_signal};
use crate::plan::Plan;
use crate::plan::upload::{Notes, Upload};
use crate::ui::Ui;

const VARIABLE: &str = "KUBECTL_EXTERNAL_DIFF";

/// Whether a program has shown it. Without a difference, or without the variable, none is run.
pub fn show(plans: &[Plan], ui: &Ui) -> Result<bool> {
    let words = std::env::var(VARIABLE).unwrap_or_default();
    let (program, further) = match words.split(' ').collect::<Vec<_>>()[..] {
        ["", ..] | [] => return Ok(false),
        [program, ref further @ ..] => (program.to_owned(), taken(further, ui)),
    };
    let comparisons = plans.iter().filter_map(|plan| Some((plan, plan.comparison.as_ref().ok()?)));
    let differing: Vec<_> = comparisons.filter(|(_, comparison)| !comparison.changes.is_empty()).collect();
    if differing.is_empty() {
        return Ok(false);
    }
    let failed = |error: std::io::Error| Error::failure(format!("{VARIABLE}: {error}")).undecided();
    // A router's configuration is nobody else's business.
    let for_its_owner = Permissions::from_mode(0o700);
    let folder =
        tempfile::Builder::new().prefix("kubectl-bgp-").permissions(for_its_owner).tempdir().map_err(failed)?;
    remove_at_signal(folder.path());
    let (now, wanted) = (folder.path().join("RUNNING"), folder.path().join("WANTED"));
    for side in [&now, &wanted] {
        fs::create_dir(side).map_err(failed)?;
    }
    for (plan, comparison) in differing {
        let name = file_name(&plan.router.name);
        write(&now.join(&name), &comparison.before).map_err(failed)?;
        write(&wanted.join(&name), &comparison.after).map_err(failed)?;
    }
    let ended = Command::new(&program).args([&now, &wanted]).args(further).status();
    forget(folder.path());
    let ended = ended.map_err(|error| Error::failure(format!("failed to run {program:?}: {error}")).undecided())?;
    match ended.code() {
        Some(0 | 1) => Ok(true),
        _ => Err(Error::failure(format!("{program:?} of {VARIABLE} ended with {ended}")).undecided()),
    }
}

/// kubectl leaves the others out without a word.
fn taken<'a>(words: &[&'a str], ui: &Ui) -> Vec<&'a str> {
    let is_taken =
        |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-=".contains(c));
    let (taken, left_out): (Vec<&str>, Vec<&str>) = words.iter().copied().partition(is_taken);
    for word in left_out.iter().filter(|word| !word.is_empty()) {
        ui.warning(&format!(
            "{VARIABLE}: {word:?} is left out, as kubectl does: letters, digits, - and = alone are taken"
        ));
    }
    taken
}

/// Passwords have stand-ins here.
fn write(file: &Path, configuration: &Canonical) -> std::io::Result<()> {
    fs::write(file, Upload::of(configuration, &Notes::default()).print_statements())
}

fn file_name(router: &str) -> String {
    router.chars().map(|c| if c.is_ascii_alphanumeric() || "._-@".contains(c) { c } else { '_' }).collect()
}
