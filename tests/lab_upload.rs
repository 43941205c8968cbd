//! The file of `udm-sync --write`, loaded into an FRR that had nothing, brings every session up, passwords included; and no
//! password is seen anywhere else.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use crate::support::lab::{Lab, Said, tests_folder, text, within};

const PATIENCE: Duration = Duration::from_secs(120);

/// What the cluster's Secret has, what the router has in its place, and what a neighbor has that is no node.
const CLUSTERS: &str = "Zq4cluster-side";
const ROUTERS: &str = "Zq4router-side";
const FOREIGN: &str = "Zq4foreign!#|x";

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn frr_8_runs_what_is_written() {
    runs(&Lab::up(&["--frr", "8"]));
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn frr_10_runs_what_is_written() {
    runs(&Lab::up(&["--frr", "10"]));
}

fn runs(lab: &Lab) {
    lab.ask(&["fault", "md5-ok"]);
    let data = format!(r#"{{"stringData":{{"password":"{CLUSTERS}"}}}}"#);
    lab.ask(&["kubectl", "-n", "kube-system", "patch", "secret", "bgp-auth", "-p", &data]);
    let password = |name: &str, password: &str| format!("neighbor {name} password {password}");
    lab.ask(&[
        "vty",
        "configure terminal",
        "router bgp 65001",
        "no neighbor 10.90.3.103",
        &password("k8s", ROUTERS),
        "neighbor 192.0.2.9 remote-as 64999",
        &password("192.0.2.9", FOREIGN),
    ]);
    let file = lab.state().join("k8s-bgp.conf");
    let file = file.to_str().expect("text");
    for words in [&["-v", "9"][..], &["-o", "wide"], &["-o", "json"], &["-o", "frr"], &["--write", "-"]] {
        let output = sync(lab, words);
        assert_eq!(output.status.code(), Some(1), "{}", Said(&output));
    }
    let snapshot = lab.kubectl_bgp(&["snapshot", "-v", "9"]);
    is_silent(&snapshot);

    let output = sync(lab, &["--write", file, "-v", "9"]);
    assert_eq!(output.status.code(), Some(1), "{}", Said(&output));
    let written = fs::read_to_string(file).expect("it is there");
    assert_eq!(fs::metadata(file).expect("it is there").permissions().mode() & 0o777, 0o600);
    for known in [CLUSTERS, FOREIGN] {
        assert!(written.contains(&format!(" password {known}\n")), "{written}");
    }
    assert!(!written.contains(ROUTERS), "{written}");

    load(lab, Path::new(file));
    let is_up = || lab.ask(&["vty", "show bgp summary json"]).matches(r#""state":"Established""#).count() == 3;
    assert!(within(PATIENCE, is_up), "{}", lab.ask(&["vty", "show bgp summary"]));
    let output = sync(lab, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", Said(&output));
    let again = sync(lab, &["--write", file]);
    assert!(text(&again.stderr).contains("is the same already"), "{}", Said(&again));
}

/// Restarts FRR with it alone, as UniFi does; a line that FRR does not take is a failure.
pub fn load(lab: &Lab, file: &Path) {
    let mut command = lab.command(tests_folder("lab/lab"));
    let mut frr = command.arg("frr-conf").stdin(Stdio::piped()).spawn().expect("tests/lab/lab runs");
    frr.stdin.take().expect("its input").write_all(&fs::read(file).expect("a file")).expect("it reads");
    assert!(frr.wait().expect("it ends").success());
}

#[track_caller]
fn sync(lab: &Lab, words: &[&str]) -> Output {
    let output = lab.kubectl_bgp(&[&["udm-sync"], words].concat());
    is_silent(&output);
    output
}

#[track_caller]
fn is_silent(output: &Output) {
    for said in [text(&output.stdout), text(&output.stderr)] {
        // As it is, and as a Secret encodes it.
        assert!(!said.contains("Zq4") && !said.contains("WnE0"), "{said}");
    }
}
