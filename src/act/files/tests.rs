use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use tempfile::TempDir;

use super::*;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn wanted(folder: &Path, name: &str, text: &str) -> Wanted {
    Wanted { path: folder.join(name), text: text.to_owned(), is_secret: false, is_of_router: false }
}

fn changes(all: Vec<Wanted>) -> Changes {
    Changes::of(all).expect("they can be written")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o7777
}

/// The files of a folder with their texts, those beside included.
fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let read = |entry: fs::DirEntry| {
        let text = fs::read_to_string(entry.path()).unwrap_or_else(|error| error.kind().to_string());
        (entry.file_name().to_string_lossy().into_owned(), text)
    };
    let mut files: Vec<_> = entries.map(read).collect();
    files.sort();
    files
}

fn of(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// Why it cannot be written, without the folder's own name.
#[track_caller]
fn refused(folder: &Path, wanted: Wanted) -> String {
    let error = Changes::of(vec![wanted]).map(|_| ()).expect_err("it is refused");
    error.message.replace(&format!("{}/", folder.display()), "").replace(&folder.display().to_string(), "FOLDER")
}

#[test]
fn files_are_written_as_they_should_be() {
    let folder = folder();
    let at = folder.path();
    fs::write(at.join("old"), "a\n").expect("a file");
    fs::write(at.join("same"), "s\n").expect("a file");
    fs::set_permissions(at.join("old"), Permissions::from_mode(0o640)).expect("a mode");
    let mut router = wanted(at, "k8s-bgp.conf", "router bgp 65001\n");
    router.is_secret = true;
    let changes = changes(vec![wanted(at, "new", "n\n"), wanted(at, "old", "b\n"), wanted(at, "same", "s\n"), router]);
    let before = fs::metadata(at.join("same")).expect("a file").modified().expect("a time");
    let outcomes: Vec<Outcome> = changes.commit().expect("written").into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(outcomes, [Outcome::Created, Outcome::Changed, Outcome::Unchanged, Outcome::Created]);
    let all = [("k8s-bgp.conf", "router bgp 65001\n"), ("new", "n\n"), ("old", "b\n"), ("same", "s\n")];
    assert_eq!(files(at), of(&all));
    assert_eq!((mode(&at.join("old")), mode(&at.join("k8s-bgp.conf"))), (0o640, 0o600));
    assert_eq!(mode(&at.join("new")) & 0o600, 0o600);
    assert_eq!(fs::metadata(at.join("same")).expect("a file").modified().expect("a time"), before);
}

#[test]
fn a_secret_is_no_longer_read_by_others() {
    let folder = folder();
    let path = folder.path().join("k8s-bgp.conf");
    fs::write(&path, "x\n").expect("a file");
    fs::set_permissions(&path, Permissions::from_mode(0o664)).expect("a mode");
    let router = Wanted { path: path.clone(), text: "y\n".to_owned(), is_secret: true, is_of_router: true };
    changes(vec![router]).commit().expect("written");
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn what_cannot_be_replaced_is_refused_with_the_reason() {
    let folder = folder();
    let at = folder.path();
    fs::write(at.join("file"), "x").expect("a file");
    fs::create_dir(at.join("dir")).expect("a folder");
    symlink("file", at.join("link")).expect("a link");
    symlink("nowhere", at.join("dead")).expect("a link");
    assert!(Command::new("mkfifo").arg(at.join("fifo")).status().expect("mkfifo").success());
    for (name, why) in [
        ("dir", "error: cannot write dir: it is a directory"),
        ("link", "error: cannot write link: it is a link to file, which is not written through"),
        ("dead", "error: cannot write dead: it is a link to nowhere, which is not written through"),
        ("fifo", "error: cannot write fifo: it is no regular file"),
        ("file/x", "error: cannot write file/x: file is not a directory"),
        ("none/x", "error: cannot write none/x: the folder none does not exist"),
    ] {
        assert_eq!(refused(at, wanted(at, name, "y")), why);
    }
}

#[test]
fn one_that_fails_takes_back_the_others() {
    let folder = folder();
    let at = folder.path();
    fs::write(at.join("old"), "a\n").expect("a file");
    fs::set_permissions(at.join("old"), Permissions::from_mode(0o604)).expect("a mode");
    let changes = changes(vec![wanted(at, "new", "n\n"), wanted(at, "old", "b\n"), wanted(at, "last", "l\n")]);
    fs::write(at.join("last"), "somebody else's\n").expect("a file");
    let error = changes.commit().map(|_| ()).expect_err("it was changed meanwhile");
    assert!(error.message.ends_with("last: it was changed meanwhile"), "{error}");
    assert_eq!(error.hints, ["nothing was changed: what was written before it is taken back"]);
    assert_eq!(files(at), of(&[("last", "somebody else's\n"), ("old", "a\n")]));
    assert_eq!(mode(&at.join("old")), 0o604);
}

#[test]
fn what_changed_since_it_was_shown_is_not_overwritten() {
    let folder = folder();
    let at = folder.path();
    fs::write(at.join("old"), "a\n").expect("a file");
    let plan = changes(vec![wanted(at, "old", "b\n")]);
    fs::write(at.join("old"), "c\n").expect("a file");
    assert!(plan.commit().is_err());
    let plan = changes(vec![wanted(at, "old", "b\n")]);
    fs::remove_file(at.join("old")).expect("removed");
    assert!(plan.commit().is_err());
    assert_eq!(files(at), []);
}

#[test]
fn a_folder_that_vanishes_leaves_the_others_as_they_were() {
    let folder = folder();
    let at = folder.path();
    fs::create_dir(at.join("gone")).expect("a folder");
    let plan = changes(vec![wanted(at, "a", "1"), wanted(&at.join("gone"), "b", "2")]);
    fs::remove_dir(at.join("gone")).expect("removed");
    let error = plan.commit().map(|_| ()).expect_err("it vanished");
    assert!(error.message.ends_with("gone/b: No such file or directory (os error 2)"), "{error}");
    assert_eq!(files(at), []);
}

/// A file system of its own, mounted at a folder.
struct Mounted(TempDir);

impl Mounted {
    fn with(options: &str) -> Self {
        let folder = folder();
        run(Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder.path()));
        Self(folder)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        run(Command::new("umount").arg(self.0.path()));
    }
}

fn run(command: &mut Command) {
    assert!(command.status().expect("it starts").success(), "{command:?}");
}

#[test]
#[ignore = "needs root: mounts a file system"]
fn a_full_disk_leaves_the_old_state() {
    let mounted = Mounted::with("size=64k");
    let at = mounted.0.path();
    fs::write(at.join("old"), "a\n").expect("a file");
    let plan = changes(vec![wanted(at, "old", "b\n"), wanted(at, "large", &"x".repeat(100_000))]);
    let error = plan.commit().map(|_| ()).expect_err("the disk is full");
    assert!(error.message.ends_with("large: No space left on device (os error 28)"), "{error}");
    assert_eq!(files(at), of(&[("old", "a\n")]));
}

#[test]
#[ignore = "needs root: mounts a file system"]
fn a_file_system_that_is_read_only_is_named() {
    let mounted = Mounted::with("size=64k");
    let at = mounted.0.path();
    fs::write(at.join("old"), "a\n").expect("a file");
    run(Command::new("mount").args(["-o", "remount,ro"]).arg(at));
    let error = changes(vec![wanted(at, "old", "b\n")]).commit().map(|_| ()).expect_err("it is read-only");
    assert!(error.message.ends_with("old: Read-only file system (os error 30)"), "{error}");
    assert_eq!(files(at), of(&[("old", "a\n")]));
}
