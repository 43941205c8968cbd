//! Snapshots with sessions that are up or down, and what `check` finds in them.

use serde_json::{Value, json};

use super::run::bgp;
use super::snapshots::{Snapshot, demo};

/// The built-in snapshot with its one fault healed: every session is up on both ends.
pub fn healthy() -> Snapshot {
    let mut snapshot = demo();
    let up = snapshot.neighbors()["10.90.3.102"].clone();
    snapshot.neighbors()["10.90.3.103"] = up;
    snapshot.neighbors()["10.90.3.103"]["hostname"] = json!("node-3");
    snapshot.neighbors()["10.90.3.103"]["remoteRouterId"] = json!("10.90.3.103");
    configure(&mut snapshot, " neighbor 10.90.3.102 peer-group k8s\n", |line| {
        format!("{line} neighbor 10.90.3.103 peer-group k8s\n")
    });
    set_state(&mut snapshot, "node-3", "established");
    snapshot
}

/// The same, with node-3's session down on both ends: the router waits and has heard nothing for long.
pub fn silent() -> Snapshot {
    let mut snapshot = healthy();
    silence(&mut snapshot, "10.90.3.103");
    set_state(&mut snapshot, "node-3", "active");
    snapshot
}

pub fn silence(snapshot: &mut Snapshot, address: &str) {
    let neighbor = &mut snapshot.neighbors()[address];
    neighbor["bgpState"] = json!("Active");
    neighbor["lastResetDueTo"] = json!("Waiting for peer OPEN");
    neighbor["lastResetCode"] = json!(32);
    neighbor["lastResetTimerMsecs"] = json!(3_600_000);
    neighbor["connectionsEstablished"] = json!(0);
}

pub fn set_state(snapshot: &mut Snapshot, node: &str, state: &str) {
    snapshot.item("CiliumBGPNodeConfig", node)["status"]["bgpInstances"][0]["peers"][0]["peeringState"] = json!(state);
}

pub fn configure(snapshot: &mut Snapshot, line: &str, change: impl Fn(&str) -> String) {
    let config = snapshot.command("show running-config");
    let text = config["text"].as_str().expect("text");
    assert!(text.contains(line), "{line:?} is not in {text}");
    config["text"] = json!(text.replace(line, &change(line)));
}

/// Adds statements to `router bgp`.
pub fn state(snapshot: &mut Snapshot, statement: &str) {
    configure(snapshot, "router bgp 65001\n", |line| format!("{line} {statement}\n"));
}

pub fn peer_config(snapshot: &mut Snapshot) -> &mut Value {
    &mut snapshot.item("CiliumBGPPeerConfig", "udm-pro")["spec"]
}

pub fn peer<'a>(snapshot: &'a mut Snapshot, kind: &str, name: &str) -> &'a mut Value {
    &mut snapshot.item(kind, name)["spec"]["bgpInstances"][0]["peers"][0]
}

/// Changes a field of the peer in the ClusterConfig and in what was made of it.
pub fn set_peer(snapshot: &mut Snapshot, field: &str, value: &Value) {
    peer(snapshot, "CiliumBGPClusterConfig", "home")[field] = value.clone();
    for node in ["node-1", "node-2", "node-3"] {
        peer(snapshot, "CiliumBGPNodeConfig", node)[field] = value.clone();
    }
}

/// What is found of sessions, the cluster and the routers, without what has another cause.
pub fn found(snapshot: &Snapshot) -> Vec<Value> {
    let printed = bgp(&["check", "-o", "json", "--from", &snapshot.file()]).output();
    let items = printed.json()["items"].as_array().expect("items").clone();
    let is_ours = |item: &Value| {
        let code = item["code"].as_str().expect("a code");
        (code.starts_with("BGP1") || code == "BGP223") && item["cause"] == json!(true)
    };
    items.into_iter().filter(is_ours).collect()
}

/// The first finding has this code and subject, and nothing else is above information.
#[track_caller]
pub fn finds(snapshot: &Snapshot, code: &str, subject: &str) -> Value {
    let found = found(snapshot);
    let summary: Vec<String> =
        found.iter().map(|item| format!("{} {} {}", item["severity"], item["code"], item["subjects"])).collect();
    let first = found.first().unwrap_or_else(|| panic!("{code} is not found: nothing is"));
    assert_eq!(first["code"], code, "{summary:?}");
    let subjects = first["subjects"].as_array().expect("subjects");
    assert!(subjects.contains(&json!(subject)), "{summary:?}");
    let others = found[1..].iter().filter(|item| item["severity"] != "information");
    assert_eq!(others.count(), 0, "{summary:?}");
    first.clone()
}

#[track_caller]
pub fn is_measured(finding: &Value) {
    assert_eq!(finding["confidence"], "measured", "{finding}");
}

#[track_caller]
pub fn pastes(finding: &Value, line: &str) {
    let lines = finding["paste"].as_array().expect("lines");
    assert!(lines.iter().any(|known| known == line), "{lines:?}");
}
