//! Commands to paste have names in them that others chose: a shell must read each as one word, whatever is in it.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::routed::{ADVERTISED, drop_vips, routed};
use crate::support::run::bgp;
use crate::support::sessions::{healthy, peer_config};
use crate::support::snapshots::Snapshot;

/// Says so on standard error if a shell gets to run any part of it.
const HOSTILE: &str = "x\";'\necho pwned >&2;'$(echo pwned >&2)`echo pwned >&2`|echo pwned >&2 #";

/// The commands of all findings that carry the name.
fn commands(snapshot: &Snapshot) -> Vec<String> {
    let printed = bgp(&["check", "-o", "json", "--from", &snapshot.file()]).output();
    let items = printed.json()["items"].as_array().expect("items").clone();
    let lines = items.iter().flat_map(|item| item["paste"].as_array().into_iter().flatten());
    lines.map(|line| line.as_str().expect("a line").to_owned()).filter(|line| line.contains("pwned")).collect()
}

/// What a shell hands to kubectl, which is all that it runs.
#[track_caller]
fn words(command: &str) -> Vec<String> {
    let script = format!("kubectl() {{ for word; do printf '%s\\0' \"$word\"; done; }}\n{command}");
    let output = Command::new("sh").args(["-c", &script]).env("PASSWORD", "secret").output().expect("a shell");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{command}");
    assert!(!command.chars().any(char::is_control), "{command:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.split_terminator('\0').map(str::to_owned).collect()
}

/// Each of them is harmless; the words of the one that begins as said.
#[track_caller]
fn one(commands: &[String], verbs: &[&str]) -> Vec<String> {
    let all: Vec<_> = commands.iter().map(|command| words(command)).collect();
    let is_it = |one: &&Vec<String>| verbs.iter().all(|verb| one.iter().any(|word| word == verb));
    all.iter().find(is_it).unwrap_or_else(|| panic!("no {verbs:?}: {commands:?}")).clone()
}

fn in_one_line(text: &str) -> String {
    text.replace('\n', "")
}

#[test]
fn labels_and_namespaces_are_words() {
    let mut snapshot = routed();
    let entry = &mut snapshot.item("CiliumBGPAdvertisement", "services")["spec"]["advertisements"][0];
    entry["selector"] = json!({"matchLabels": {"--server": HOSTILE}});
    snapshot.item("Service", "authelia")["metadata"]["namespace"] = json!(HOSTILE);
    drop_vips(&mut snapshot, &ADVERTISED);
    snapshot.items("CiliumL2AnnouncementPolicy").clear();
    let words = one(&commands(&snapshot), &["label", "service", "authelia"]);
    let (namespace, label) = (in_one_line(HOSTILE), format!("server={}", in_one_line(HOSTILE)));
    assert_eq!(words, ["-n", &namespace, "label", "service", "authelia", "--overwrite", &label]);
}

#[test]
fn labels_stay_within_their_patch() {
    let mut snapshot = routed();
    snapshot.item("CiliumBGPAdvertisement", "services")["metadata"]["labels"] = json!({HOSTILE: HOSTILE});
    drop_vips(&mut snapshot, &ADVERTISED);
    let words = one(&commands(&snapshot), &["patch", "ciliumbgppeerconfig"]);
    let patch: Value = serde_json::from_str(words.last().expect("a patch")).expect("JSON");
    assert_eq!(patch[0]["value"], json!({"matchLabels": {HOSTILE: HOSTILE}}));
}

#[test]
fn an_owner_is_a_word() {
    let mut snapshot = routed();
    let service = snapshot.item("Service", "authelia");
    service["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "name": format!("--{HOSTILE}")}]);
    service["spec"]["externalIPs"] = service["status"]["loadBalancer"]["ingress"]
        .as_array()
        .expect("addresses")
        .iter()
        .map(|one| one["ip"].clone())
        .collect();
    let words = one(&commands(&snapshot), &["patch", "gateway"]);
    assert!(words.contains(&in_one_line(HOSTILE)), "{words:?}");
}

#[test]
fn a_secret_is_a_word_and_the_password_a_variable() {
    let mut snapshot = healthy();
    peer_config(&mut snapshot)["authSecretRef"] = json!(HOSTILE);
    snapshot.item("CiliumBGPPeerConfig", "udm-pro")["status"]["conditions"] =
        json!([{"type": "cilium.io/MissingAuthSecret", "status": "True", "reason": "MissingAuthSecret"}]);
    let words = one(&commands(&snapshot), &["create", "secret"]);
    assert_eq!(words[3..], ["secret", "generic", &in_one_line(HOSTILE), "--from-literal=password=secret"][..]);
}

#[test]
fn slices_are_named_one_by_one() {
    let mut snapshot = routed();
    snapshot.item("Service", "jellyfin")["spec"].as_object_mut().expect("a spec").remove("selector");
    let slice = snapshot.item("EndpointSlice", "jellyfin-1");
    slice["endpoints"][0]["conditions"] = json!({"ready": false, "serving": false});
    let mut hostile = slice.clone();
    hostile["metadata"]["name"] = json!(HOSTILE);
    snapshot.items("EndpointSlice").push(hostile);
    drop_vips(&mut snapshot, &["10.99.8.201"]);
    let words = one(&commands(&snapshot), &["get", "endpointslice"]);
    assert_eq!(words[4..], ["jellyfin-1", &in_one_line(HOSTILE), "-o", "yaml"][..]);
}
