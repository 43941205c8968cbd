//! `--write FILE`: the configuration to upload, whole or not there, and for its owner alone.

use std::fs::{self, Permissions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::plan::comparison::{Comparison, Verdict};
use crate::plan::upload::{Notes, Upload, changes};
use crate::present;
use crate::present::udm_sync::text;
use crate::snapshot::Passwords;
use crate::ui::Ui;
use crate::unifi::CONSOLE;

/// Statements that are named.
const NAMED: usize = 6;

const FOR_OWNER: u32 = 0o600;

pub fn is_stdout(file: &Path) -> bool {
    file == Path::new("-")
}

pub fn run(file: &Path, force: bool, plans: &[Plan], passwords: &Passwords, ui: &Ui) -> Result<()> {
    let (plan, comparison) = only(plans)?;
    let upload = Upload::of(&comparison.after, &Notes::of(comparison, title(plan)));
    if upload.is_empty() {
        return Err(Error::failure(format!("there is no BGP to write for {}", plan.router.name)));
    }
    for reason in comparison.by_hand.iter().chain(&comparison.undecided) {
        ui.warning(&format!("the file does nothing for this: {reason}"));
    }
    if is_stdout(file) {
        present::finish(ui.stdout().write_all(upload.print_cut().as_bytes()))?;
        if upload.has_passwords() {
            ui.warning("passwords are cut out: their statements are comments");
            ui.hint("--write FILE writes them, for you alone");
        }
        return Ok(());
    }
    let text = upload.print(passwords).map_err(|statements| {
        Error::failure(format!("not written: the password of `{}` is not known", statements.join("`, `")))
            .hint("a snapshot has no passwords: read the live router, or its configuration with --router-config FILE")
    })?;
    let place = file.display();
    match state(file, &text)? {
        State::Absent => save(file, &text, false)?,
        State::Same => {
            // Others may have been able to read it.
            fs::set_permissions(file, Permissions::from_mode(FOR_OWNER)).map_err(|error| unwritable(file, &error))?;
            ui.note(&format!("{place} is the same already"));
        }
        State::Other(old) => {
            if !force {
                may_replace(file, &old, comparison, passwords, ui)?;
            }
            save(file, &text, true)?;
        }
    }
    tell(file, plan, comparison, &upload, ui);
    Ok(())
}

fn only<'p, 'a>(plans: &'p [Plan<'a>]) -> Result<(&'p Plan<'a>, &'p Comparison)> {
    let plan = match plans {
        [plan] => plan,
        [] => return Err(Error::failure("no router was compared, so there is nothing to write")),
        several => {
            let names: Vec<&str> = several.iter().map(|plan| plan.router.name.as_str()).collect();
            return Err(Error::usage(format!(
                "--write takes one router, and there are {}: {}",
                names.len(),
                names.join(", ")
            ))
            .hint("name one with --router [PEER=][USER@]HOST, or --router-config FILE, and write a file for each"));
        }
    };
    match &plan.comparison {
        Ok(comparison) => Ok((plan, comparison)),
        Err(missing) => {
            let name = &plan.router.name;
            Err(Error::failure(format!("not written: the router {name} could not be compared: {}", missing.message)))
        }
    }
}

fn title(plan: &Plan) -> Vec<String> {
    vec![
        format!("BGP of the router {} for the cluster's nodes: all of it.", plan.router.name),
        "Uploaded as a whole, it takes the place of what was uploaded before.".to_owned(),
        "Written by `kubectl bgp udm-sync --write`, which also says what it lacks later.".to_owned(),
    ]
}

/// What stands where the file is to be.
enum State {
    Absent,
    Same,
    Other(SecretString),
}

fn state(file: &Path, text: &SecretString) -> Result<State> {
    let metadata = match fs::symlink_metadata(file) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Absent),
        Err(error) => return Err(unwritable(file, &error)),
    };
    if !metadata.is_file() {
        let what = if metadata.is_symlink() { "a symbolic link" } else { "no regular file" };
        return Err(Error::failure(format!(
            "{} is {what}: the file has passwords, and is written to its own name only",
            file.display()
        ))
        .hint("name another file; `-` is standard output, without passwords"));
    }
    let old: SecretString = match fs::read(file) {
        Ok(old) => String::from_utf8_lossy(&old).into_owned().into(),
        Err(error) => return Err(unwritable(file, &error)),
    };
    let is_same = old.expose_secret() == text.expose_secret();
    Ok(if is_same { State::Same } else { State::Other(old) })
}

/// Shows how the file that is there differs, by meaning, and asks on a terminal.
fn may_replace(file: &Path, old: &SecretString, comparison: &Comparison, passwords: &Passwords, ui: &Ui) -> Result<()> {
    let place = file.display();
    let changes = changes(&passwords.in_place_of(old.expose_secret()), &comparison.after);
    let mut shown = String::new();
    text::changes(&mut shown, &changes);
    if changes.is_empty() {
        "  (only in comments, or in what is no part of BGP)\n".clone_into(&mut shown);
    }
    present::finish(ui.stderr().write_all(format!("{place} is there already, and would change:\n{shown}").as_bytes()))?;
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Error::failure(format!("{place} is there already and differs; it was left as it is"))
            .hint("--force replaces it"));
    }
    present::finish(ui.stderr().write_all(format!("Replace {place}? [y/N] ").as_bytes()))?;
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    if read.is_ok() && ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
        return Ok(());
    }
    Err(Error::failure(format!("{place} was left as it is")))
}

/// Beside it and then in its place: whole or not there. What appears there meanwhile stays.
fn save(file: &Path, text: &SecretString, replace: bool) -> Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = (|| {
        // Its error would name the file beside. A temporary file is its owner's alone.
        let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(|error| io::Error::from(error.kind()))?;
        beside.write_all(text.expose_secret().as_bytes())?;
        beside.as_file().sync_all()?;
        let kept = if replace { beside.persist(file) } else { beside.persist_noclobber(file) };
        kept.map(drop).map_err(|error| error.error)
    })();
    written.map_err(|error| unwritable(file, &error))
}

fn unwritable(file: &Path, error: &io::Error) -> Error {
    Error::failure(format!("cannot write {}: {error}", file.display()))
}

/// What the file is, and what to do with it.
fn tell(file: &Path, plan: &Plan, comparison: &Comparison, upload: &Upload, ui: &Ui) {
    let secret = if upload.has_passwords() { ", with its passwords" } else { "" };
    let place = file.display();
    ui.note(&format!(
        "{place} has the BGP configuration of {} as it should be{secret}, for you alone to read",
        plan.router.name
    ));
    if !upload.left_out.is_empty() {
        let named: Vec<String> = upload.left_out.iter().take(NAMED).map(|statement| format!("`{statement}`")).collect();
        let more = match upload.left_out.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        ui.note(&format!("  no part of BGP, so not in it: {}{more}", named.join(", ")));
    }
    if comparison.verdict() == Verdict::Same {
        ui.note("  the router has all of it already: no upload is needed");
        return;
    }
    for (is_for, step) in steps() {
        if is_for.is_none_or(|is_unifi| is_unifi == plan.router.is_unifi() || plan.router.is_of_file()) {
            ui.hint(&step);
        }
    }
}

/// For UniFi gateways, for other routers, or for both.
fn steps() -> [(Option<bool>, String); 4] {
    [
    (
        Some(true),
        format!("upload it in UniFi Network: {CONSOLE}"),
    ),
    (Some(true), "an upload may end established sessions for a moment; they come back by themselves".to_owned()),
    (
        Some(false),
        "FRR elsewhere: paste the lines of `kubectl bgp udm-sync -o frr` into vtysh, then `write memory`; `vtysh -f FILE` adds what \
         is missing and takes nothing away".to_owned(),
    ),
    (None, "afterwards `kubectl bgp udm-sync` says whether the router has it".to_owned()),
]
}
