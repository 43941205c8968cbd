//! `udm-sync` in clusters and on routers of every kind: several of everything, both families, what nodes say of their own,
//! and what stands on the router in the way of it.

use serde_json::{Value, json};

use crate::support::run::bgp;
use crate::support::sessions::{configure, healthy, peer_config, silence};
use crate::support::snapshots::Snapshot;
use crate::udm_sync_states::{asked, changed, compared, is_same, lines, mends, re_address, running};

const NODES: [&str; 3] = ["node-1", "node-2", "node-3"];

/// Changes the instances of the ClusterConfig and of what was made of it.
fn instances(snapshot: &mut Snapshot, change: impl Fn(&mut Vec<Value>)) {
    change(snapshot.item("CiliumBGPClusterConfig", "home")["spec"]["bgpInstances"].as_array_mut().expect("instances"));
    for node in NODES {
        let config = snapshot.item("CiliumBGPNodeConfig", node);
        change(config["spec"]["bgpInstances"].as_array_mut().expect("instances"));
    }
}

fn add_address(snapshot: &mut Snapshot, node: &str, address: &str) {
    let addresses = snapshot.item("CiliumNode", node)["spec"]["addresses"].as_array_mut().expect("addresses");
    addresses.push(json!({"type": "InternalIP", "ip": address}));
}

/// The PeerConfig of a peer over IPv6, with what it carries.
fn both_families(snapshot: &mut Snapshot) {
    let family =
        |afi: &str| json!({"afi": afi, "safi": "unicast", "advertisements": {"matchLabels": {"advertise": "bgp"}}});
    peer_config(snapshot)["families"] = json!([family("ipv4"), family("ipv6")]);
    let blocks = json!([{"start": "10.99.8.200", "stop": "10.99.8.250"}, {"cidr": "fd00:99::/112"}]);
    crate::udm_sync_states::pool(snapshot, &blocks);
}

fn told<'a>(document: &'a Value, list: &str) -> Vec<&'a str> {
    let list = document[list].as_array().expect("a list").iter();
    list.map(|one| one["why"].as_str().expect("a reason")).collect()
}

#[test]
fn peers_over_both_protocols_have_neighbors_of_their_own() {
    let mut snapshot = healthy();
    for (node, address) in NODES.iter().zip(["fd00:3::101", "fd00:3::102", "fd00:3::103"]) {
        add_address(&mut snapshot, node, address);
    }
    let second =
        json!({"name": "udm-v6", "peerASN": 65001, "peerAddress": "fd00:254::1", "peerConfigRef": {"name": "udm-pro"}});
    instances(&mut snapshot, |all| all[0]["peers"].as_array_mut().expect("peers").push(second.clone()));
    snapshot.value["routers"][0]["peer"] = json!(null);
    let interfaces = snapshot.command("ip -j addr");
    interfaces["json"][1]["addr_info"]
        .as_array_mut()
        .expect("addresses")
        .push(json!({"family": "inet6", "local": "fd00:254::1", "prefixlen": 64, "scope": "global"}));
    interfaces["json"][2]["addr_info"]
        .as_array_mut()
        .expect("addresses")
        .push(json!({"family": "inet6", "local": "fd00:3::1", "prefixlen": 64, "scope": "global"}));
    both_families(&mut snapshot);
    let told = lines(&snapshot);
    for node in 1..=3 {
        assert!(told.contains(&format!("+neighbor fd00:3::10{node} peer-group k8s")), "{told:?}");
    }
    assert!(told.contains(&"+neighbor k8s activate".to_owned()), "{told:?}");
    assert_eq!(compared(&snapshot).json()["sessions"], 6);
    let ranged = changed(&asked(&snapshot, &["--dynamic"]).json());
    assert!(ranged.contains(&"+bgp listen range fd00:3::/64 peer-group k8s".to_owned()), "{ranged:?}");
    mends(&mut snapshot);
    assert_eq!(crate::udm_sync_states::paste(&mut snapshot, &["--harden"]), 0);
    let left = changed(&asked(&snapshot, &["--harden"]).json());
    assert_eq!(left, Vec::<String>::new(), "both families are hardened at once");
}

#[test]
fn instances_of_other_as_have_groups_of_their_own() {
    let mut snapshot = healthy();
    // One AS for each of the nodes' interfaces; the second dials from an address of its own.
    let second = json!({"name": "lab", "localASN": 65020,
        "peers": [{"name": "udm-lab", "peerASN": 65001, "peerAddress": "10.90.254.1", "localAddress": "10.90.3.201",
                   "peerConfigRef": {"name": "udm-pro"}}]});
    let config = snapshot.item("CiliumBGPNodeConfig", "node-1");
    config["spec"]["bgpInstances"].as_array_mut().expect("instances").push(second);
    assert_eq!(
        lines(&snapshot)[..3],
        ["+neighbor k8s-2 peer-group", "+neighbor k8s-2 remote-as 65020", "+neighbor 10.90.3.201 peer-group k8s-2"]
    );
    mends(&mut snapshot);
}

#[test]
fn each_router_has_a_plan_of_its_own() {
    let mut snapshot = healthy();
    let second =
        json!({"name": "udm-2", "peerASN": 65002, "peerAddress": "10.90.254.2", "peerConfigRef": {"name": "udm-pro"}});
    instances(&mut snapshot, |all| all[0]["peers"].as_array_mut().expect("peers").push(second.clone()));
    let mut router = snapshot.value["routers"][0].clone();
    (router["target"], router["peer"]) = (json!("root@10.90.254.2"), json!("10.90.254.2"));
    let text = router.to_string().replace("10.90.254.1/", "10.90.254.2/").replace("\"10.90.254.1\"", "\"10.90.254.2\"");
    let text = text.replace("router bgp 65001", "router bgp 65002").replace("10.90.255.2", "10.90.255.3");
    snapshot.value["routers"].as_array_mut().expect("routers").push(serde_json::from_str(&text).expect("JSON"));
    is_lists_verdicts(&snapshot, &[("root@10.90.254.1", "same"), ("root@10.90.254.2", "same")], 0);
    // A line less on one is nothing to the other.
    let documents = snapshot.value["routers"][1]["documents"].as_array_mut().expect("documents");
    let running = documents.iter_mut().find(|one| one["name"] == "show running-config").expect("it");
    let said = running["text"].as_str().expect("text").replace(" neighbor 10.90.3.102 peer-group k8s\n", "");
    running["text"] = json!(said);
    is_lists_verdicts(&snapshot, &[("root@10.90.254.1", "same"), ("root@10.90.254.2", "differs")], 1);
    let frr = bgp(&["udm-sync", "--from", &snapshot.file(), "-o", "frr"]).output().stdout;
    assert!(frr.starts_with("configure terminal\nrouter bgp 65002\n") && !frr.contains("65001"), "{frr}");
}

#[track_caller]
fn is_lists_verdicts(snapshot: &Snapshot, expected: &[(&str, &str)], status: i32) {
    let printed = compared(snapshot);
    let document = printed.json();
    let items = document["items"].as_array().unwrap_or_else(|| panic!("{document}\n{}", printed.stderr));
    let verdicts: Vec<_> = items
        .iter()
        .map(|one| (one["router"].as_str().expect("a name"), one["verdict"].as_str().expect("one")))
        .collect();
    assert_eq!((verdicts.as_slice(), printed.status), (expected, status), "{document}");
}

/// Both clusters are in one group, with one list.
#[test]
fn two_clusters_share_a_router() {
    let mut snapshot = healthy();
    configure(&mut snapshot, " neighbor 10.90.3.101 peer-group k8s\n", |line| {
        format!(
            "{line} neighbor 10.80.0.1 peer-group k8s\n neighbor 10.80.0.1 description kubectl-bgp lab-01234567/node-1\n \
             neighbor 10.80.0.2 peer-group k8s\n"
        )
    });
    configure(&mut snapshot, "\nend\n", |end| {
        format!("\nip prefix-list k8s-services seq 20 permit 10.98.0.0/24 ge 32\n{end}")
    });
    is_same(&snapshot);
    assert_eq!(compared(&snapshot).json()["unowned"].as_array().map(Vec::len), Some(2));
    assert_eq!(changed(&asked(&snapshot, &["--prune"]).json()), Vec::<String>::new());
    // A list that both have is as wide as both need, and ours comes to it.
    crate::udm_sync_states::pool(&mut snapshot, &json!([{"cidr": "10.99.9.0/24"}]));
    assert_eq!(lines(&snapshot), ["+ip prefix-list k8s-services seq 25 permit 10.99.9.0/24 ge 32 le 32"]);
    for line in changed(&asked(&snapshot, &["--harden"]).json()) {
        assert!(!line.contains("10.80.0.") && !line.contains("neighbor k8s"), "{line} is not ours alone");
    }
}

#[test]
fn policies_of_before_are_followed() {
    let mut snapshot = healthy();
    snapshot.items("CiliumBGPClusterConfig").clear();
    snapshot.items("CiliumBGPNodeConfig").clear();
    let document = snapshot.kind("CiliumBGPPeeringPolicy");
    document.as_object_mut().expect("a document").remove("missing");
    document["json"] = json!({"items": [{"metadata": {"name": "home", "uid": "0badcafe-0000"}, "spec": {"virtualRouters": [
        {"localASN": 65010, "serviceSelector": {"matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["y"]}]},
         "neighbors": [{"peerAddress": "10.90.254.1/32", "peerASN": 65001, "holdTimeSeconds": 300,
                        "keepAliveTimeSeconds": 90}]}]}}]});
    assert_eq!(lines(&snapshot), ["+neighbor k8s timers 90 300"]);
    configure(&mut snapshot, " neighbor 10.90.3.102 peer-group k8s\n", |_| String::new());
    let told = lines(&snapshot);
    assert!(
        told.contains(&"+neighbor 10.90.3.102 description kubectl-bgp home-0badcafe/node-2".to_owned()),
        "{told:?}"
    );
    mends(&mut snapshot);
}

#[test]
fn what_a_node_says_of_its_own_wins() {
    let mut snapshot = healthy();
    snapshot.items("CiliumBGPNodeConfigOverride").push(
        json!({"metadata": {"name": "node-2"}, "spec": {"bgpInstances": [
        {"name": "main", "localASN": 65099, "localPort": 1790, "routerID": "10.90.254.1",
         "peers": [{"name": "udm-pro", "localAddress": "10.90.3.202"}]}]}}),
    );
    assert_eq!(
        lines(&snapshot),
        [
            "+neighbor k8s-2 peer-group",
            "+neighbor k8s-2 remote-as 65099",
            "+neighbor 10.90.3.202 peer-group k8s-2",
            "+neighbor 10.90.3.202 description kubectl-bgp home-efd4b9f2/node-2",
            "+neighbor k8s-2 prefix-list k8s-services in",
        ]
    );
    mends(&mut snapshot);
}

#[test]
fn an_interface_that_a_node_dials_from_has_an_address_that_nobody_tells() {
    let mut snapshot = healthy();
    peer_config(&mut snapshot)["transport"] = json!({"sourceInterface": "eth1"});
    is_same(&snapshot);
    configure(&mut snapshot, " neighbor 10.90.3.103 peer-group k8s\n", |_| String::new());
    snapshot.neighbors().as_object_mut().expect("neighbors").remove("10.90.3.103");
    let printed = compared(&snapshot);
    assert_eq!((&printed.json()["changes"], printed.status), (&json!([]), 2));
    let why = "session node-3/main/udm-pro: the node dials from its interface eth1, whose address no object tells";
    assert_eq!(told(&printed.json(), "notCompared"), [why]);
}

#[test]
fn where_the_router_listens_is_not_in_its_configuration() {
    let mut snapshot = healthy();
    peer_config(&mut snapshot)["transport"] = json!({"peerPort": 1790});
    is_same(&snapshot);
    silence(&mut snapshot, "10.90.3.103");
    let printed = compared(&snapshot);
    assert_eq!(printed.status, 2, "{}", printed.stdout);
    let why = "it dials port 1790, and no configuration of FRR's says on which port it listens";
    assert_eq!(told(&printed.json(), "notCompared"), [why]);
    assert_eq!(printed.json()["notCompared"][0]["nodes"], json!(["node-3"]));
}

#[test]
fn packets_come_as_far_as_their_ttl() {
    let mut snapshot = healthy();
    configure(&mut snapshot, " neighbor k8s remote-as 65010\n", |line| {
        format!("{line} neighbor k8s ttl-security hops 1\n")
    });
    is_same(&snapshot);
    for node in 1..=3 {
        silence(&mut snapshot, &format!("10.90.3.10{node}"));
    }
    assert_eq!(lines(&snapshot), ["-neighbor k8s ttl-security hops 1"]);
    assert_eq!(
        compared(&snapshot).json()["changes"][0]["reason"]["why"],
        "its packets have a TTL of 1, and the router takes 255 and more"
    );
    peer_config(&mut snapshot)["ebgpMultihop"] = json!(255);
    is_same(&snapshot);
    peer_config(&mut snapshot)["ebgpMultihop"] = json!(1);
    mends(&mut snapshot);
}

#[test]
fn nodes_behind_another_router_need_more_hops_on_both_ends() {
    let mut snapshot = healthy();
    for node in 1..=3 {
        let name = format!("node-{node}");
        re_address(&mut snapshot, &name, &format!("10.77.0.{node}"));
    }
    peer_config(&mut snapshot)["ebgpMultihop"] = json!(4);
    let told = lines(&snapshot);
    assert!(told.contains(&"+neighbor k8s-2 ebgp-multihop 4".to_owned()), "{told:?}");
    // With a near one in their group it is said of each.
    re_address(&mut snapshot, "node-3", "10.90.3.103");
    let told = lines(&snapshot);
    let of_one = ["+neighbor 10.77.0.1 peer-group k8s", "+neighbor 10.77.0.1 ebgp-multihop 4"];
    assert!(of_one.iter().all(|line| told.iter().any(|told| told == line)), "{told:?}");
    assert!(!told.iter().any(|line| line.contains("10.90.3.103") || line.contains("neighbor k8s")), "{told:?}");
    mends(&mut snapshot);
    peer_config(&mut snapshot)["ebgpMultihop"] = json!(1);
    configure(&mut snapshot, "\nend\n", |end| {
        format!("\nrouter bgp 65001\n no neighbor 10.77.0.1 ebgp-multihop\nexit\n{end}")
    });
    let printed = compared(&snapshot);
    let why = "it is on none of the router's nets, and its CiliumBGPPeerConfig has no ebgpMultihop";
    assert_eq!(self::told(&printed.json(), "byHand"), [why]);
}

#[test]
fn what_only_the_router_does_is_its_own() {
    let mut snapshot = healthy();
    configure(&mut snapshot, " neighbor k8s remote-as 65010\n", |line| {
        format!("{line} neighbor k8s passive\n neighbor k8s port 1179\n neighbor k8s ebgp-multihop 2\n")
    });
    is_same(&snapshot);
    configure(&mut snapshot, " neighbor k8s passive\n", |line| format!("{line} neighbor k8s shutdown\n"));
    assert_eq!(lines(&snapshot), ["-neighbor k8s shutdown"]);
}

#[test]
fn names_that_something_else_has_are_not_taken() {
    let mut snapshot = healthy();
    running(
        &mut snapshot,
        "router bgp 65001\n neighbor k8s peer-group\n neighbor k8s remote-as 64999\n neighbor 192.0.2.9 peer-group k8s\n\
         address-family ipv4 unicast\n  neighbor k8s prefix-list k8s-services in\n exit-address-family\nexit\n\
         ip prefix-list k8s-services seq 5 permit 192.0.2.0/24\n",
    );
    let told = lines(&snapshot);
    assert!(told.contains(&"+neighbor k8s-2 peer-group".to_owned()), "{told:?}");
    assert!(told.contains(&"+neighbor k8s-2 prefix-list k8s-services-2 in".to_owned()), "{told:?}");
    assert!(!told.iter().any(|line| line.contains("k8s-services seq")), "{told:?}");
    mends(&mut snapshot);
}

#[test]
fn nodes_that_nobody_selects_are_said_so() {
    let mut snapshot = healthy();
    snapshot.items("CiliumBGPNodeConfig").clear();
    snapshot.item("CiliumBGPClusterConfig", "home")["spec"]["nodeSelector"] = json!({"matchLabels": {"no": "such"}});
    let printed = compared(&snapshot);
    assert_eq!(printed.status, 2);
    assert!(!printed.stderr.is_empty(), "{}", printed.stdout);
    assert_eq!(asked(&snapshot, &["--prune"]).status, 2, "nothing is dropped for want of nodes");
}

#[test]
fn vrfs_are_read_and_not_written() {
    let mut snapshot = healthy();
    configure(&mut snapshot, "router bgp 65001\n", |_| "router bgp 65001 vrf blue\n".to_owned());
    let printed = compared(&snapshot);
    let why = "BGP runs in VRFs alone there, which are not compared";
    assert_eq!((&printed.json()["why"], printed.status), (&json!(why), 2));
    configure(&mut snapshot, "router bgp 65001 vrf blue\n", |line| format!("router bgp 65001\nexit\n{line}"));
    let printed = compared(&snapshot);
    assert_eq!((&printed.json()["changes"], printed.status), (&json!([]), 2));
    assert_eq!(printed.json()["notCompared"][0]["why"], "its neighbor is in the router's VRF blue");
}
