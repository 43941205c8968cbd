//! `udm-sync` with `KUBECTL_EXTERNAL_DIFF`: the user's own program shows what differs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::support::lab::within;
use crate::support::run::bgp;
use crate::support::sessions::healthy;

/// A program for `KUBECTL_EXTERNAL_DIFF` that says what it is given.
fn program(folder: &TempDir, ends_with: u8) -> String {
    let path = folder.path().join("differ");
    let script = format!(
        "#!/bin/sh\nn=$#; now=$1; wanted=$2; shift 2; echo \"$n [$*]\"; dirname \"$now\"\ndiff -rU0 \"$now\" \"$wanted\" | grep '^[-+] '\nexit {ends_with}\n"
    );
    fs::write(&path, script).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
    path.to_str().expect("text").to_owned()
}

#[test]
fn the_users_own_program_shows_what_differs() {
    let folder = TempDir::new().expect("a folder");
    let run = |words: &str, snapshot: &str| {
        bgp(&["udm-sync", "--from", snapshot]).env("KUBECTL_EXTERNAL_DIFF", words).output()
    };
    let differ = program(&folder, 1);
    let shown = run(&format!("{differ} -u --color=always --bad/word"), "demo");
    let lines: Vec<&str> = shown.stdout.lines().collect();
    assert_eq!((lines[0], lines[2]), ("4 [-u --color=always]", "+ neighbor 10.90.3.103 peer-group k8s"));
    assert!(lines.contains(&"✗ root@10.90.254.1 differs in 2 lines; no session goes down"), "{}", shown.stdout);
    assert!(!shown.stdout.contains("# node-3") && shown.status == 1, "{}", shown.stdout);
    assert!(!Path::new(lines[1]).exists(), "{} is left", lines[1]);
    assert!(shown.stderr.contains("\"--bad/word\" is left out"), "{}", shown.stderr);

    let same = run(&differ, &healthy().file());
    assert!(same.stdout.starts_with("✔ ") && same.status == 0, "{}", same.stdout);
    let failed = run(&program(&folder, 2), "demo");
    assert!(failed.status == 2 && failed.stderr.contains("ended with exit status: 2"), "{}", failed.stderr);
    let absent = run("/nonexistent/differ", "demo");
    assert!(absent.status == 2 && absent.stderr.contains("failed to run"), "{}", absent.stderr);
    let json = bgp(&["udm-sync", "--from", "demo", "-o", "json"]).env("KUBECTL_EXTERNAL_DIFF", &differ);
    assert_eq!(json.output().json()["verdict"], "differs", "machines read what they always do");
}

#[test]
fn what_the_program_was_given_goes_at_ctrl_c_too() {
    let folder = TempDir::new().expect("a folder");
    let told = folder.path().join("told");
    let path = folder.path().join("slow");
    let script =
        format!("#!/bin/sh\ntrap '' INT\ndirname \"$1\" > {0}.part; mv {0}.part {0}; sleep 5\n", told.display());
    fs::write(&path, script).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-bgp"))
        .args(["udm-sync", "--from", "demo"])
        .env("KUBECTL_EXTERNAL_DIFF", &path)
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    assert!(within(Duration::from_secs(20), || told.exists()));
    let given = fs::read_to_string(&told).expect("a file");
    assert!(Path::new(given.trim()).exists());
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("kill").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert!(!Path::new(given.trim()).exists(), "{given} is left");
}
