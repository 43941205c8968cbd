//! `udm-sync` where nodes cannot all be in one group: other AS numbers, other clusters.

use serde_json::json;

use crate::support::run::bgp;
use crate::support::sessions::{configure, healthy, state};
use crate::support::snapshots::Snapshot;
use crate::udm_sync_states::{compared, lines, mends, running};

fn set_asn(snapshot: &mut Snapshot, node: &str, asn: u32) {
    snapshot.item("CiliumBGPNodeConfig", node)["spec"]["bgpInstances"][0]["localASN"] = json!(asn);
}

/// Another cluster's nodes are in the group, and eBGP goes without filters.
fn beside_another_cluster() -> Snapshot {
    let mut snapshot = healthy();
    running(
        &mut snapshot,
        "router bgp 65001\n no bgp ebgp-requires-policy\n neighbor k8s peer-group\n neighbor k8s remote-as 65010\n \
         neighbor 10.80.0.1 peer-group k8s\n address-family ipv4 unicast\n  neighbor k8s prefix-list k8s-services in\n \
         exit-address-family\nexit\nip prefix-list k8s-services seq 5 permit 10.80.9.0/24 ge 32\n",
    );
    snapshot
}

#[test]
fn a_new_group_has_a_filter_where_none_is_needed() {
    let mut snapshot = beside_another_cluster();
    let told = lines(&snapshot);
    assert!(told.contains(&"+neighbor k8s-2 prefix-list k8s-services-2 in".to_owned()), "{told:?}");
    let is_permit = |line: &&String| line.starts_with("+ip prefix-list k8s-services-2 seq 5 permit 10.99.8.");
    assert_eq!(told.iter().filter(is_permit).count(), 1, "{told:?}");
    assert!(!told.iter().any(|line| line.contains("k8s-services seq")), "{told:?}");
    mends(&mut snapshot);
}

#[test]
fn a_new_group_is_closed_until_it_is_known_what_comes() {
    let mut snapshot = beside_another_cluster();
    snapshot.items("CiliumLoadBalancerIPPool").clear();
    let told = lines(&snapshot);
    assert!(told.contains(&"+neighbor k8s-2 prefix-list k8s-services-2 in".to_owned()), "{told:?}");
    assert!(told.contains(&"+ip prefix-list k8s-services-2 seq 5 deny any".to_owned()), "{told:?}");
}

#[test]
fn a_node_leaves_the_group_of_another_as() {
    let mut snapshot = healthy();
    set_asn(&mut snapshot, "node-2", 65020);
    let told = lines(&snapshot);
    for line in [
        "-neighbor 10.90.3.102 peer-group k8s",
        "+neighbor k8s-2 remote-as 65020",
        "+neighbor 10.90.3.102 peer-group k8s-2",
        "+neighbor k8s-2 prefix-list k8s-services in",
    ] {
        assert!(told.iter().any(|one| one == line), "{line}: {told:?}");
    }
    let frr = bgp(&["udm-sync", "--from", &snapshot.file(), "-o", "frr"]).output().stdout;
    let at = |line: &str| frr.lines().position(|one| one.trim() == line).unwrap_or_else(|| panic!("{line}: {frr}"));
    assert!(at("no neighbor 10.90.3.102") < at("neighbor 10.90.3.102 peer-group k8s-2"), "{frr}");
    mends(&mut snapshot);
}

#[test]
fn what_a_range_takes_does_not_leave() {
    let mut snapshot = healthy();
    state(
        &mut snapshot,
        "neighbor k8s peer-group\n neighbor k8s remote-as 65010\n bgp listen range 10.90.3.0/24 peer-group k8s",
    );
    set_asn(&mut snapshot, "node-2", 65020);
    let document = compared(&snapshot).json();
    assert_eq!(document["changes"], json!([]));
    assert_eq!(document["byHand"][0]["why"], "its AS is 65020, and other neighbors share the peer-group k8s");
}

#[test]
fn two_as_on_one_address_are_nobodys_neighbor() {
    for is_there in [true, false] {
        let mut snapshot = healthy();
        let second = json!({"name": "lab", "localASN": 65020, "peers": [{"name": "udm-lab", "peerASN": 65001,
            "peerAddress": "10.90.254.1", "peerConfigRef": {"name": "udm-pro"}}]});
        let config = snapshot.item("CiliumBGPNodeConfig", "node-3");
        config["spec"]["bgpInstances"].as_array_mut().expect("instances").push(second);
        if !is_there {
            configure(&mut snapshot, " neighbor 10.90.3.103 peer-group k8s\n", |_| String::new());
        }
        let printed = compared(&snapshot);
        let document = printed.json();
        let why = "it has sessions as AS 65010 and as AS 65020 from one address, and a router has one neighbor for an address";
        assert_eq!((&document["byHand"][0]["why"], printed.status), (&json!(why), 1), "{document}");
        let lines = lines(&snapshot);
        let members = lines.iter().filter(|line| line.starts_with("+neighbor 10.90.3.103 peer-group ")).count();
        assert_eq!(members, usize::from(!is_there), "{document}");
    }
}
