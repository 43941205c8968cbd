//! Both halves of `init` before their real judges, the API server with Cilium's own CRDs and FRR; and what comes of them.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::lab_upload::load;
use crate::support::lab::{Lab, Said, tests_folder, text, within};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn an_api_server_of_cilium_1_16_takes_v2alpha1() {
    let lab = Lab::up(&["--crds", "1.16"]);
    let files = files("-v2alpha1.yaml");
    for file in &files {
        let output = dry_run(&lab, file);
        assert!(output.status.success(), "{}: {}", file.display(), Said(&output));
        assert_eq!(text(&output.stderr), "", "{}", file.display());
    }
    // It has no v2, so the test can fail.
    assert!(!dry_run(&lab, &tests_folder("lab_init/new-v2.yaml")).status.success());
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn objects_and_frr_8_come_together() {
    comes_together("8");
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn objects_and_frr_10_come_together() {
    comes_together("10");
}

/// From nothing, what `init` writes is all that both ends need, untouched; and it finds its own work then.
fn comes_together(frr: &str) {
    let lab = Lab::up(&["--frr", frr, "--l2-only"]);
    files(".yaml").iter().for_each(|file| is_taken(&lab, file));

    let folder = TempDir::new().expect("a folder");
    let written = init(&lab, folder.path(), &[]);
    assert_eq!(written.status.code(), Some(0), "{}", Said(&written));
    let manifests = folder.path().join("networking.yaml");
    is_taken(&lab, &manifests);
    let file = manifests.display().to_string();
    lab.ask(&["kubectl", "apply", "--server-side", "--validate=strict", "-f", &file]);
    load(&lab, &folder.path().join("k8s-bgp.conf"));
    let said = lab.read("udm/vtysh-b.log").to_lowercase();
    assert!(!["%", "warn", "error", "fail", "unknown"].iter().any(|word| said.contains(word)), "{said}");

    assert!(within(PATIENCE, || established(&lab) == 3), "{}", Said(&lab.kubectl_bgp(&["peers"])));
    assert!(within(PATIENCE, || arrived(&lab)), "{}", Said(&lab.kubectl_bgp(&["routes"])));
    let left = lab.kubectl_bgp(&["udm-sync"]);
    assert_eq!(left.status.code(), Some(0), "{}", Said(&left));

    let again = lab.kubectl_bgp(&["init", "-o", "json"]);
    assert_eq!(again.status.code(), Some(0), "{}", Said(&again));
    let plan: Value = serde_json::from_slice(&again.stdout).expect("a plan");
    let values = plan["values"].as_array().expect("values");
    let other: Vec<&Value> = values.iter().filter(|value| value["origin"] != "kept").collect();
    assert!(values.len() >= 12 && other.is_empty(), "{other:#?}");
    let again = init(&lab, folder.path(), &[]);
    assert_eq!(again.status.code(), Some(0), "{}", Said(&again));
    for name in ["networking.yaml", "k8s-bgp.conf"] {
        let unchanged = format!("{name} unchanged\n");
        assert!(text(&again.stderr).contains(&unchanged), "{}", Said(&again));
    }
}

pub fn init(lab: &Lab, folder: &Path, words: &[&str]) -> Output {
    let folder = folder.display().to_string();
    lab.kubectl_bgp(&[&["init", "--output-dir", &folder], words].concat())
}

/// By the API server, without a warning but of a version that is going.
#[track_caller]
fn is_taken(lab: &Lab, file: &Path) {
    let output = dry_run(lab, file);
    assert!(output.status.success(), "{}: {}", file.display(), Said(&output));
    let is_deprecated = |line: &&str| line.contains("deprecated in v1.18") || line.contains("is deprecated");
    let said = text(&output.stderr);
    let warnings: Vec<&str> = said.lines().filter(|line| !is_deprecated(line)).collect();
    assert_eq!(warnings, [""; 0], "{}", file.display());
}

/// Every VIP that the cluster has to advertise is in the router's kernel.
fn arrived(lab: &Lab) -> bool {
    let output = lab.kubectl_bgp(&["routes", "-o", "json"]);
    let routes: Value = serde_json::from_slice(&output.stdout).expect("routes");
    let items = routes["items"].as_array().expect("items");
    let number = |route: &Value, field: &str| route[field].as_u64().unwrap_or_default();
    let expected = items.iter().filter(|route| number(route, "expected") > 0);
    let (mut count, mut all) = (0, true);
    for route in expected {
        count += 1;
        all &= number(route, "fib") == number(route, "expected");
    }
    count >= 6 && all && lab.ask(&["vty", "show ip route bgp"]).contains("10.99.8.202/32")
}

/// Sessions that both ends call established.
fn established(lab: &Lab) -> usize {
    let printed = text(&lab.kubectl_bgp(&["peers", "--no-headers"]).stdout);
    let is_up = |line: &&str| line.contains(" established ") && line.contains(" Established ");
    printed.lines().filter(is_up).count()
}

fn dry_run(lab: &Lab, file: &Path) -> Output {
    let file = file.display().to_string();
    lab.run(&[
        "kubectl",
        "apply",
        "--server-side",
        "--dry-run=server",
        "--validate=strict",
        "--force-conflicts",
        "-f",
        &file,
    ])
}

fn files(ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(tests_folder("lab_init")).expect("the folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let files: Vec<PathBuf> = paths.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    assert!(files.len() >= 5, "{files:?}");
    files
}
