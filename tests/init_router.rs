//! `init` where the router's half cannot be all that the cluster's half needs.

use serde_json::json;
use tempfile::TempDir;

use crate::support::run::{Printed, bgp};
use crate::support::sessions::{configure, healthy};
use crate::support::snapshots::Snapshot;

/// The run, and what it left in its folder.
fn written(snapshot: &Snapshot) -> (Printed, TempDir) {
    let folder = TempDir::new().expect("a folder");
    let place = folder.path().to_str().expect("a path of text");
    (bgp(&["init", "--from", &snapshot.file(), "--output-dir", place]).output(), folder)
}

fn read(folder: &TempDir, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).expect(name)
}

#[test]
fn half_a_setup_is_not_written() {
    let mut snapshot = healthy();
    configure(&mut snapshot, "router bgp 65001\n", |_| "router bgp 65001 vrf red\n".to_owned());
    let (printed, folder) = written(&snapshot);
    assert_eq!(printed.status, 1, "{}", printed.stderr);
    let why = "error: the router's half could not be planned, so nothing was written: BGP runs in VRFs alone there";
    assert!(printed.stderr.contains(why) && printed.stderr.contains("\nhint: "), "{}", printed.stderr);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn what_no_line_is_for_is_a_failure() {
    let mut snapshot = healthy();
    assert_eq!(written(&snapshot).0.status, 0);
    configure(&mut snapshot, "  neighbor k8s prefix-list k8s-services in\n", |line| {
        format!("{line}  neighbor k8s route-map none in\n")
    });
    let (printed, folder) = written(&snapshot);
    assert_eq!(printed.status, 1, "{}", printed.stderr);
    assert!(printed.stderr.contains("the router's half does not carry all of the plan"), "{}", printed.stderr);
    assert!(read(&folder, "k8s-bgp.conf").contains("router bgp 65001"));
}

#[test]
fn nodes_of_other_as_have_groups_of_their_own() {
    let mut snapshot = healthy();
    snapshot.item("CiliumBGPNodeConfig", "node-2")["spec"]["bgpInstances"][0]["localASN"] = json!(65020);
    let (printed, folder) = written(&snapshot);
    assert_eq!(printed.status, 0, "{}", printed.stderr);
    let router = read(&folder, "k8s-bgp.conf");
    for line in [
        " neighbor k8s-2 remote-as 65020\n",
        " neighbor 10.90.3.102 peer-group k8s-2\n",
        "  neighbor k8s-2 prefix-list k8s-services in\n",
    ] {
        assert!(router.contains(line), "{line}: {router}");
    }
}

#[test]
fn who_was_shut_down_is_told() {
    let mut snapshot = healthy();
    configure(&mut snapshot, " neighbor 10.90.3.102 peer-group k8s\n", |line| {
        format!("{line} neighbor 10.90.3.102 shutdown\n")
    });
    let (printed, folder) = written(&snapshot);
    let said = "warning: the router has `neighbor 10.90.3.102 shutdown`, and the router's half has not";
    assert!(printed.stderr.contains(said) && printed.status == 0, "{}", printed.stderr);
    assert!(!read(&folder, "k8s-bgp.conf").contains("shutdown"));
}
