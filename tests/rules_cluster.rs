//! Rules about what the cluster's objects ask for: each finds its fault, and nothing without it.

use serde_json::{Value, json};

use crate::support::sessions::{
    configure, finds, finds_first, found, healthy, is_measured, pastes, set_state, silence, silent,
};
use crate::support::snapshots::Snapshot;

const NODE_3: &str = "session node-3/main/udm-pro";
const HOME: &str = "ciliumbgpclusterconfig home";

/// Every session is down: the router waits, the nodes have no session.
fn all_down() -> Snapshot {
    let mut snapshot = healthy();
    for (node, address) in [("node-1", "10.90.3.101"), ("node-2", "10.90.3.102"), ("node-3", "10.90.3.103")] {
        silence(&mut snapshot, address);
        set_state(&mut snapshot, node, "idle");
    }
    snapshot
}

fn no_node_configs(snapshot: &mut Snapshot) {
    snapshot.items("CiliumBGPNodeConfig").clear();
}

fn settings(snapshot: &mut Snapshot) -> &mut Value {
    &mut snapshot.kind("ConfigMap/cilium-config")["json"]["data"]
}

fn version(snapshot: &mut Snapshot, version: &str) {
    for pod in snapshot.items("Pod/cilium") {
        pod["spec"]["containers"][0]["image"] = json!(format!("quay.io/cilium/cilium:v{version}"));
    }
}

fn serve_policies(snapshot: &mut Snapshot, names: &[&str]) {
    let policy = |name: &&str| {
        json!({"metadata": {"name": name}, "spec": {"virtualRouters": [{"localASN": 65010,
            "neighbors": [{"peerAddress": "10.90.254.1/32", "peerASN": 65001}]}]}})
    };
    let document = snapshot.kind("CiliumBGPPeeringPolicy");
    document.as_object_mut().expect("a document").remove("missing");
    document["json"] = json!({"items": names.iter().map(policy).collect::<Vec<_>>()});
}

#[test]
fn a_control_plane_that_is_off_explains_everything() {
    let mut snapshot = all_down();
    no_node_configs(&mut snapshot);
    settings(&mut snapshot)["enable-bgp-control-plane"] = json!("false");
    is_measured(&finds(&snapshot, "BGP101", "the cluster"));
    let mut running = healthy();
    settings(&mut running)["enable-bgp-control-plane"] = json!("false");
    assert_eq!(finds(&running, "BGP101", "the cluster")["severity"], "warning");
}

#[test]
fn an_agent_that_was_not_restarted_is_named() {
    let mut snapshot = silent();
    set_state(&mut snapshot, "node-3", "established");
    snapshot.value["cluster"]["agents"] = json!([{"node": "node-3", "pod": "cilium-ccccc", "documents": [{
        "name": "cilium-dbg bgp peers -o json", "readAt": "2026-11-23T01:30:18Z", "tookMs": 9,
        "missing": {"reason": "failed", "message": "cilium-dbg said: BGP control plane is disabled"}}]}]);
    is_measured(&finds(&snapshot, "BGP101", "node node-3"));
}

#[test]
fn old_keys_matter_to_old_agents_only() {
    let mut snapshot = all_down();
    version(&mut snapshot, "1.16.9");
    settings(&mut snapshot)["bgp-announce-lb-ip"] = json!("true");
    assert_eq!(finds(&snapshot, "BGP180", "the cluster")["severity"], "error");
    let mut snapshot = healthy();
    settings(&mut snapshot)["bgp-announce-lb-ip"] = json!("true");
    assert_eq!(finds(&snapshot, "BGP180", "the cluster")["severity"], "information");
}

#[test]
fn a_policy_that_an_upgrade_left_behind_is_named() {
    let mut snapshot = all_down();
    no_node_configs(&mut snapshot);
    snapshot.items("CiliumBGPClusterConfig").clear();
    serve_policies(&mut snapshot, &["old"]);
    assert_eq!(finds(&snapshot, "BGP106", "ciliumbgppeeringpolicy old")["severity"], "error");
    let mut snapshot = healthy();
    serve_policies(&mut snapshot, &["old"]);
    assert_eq!(finds(&snapshot, "BGP106", "ciliumbgppeeringpolicy old")["severity"], "information");
}

#[test]
fn two_policies_on_a_node_end_all_of_its_sessions() {
    let mut snapshot = all_down();
    no_node_configs(&mut snapshot);
    snapshot.items("CiliumBGPClusterConfig").clear();
    version(&mut snapshot, "1.17.4");
    serve_policies(&mut snapshot, &["old", "older"]);
    finds_first(&snapshot, "BGP104", "node node-1");
}

#[test]
fn without_a_cluster_config_the_router_waits_in_vain() {
    let mut snapshot = all_down();
    no_node_configs(&mut snapshot);
    snapshot.items("CiliumBGPClusterConfig").clear();
    serve_policies(&mut snapshot, &[]);
    assert_eq!(finds(&snapshot, "BGP146", "the cluster")["severity"], "error");
}

#[test]
fn a_selector_that_selects_no_node_says_what_is_missing() {
    let mut snapshot = all_down();
    no_node_configs(&mut snapshot);
    snapshot.item("CiliumBGPClusterConfig", "home")["spec"]["nodeSelector"] = json!({"matchLabels": {"bgp": "on"}});
    let finding = finds(&snapshot, "BGP102", HOME);
    assert!(finding["evidence"].to_string().contains("label bgp is missing"), "{finding}");
}

#[test]
fn a_node_that_is_not_selected_is_named_where_the_router_waits_for_it() {
    let mut snapshot = silent();
    snapshot.items("CiliumBGPNodeConfig").retain(|config| config["metadata"]["name"] != "node-3");
    snapshot.item("CiliumNode", "node-3")["metadata"]["labels"] = json!({});
    let finding = finds(&snapshot, "BGP103", "node node-3");
    assert_eq!(finding["severity"], "warning");
    pastes(&finding, "kubectl label ciliumnode node-3 kubernetes.io/os=linux --overwrite");
    // Its Node has the label, so it is not meant, whether or not the router waits.
    snapshot.neighbors().as_object_mut().expect("neighbors").remove("10.90.3.103");
    assert_eq!(finds(&snapshot, "BGP103", "node node-3")["severity"], "warning");
    // And the router will have to know it.
    configure(&mut snapshot, " neighbor 10.90.3.103 peer-group k8s\n", |_| String::new());
    let codes: Vec<Value> = found(&snapshot).iter().map(|item| item["code"].clone()).collect();
    assert_eq!(codes, ["BGP103", "BGP108"]);
    // A label that somebody gives to some nodes may be meant, and control-plane nodes are left alone.
    snapshot.item("CiliumBGPClusterConfig", "home")["spec"]["nodeSelector"] = json!({"matchLabels": {"bgp": "on"}});
    for node in ["node-1", "node-2"] {
        snapshot.item("CiliumNode", node)["metadata"]["labels"] = json!({"bgp": "on"});
    }
    assert_eq!(finds(&snapshot, "BGP103", "node node-3")["severity"], "information");
    snapshot.item("CiliumNode", "node-3")["metadata"]["labels"] = json!({"node-role.kubernetes.io/control-plane": ""});
    assert_eq!(found(&snapshot), Vec::<Value>::new());
}

#[test]
fn of_two_configs_the_one_without_nodes_is_named() {
    let mut snapshot = healthy();
    let mut garage = snapshot.item("CiliumBGPClusterConfig", "home").clone();
    garage["metadata"]["name"] = json!("garage");
    snapshot.items("CiliumBGPClusterConfig").push(garage);
    let finding = finds(&snapshot, "BGP104", "ciliumbgpclusterconfig garage");
    assert_eq!(finding["severity"], "warning");
    pastes(&finding, "kubectl delete ciliumbgpclusterconfig garage");
    // Where it asks for a peer of its own, that one never comes.
    let garage = snapshot.item("CiliumBGPClusterConfig", "garage");
    garage["spec"]["bgpInstances"][0]["peers"][0] =
        json!({"name": "attic", "peerASN": 65001, "peerAddress": "10.90.254.1"});
    assert_eq!(finds_first(&snapshot, "BGP104", "ciliumbgpclusterconfig garage")["severity"], "error");
}

#[test]
fn a_node_config_without_its_owner_is_named() {
    let mut snapshot = healthy();
    let config = snapshot.item("CiliumBGPNodeConfig", "node-3");
    config["metadata"]["ownerReferences"][0]["name"] = json!("gone");
    pastes(&finds(&snapshot, "BGP183", "node node-3"), "kubectl delete ciliumbgpnodeconfig node-3");
}

#[test]
fn a_peer_config_that_does_not_exist_is_named() {
    let mut snapshot = all_down();
    let reference = json!({"name": "udm-typo"});
    snapshot.item("CiliumBGPClusterConfig", "home")["spec"]["bgpInstances"][0]["peers"][0]["peerConfigRef"] =
        reference.clone();
    for node in ["node-1", "node-2", "node-3"] {
        snapshot.item("CiliumBGPNodeConfig", node)["spec"]["bgpInstances"][0]["peers"][0]["peerConfigRef"] =
            reference.clone();
    }
    let finding = finds(&snapshot, "BGP105", "ciliumbgppeerconfig udm-typo");
    assert!(finding["paste"].to_string().contains("udm-pro"), "{finding}");
}

#[test]
fn an_override_that_matches_nothing_is_a_warning() {
    let mut snapshot = healthy();
    let entry = |name: &str, peer: &str| json!({"metadata": {"name": name}, "spec": {"bgpInstances": [{"name": "main", "peers": [{"name": peer}]}]}});
    snapshot.items("CiliumBGPNodeConfigOverride").push(entry("node-3", "udm-pro"));
    assert_eq!(found(&snapshot), Vec::<Value>::new());
    snapshot.items("CiliumBGPNodeConfigOverride").push(entry("node-4", "udm"));
    let finding = finds(&snapshot, "BGP181", "ciliumbgpnodeconfigoverride node-4");
    assert!(finding["evidence"].to_string().contains("there is no node node-4, the instance main has no peer udm"));
}

#[test]
fn an_operator_that_is_away_explains_node_configs_that_are_missing() {
    let mut snapshot = healthy();
    snapshot.item("Lease", "cilium-operator-resource-lock")["spec"]["holderIdentity"] = json!("");
    let lease = "lease cilium-operator-resource-lock";
    assert_eq!(finds(&snapshot, "BGP145", lease)["severity"], "warning");
    let mut snapshot = silent();
    snapshot.items("CiliumBGPNodeConfig").retain(|config| config["metadata"]["name"] != "node-3");
    finds(&snapshot, "BGP184", NODE_3);
    snapshot.item("Lease", "cilium-operator-resource-lock")["spec"]["renewTime"] = json!("2026-11-23T01:20:00Z");
    assert_eq!(finds(&snapshot, "BGP145", lease)["severity"], "error");
}

#[test]
fn what_an_agent_cannot_do_is_told_in_its_words() {
    let mut snapshot = silent();
    let message = "main: failed to start: listen tcp4 0.0.0.0:179: bind: permission denied";
    snapshot.item("CiliumBGPNodeConfig", "node-3")["status"]["conditions"] =
        json!([{"type": "cilium.io/BGPReconcileError", "status": "True", "message": message}]);
    let finding = finds(&snapshot, "BGP223", "node node-3");
    assert!(finding["fix"].as_str().is_some_and(|fix| fix.contains("NET_BIND_SERVICE")), "{finding}");

    let mut snapshot = silent();
    snapshot.item("CiliumBGPNodeConfig", "node-3")["spec"]["bgpInstances"][0]["localPort"] = json!(179);
    for pod in snapshot.items("Pod/cilium") {
        pod["spec"]["containers"][0]["securityContext"] =
            json!({"capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}});
    }
    assert_eq!(finds(&snapshot, "BGP131", NODE_3)["confidence"], "inferred");
}

#[test]
fn a_status_that_is_not_reported_is_information() {
    let mut snapshot = healthy();
    snapshot.item("CiliumBGPNodeConfig", "node-3")["status"] = json!({});
    assert_eq!(finds(&snapshot, "BGP147", "node node-3")["severity"], "information");
    // Before 1.17 there is none to report.
    version(&mut snapshot, "1.16.9");
    assert_eq!(found(&snapshot), Vec::<Value>::new());
}
