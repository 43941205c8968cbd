//! Snapshot files: what is written, and what is refused when it is read.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::support::run::bgp;
use crate::support::snapshots::demo;

/// What `--from` says of a file with this text, without the file's name.
fn refusal(text: &[u8]) -> String {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("s.json");
    std::fs::write(&path, text).expect("a file");
    let path = path.to_str().expect("text");
    let printed = bgp(&["peers", "--from", path]).output();
    assert_eq!((printed.stdout.as_str(), printed.status), ("", 1));
    printed.stderr.lines().next().expect("an error").replace(path, "FILE")
}

#[test]
fn files_that_are_no_snapshots_are_told_apart() {
    assert_eq!(refusal(b""), "error: FILE is not a snapshot: it is empty");
    assert_eq!(
        refusal(b"{\"kind\":\"Snapshot\",\n\"cluster\":{"),
        "error: FILE is not a snapshot: it is cut short at line 2"
    );
    assert_eq!(refusal(b"hello"), "error: FILE is not a snapshot: it is not JSON: expected value at line 1 column 1");
    assert_eq!(
        refusal(b"{\"kind\":\"PodList\"}"),
        "error: FILE is not a snapshot: it says it is kind PodList at line 1 column 18"
    );
    assert_eq!(refusal(b"\xff\xfe"), "error: cannot read the snapshot FILE: stream did not contain valid UTF-8");
    let newer = b"{\"kind\":\"Snapshot\",\"apiVersion\":\"bgp.kubectl.dev/v2\"}";
    assert!(
        refusal(newer).starts_with("error: FILE has the snapshot version \"bgp.kubectl.dev/v2\", this kubectl-bgp ")
    );
}

#[test]
fn a_snapshot_cut_anywhere_is_one_error() {
    let whole = demo().value.to_string();
    for at in (1..whole.len()).step_by(whole.len() / 23) {
        if whole.is_char_boundary(at) {
            assert_eq!(refusal(&whole.as_bytes()[..at]), "error: FILE is not a snapshot: it is cut short at line 1");
        }
    }
}

#[test]
fn a_file_that_does_not_exist_is_named() {
    bgp(&["peers", "--from", "/nonexistent/s.json"]).fails(
        "error: cannot read the snapshot /nonexistent/s.json: No such file or directory (os error 2)\n\
         hint: --from takes a file that `kubectl bgp snapshot` wrote, `-`, or `demo`\n",
        1,
    );
}

#[test]
fn standard_input_is_a_file_too() {
    let snapshot = demo();
    let path = snapshot.file();
    let from_stdin = bgp(&["peers", "--from", "-"]).stdin_from(path.as_ref()).output();
    assert_eq!((from_stdin.status, from_stdin.stdout.lines().count()), (0, 4));
}

#[test]
fn a_snapshot_of_a_snapshot_is_the_same() {
    let first = bgp(&["snapshot", "--from", "demo"]).output();
    assert_eq!((first.stderr.as_str(), first.status), ("", 0));
    let mut again = demo();
    again.value = first.json();
    assert_eq!(bgp(&["snapshot", "--from", &again.file()]).output().stdout, first.stdout);
}

#[test]
fn a_file_is_its_owners_and_whole_or_not_there() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("s.json");
    bgp(&["snapshot", "--from", "demo", "-f", path.to_str().expect("text")]).prints("", "", 0);
    let mode = std::fs::metadata(&path).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let refused = bgp(&["snapshot", "--from", "demo", "-f", "/nonexistent/s.json"]).output();
    assert!(refused.stderr.starts_with("error: cannot write /nonexistent/s.json: "), "{}", refused.stderr);
    assert_eq!((refused.status, std::fs::read_dir(folder.path()).expect("the folder").count()), (1, 1));
}

#[test]
fn devices_pipes_and_links_stay_what_they_are() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let link = folder.path().join("link");
    let target = folder.path().join("target");
    std::fs::write(&target, "old").expect("a file");
    std::os::unix::fs::symlink(&target, &link).expect("a link");
    bgp(&["snapshot", "--from", "demo", "-f", link.to_str().expect("text")]).prints("", "", 0);
    assert!(std::fs::symlink_metadata(&link).expect("the link").is_symlink());
    assert!(std::fs::read_to_string(&target).expect("the file").contains("\"kind\": \"Snapshot\""));
    let null = folder.path().join("null");
    std::os::unix::fs::symlink("/dev/null", &null).expect("a link");
    bgp(&["snapshot", "--from", "demo", "-f", null.to_str().expect("text")]).prints("", "", 0);
    assert!(!std::fs::metadata("/dev/null").expect("the device").is_file());
    let dash = bgp(&["snapshot", "--from", "demo", "-f", "-"]).output();
    assert_eq!(dash.stdout, bgp(&["snapshot", "--from", "demo"]).output().stdout);
}

#[test]
fn secrets_do_not_enter_a_file() {
    let mut snapshot = demo();
    snapshot.item("Service", "authelia")["metadata"]["annotations"] = json!({"example.org/api-token": "hidden-1"});
    snapshot.items("Pod/cilium")[0]["spec"]["containers"] =
        json!([{"name": "a", "env": [{"name": "K", "value": "hidden-2"}]}]);
    snapshot.kind("ConfigMap/cilium-config")["json"]["data"]["etcd-password"] = json!("hidden-3");
    let config = snapshot.command("show running-config");
    config["text"] = json!("router bgp 65001\n neighbor k8s password hidden-4\n neighbor k8s remote-as 65010\n");
    let written = bgp(&["snapshot", "--from", &snapshot.file()]).output().stdout;
    assert!(!written.contains("hidden"), "{written}");
    assert!(written.contains("neighbor k8s password <cut>\\n neighbor k8s remote-as 65010"));
}

#[test]
fn an_answer_that_is_missing_is_named() {
    let mut snapshot = demo();
    snapshot.forbid("Service");
    let printed = bgp(&["snapshot", "--from", &snapshot.file()]).output();
    assert_eq!(printed.stderr, "warning: Service: Error from server (Forbidden): no\n");
    assert_eq!(printed.status, 0);
}
