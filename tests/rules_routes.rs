//! Rules about what the router takes, prefers and installs: each finds its fault in a snapshot, and nothing in the same
//! snapshot without the fault.

use serde_json::{Value, json};

use crate::support::routed::{
    ADVERTISED, KERNEL, PATHS, RIB, answer, carry, drop_vips, finding, finds, found, receives, routed,
};
use crate::support::run::bgp;
use crate::support::sessions::{configure, pastes, set_state, silence, state};
use crate::support::snapshots::{Snapshot, demo};

const LIST: &str = "ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 le 32\n";

fn list(snapshot: &mut Snapshot, lines: &str) {
    configure(snapshot, LIST, |_| lines.to_owned());
}

fn paths<'a>(snapshot: &'a mut Snapshot, vip: &str) -> &'a mut Vec<Value> {
    snapshot.command(PATHS)["json"]["routes"][format!("{vip}/32")].as_array_mut().expect("paths")
}

#[test]
fn where_every_vip_is_carried_nothing_is_above_information() {
    let found = found(&routed());
    let above: Vec<&Value> = found.iter().filter(|item| item["severity"] != "information").collect();
    assert_eq!(above, Vec::<&Value>::new());
}

#[test]
fn a_list_that_is_not_defined_denies_everything() {
    let mut snapshot = routed();
    list(&mut snapshot, "");
    drop_vips(&mut snapshot, &ADVERTISED);
    let finding = finds(&snapshot, "BGP203", "error", "router root@10.90.254.1");
    pastes(&finding, "ip prefix-list k8s-services seq 5 permit 10.99.8.200/29 ge 32 le 32");
    pastes(&finding, "clear bgp ipv4 unicast * soft in");
}

#[test]
fn a_list_that_is_not_defined_is_told_before_anything_comes() {
    let mut snapshot = routed();
    list(&mut snapshot, "");
    for (address, node) in [("10.90.3.101", "node-1"), ("10.90.3.102", "node-2"), ("10.90.3.103", "node-3")] {
        silence(&mut snapshot, address);
        set_state(&mut snapshot, node, "idle");
        snapshot.item("CiliumBGPNodeConfig", node)["spec"]["bgpInstances"][0]["peers"][0]["peerConfigRef"]["name"] =
            json!("udm-typo");
    }
    drop_vips(&mut snapshot, &ADVERTISED);
    let finding = finding(&snapshot, "BGP203").expect("the list");
    assert_eq!((&finding["severity"], &finding["cause"]), (&json!("warning"), &json!(true)));
}

#[test]
fn a_list_that_denies_vips_is_named_with_its_entry() {
    let mut snapshot = routed();
    list(&mut snapshot, "ip prefix-list k8s-services seq 10 permit 10.99.8.202/31 le 32\n");
    drop_vips(&mut snapshot, &["10.99.8.200", "10.99.8.201", "10.99.8.205"]);
    let finding = finds(&snapshot, "BGP202", "error", "router");
    assert!(finding["evidence"].to_string().contains("it permits 10.99.8.202/31 le 32"), "{finding}");
    assert_eq!(finding["confidence"], "measured");
    pastes(&finding, "ip prefix-list k8s-services seq 15 permit 10.99.8.200/29 ge 32 le 32");
}

#[test]
fn an_entry_that_denies_is_gone_around() {
    let mut snapshot = routed();
    list(&mut snapshot, &format!("ip prefix-list k8s-services seq 5 deny 10.99.8.202/32\n{LIST}"));
    drop_vips(&mut snapshot, &["10.99.8.202"]);
    let finding = finds(&snapshot, "BGP202", "error", "router");
    assert!(finding["evidence"].to_string().contains("seq 5 deny 10.99.8.202/32"), "{finding}");
}

#[test]
fn what_some_nodes_lose_is_a_warning() {
    let mut snapshot = routed();
    configure(&mut snapshot, "  neighbor k8s prefix-list k8s-services in\n", |line| {
        format!("{line}  neighbor 10.90.3.102 prefix-list other in\n")
    });
    for vip in ["10.99.8.200", "10.99.8.202", "10.99.8.205"] {
        carry(&mut snapshot, vip, &[1, 3]);
    }
    carry(&mut snapshot, "10.99.8.203", &[1]);
    let finding = finds(&snapshot, "BGP203", "warning", "router");
    assert!(finding["evidence"].to_string().contains("neighbor 10.90.3.102 prefix-list other in"), "{finding}");
}

#[test]
fn a_route_map_is_evaluated() {
    let mut snapshot = routed();
    configure(&mut snapshot, "  neighbor k8s prefix-list k8s-services in\n", |_| {
        "  neighbor k8s route-map nodes in\n".to_owned()
    });
    drop_vips(&mut snapshot, &ADVERTISED);
    let finding = finds(&snapshot, "BGP204", "error", "router");
    assert_eq!(finding["title"], "the inbound route-map nodes is not defined, so it denies everything");
    configure(&mut snapshot, LIST, |line| format!("{line}route-map nodes deny 10\n"));
    let finding = finds(&snapshot, "BGP204", "error", "router");
    pastes(&finding, "route-map nodes permit 5");
}

#[test]
fn ebgp_without_a_policy_takes_nothing() {
    let mut snapshot = routed();
    for node in ["10.90.3.101", "10.90.3.102", "10.90.3.103"] {
        let family = &mut snapshot.neighbors()[node]["addressFamilyInfo"]["ipv4Unicast"];
        family.as_object_mut().expect("a family").remove("incomingUpdatePrefixFilterList");
        family["inboundEbgpRequiresPolicy"] = json!("Inbound updates discarded due to missing policy");
    }
    configure(&mut snapshot, " no bgp ebgp-requires-policy\n", |_| String::new());
    configure(&mut snapshot, "  neighbor k8s prefix-list k8s-services in\n", |_| String::new());
    drop_vips(&mut snapshot, &ADVERTISED);
    let finding = finds(&snapshot, "BGP201", "error", "router");
    pastes(&finding, "neighbor k8s prefix-list k8s-vips in");
}

#[test]
fn a_filter_of_yesterday_is_told_from_one_of_today() {
    let mut snapshot = routed();
    drop_vips(&mut snapshot, &["10.99.8.200"]);
    finds(&snapshot, "BGP299", "error", "router");
    for node in [1, 2, 3] {
        receives(&mut snapshot, node, &ADVERTISED);
    }
    let finding = finds(&snapshot, "BGP205", "error", "router");
    assert_eq!(finding["paste"], json!(["clear bgp ipv4 unicast * soft in"]));
}

#[test]
fn a_path_with_the_routers_own_as_is_a_loop() {
    let mut snapshot = routed();
    configure(&mut snapshot, "router bgp 65001\n", |_| "router bgp 65010\n".to_owned());
    drop_vips(&mut snapshot, &ADVERTISED);
    for node in [1, 2, 3] {
        receives(&mut snapshot, node, &ADVERTISED);
    }
    finds(&snapshot, "BGP225", "error", "router");
}

#[test]
fn a_vip_on_the_routers_own_interface_is_not_forwarded() {
    let mut snapshot = routed();
    let interfaces = snapshot.command("ip -j addr")["json"].as_array_mut().expect("interfaces");
    let own = json!({"family": "inet", "local": "10.99.8.202", "prefixlen": 32, "scope": "global"});
    interfaces.iter_mut().find(|one| one["ifname"] == "br3").expect("br3")["addr_info"]
        .as_array_mut()
        .expect("addresses")
        .push(own);
    snapshot.command(KERNEL)["json"].as_array_mut().expect("routes").retain(|route| route["dst"] != "10.99.8.202");
    snapshot.command(RIB)["json"]["10.99.8.202/32"][0]["selected"] = json!(false);
    finds(&snapshot, "BGP226", "error", "service default/authelia");
}

#[test]
fn an_aggregate_is_told_from_single_addresses() {
    let mut snapshot = routed();
    list(&mut snapshot, "ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 ge 32 le 32\n");
    snapshot.item("CiliumBGPAdvertisement", "services")["spec"]["advertisements"][0]["service"]["aggregationLengthIPv4"] =
        json!(24);
    drop_vips(&mut snapshot, &["10.99.8.200", "10.99.8.202", "10.99.8.205"]);
    let finding = finds(&snapshot, "BGP224", "error", "router");
    pastes(&finding, "ip prefix-list k8s-services seq 15 permit 10.99.8.0/24");
}

#[test]
fn a_next_hop_that_does_not_resolve_is_named() {
    let mut snapshot = routed();
    let path = &mut paths(&mut snapshot, "10.99.8.201")[0];
    path["valid"] = json!(false);
    path["bestpath"] = json!(false);
    path["multipath"] = json!(false);
    path["nexthops"] = json!([{"ip": "192.0.2.1"}]);
    let finding = finds(&snapshot, "BGP227", "error", "router");
    assert!(finding["evidence"].to_string().contains("192.0.2.1: no net of the router has it"), "{finding}");
}

#[test]
fn what_wins_over_bgp_is_named_with_its_line() {
    let mut snapshot = routed();
    let other =
        json!({"dst": "10.99.8.202", "gateway": "10.90.3.101", "dev": "br3", "protocol": "static", "flags": []});
    snapshot.command(KERNEL)["json"].as_array_mut().expect("routes").push(other);
    let finding = finds(&snapshot, "BGP230", "warning", "service default/authelia");
    pastes(&finding, "ip route del 10.99.8.202/32 proto static metric 0");
    configure(&mut snapshot, LIST, |line| format!("{line}ip route 10.99.8.202/32 10.90.3.101\n"));
    pastes(
        &finds(&snapshot, "BGP230", "warning", "service default/authelia"),
        "no ip route 10.99.8.202/32 10.90.3.101",
    );
}

#[test]
fn a_preference_is_told_from_a_limit() {
    let mut snapshot = routed();
    let idle = |snapshot: &mut Snapshot| {
        for path in &mut paths(snapshot, "10.99.8.203")[1..] {
            path["multipath"] = json!(false);
        }
        let hops = json!([{"gateway": "10.90.3.101", "dev": "br3", "flags": []}]);
        let kernel = snapshot.command(KERNEL)["json"].as_array_mut().expect("routes");
        kernel.iter_mut().find(|route| route["dst"] == "10.99.8.203").expect("a route")["nexthops"] = hops;
    };
    carry(&mut snapshot, "10.99.8.203", &[1, 2]);
    idle(&mut snapshot);
    state(&mut snapshot, "maximum-paths 1");
    pastes(&finds(&snapshot, "BGP322", "warning", "router"), "no maximum-paths 1");
    paths(&mut snapshot, "10.99.8.203")[0]["locPrf"] = json!(200);
    let finding = finds(&snapshot, "BGP231", "warning", "router");
    assert!(finding["evidence"].to_string().contains("local preference 200 against 100"), "{finding}");
}

#[test]
fn the_kernel_refuses_or_loses_routes() {
    let mut snapshot = routed();
    snapshot.command(KERNEL)["json"].as_array_mut().expect("routes").retain(|route| route["dst"] != "10.99.8.203");
    finds(&snapshot, "BGP380", "error", "router");
    snapshot.command(RIB)["json"]["10.99.8.203/32"][0]["failed"] = json!(true);
    let finding = finds(&snapshot, "BGP301", "error", "router");
    pastes(&finding, "ip route get 10.90.3.101 oif br3");
    snapshot.command("show daemons")["text"] = json!(" mgmtd bgpd watchfrr\n");
    finds(&snapshot, "BGP302", "error", "router");
}

#[test]
fn fewer_next_hops_than_paths_are_a_warning() {
    let mut snapshot = routed();
    let kernel = snapshot.command(KERNEL)["json"].as_array_mut().expect("routes");
    let route = kernel.iter_mut().find(|route| route["dst"] == "10.99.8.202").expect("a route");
    route["nexthops"].as_array_mut().expect("hops").pop();
    finds(&snapshot, "BGP323", "warning", "router");
}

#[test]
fn another_host_that_announces_is_named() {
    let mut snapshot = routed();
    let mut foreign = paths(&mut snapshot, "10.99.8.202")[1].clone();
    foreign["peerId"] = json!("10.90.3.50");
    foreign["nexthops"] = json!([{"ip": "10.90.3.50"}]);
    paths(&mut snapshot, "10.99.8.202").push(foreign);
    let hop = json!({"gateway": "10.90.3.50", "dev": "br3", "flags": []});
    let kernel = snapshot.command(KERNEL)["json"].as_array_mut().expect("routes");
    kernel.iter_mut().find(|route| route["dst"] == "10.99.8.202").expect("a route")["nexthops"]
        .as_array_mut()
        .expect("hops")
        .push(hop);
    configure(&mut snapshot, " neighbor 10.90.3.101 peer-group k8s\n", |line| {
        format!("{line} neighbor 10.90.3.50 peer-group k8s\n")
    });
    pastes(&finds(&snapshot, "BGP336", "error", "neighbor 10.90.3.50"), "neighbor 10.90.3.50 shutdown");
}

#[test]
fn an_agent_that_advertises_unasked_is_told_by_its_endpoints() {
    let mut snapshot = routed();
    carry(&mut snapshot, "10.99.8.201", &[1, 3]);
    let finding = finds(&snapshot, "BGP312", "error", "service default/jellyfin");
    assert!(finding["evidence"].to_string().contains("no endpoint on node-1"), "{finding}");
    for slice in snapshot.items("EndpointSlice") {
        if slice["metadata"]["name"] == "jellyfin-1" {
            let unready = json!({"addresses": ["10.244.1.12"], "nodeName": "node-1", "conditions": {"ready": false}});
            slice["endpoints"].as_array_mut().expect("endpoints").push(unready);
        }
    }
    finds(&snapshot, "BGP313", "warning", "service default/jellyfin");
    carry(&mut snapshot, "10.99.8.201", &[3]);
    carry(&mut snapshot, "10.99.8.232", &[1]);
    finds(&snapshot, "BGP337", "warning", "prefix 10.99.8.232/32");
}

#[test]
fn vips_on_a_link_of_the_router_are_a_warning_without_l2() {
    let mut snapshot = routed();
    let interfaces = snapshot.command("ip -j addr")["json"].as_array_mut().expect("interfaces");
    let own = json!({"family": "inet", "local": "10.99.8.1", "prefixlen": 24, "scope": "global"});
    interfaces.iter_mut().find(|one| one["ifname"] == "br0").expect("br0")["addr_info"]
        .as_array_mut()
        .expect("addresses")
        .push(own);
    assert_eq!(finding(&snapshot, "BGP303").expect("the finding")["severity"], "information");
    snapshot.items("CiliumL2AnnouncementPolicy").clear();
    finds(&snapshot, "BGP303", "warning", "prefix 10.99.8.0/24");
}

#[test]
fn routes_of_the_routers_own_are_information() {
    let mut snapshot = routed();
    assert!(finding(&snapshot, "BGP335").is_none());
    snapshot.command(PATHS)["json"]["routes"]["10.90.254.0/24"] =
        json!([{"valid": true, "bestpath": true, "peerId": "(unspec)", "nexthops": [{"ip": "0.0.0.0"}]}]);
    snapshot.neighbors()["10.90.3.101"]["addressFamilyInfo"]["ipv4Unicast"]["sentPrefixCounter"] = json!(6);
    assert_eq!(finding(&snapshot, "BGP335").expect("the finding")["severity"], "information");
}

#[test]
fn what_a_session_that_is_down_takes_along_is_no_cause() {
    let mut snapshot = routed();
    silence(&mut snapshot, "10.90.3.103");
    set_state(&mut snapshot, "node-3", "active");
    for vip in ["10.99.8.200", "10.99.8.202", "10.99.8.205"] {
        carry(&mut snapshot, vip, &[1, 2]);
    }
    drop_vips(&mut snapshot, &["10.99.8.201"]);
    let above: Vec<Value> = found(&snapshot).into_iter().filter(|item| item["severity"] != "information").collect();
    assert_eq!(above, Vec::<Value>::new());
    assert!(finding(&demo(), "BGP299").is_none());
}

#[test]
fn a_filter_beside_a_session_that_is_down_is_a_cause_of_its_own() {
    let mut snapshot = demo();
    list(&mut snapshot, "");
    drop_vips(&mut snapshot, &ADVERTISED);
    assert!(finding(&snapshot, "BGP203").is_some_and(|finding| finding["cause"] == json!(true)));
}

#[test]
fn stale_routes_follow_from_the_session_that_is_gone() {
    let mut snapshot = routed();
    silence(&mut snapshot, "10.90.3.103");
    set_state(&mut snapshot, "node-3", "active");
    for vip in ["10.99.8.200", "10.99.8.201", "10.99.8.202", "10.99.8.205"] {
        for path in paths(&mut snapshot, vip).iter_mut().filter(|path| path["peerId"] == "10.90.3.103") {
            path["stale"] = json!(true);
        }
    }
    let printed = bgp(&["check", "-o", "json", "--from", &snapshot.file()]).output().json();
    let items = printed["items"].as_array().expect("items");
    let stale = items.iter().find(|item| item["code"] == "BGP319").expect("the stale routes");
    assert_ne!(stale["cause"], json!(true), "{stale}");
}

#[test]
fn half_a_snapshot_breaks_no_rule() {
    for command in ["show running-config", "ip -j addr", KERNEL, RIB, PATHS] {
        let mut snapshot = routed();
        drop_vips(&mut snapshot, &["10.99.8.200"]);
        let document = snapshot.command(command);
        let document = document.as_object_mut().expect("a document");
        document.remove("json");
        document.remove("text");
        document.insert("missing".to_owned(), json!({"reason": "failed", "message": "sh: not found"}));
        let printed = bgp(&["check", "--from", &snapshot.file()]).output();
        assert!(!printed.stderr.contains("panicked"), "{command}: {}", printed.stderr);
    }
    for kind in
        ["Service", "EndpointSlice", "CiliumBGPAdvertisement", "CiliumLoadBalancerIPPool", "CiliumBGPPeerConfig"]
    {
        let mut snapshot = routed();
        snapshot.forbid(kind);
        let above: Vec<Value> = found(&snapshot).into_iter().filter(|item| item["severity"] != "information").collect();
        assert_eq!(above, Vec::<Value>::new(), "without {kind}");
    }
}

#[test]
fn an_agent_that_does_not_advertise_is_told() {
    let mut snapshot = routed();
    carry(&mut snapshot, "10.99.8.203", &[1]);
    let question = "cilium-dbg bgp routes advertised ipv4 unicast -o json";
    snapshot.value["cluster"]["agents"] =
        json!([{"node": "node-2", "pod": "cilium-b", "documents": [answer(question, json!([]))]}]);
    finds(&snapshot, "BGP219", "error", "service media/plex");
}
