//! What `udm-sync` finds missing or wrong, and that the lines it gives make up for it and for nothing else.

use serde_json::{Value, json};

use crate::support::run::{Printed, bgp};
use crate::support::sessions::{configure, healthy, peer_config, set_peer, state};
use crate::support::snapshots::Snapshot;

const ACTIVE: &str = "  neighbor k8s soft-reconfiguration inbound\n";

pub fn compared(snapshot: &Snapshot) -> Printed {
    asked(snapshot, &[])
}

pub fn asked(snapshot: &Snapshot, wishes: &[&str]) -> Printed {
    bgp(&[&["udm-sync", "--from", &snapshot.file(), "-o", "json"], wishes].concat()).output()
}

/// The lines that go and come, each with its sign.
#[track_caller]
pub fn lines(snapshot: &Snapshot) -> Vec<String> {
    changed(&compared(snapshot).json())
}

/// The same of anything that has changes.
#[track_caller]
pub fn changed(document: &Value) -> Vec<String> {
    let changes = document["changes"].as_array().expect("changes");
    let line = |sign: char, said: &Value| said.as_str().map(|said| format!("{sign}{said}"));
    let lines = changes.iter().flat_map(|one| [line('-', &one["before"]), line('+', &one["after"])]);
    lines.flatten().collect()
}

/// The router is the same with the lines that are given for vtysh.
#[track_caller]
pub fn mends(snapshot: &mut Snapshot) {
    assert_eq!(paste(snapshot, &[]), 1);
    is_same(snapshot);
}

/// The router takes the lines; the status that they came with.
#[track_caller]
pub fn paste(snapshot: &mut Snapshot, wishes: &[&str]) -> i32 {
    let printed = bgp(&[&["udm-sync", "--from", &snapshot.file(), "-o", "frr"], wishes].concat()).output();
    let is_statement = |line: &&str| !line.starts_with("clear ") && !["configure terminal", "end"].contains(line);
    let statements: Vec<&str> = printed.stdout.lines().filter(is_statement).collect();
    configure(snapshot, "\nend\n", |end| format!("\n{}{end}", statements.join("\n")));
    printed.status
}

#[track_caller]
pub fn is_same(snapshot: &Snapshot) {
    let printed = compared(snapshot);
    assert_eq!((&printed.json()["verdict"], printed.status), (&json!("same"), 0), "{}", printed.stdout);
}

/// The router's word on itself is another one.
pub fn running(snapshot: &mut Snapshot, text: &str) {
    let text = format!("Building configuration...\n\nCurrent configuration:\n!\nfrr version 8.4.4\n{text}!\nend\n");
    snapshot.command("show running-config")["text"] = json!(text);
}

pub fn re_address(snapshot: &mut Snapshot, node: &str, address: &str) {
    let addresses = snapshot.item("CiliumNode", node)["spec"]["addresses"].as_array_mut().expect("addresses");
    let internal = addresses.iter_mut().find(|address| address["type"] == "InternalIP").expect("an InternalIP");
    internal["ip"] = json!(address);
}

pub fn pool(snapshot: &mut Snapshot, blocks: &Value) {
    snapshot.item("CiliumLoadBalancerIPPool", "services")["spec"]["blocks"] = blocks.clone();
}

#[test]
fn a_node_with_a_new_address_leaves_its_neighbor_behind() {
    let mut snapshot = healthy();
    re_address(&mut snapshot, "node-2", "10.90.3.112");
    assert_eq!(
        lines(&snapshot),
        ["+neighbor 10.90.3.112 peer-group k8s", "+neighbor 10.90.3.112 description kubectl-bgp home-efd4b9f2/node-2"]
    );
    let unowned = json!([{"neighbor": "10.90.3.102", "group": "k8s", "scope": null, "node": null, "ours": false}]);
    assert_eq!(compared(&snapshot).json()["unowned"], unowned);
    mends(&mut snapshot);
    assert_eq!(compared(&snapshot).json()["unowned"], unowned, "nothing is dropped");
}

#[test]
fn a_wider_pool_is_let_in_as_wide() {
    let mut snapshot = healthy();
    pool(&mut snapshot, &json!([{"cidr": "10.99.8.0/23"}, {"start": "10.99.20.7"}]));
    let permitted = [
        "+ip prefix-list k8s-services seq 15 permit 10.99.8.0/23 ge 32 le 32",
        "+ip prefix-list k8s-services seq 20 permit 10.99.20.7/32",
    ];
    assert_eq!(lines(&snapshot), permitted);
    let impact = &compared(&snapshot).json()["changes"][0]["impacts"][0];
    assert_eq!((&impact["effect"], impact["sessions"].as_array().map(Vec::len)), (&json!("softClear"), Some(3)));
    let frr = bgp(&["udm-sync", "--from", &snapshot.file(), "-o", "frr"]).output();
    assert!(frr.stdout.ends_with("end\nclear bgp ipv4 unicast * soft in\n"), "{}", frr.stdout);
    mends(&mut snapshot);
}

#[test]
fn aggregates_are_let_in_too() {
    let mut snapshot = healthy();
    let service = |length| json!({"addresses": ["LoadBalancerIP"], "aggregationLengthIPv4": length});
    let entry = |snapshot: &mut Snapshot, length| {
        let entries = &mut snapshot.item("CiliumBGPAdvertisement", "services")["spec"]["advertisements"];
        entries[0]["service"] = service(length);
    };
    entry(&mut snapshot, 20);
    assert_eq!(lines(&snapshot), ["+ip prefix-list k8s-services seq 15 permit 10.99.0.0/20"]);
    entry(&mut snapshot, 28);
    is_same(&snapshot);
    configure(&mut snapshot, "10.99.8.0/24 le 32", |_| "10.99.8.0/24 ge 32".to_owned());
    pool(&mut snapshot, &json!([{"cidr": "10.99.8.0/24"}]));
    assert_eq!(lines(&snapshot), ["+ip prefix-list k8s-services seq 15 permit 10.99.8.0/24 ge 28 le 28"]);
    mends(&mut snapshot);
}

#[test]
fn what_denies_a_part_of_the_pool_comes_behind() {
    let mut snapshot = healthy();
    configure(&mut snapshot, "ip prefix-list k8s-services seq 10", |line| {
        format!("ip prefix-list k8s-services seq 5 deny 10.99.8.240/28 le 32\n{line}")
    });
    let permits = lines(&snapshot);
    assert!(permits.iter().all(|line| line.contains(" permit 10.99.8.2")) && !permits.is_empty(), "{permits:?}");
    mends(&mut snapshot);
    let mut snapshot = healthy();
    configure(&mut snapshot, "ip prefix-list k8s-services seq 10", |line| {
        format!("ip prefix-list k8s-services seq 5 deny 10.99.8.212/30 le 32\n{line}")
    });
    assert_eq!(lines(&snapshot), ["+ip prefix-list k8s-services seq 4 permit 10.99.8.208/28 ge 32 le 32"]);
    mends(&mut snapshot);
}

#[test]
fn no_room_before_a_denial_opens_nothing() {
    let mut snapshot = healthy();
    let list = "ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 le 32";
    let denying =
        "ip prefix-list k8s-services seq 5 deny 10.99.0.0/16 le 32\nip prefix-list k8s-services seq 10 permit any";
    configure(&mut snapshot, list, |_| denying.to_owned());
    let told = lines(&snapshot);
    for line in [
        "-ip prefix-list k8s-services seq 5 deny 10.99.0.0/16 le 32",
        "-ip prefix-list k8s-services seq 10 permit any",
        "+ip prefix-list k8s-services seq 45 deny 10.99.0.0/16 le 32",
        "+ip prefix-list k8s-services seq 50 permit any",
    ] {
        assert!(told.iter().any(|one| one == line), "{line}: {told:?}");
    }
    mends(&mut snapshot);
}

#[test]
fn the_first_of_several_denials_counts() {
    let mut snapshot = healthy();
    pool(&mut snapshot, &json!([{"cidr": "10.99.8.0/24"}]));
    configure(&mut snapshot, "ip prefix-list k8s-services seq 10", |line| {
        format!(
            "ip prefix-list k8s-services seq 5 deny 10.99.8.240/28 le 32\n\
             ip prefix-list k8s-services seq 7 deny 10.99.8.0/28 le 32\n{line}"
        )
    });
    assert_eq!(lines(&snapshot), ["+ip prefix-list k8s-services seq 4 permit 10.99.8.0/24 ge 32 le 32"]);
    mends(&mut snapshot);
}

#[test]
fn among_foreign_empty_groups_a_new_one_is_made_once() {
    let empty = "router bgp 65001\n neighbor one peer-group\n neighbor one remote-as 65010\n neighbor two peer-group\n \
                 neighbor two remote-as 65010\nexit\n";
    let mut snapshot = healthy();
    running(&mut snapshot, empty);
    let told = lines(&snapshot);
    let count = |end: &str| told.iter().filter(|line| line.ends_with(end)).count();
    assert_eq!((count(" peer-group"), count(" peer-group k8s")), (1, 3), "{told:?}");
    let ranged = changed(&asked(&snapshot, &["--dynamic"]).json());
    let groups = ranged.iter().filter(|line| line.ends_with(" peer-group")).count();
    let is_range = |line: &String| line.starts_with("+bgp listen range ") && line.ends_with(" peer-group k8s");
    assert!(groups == 1 && ranged.iter().any(is_range), "{ranged:?}");
    mends(&mut snapshot);
}

#[test]
fn a_changed_as_is_the_groups() {
    let mut snapshot = healthy();
    for (kind, name) in
        [("ClusterConfig", "home"), ("NodeConfig", "node-1"), ("NodeConfig", "node-2"), ("NodeConfig", "node-3")]
    {
        snapshot.item(&format!("CiliumBGP{kind}"), name)["spec"]["bgpInstances"][0]["localASN"] = json!(65020);
    }
    assert_eq!(lines(&snapshot), ["-neighbor k8s remote-as 65010", "+neighbor k8s remote-as 65020"]);
    let impact = &compared(&snapshot).json()["changes"][0]["impacts"][0];
    assert_eq!(impact, &json!({"effect": "resets", "sessions": ["10.90.3.101", "10.90.3.102", "10.90.3.103"]}));
    mends(&mut snapshot);
    // Another cluster's neighbor has the group's AS, which is not ours to change.
    configure(&mut snapshot, " neighbor 10.90.3.101 peer-group k8s\n", |line| {
        format!("{line} neighbor 10.80.0.1 peer-group k8s\n")
    });
    is_same(&snapshot);
    configure(&mut snapshot, "remote-as 65020", |_| "remote-as 65030".to_owned());
    let printed = compared(&snapshot);
    assert_eq!((&printed.json()["changes"], printed.status), (&json!([]), 1));
    let why = &printed.json()["byHand"][0]["why"];
    assert_eq!(why, "its AS is 65020, and other neighbors share the peer-group k8s");
}

#[test]
fn one_node_of_another_as_gets_a_group_of_its_own() {
    let mut snapshot = healthy();
    configure(&mut snapshot, " neighbor 10.90.3.103 peer-group k8s\n", |_| String::new());
    snapshot.item("CiliumBGPNodeConfig", "node-3")["spec"]["bgpInstances"][0]["localASN"] = json!(65033);
    assert_eq!(
        lines(&snapshot),
        [
            "+neighbor k8s-2 peer-group",
            "+neighbor k8s-2 remote-as 65033",
            "+neighbor 10.90.3.103 peer-group k8s-2",
            "+neighbor 10.90.3.103 description kubectl-bgp home-efd4b9f2/node-3",
            "+neighbor k8s-2 prefix-list k8s-services in",
        ]
    );
    mends(&mut snapshot);
}

#[test]
fn names_and_foreign_lines_are_the_routers_own() {
    let mut snapshot = healthy();
    running(
        &mut snapshot,
        "interface eth0\n ip ospf area 0\nexit\nrouter ospf\n redistribute bgp\nexit\nrouter bgp 65001\n\
         bgp router-id 10.90.254.1\n neighbor talos peer-group\n neighbor talos remote-as external\n\
         neighbor 10.90.3.101 peer-group talos\n neighbor 10.90.3.102 peer-group talos\n\
         neighbor 10.90.3.103 peer-group talos\n neighbor 192.0.2.9 remote-as 64999\n\
         address-family ipv4 unicast\n  network 10.0.0.0/8\n  neighbor talos route-map from-talos in\n\
         neighbor 192.0.2.9 prefix-list transit in\n exit-address-family\nexit\n\
         ip prefix-list cluster seq 5 permit 10.99.8.192/26 ge 32\nip prefix-list transit seq 5 permit any\n\
         route-map from-talos permit 10\n match ip address prefix-list cluster\n set local-preference 200\nexit\n",
    );
    is_same(&snapshot);
    assert_eq!(compared(&snapshot).json()["unowned"], json!([]));
    pool(&mut snapshot, &json!([{"cidr": "10.99.8.192/26"}, {"cidr": "10.99.9.0/26"}]));
    assert_eq!(lines(&snapshot), ["+ip prefix-list cluster seq 10 permit 10.99.9.0/26 ge 32 le 32"]);
    mends(&mut snapshot);
}

#[test]
fn neighbors_without_a_group_get_no_group() {
    let mut snapshot = healthy();
    running(
        &mut snapshot,
        "router bgp 65001\n neighbor 10.90.3.101 remote-as 65010\n neighbor 10.90.3.102 remote-as 65010\n\
         address-family ipv4 unicast\n neighbor 10.90.3.101 prefix-list in-4 in\n neighbor 10.90.3.102 prefix-list in-4 in\n\
         exit-address-family\nexit\nip prefix-list in-4 seq 5 permit 10.99.8.0/24 le 32\n",
    );
    assert_eq!(
        lines(&snapshot),
        [
            "+neighbor 10.90.3.103 remote-as 65010",
            "+neighbor 10.90.3.103 description kubectl-bgp home-efd4b9f2/node-3",
            "+neighbor 10.90.3.103 prefix-list in-4 in",
        ]
    );
    mends(&mut snapshot);
}

#[test]
fn a_listen_range_is_a_neighbor_for_all_in_it() {
    let mut snapshot = healthy();
    for node in 1..=3 {
        configure(&mut snapshot, &format!(" neighbor 10.90.3.10{node} peer-group k8s\n"), |_| String::new());
    }
    configure(&mut snapshot, " neighbor k8s remote-as 65010\n", |line| {
        format!("{line} bgp listen range 10.90.3.0/25 peer-group k8s\n")
    });
    is_same(&snapshot);
    re_address(&mut snapshot, "node-1", "10.90.3.200");
    let described = "+neighbor 10.90.3.200 description kubectl-bgp home-efd4b9f2/node-1";
    assert_eq!(lines(&snapshot), ["+neighbor 10.90.3.200 peer-group k8s", described]);
}

#[test]
fn a_router_without_bgp_gets_all_of_it() {
    for text in [
        "",
        "router bgp 65001\nexit\n",
        "router bgp 65001\n neighbor k8s peer-group\n neighbor k8s remote-as 64999\nexit\nip prefix-list k8s-services seq 5 deny any\n",
    ] {
        let mut snapshot = healthy();
        running(&mut snapshot, text);
        snapshot.command("show bgp vrf all neighbors json")["json"] = json!({});
        let all = lines(&snapshot);
        let is_neighbor = |line: &&String| line.starts_with("+neighbor 10.90.3.") && !line.contains(" description ");
        let neighbors = all.iter().filter(is_neighbor).count();
        assert!(neighbors == 3 && all.iter().any(|line| line.contains(" in")), "{all:?}");
        assert!(all.iter().all(|line| line.starts_with('+')), "{all:?}");
        mends(&mut snapshot);
    }
}

#[test]
fn both_families_are_looked_at() {
    let mut snapshot = healthy();
    let family =
        |afi: &str| json!({"afi": afi, "safi": "unicast", "advertisements": {"matchLabels": {"advertise": "bgp"}}});
    peer_config(&mut snapshot)["families"] = json!([family("ipv4"), family("ipv6")]);
    is_same(&snapshot);
    pool(&mut snapshot, &json!([{"start": "10.99.8.200", "stop": "10.99.8.250"}, {"cidr": "fd00:99::/112"}]));
    assert_eq!(lines(&snapshot), ["+neighbor k8s activate"], "no filter is asked for where none is needed");
    configure(&mut snapshot, " no bgp ebgp-requires-policy\n", |_| String::new());
    assert_eq!(
        lines(&snapshot),
        [
            "+neighbor k8s activate",
            "+neighbor k8s prefix-list k8s-services in",
            "+ipv6 prefix-list k8s-services seq 5 permit fd00:99::/112 ge 128 le 128",
        ]
    );
    mends(&mut snapshot);
}

#[test]
fn what_keeps_a_session_down_goes() {
    let mut snapshot = healthy();
    configure(&mut snapshot, " neighbor k8s remote-as 65010\n", |line| format!("{line} neighbor k8s password <cut>\n"));
    state(
        &mut snapshot,
        "neighbor k8s peer-group\n neighbor k8s remote-as 65010\n neighbor 10.90.3.102 peer-group k8s\n neighbor 10.90.3.102 shutdown",
    );
    assert_eq!(lines(&snapshot), ["-neighbor k8s password", "-neighbor 10.90.3.102 shutdown"]);
    mends(&mut snapshot);
}

#[test]
fn passwords_are_not_compared_and_not_shown() {
    let mut snapshot = healthy();
    configure(&mut snapshot, " neighbor k8s remote-as 65010\n", |line| {
        format!("{line} neighbor k8s password s3cret\n")
    });
    peer_config(&mut snapshot)["authSecretRef"] = json!("bgp-auth");
    is_same(&snapshot);
    let printed = bgp(&["udm-sync", "--from", &snapshot.file()]).output();
    let said = "  - password: node-1, node-2, node-3: not compared (Secret bgp-auth is not read)\n";
    assert!(printed.stdout.contains(said) && printed.status == 0, "{}", printed.stdout);
    re_address(&mut snapshot, "node-2", "10.90.3.112");
    for format in ["wide", "json", "frr", "yaml"] {
        let printed = bgp(&["udm-sync", "--from", &snapshot.file(), "-o", format]).output();
        assert!(printed.status == 1 && !printed.stdout.contains("s3cret"), "{}", printed.stdout);
    }
}

#[test]
fn timers_are_those_that_come_out() {
    let mut snapshot = healthy();
    peer_config(&mut snapshot)["timers"] = json!({"holdTimeSeconds": 9, "keepAliveTimeSeconds": 3});
    is_same(&snapshot);
    peer_config(&mut snapshot)["timers"] = json!({"holdTimeSeconds": 300, "keepAliveTimeSeconds": 30});
    assert_eq!(lines(&snapshot), ["+neighbor k8s timers 30 300"]);
    peer_config(&mut snapshot)["timers"] = json!({"holdTimeSeconds": 300, "keepAliveTimeSeconds": 90});
    assert_eq!(lines(&snapshot), ["+neighbor k8s timers 90 300"]);
    peer_config(&mut snapshot)["timers"] = json!({"keepAliveTimeSeconds": 10});
    assert_eq!(lines(&snapshot), ["+neighbor k8s timers 10 90"]);
    assert_eq!(compared(&snapshot).json()["changes"][0]["impacts"][0]["effect"], "nextStart");
    mends(&mut snapshot);
}

#[test]
fn what_looks_at_more_than_the_prefix_is_not_decided() {
    let mut snapshot = healthy();
    configure(&mut snapshot, ACTIVE, |line| format!("{line}  neighbor k8s filter-list paths in\n"));
    let printed = compared(&snapshot);
    assert_eq!((&printed.json()["verdict"], printed.status), (&json!("unknown"), 2));
    let mut snapshot = healthy();
    snapshot.forbid("CiliumLoadBalancerIPPool");
    let printed = compared(&snapshot);
    assert_eq!((&printed.json()["verdict"], printed.status), (&json!("unknown"), 2), "{}", printed.stderr);
    let mut snapshot = healthy();
    configure(&mut snapshot, ACTIVE, |line| format!("{line}  neighbor k8s route-map none in\n"));
    let printed = compared(&snapshot);
    assert_eq!((&printed.json()["changes"], printed.status), (&json!([]), 1), "{}", printed.stdout);
    assert!(printed.stdout.contains("route-map none denies"), "{}", printed.stdout);
}

#[test]
fn the_peer_may_have_any_as() {
    let mut snapshot = healthy();
    set_peer(&mut snapshot, "peerASN", &json!(0));
    is_same(&snapshot);
}
