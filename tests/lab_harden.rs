//! The lines of `udm-sync --harden`, `--dynamic` and `--prune`, pasted into the real vtysh, do what is said of them: no session
//! goes down but those that are dropped.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::lab_sync::{apply, is_same, paste, sync};
use crate::support::lab::{Lab, text, within};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn wishes_come_true_on_frr_8() {
    follows(&Lab::up(&["--frr", "8"]));
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn wishes_come_true_on_frr_10() {
    follows(&Lab::up(&["--frr", "10"]));
}

fn follows(lab: &Lab) {
    let all_are_up = || up(lab).len() == 3;
    assert!(within(PATIENCE, all_are_up), "{:?}", up(lab));
    let before = up(lab);

    let lines = pasted(lab, &["--harden"], 0);
    for line in ["bgp router-id ", "prefix-list k8s-nothing out", "maximum-prefix 200", "ge 32 le 32", " description "]
    {
        assert!(lines.contains(line), "{line} is not in {lines}");
    }
    is_same(lab, "a hardened router");
    let again = sync(lab, &["--harden", "-o", "frr"]);
    assert_eq!((text(&again.stdout).as_str(), again.status.code()), ("", Some(0)), "it is done once");
    let advice = text(&sync(lab, &[]).stdout);
    assert!(!advice.contains("advice"), "{advice}");
    // Long enough for what was reset to have come to light.
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(up(lab), before, "no session went down");
    let sent = |neighbor: &Value| neighbor["pfxSnt"].as_u64();
    assert!(within(PATIENCE, || summary(lab).values().all(|neighbor| sent(neighbor) == Some(0))), "nothing goes out");
    assert!(summary(lab).values().all(|neighbor| neighbor["pfxRcd"].as_u64() > Some(0)), "what is needed comes in");

    node(lab, "10.90.3.104");
    let lines = pasted(lab, &["--dynamic"], 1);
    assert!(lines.contains("bgp listen range 10.90.3.0/24 peer-group k8s"), "{lines}");
    assert!(!lines.contains("neighbor 10.90.3.10"), "{lines}");
    is_same(lab, "a range");
    assert_eq!(up(lab), before, "no session went down");
    lab.ask(&["vty", "configure terminal", "router bgp 65001", "no bgp listen range 10.90.3.0/24 peer-group k8s"]);

    pasted(lab, &[], 1);
    node(lab, "10.90.3.114");
    pasted(lab, &[], 1);
    let lines = pasted(lab, &["--prune"], 1);
    let only = "configure terminal\nrouter bgp 65001\n no neighbor 10.90.3.104\nexit\nend\n";
    assert_eq!(lines, only, "the neighbor of the old address");
    lab.ask(&["kubectl", "delete", "ciliumnode", "node-4"]);
    assert!(
        within(PATIENCE, || sync(lab, &["--prune"]).status.code() == Some(1)),
        "a node that is gone leaves it behind"
    );
    pasted(lab, &["--prune"], 1);
    assert_eq!(sync(lab, &["--prune"]).status.code(), Some(0));
    assert_eq!(up(lab), before, "no session went down");
}

/// What vtysh took, which came with this status.
#[track_caller]
fn pasted(lab: &Lab, wishes: &[&str], status: i32) -> String {
    assert!(
        within(PATIENCE, || sync(lab, wishes).status.code() == Some(status)),
        "{wishes:?}: {}",
        text(&sync(lab, wishes).stdout)
    );
    paste(lab, wishes, status)
}

fn node(lab: &Lab, address: &str) {
    let node = serde_json::json!({
        "apiVersion": "cilium.io/v2", "kind": "CiliumNode",
        "metadata": {"name": "node-4", "labels": {"kubernetes.io/os": "linux"}},
        "spec": {"addresses": [{"type": "InternalIP", "ip": address}]},
    });
    apply(lab, &node);
}

/// Since when each session is up.
fn up(lab: &Lab) -> BTreeMap<String, String> {
    let neighbors = summary(lab).into_iter().filter(|(_, neighbor)| neighbor["state"] == "Established");
    let times = |neighbor: &Value| format!("{} {}", neighbor["connectionsEstablished"], neighbor["connectionsDropped"]);
    neighbors.map(|(address, neighbor)| (address, times(&neighbor))).collect()
}

fn summary(lab: &Lab) -> BTreeMap<String, Value> {
    let said: Value = serde_json::from_str(&lab.ask(&["vty", "show bgp summary json"])).expect("JSON");
    let neighbors = said["ipv4Unicast"]["peers"].as_object().cloned().unwrap_or_default();
    neighbors.into_iter().filter(|(_, neighbor)| neighbor["state"] == "Established").collect()
}
