//! Rules about sessions: each finds its fault in a snapshot, and nothing in the same snapshot without the fault.

use serde_json::{Value, json};

use crate::support::run::bgp;
use crate::support::sessions::{
    configure, finds, found, healthy, is_measured, pastes, peer_config, set_peer, set_state, silence, silent, state,
};
use crate::support::snapshots::{Snapshot, demo};

const NODE_3: &str = "session node-3/main/udm-pro";

fn last_reset(snapshot: &mut Snapshot, code: u32, reason: &str, notification: Option<&str>) {
    let neighbor = &mut snapshot.neighbors()["10.90.3.103"];
    neighbor["lastResetDueTo"] = json!(reason);
    neighbor["lastResetCode"] = json!(code);
    if let Some(notification) = notification {
        neighbor["lastErrorCodeSubcode"] = json!(notification);
        neighbor["lastNotificationReason"] = json!(reason);
    }
}

#[test]
fn where_all_sessions_are_up_nothing_is_found() {
    assert_eq!(found(&healthy()), Vec::<Value>::new());
}

#[test]
fn a_node_without_a_neighbor_line_is_named() {
    let finding = finds(&demo(), "BGP108", NODE_3);
    is_measured(&finding);
    pastes(&finding, "neighbor 10.90.3.103 peer-group k8s");
}

#[test]
fn a_range_that_misses_the_node_is_named() {
    let mut snapshot = demo();
    let config = snapshot.command("show running-config");
    config["text"] = json!(
        "router bgp 65001\n neighbor k8s peer-group\n neighbor k8s remote-as 65010\n bgp listen range 10.90.3.0/26 peer-group k8s\n"
    );
    pastes(&finds(&snapshot, "BGP140", NODE_3), "bgp listen range 10.90.3.0/24 peer-group k8s");
}

#[test]
fn a_neighbor_that_is_nobodys_may_be_the_nodes_old_address() {
    let mut snapshot = demo();
    let mut waiting = snapshot.neighbors()["10.90.3.101"].clone();
    waiting["bgpState"] = json!("Active");
    waiting["hostname"] = json!("Unknown");
    snapshot.neighbors()["10.90.3.113"] = waiting;
    finds(&snapshot, "BGP110", NODE_3);
    snapshot.value["cluster"]["server"] = json!("https://10.90.3.113:6443");
    finds(&snapshot, "BGP109", NODE_3);
}

#[test]
fn one_address_instead_of_several_nodes_is_a_shared_one() {
    let mut snapshot = silent();
    let mut shared = snapshot.neighbors()["10.90.3.103"].clone();
    shared["hostname"] = json!("Unknown");
    for (node, address) in [("node-1", "10.90.3.101"), ("node-2", "10.90.3.102"), ("node-3", "10.90.3.103")] {
        snapshot.neighbors().as_object_mut().expect("neighbors").remove(address);
        configure(&mut snapshot, &format!(" neighbor {address} peer-group k8s\n"), |_| String::new());
        set_state(&mut snapshot, node, "active");
    }
    snapshot.neighbors()["10.90.3.10"] = shared;
    configure(&mut snapshot, " address-family", |line| format!(" neighbor 10.90.3.10 peer-group k8s\n{line}"));
    let finding = finds(&snapshot, "BGP109", NODE_3);
    assert_eq!(finding["subjects"].as_array().map(Vec::len), Some(3));
}

#[test]
fn an_override_may_have_the_node_dial_from_an_address_that_the_router_lacks() {
    let mut snapshot = silent();
    snapshot
        .items("CiliumBGPNodeConfigOverride")
        .push(json!({"metadata": {"name": "node-3"}, "spec": {"bgpInstances": [
        {"name": "main", "peers": [{"name": "udm-pro", "localAddress": "10.90.3.113"}]}]}}));
    is_measured(&finds(&snapshot, "BGP129", NODE_3));
}

#[test]
fn two_speakers_on_a_node_contend_for_one_neighbor() {
    let mut twice = healthy();
    let instances = &mut twice.item("CiliumBGPNodeConfig", "node-3")["spec"]["bgpInstances"];
    let mut again = instances[0].clone();
    again["name"] = json!("again");
    instances.as_array_mut().expect("instances").push(again);
    is_measured(&finds(&twice, "BGP132", NODE_3));

    let mut stranger = healthy();
    stranger.neighbors()["10.90.3.103"]["hostname"] = json!("metallb");
    assert_eq!(found(&stranger), Vec::<Value>::new(), "names may differ, so long as both ends have the session");
    set_state(&mut stranger, "node-3", "active");
    is_measured(&finds(&stranger, "BGP132", NODE_3));
}

#[test]
fn a_speaker_with_the_nodes_name_and_another_address_is_the_node() {
    let mut snapshot = demo();
    let mut other = snapshot.neighbors()["10.90.3.101"].clone();
    other["hostname"] = json!("node-3");
    snapshot.neighbors()["10.90.3.113"] = other;
    finds(&snapshot, "BGP129", NODE_3);
}

#[test]
fn as_numbers_are_compared_both_ways() {
    let mut snapshot = silent();
    for address in ["10.90.3.101", "10.90.3.102"] {
        silence(&mut snapshot, address);
    }
    for node in ["node-1", "node-2"] {
        set_state(&mut snapshot, node, "idle");
    }
    set_peer(&mut snapshot, "peerASN", &json!(65099));
    let finding = finds(&snapshot, "BGP111", "session node-1/main/udm-pro");
    assert_eq!(finding["subjects"].as_array().map(Vec::len), Some(3));
    is_measured(&finding);

    let mut snapshot = silent();
    configure(&mut snapshot, " neighbor 10.90.3.103 peer-group k8s\n", |_| {
        " neighbor 10.90.3.103 remote-as 65077\n".into()
    });
    snapshot.neighbors()["10.90.3.103"]["remoteAs"] = json!(65077);
    pastes(&finds(&snapshot, "BGP112", NODE_3), "neighbor 10.90.3.103 remote-as 65010");
    // Where the configuration cannot be read, the neighbor itself tells.
    snapshot.command("show running-config")["text"] = json!("");
    finds(&snapshot, "BGP112", NODE_3);
}

#[test]
fn one_as_on_both_ends_is_information() {
    let mut snapshot = healthy();
    set_peer(&mut snapshot, "peerASN", &json!(65010));
    for address in ["10.90.3.101", "10.90.3.102", "10.90.3.103"] {
        snapshot.neighbors()[address]["localAs"] = json!(65010);
    }
    configure(&mut snapshot, "router bgp 65001", |_| "router bgp 65010".into());
    assert_eq!(finds(&snapshot, "BGP113", NODE_3)["severity"], "information");
}

#[test]
fn a_password_on_one_end_is_named() {
    let mut router = silent();
    router.neighbors()["10.90.3.103"]["authenticationEnabled"] = json!(1);
    state(&mut router, "neighbor 10.90.3.103 password <cut>");
    let finding = finds(&router, "BGP124", NODE_3);
    is_measured(&finding);
    pastes(&finding, "no neighbor 10.90.3.103 password");

    // A session that is up without a password says that the Secret is missing.
    let mut cluster = silent();
    for (address, node) in [("10.90.3.101", "node-1"), ("10.90.3.102", "node-2")] {
        silence(&mut cluster, address);
        set_state(&mut cluster, node, "active");
    }
    peer_config(&mut cluster)["authSecretRef"] = json!("bgp-auth");
    is_measured(&finds(&cluster, "BGP124", NODE_3));

    // On both ends they may differ. Nothing at rest proves it.
    peer_config(&mut router)["authSecretRef"] = json!("bgp-auth");
    for address in ["10.90.3.101", "10.90.3.102"] {
        router.neighbors()[address]["authenticationEnabled"] = json!(1);
    }
    router.neighbors()["10.90.3.103"]["bgpState"] = json!("Connect");
    let finding = finds(&router, "BGP186", NODE_3);
    assert_eq!(finding["confidence"], "inferred");
}

#[test]
fn a_secret_that_is_missing_counts_as_no_password() {
    let missing = json!([{"type": "cilium.io/MissingAuthSecret", "status": "True", "message": "bgp-auth is missing"}]);
    let mut snapshot = silent();
    peer_config(&mut snapshot)["authSecretRef"] = json!("bgp-auth");
    snapshot.item("CiliumBGPPeerConfig", "udm-pro")["status"]["conditions"] = missing.clone();
    snapshot.neighbors()["10.90.3.103"]["authenticationEnabled"] = json!(1);
    assert_eq!(finds(&snapshot, "BGP125", "ciliumbgppeerconfig udm-pro")["severity"], "error");

    let mut up = healthy();
    peer_config(&mut up)["authSecretRef"] = json!("bgp-auth");
    up.item("CiliumBGPPeerConfig", "udm-pro")["status"]["conditions"] = missing;
    assert_eq!(finds(&up, "BGP125", "ciliumbgppeerconfig udm-pro")["severity"], "warning");
    // Without a password on the router it has none, whatever the condition says.
    up.item("CiliumBGPPeerConfig", "udm-pro")["status"]["conditions"][0]["status"] = json!("False");
    assert_eq!(finds(&up, "BGP125", "ciliumbgppeerconfig udm-pro")["severity"], "warning");
    up.item("CiliumBGPPeerConfig", "udm-pro")["status"]["conditions"][0]["status"] = json!("True");
    // A session that is up with a password has one; a PeerConfig that names no Secret lacks none.
    up.neighbors()["10.90.3.101"]["authenticationEnabled"] = json!(1);
    assert_eq!(finds(&up, "BGP126", "ciliumbgppeerconfig udm-pro")["severity"], "information");
    peer_config(&mut up).as_object_mut().expect("a spec").remove("authSecretRef");
    finds(&up, "BGP126", "ciliumbgppeerconfig udm-pro");
}

#[test]
fn the_address_and_the_port_that_are_dialled_must_be_the_routers() {
    let mut snapshot = silent();
    peer_config(&mut snapshot)["transport"] = json!({"peerPort": 1790});
    is_measured(&finds(&snapshot, "BGP130", NODE_3));

    let mut snapshot = silent();
    set_peer(&mut snapshot, "peerAddress", &json!("10.90.254.9"));
    let finding = finds(&snapshot, "BGP107", NODE_3);
    let patch = r#"[{"op":"add","path":"/spec/bgpInstances/0/peers/0/peerAddress","value":"10.90.3.1"}]"#;
    pastes(&finding, &format!("kubectl patch ciliumbgpclusterconfig home --type json -p '{patch}'"));
}

#[test]
fn hops_count_where_another_router_stands_between() {
    let mut snapshot = silent();
    let addresses = snapshot.command("ip -j addr");
    let links = addresses["json"].as_array_mut().expect("links");
    links.retain(|link| !link.to_string().contains("10.90.3.1\""));
    // Without that address the nodes are behind the default route's router.
    let routes = snapshot.command("ip -j route")["json"].as_array_mut().expect("routes");
    routes.retain(|route| !route["dst"].as_str().is_some_and(|dst| dst.starts_with("10.90.3.")));
    routes.push(json!({"dst": "10.90.3.0/24", "gateway": "10.90.254.7", "dev": "br0", "protocol": "static"}));
    let codes: Vec<Value> = found(&snapshot).iter().map(|item| item["code"].clone()).collect();
    assert_eq!(codes, ["BGP121", "BGP123"]);
    peer_config(&mut snapshot)["ebgpMultihop"] = json!(2);
    finds(&snapshot, "BGP123", NODE_3);
    state(&mut snapshot, "neighbor k8s ebgp-multihop 2");
    finds(&snapshot, "BGP119", NODE_3);
}

#[test]
fn families_must_be_active_and_common() {
    let mut snapshot = silent();
    snapshot.neighbors()["10.90.3.103"]["addressFamilyInfo"] = json!({});
    snapshot.neighbors()["10.90.3.103"]["bgpState"] = json!("Idle");
    state(&mut snapshot, "no bgp default ipv4-unicast");
    pastes(&finds(&snapshot, "BGP134", NODE_3), "neighbor k8s activate");

    let mut snapshot = silent();
    peer_config(&mut snapshot)["families"] = json!([{"afi": "ipv6", "safi": "unicast"}]);
    finds(&snapshot, "BGP133", NODE_3);
}

#[test]
fn what_the_router_says_of_its_neighbor_is_told() {
    let mut snapshot = silent();
    snapshot.neighbors()["10.90.3.103"]["adminShutDown"] = json!(true);
    snapshot.neighbors()["10.90.3.103"]["bgpState"] = json!("Idle");
    state(&mut snapshot, "neighbor k8s shutdown");
    pastes(&finds(&snapshot, "BGP137", NODE_3), "no neighbor k8s shutdown");
    configure(&mut snapshot, " neighbor k8s shutdown\n", |_| " bgp shutdown\n".into());
    pastes(&finds(&snapshot, "BGP182", "router root@10.90.254.1"), "no bgp shutdown");

    let mut snapshot = silent();
    last_reset(&mut snapshot, 14, "Cease/Maximum Number of Prefixes Reached", Some("0601"));
    configure(&mut snapshot, " address-family ipv4 unicast\n", |line| {
        format!("{line}  neighbor 10.90.3.103 maximum-prefix 2\n")
    });
    let finding = finds(&snapshot, "BGP138", NODE_3);
    pastes(&finding, "neighbor 10.90.3.103 maximum-prefix 100");
    assert!(finding["evidence"].to_string().contains("the limit is 2"), "{finding}");

    let mut snapshot = silent();
    last_reset(&mut snapshot, 24, "BFD down received", None);
    state(&mut snapshot, "neighbor k8s bfd");
    pastes(&finds(&snapshot, "BGP141", NODE_3), "no neighbor k8s bfd");

    let mut snapshot = silent();
    state(&mut snapshot, "bgp minimum-holdtime 120");
    finds(&snapshot, "BGP135", NODE_3);

    let mut snapshot = silent();
    state(&mut snapshot, "neighbor k8s bfd");
    assert_eq!(finds(&snapshot, "BGP119", NODE_3)["severity"], "error", "nothing speaks BFD on the router");
    snapshot.command("show daemons")["text"] = json!(" zebra bgpd bfdd staticd\n");
    finds(&snapshot, "BGP141", NODE_3);

    let mut snapshot = silent();
    snapshot.item("CiliumBGPNodeConfig", "node-3")["spec"]["bgpInstances"][0]["routerID"] = json!("0.0.0.0");
    is_measured(&finds(&snapshot, "BGP189", NODE_3));

    let mut snapshot = silent();
    last_reset(&mut snapshot, 38, "Router ID is missing", None);
    finds(&snapshot, "BGP189", NODE_3);
}

#[test]
fn bfd_on_a_session_that_is_up_is_information() {
    let mut snapshot = healthy();
    state(&mut snapshot, "neighbor k8s bfd");
    assert_eq!(finds(&snapshot, "BGP141", NODE_3)["severity"], "information");
}

#[test]
fn a_node_or_an_agent_that_is_away_is_told_first() {
    let mut snapshot = silent();
    last_reset(&mut snapshot, 14, "Hold Timer Expired", Some("0400"));
    finds(&snapshot, "BGP143", NODE_3);
    for pod in snapshot.items("Pod/cilium") {
        if pod["spec"]["nodeName"] == "node-3" {
            pod["status"]["conditions"] = json!([{"type": "Ready", "status": "False"}]);
        }
    }
    is_measured(&finds(&snapshot, "BGP144", NODE_3));
    snapshot.item("Node", "node-3")["status"]["conditions"] = json!([{"type": "Ready", "status": "Unknown"}]);
    is_measured(&finds(&snapshot, "BGP185", NODE_3));
}

#[test]
fn a_status_that_is_not_taken_back_tells_a_dead_agent() {
    let mut snapshot = silent();
    set_state(&mut snapshot, "node-3", "established");
    last_reset(&mut snapshot, 22, "NSF peer closed the session", None);
    is_measured(&finds(&snapshot, "BGP144", NODE_3));
    // A moment ago it may not have been written yet.
    snapshot.neighbors()["10.90.3.103"]["lastResetTimerMsecs"] = json!(4000);
    assert_eq!(finds(&snapshot, "BGP187", NODE_3)["confidence"], "inferred");
}

#[test]
fn what_is_left_is_said_as_likely_with_what_is_excluded() {
    let finding = finds(&silent(), "BGP119", NODE_3);
    assert_eq!(finding["confidence"], "inferred");
    let excluded = finding["excluded"].to_string();
    for cause in [
        "AS numbers: 65010 and 65001",
        "password: neither",
        "10.90.254.1 is the router's own",
        "no multihop",
        "not bgpd",
    ] {
        assert!(excluded.contains(cause), "{cause} is not in {excluded}");
    }

    let mut snapshot = silent();
    snapshot.neighbors()["10.90.3.103"]["lastResetTimerMsecs"] = json!(3000);
    assert_eq!(finds(&snapshot, "BGP193", NODE_3)["severity"], "warning");

    let mut snapshot = silent();
    last_reset(&mut snapshot, 13, "Cease/Connection Collision Resolution", Some("0607"));
    finds(&snapshot, "BGP188", NODE_3);
}

#[test]
fn without_the_router_every_session_that_is_down_is_told_all_the_same() {
    let printed = bgp(&["check", "--cluster-only", "-o", "json", "--from", &silent().file()]).output().json();
    let codes: Vec<&Value> = printed["items"].as_array().expect("items").iter().map(|item| &item["code"]).collect();
    assert!(codes.contains(&&json!("BGP199")), "{codes:?}");
}

#[test]
fn without_the_cluster_the_routers_own_causes_are_told() {
    let codes = |snapshot: &Snapshot| {
        let printed = bgp(&["check", "--router-only", "-o", "json", "--from", &snapshot.file()]).output().json();
        let items = printed["items"].as_array().expect("items").clone();
        items.iter().map(|item| format!("{} {}", item["code"], item["subject"])).collect::<Vec<_>>().join(", ")
    };
    let neighbor = "neighbor 10.90.3.103 of router root@10.90.254.1";
    let mut snapshot = silent();
    assert!(codes(&snapshot).contains(&format!("\"BGP199\" \"{neighbor}\"")), "{}", codes(&snapshot));
    snapshot.neighbors()["10.90.3.103"]["adminShutDown"] = json!(true);
    assert!(codes(&snapshot).contains(&format!("\"BGP137\" \"{neighbor}\"")), "{}", codes(&snapshot));
}

#[test]
fn a_router_without_bgp_explains_all_of_its_sessions() {
    let router = "router root@10.90.254.1";
    let mut stopped = healthy();
    stopped.command("show daemons")["text"] = json!(" zebra staticd\n");
    for node in ["node-1", "node-2", "node-3"] {
        set_state(&mut stopped, node, "idle");
    }
    is_measured(&finds(&stopped, "BGP114", router));
    stopped.command("ubnt-device-info model")["text"] = json!("UniFi Dream Machine Pro\n");
    stopped.command("ubnt-device-info firmware")["text"] = json!("4.0.21\n");
    finds(&stopped, "BGP116", router);

    let mut empty = healthy();
    empty.command("show bgp vrf all neighbors json")["json"] = json!({});
    empty.command("show running-config")["text"] = json!("frr version 8.4.4\n");
    finds(&empty, "BGP115", router);
}

#[test]
fn the_limit_of_dynamic_neighbors_is_counted() {
    let mut snapshot = demo();
    let config = "router bgp 65001\n neighbor k8s peer-group\n neighbor k8s remote-as 65010\n bgp listen limit 2\n bgp listen range 10.90.3.0/24 peer-group k8s\n";
    snapshot.command("show running-config")["text"] = json!(config);
    let summary = &mut snapshot.command("show bgp vrf all summary json")["json"]["default"]["ipv4Unicast"]["peers"];
    for address in ["10.90.3.101", "10.90.3.102"] {
        summary[address]["dynamicPeer"] = json!(true);
    }
    pastes(&finds(&snapshot, "BGP139", "router root@10.90.254.1"), "bgp listen limit 102");
    configure(&mut snapshot, "listen limit 2\n", |_| "listen limit 3\n".into());
    finds(&snapshot, "BGP119", NODE_3);
}

#[test]
fn one_router_id_for_two_nodes_is_information() {
    let mut snapshot = healthy();
    snapshot.neighbors()["10.90.3.103"]["remoteRouterId"] = json!("10.90.3.102");
    assert_eq!(finds(&snapshot, "BGP136", "router root@10.90.254.1")["severity"], "information");
}

#[test]
fn sessions_that_are_reset_together_again_and_again_are_information() {
    let mut snapshot = healthy();
    for address in ["10.90.3.101", "10.90.3.102", "10.90.3.103"] {
        snapshot.neighbors()[address]["connectionsDropped"] = json!(7);
        snapshot.neighbors()[address]["bgpTimerUpMsec"] = json!(244_000);
    }
    assert_eq!(finds(&snapshot, "BGP142", "router root@10.90.254.1")["severity"], "information");
    snapshot.neighbors()["10.90.3.103"]["connectionsDropped"] = json!(2);
    assert_eq!(found(&snapshot), Vec::<Value>::new());
}
