//! The lines of `udm-sync -o frr`, pasted into the real vtysh, make the router the same: after each change of the cluster and
//! of the router they are exactly what is needed.

use std::io::Write;
use std::process::{Output, Stdio};
use std::time::Duration;

use crate::support::lab::{Lab, Said, tests_folder, text, within};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn pasted_lines_make_frr_8_the_same() {
    follows(&Lab::up(&["--frr", "8"]));
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn pasted_lines_make_frr_10_the_same() {
    follows(&Lab::up(&["--frr", "10"]));
}

fn follows(lab: &Lab) {
    is_same(lab, "the guide's router");
    for statements in [
        &["interface lo", "description ours"][..],
        &["ip prefix-list other seq 5 permit 10.0.0.0/8"],
        &[
            "router bgp 65001",
            "neighbor 192.0.2.9 remote-as 64999",
            "address-family ipv4 unicast",
            "network 10.0.0.0/8",
        ],
    ] {
        lab.ask(&[&["vty", "configure terminal"], statements].concat());
        is_same(lab, &statements.join("; "));
    }

    lab.ask(&["vty", "configure terminal", "router bgp 65001", "no neighbor 10.90.3.103"]);
    let tag = |address: &str, node: &str| format!("neighbor {address} description kubectl-bgp {}/{node}", scope(lab));
    differs(lab, &["neighbor 10.90.3.103 peer-group k8s", &tag("10.90.3.103", "node-3")]);

    let node = serde_json::json!({
        "apiVersion": "cilium.io/v2", "kind": "CiliumNode",
        "metadata": {"name": "node-4", "labels": {"kubernetes.io/os": "linux"}},
        "spec": {"addresses": [{"type": "InternalIP", "ip": "10.90.3.104"}]},
    });
    apply(lab, &node);
    differs(lab, &["neighbor 10.90.3.104 peer-group k8s", &tag("10.90.3.104", "node-4")]);
    let address = r#"{"spec":{"addresses":[{"type":"InternalIP","ip":"10.90.3.114"}]}}"#;
    lab.ask(&["kubectl", "patch", "ciliumnode", "node-4", "--type", "merge", "-p", address]);
    differs(lab, &["neighbor 10.90.3.114 peer-group k8s", &tag("10.90.3.114", "node-4")]);
    lab.ask(&["kubectl", "delete", "ciliumnode", "node-4"]);
    assert!(within(PATIENCE, || sync(lab, &[]).status.code() == Some(0)), "a node that is gone needs nothing");
    let unowned = "neighbor 10.90.3.114 in the peer-group k8s, which was made for node-4, is needed by no node";
    assert!(text(&sync(lab, &[]).stdout).contains(unowned));

    let blocks = r#"{"spec":{"blocks":[{"start":"10.99.8.200","stop":"10.99.8.250"},{"cidr":"10.99.9.0/24"}]}}"#;
    lab.ask(&["kubectl", "patch", "ciliumloadbalancerippool", "services", "--type", "merge", "-p", blocks]);
    differs(lab, &["ip prefix-list k8s-services seq 15 permit 10.99.9.0/24 ge 32 le 32"]);

    // The neighbors of nodes that are gone would keep the group's AS from being ours to change.
    for gone in ["10.90.3.104", "10.90.3.114"] {
        lab.ask(&["vty", "configure terminal", "router bgp 65001", &format!("no neighbor {gone}")]);
    }
    let asn = r#"[{"op":"replace","path":"/spec/bgpInstances/0/localASN","value":65020}]"#;
    lab.ask(&["kubectl", "patch", "ciliumbgpclusterconfig", "home", "--type", "json", "-p", asn]);
    assert!(within(PATIENCE, || sync(lab, &[]).status.code() == Some(1)), "the operator tells the nodes");
    differs(lab, &["neighbor k8s remote-as 65020"]);

    lab.ask(&["vty", "configure terminal", "no router bgp 65001", "no ip prefix-list k8s-services"]);
    pasted(lab);
    is_same(lab, "a router that had nothing");
}

/// What names the cluster in a neighbor's description.
fn scope(lab: &Lab) -> String {
    let uid = lab.ask(&["kubectl", "get", "ciliumbgpclusterconfig", "home", "-o", "jsonpath={.metadata.uid}"]);
    format!("home-{}", &uid[..8])
}

pub fn sync(lab: &Lab, words: &[&str]) -> Output {
    lab.kubectl_bgp(&[&["udm-sync"], words].concat())
}

#[track_caller]
pub fn is_same(lab: &Lab, when: &str) {
    let output = sync(lab, &[]);
    assert_eq!(output.status.code(), Some(0), "{when}: {}", Said(&output));
}

/// These lines are what is needed, and no other.
#[track_caller]
fn differs(lab: &Lab, lines: &[&str]) {
    let given = pasted(lab);
    let is_frame = |line: &&str| {
        let frames = ["configure terminal", "router bgp 65001", "exit", "end"];
        frames.contains(line) || line.starts_with("clear bgp ")
    };
    let statements: Vec<&str> = given.lines().map(str::trim).filter(|line| !is_frame(line)).collect();
    assert_eq!(statements, lines);
    is_same(lab, &lines.join("; "));
}

#[track_caller]
pub fn pasted(lab: &Lab) -> String {
    paste(lab, &[], 1)
}

/// What was pasted, which came with this status: vtysh takes all of it.
#[track_caller]
pub fn paste(lab: &Lab, wishes: &[&str], status: i32) -> String {
    let output = sync(lab, &[&["-o", "frr"], wishes].concat());
    assert_eq!(output.status.code(), Some(status), "{}", Said(&output));
    let mut command = lab.command(tests_folder("lab/lab"));
    command.args(["udm", "sh", "-c", "cat > /run/pasted; HOME=/nonexistent vtysh < /run/pasted 2>&1"]);
    let mut vtysh = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("tests/lab/lab runs");
    vtysh.stdin.take().expect("its input").write_all(&output.stdout).expect("it reads");
    let said = text(&vtysh.wait_with_output().expect("it ends").stdout);
    assert!(!said.lines().any(|line| line.trim_start().starts_with('%')), "{said}\n{}", text(&output.stdout));
    text(&output.stdout)
}

pub fn apply(lab: &Lab, object: &serde_json::Value) {
    let file = lab.state().join("object.json");
    std::fs::write(&file, object.to_string()).expect("a file");
    lab.ask(&["kubectl", "apply", "-f", &file.display().to_string()]);
}
