//! What `peers` makes of other states than the built-in snapshot's: the join, and what is believed.

use serde_json::json;

use crate::support::run::{Printed, bgp};
use crate::support::sessions::healthy;
use crate::support::snapshots::{Snapshot, demo};

fn peers(snapshot: &Snapshot) -> Printed {
    bgp(&["peers", "--from", &snapshot.file()]).output()
}

/// CLUSTER, ROUTER, UPTIME, ADVERTISED and ACCEPTED of a node.
fn ends(printed: &Printed, node: &str) -> Vec<String> {
    printed.row(node)[5..].iter().map(|&cell| cell.to_owned()).collect()
}

fn set_state(snapshot: &mut Snapshot, node: &str, state: &str) {
    snapshot.item("CiliumBGPNodeConfig", node)["status"]["bgpInstances"][0]["peers"][0]["peeringState"] = json!(state);
}

fn agent_is_not_ready(snapshot: &mut Snapshot, node: &str) {
    for pod in snapshot.items("Pod/cilium") {
        if pod["spec"]["nodeName"] == node {
            pod["status"]["conditions"] = json!([{"type": "Ready", "status": "False"}]);
        }
    }
}

fn router_cannot_be_read(snapshot: &mut Snapshot) {
    snapshot.value["routers"][0] = json!({"target": "root@10.90.254.1", "namedBy": "peerAddress", "peer": "10.90.254.1",
        "missing": {"reason": "unreachable", "message": "it refuses the connection"}});
}

#[test]
fn a_status_that_the_router_contradicts_is_not_repeated() {
    let mut snapshot = demo();
    set_state(&mut snapshot, "node-3", "established");
    assert_eq!(ends(&peers(&snapshot), "node-3"), ["<unknown>", "<none>", "<none>", "<unknown>", "<none>"]);
    set_state(&mut snapshot, "node-1", "active");
    assert_eq!(ends(&peers(&snapshot), "node-1")[..2], ["<unknown>", "Established"]);
    snapshot.neighbors()["10.90.3.102"]["bgpState"] = json!("Active");
    assert_eq!(ends(&peers(&snapshot), "node-2")[..4], ["<unknown>", "Active", "<none>", "<unknown>"]);
}

#[test]
fn without_the_router_the_agents_readiness_decides() {
    let mut snapshot = demo();
    router_cannot_be_read(&mut snapshot);
    agent_is_not_ready(&mut snapshot, "node-2");
    let printed = peers(&snapshot);
    assert_eq!(ends(&printed, "node-1"), ["established", "<unknown>", "3m54s", "4", "<unknown>"]);
    assert_eq!(ends(&printed, "node-2"), ["<unknown>", "<unknown>", "<unknown>", "<unknown>", "<unknown>"]);
    assert!(
        printed.stderr.starts_with("warning: the router root@10.90.254.1: it refuses the connection\n"),
        "{}",
        printed.stderr
    );
    assert_eq!(printed.status, 0);
    snapshot.forbid("Pod/cilium");
    assert_eq!(ends(&peers(&snapshot), "node-1")[0], "<unknown>");
    assert_eq!(ends(&peers(&snapshot), "node-3")[0], "active");
}

#[test]
fn an_agent_that_is_not_ready_is_believed_where_the_router_agrees() {
    let mut snapshot = demo();
    agent_is_not_ready(&mut snapshot, "node-1");
    agent_is_not_ready(&mut snapshot, "node-3");
    assert_eq!(ends(&peers(&snapshot), "node-1")[..2], ["established", "Established"]);
    assert_eq!(ends(&peers(&snapshot), "node-3")[0], "<unknown>");
}

#[test]
fn a_missing_end_makes_a_check_undecided() {
    let mut snapshot = healthy();
    router_cannot_be_read(&mut snapshot);
    assert_eq!(bgp(&["peers", "--check", "--from", &snapshot.file()]).output().status, 2);
    let mut snapshot = healthy();
    snapshot.forbid("CiliumBGPNodeConfig");
    assert_eq!(bgp(&["peers", "--check", "--from", &snapshot.file()]).output().status, 2);
}

#[test]
fn one_kind_that_is_forbidden_is_a_named_gap() {
    let mut snapshot = demo();
    snapshot.forbid("CiliumNode");
    let printed = peers(&snapshot);
    assert!(
        printed.stderr.starts_with("warning: CiliumNode: Error from server (Forbidden): no\n"),
        "{}",
        printed.stderr
    );
    assert_eq!(ends(&printed, "node-1")[..2], ["established", "<unknown>"], "without addresses nothing can be joined");
    assert!(printed.stdout.contains("<unknown>   <unknown>   10.90.3.101"), "{}", printed.stdout);
}

#[test]
fn a_node_that_is_selected_and_has_no_config_yet_is_a_row() {
    let mut snapshot = demo();
    snapshot.items("CiliumBGPNodeConfig").retain(|config| config["metadata"]["name"] != "node-3");
    let row = peers(&snapshot);
    assert_eq!(row.row("node-3")[..6], ["node-3", "udm-pro", "10.90.254.1", "65010", "65001", "<none>"]);
    snapshot.item("CiliumNode", "node-3")["metadata"]["labels"] = json!({});
    assert!(!peers(&snapshot).stdout.contains("node-3"), "it is not selected any more");
}

#[test]
fn a_neighbor_that_no_node_owns_is_a_row_and_no_fault() {
    let mut snapshot = demo();
    snapshot.items("CiliumNode").retain(|node| node["metadata"]["name"] != "node-3");
    snapshot.items("CiliumBGPNodeConfig").retain(|config| config["metadata"]["name"] != "node-3");
    let neighbor = snapshot.neighbors()["10.90.3.101"].clone();
    snapshot.neighbors()["10.90.3.109"] = neighbor;
    let printed = bgp(&["peers", "--check", "--from", &snapshot.file()]).output();
    assert_eq!(
        printed.row("<none>"),
        ["<none>", "<none>", "10.90.3.109", "65010", "65001", "<none>", "Established", "3m54s", "<none>", "4"]
    );
    assert_eq!(printed.status, 0);
}

#[test]
fn a_neighbor_of_a_node_that_should_not_peer_is_a_fault_of_that_node() {
    let mut snapshot = demo();
    snapshot.item("CiliumBGPClusterConfig", "home")["spec"]["nodeSelector"] = json!({"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "NotIn", "values": ["node-2", "node-3"]}]});
    snapshot.items("CiliumBGPNodeConfig").retain(|config| config["metadata"]["name"] == "node-1");
    let printed = bgp(&["peers", "--check", "--from", &snapshot.file()]).output();
    assert_eq!(
        printed.row("node-2")[..7],
        ["node-2", "<none>", "10.90.3.102", "65010", "65001", "<none>", "Established"]
    );
    assert_eq!(printed.status, 1);
}

#[test]
fn an_override_decides_the_nodes_address_and_as() {
    let mut snapshot = demo();
    let neighbor = snapshot.neighbors()["10.90.3.101"].clone();
    snapshot.neighbors()["192.0.2.1"] = neighbor;
    snapshot.neighbors().as_object_mut().expect("neighbors").remove("10.90.3.101");
    assert_eq!(ends(&peers(&snapshot), "node-1")[..2], ["<unknown>", "<none>"]);
    snapshot
        .items("CiliumBGPNodeConfigOverride")
        .push(json!({"metadata": {"name": "node-1"}, "spec": {"bgpInstances": [
        {"name": "main", "localASN": 65099, "peers": [{"name": "udm-pro", "localAddress": "192.0.2.1"}]}]}}));
    let printed = peers(&snapshot);
    assert_eq!(printed.row("node-1")[3], "65099");
    assert_eq!(ends(&printed, "node-1")[..2], ["established", "Established"]);
}

#[test]
fn a_dynamic_neighbor_that_is_down_is_expected_by_its_range() {
    let mut snapshot = demo();
    let config = snapshot.command("show running-config");
    config["text"] = json!("router bgp 65001\n bgp listen range 10.90.3.0/24 peer-group k8s\n");
    let json = bgp(&["peers", "node-3", "-o", "json", "--from", &snapshot.file()]).output().json();
    assert_eq!(json["items"][0]["router"]["why"], "10.90.3.103 is in the listen range 10.90.3.0/24 and not connected");
}

#[test]
fn a_neighbor_in_a_vrf_belongs_to_its_node() {
    let mut snapshot = demo();
    let neighbor = snapshot.neighbors().as_object_mut().expect("neighbors").remove("10.90.3.101");
    snapshot.command("show bgp vrf all neighbors json")["json"]["k8s"] =
        json!({"vrfId": 7, "vrfName": "k8s", "10.90.3.101": neighbor});
    let json = bgp(&["peers", "node-1", "-o", "json", "--from", &snapshot.file()]).output().json();
    assert_eq!((&json["items"][0]["router"]["vrf"], &json["items"][0]["healthy"]), (&json!("k8s"), &json!(true)));
}

#[test]
fn two_instances_on_one_node_find_their_own_neighbors() {
    let mut snapshot = demo();
    let instance = json!({"name": "second", "localASN": 65020, "peers": [
        {"name": "udm-pro", "peerASN": 65002, "peerAddress": "10.90.254.1", "peerConfigRef": {"name": "udm-pro"}}]});
    let config = snapshot.item("CiliumBGPNodeConfig", "node-1");
    config["spec"]["bgpInstances"].as_array_mut().expect("instances").insert(0, instance);
    let status = json!({"name": "second", "peers": [{"name": "udm-pro", "peeringState": "established"}]});
    config["status"]["bgpInstances"].as_array_mut().expect("instances").push(status);
    let mut neighbor = snapshot.neighbors()["10.90.3.101"].clone();
    neighbor["remoteAs"] = json!(65020);
    neighbor["localAs"] = json!(65002);
    snapshot.command("show bgp vrf all neighbors json")["json"]["blue"] = json!({"10.90.3.101": neighbor});
    let json = bgp(&["peers", "node-1", "-o", "json", "--from", &snapshot.file()]).output().json();
    let vrf_of = |instance: &str| {
        let mut items = json["items"].as_array().expect("items").iter();
        items.find(|item| item["instance"] == instance).expect("the instance")["router"]["vrf"].clone()
    };
    assert_eq!((vrf_of("main"), vrf_of("second")), (json!("default"), json!("blue")));
}

#[test]
fn a_router_that_does_not_have_the_peers_address_is_not_mistaken_for_it() {
    let mut snapshot = demo();
    for kind in ["CiliumBGPNodeConfig", "CiliumBGPClusterConfig"] {
        for item in snapshot.items(kind) {
            item["spec"]["bgpInstances"][0]["peers"][0]["peerAddress"] = json!("10.90.254.99");
        }
    }
    snapshot.value["routers"][0]["peer"] = json!(null);
    let json = bgp(&["peers", "node-3", "-o", "json", "--from", &snapshot.file()]).output().json();
    assert_eq!(
        json["items"][0]["router"],
        json!({"known": "unknown", "why": "no router that was read has 10.90.254.99"})
    );
}

#[test]
fn two_targets_that_lead_to_one_router_count_once() {
    let mut snapshot = demo();
    let mut again = snapshot.value["routers"][0].clone();
    again["target"] = json!("root@fd00::1");
    again["peer"] = json!("fd00::1");
    snapshot.value["routers"].as_array_mut().expect("routers").push(again);
    assert_eq!(peers(&snapshot).stdout, peers(&demo()).stdout);
}

#[test]
fn addresses_are_compared_by_value() {
    let mut snapshot = demo();
    let neighbor = snapshot.neighbors()["10.90.3.101"].clone();
    snapshot.neighbors()["fd00:90:3::101"] = neighbor;
    let addresses =
        json!([{"type": "InternalIP", "ip": "FD00:90:3:0::101"}, {"type": "InternalIP", "ip": "10.90.3.101"}]);
    snapshot.item("CiliumNode", "node-1")["spec"]["addresses"] = addresses;
    let peer = json!({"name": "udm-v6", "peerASN": 65001, "peerAddress": "FD00:90:254:0::1"});
    let config = snapshot.item("CiliumBGPNodeConfig", "node-1");
    config["spec"]["bgpInstances"][0]["peers"].as_array_mut().expect("peers").push(peer);
    let own = json!([{"addr_info": [{"local": "10.90.254.1", "scope": "global"}, {"local": "fd00:90:254::1", "scope": "global"}]}]);
    snapshot.command("ip -j addr")["json"] = own;
    // The router was reached at its IPv4 address alone, and is the IPv6 peer too: it has that address.
    let unreached = json!({"target": "root@fd00:90:254::1", "namedBy": "peerAddress", "peer": "fd00:90:254::1",
        "missing": {"reason": "unauthorized", "message": "its host key is not known yet"}});
    snapshot.value["routers"].as_array_mut().expect("routers").push(unreached);
    let printed = peers(&snapshot);
    let row = printed.stdout.lines().find(|line| line.contains("udm-v6")).expect("a row");
    assert!(row.contains("fd00:90:254::1") && row.contains("Established"), "{row}");
    assert!(!printed.stderr.contains("warning: "), "{}", printed.stderr);
}

#[test]
fn an_object_that_cannot_be_read_leaves_a_check_undecided() {
    let mut snapshot = demo();
    snapshot.items("CiliumBGPClusterConfig").push(json!({"metadata": {"name": "odd"}, "spec": {"bgpInstances": 7}}));
    assert_eq!(bgp(&["peers", "node-1", "--check", "--from", &snapshot.file()]).output().status, 2);
}

#[test]
fn no_agents_at_all_is_the_wrong_namespace() {
    let mut snapshot = demo();
    snapshot.items("Pod/cilium").clear();
    router_cannot_be_read(&mut snapshot);
    let printed = peers(&snapshot);
    assert!(
        printed.stderr.contains("there is no agent's pod in the namespace kube-system\nhint: --cilium-namespace"),
        "{}",
        printed.stderr
    );
}

#[test]
fn a_policy_that_an_upgrade_left_behind_hides_nothing() {
    let mut snapshot = demo();
    let document = snapshot.kind("CiliumBGPPeeringPolicy");
    document.as_object_mut().expect("a document").remove("missing");
    document["json"] = json!({"items": [{"metadata": {"name": "old"}, "spec": {"virtualRouters": [
        {"localASN": 65010, "neighbors": [{"peerAddress": "10.90.254.1/32", "peerASN": 65001}]}]}}]});
    assert_eq!(peers(&snapshot).stdout, peers(&demo()).stdout);
}

#[test]
fn a_peer_that_the_agent_did_not_set_up_is_absent() {
    let mut snapshot = demo();
    let config = snapshot.item("CiliumBGPNodeConfig", "node-3");
    config["status"]["bgpInstances"][0]["peers"][0].as_object_mut().expect("a peer").remove("peeringState");
    assert_eq!(ends(&peers(&snapshot), "node-3")[0], "<none>");
    agent_is_not_ready(&mut snapshot, "node-3");
    assert_eq!(ends(&peers(&snapshot), "node-3")[0], "<unknown>");
}

#[test]
fn an_odd_neighbor_is_named_and_does_not_hide_the_others() {
    let mut snapshot = demo();
    snapshot.neighbors()["10.90.3.102"]["remoteAs"] = json!("x");
    let printed = peers(&snapshot);
    assert_eq!(ends(&printed, "node-1")[1], "Established");
    assert!(printed.stderr.contains("has an odd neighbor 10.90.3.102: "), "{}", printed.stderr);
    assert_eq!(ends(&printed, "node-2")[..2], ["established", "<unknown>"], "it is there");
}

#[test]
fn counts_that_no_router_has_do_not_wrap() {
    let mut snapshot = demo();
    let counts = json!([{"afi": "ipv4", "advertised": u64::MAX}, {"afi": "ipv6", "advertised": 5}]);
    snapshot.item("CiliumBGPNodeConfig", "node-1")["status"]["bgpInstances"][0]["peers"][0]["routeCount"] = counts;
    assert_eq!(ends(&peers(&snapshot), "node-1")[3], u64::MAX.to_string());
}

#[test]
fn a_node_that_could_not_be_read_makes_its_neighbor_unknown() {
    let mut snapshot = demo();
    snapshot.item("CiliumNode", "node-2")["spec"] = json!({"addresses": 7});
    let printed = peers(&snapshot);
    assert!(
        printed.stdout.lines().any(|line| line.starts_with("<unknown>") && line.contains("10.90.3.102")),
        "{}",
        printed.stdout
    );
}

#[test]
fn a_peering_policy_is_read_and_wins_over_a_cluster_config() {
    let mut snapshot = demo();
    let document = snapshot.kind("CiliumBGPPeeringPolicy");
    document.as_object_mut().expect("a document").remove("missing");
    document["json"] = json!({"items": [{"metadata": {"name": "old"}, "spec": {
        "nodeSelector": {"matchLabels": {"kubernetes.io/hostname": "node-2"}},
        "virtualRouters": [{"localASN": 65010, "neighbors": [{"peerAddress": "10.90.254.1/32", "peerASN": 65001}]}]}}]});
    snapshot.item("CiliumBGPNodeConfig", "node-2")["status"] = json!({});
    let printed = peers(&snapshot);
    assert_eq!(
        printed.row("node-2"),
        [
            "node-2",
            "10.90.254.1",
            "10.90.254.1",
            "65010",
            "65001",
            "<unknown>",
            "Established",
            "3m54s",
            "<unknown>",
            "4"
        ]
    );
    assert_eq!(printed.row("node-1")[1], "udm-pro");
}

#[test]
fn bgpd_that_does_not_run_is_said() {
    let mut snapshot = demo();
    snapshot.command("show daemons")["text"] = json!(" zebra staticd\n");
    let printed = peers(&snapshot);
    assert_eq!(ends(&printed, "node-3")[..2], ["active", "<none>"]);
    assert!(
        printed.stderr.starts_with("warning: the router root@10.90.254.1: bgpd is not running\nhint: "),
        "{}",
        printed.stderr
    );
}

#[test]
fn text_that_would_move_a_terminal_is_escaped() {
    let mut snapshot = demo();
    let mut neighbor = snapshot.neighbors()["10.90.3.101"].clone();
    neighbor["bgpState"] = json!("\u{1b}[2JActive\nnode-7   fake");
    snapshot.neighbors()["eth\u{7}0"] = neighbor;
    let printed = peers(&snapshot);
    assert!(printed.stdout.contains("eth\\u{7}0"), "{}", printed.stdout);
    assert!(printed.stdout.contains("^[[2JActive..."), "{}", printed.stdout);
    assert!(
        !printed.stdout.contains(['\u{1b}', '\u{7}']) && !printed.stdout.contains("\nnode-7"),
        "{}",
        printed.stdout
    );
}

#[test]
fn odd_objects_are_named_and_do_not_hide_the_others() {
    let mut snapshot = demo();
    snapshot.items("CiliumBGPNodeConfig").push(json!({"metadata": {"name": "node-4"}, "spec": {"bgpInstances": 7}}));
    let printed = peers(&snapshot);
    assert_eq!(ends(&printed, "node-1")[0], "established");
    assert!(
        printed.stderr.starts_with("warning: CiliumBGPNodeConfig: the API server's answer has an odd "),
        "{}",
        printed.stderr
    );
}

#[test]
fn a_router_that_tells_no_neighbors_still_tells_whose_its_paths_are() {
    let mut snapshot = demo();
    snapshot.drop_command("show bgp vrf all neighbors json");
    let printed = peers(&snapshot);
    assert_eq!(ends(&printed, "node-1")[1], "<unknown>");
    assert!(
        printed.stderr.starts_with("warning: the router root@10.90.254.1: `show bgp vrf all neighbors json`"),
        "{}",
        printed.stderr
    );
    let routes = bgp(&["routes", "--from", &snapshot.file()]).output();
    assert_eq!(routes.row("media       plex").last(), Some(&"ok"), "{}", routes.stdout);
    assert_eq!(routes.row("default     authelia").last(), Some(&"not accepted from node-3"), "{}", routes.stdout);
}

#[test]
fn a_session_that_is_down_fails_a_check_whatever_is_missing() {
    let mut snapshot = demo();
    router_cannot_be_read(&mut snapshot);
    assert_eq!(bgp(&["peers", "--check", "--from", &snapshot.file()]).output().status, 1);
}

#[test]
fn what_cannot_be_read_leaves_a_check_undecided() {
    for words in [&["peers", "--check"][..], &["check"], &["check", "--without-node", "node-1"], &["why", "node-1"]] {
        let printed = bgp(&[words, &["--from", "/nonexistent"]].concat()).output();
        assert_eq!(printed.status, 2, "{words:?}: {}", printed.stderr);
    }
    let of_router = bgp(&["check", "--without-node", "node-1", "--router-only", "--from", "demo"]).output();
    assert_eq!(of_router.status, 2);
    assert!(of_router.stderr.contains("cannot be told without the CiliumNodes"), "{}", of_router.stderr);
}
