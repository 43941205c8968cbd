//! What speaks against a setup: each refusal and each warning, on a state that has it.

use serde_json::{Value, json};

use crate::init::{bare, planned};
use crate::support::run::bgp;
use crate::support::snapshots::{Snapshot, demo};

/// The objection that has the words, by its weight.
#[track_caller]
fn objects(snapshot: &Snapshot, words: &[&str], weight: &str, what: &str) {
    let printed = planned(snapshot, words);
    // Without a plan there is only the text.
    let mark = if weight == "refuses" { '✗' } else { '!' };
    let said = printed.stderr.lines().any(|line| line.starts_with(mark) && line.contains(what));
    assert!(said, "{what}: {}", printed.stderr);
    let refused = printed.stderr.lines().any(|line| line.starts_with('✗'));
    assert_eq!(printed.status, i32::from(refused), "{}", printed.stderr);
    if !printed.stdout.is_empty() {
        let plan = printed.json();
        let all = plan["objections"].as_array().expect("objections");
        let found = all.iter().find(|one| one["what"].as_str().is_some_and(|said| said.contains(what)));
        let found = found.unwrap_or_else(|| panic!("{what}: {all:?}"));
        assert_eq!(found["weight"], weight);
        assert!(!found["next"].as_array().expect("steps").is_empty(), "a next step: {found}");
    }
}

#[track_caller]
fn refuses(snapshot: &Snapshot, words: &[&str], what: &str) {
    objects(snapshot, words, "refuses", what);
}

#[track_caller]
fn warns(snapshot: &Snapshot, words: &[&str], what: &str) {
    objects(snapshot, words, "warns", what);
}

fn policy(snapshot: &mut Snapshot) {
    let policies = snapshot.kind("CiliumBGPPeeringPolicy");
    policies.as_object_mut().expect("a document").remove("missing");
    policies["json"] = json!({"items": [{"metadata": {"name": "old"}, "spec": {
        "nodeSelector": {"matchLabels": {"kubernetes.io/os": "linux"}}, "virtualRouters": [{"localASN": 65010,
        "neighbors": [{"peerAddress": "10.90.3.1/32", "peerASN": 65001}]}]}}]});
}

fn agents_are(snapshot: &mut Snapshot, version: &str) {
    let text = snapshot.value.to_string().replace("cilium/cilium:v1.19", &format!("cilium/cilium:v{version}"));
    snapshot.value = serde_json::from_str(&text).expect("JSON");
}

#[test]
fn pools_over_taken_addresses_are_refused() {
    let snapshot = bare();
    refuses(&snapshot, &["--pool", "10.90.3.0/24"], "these are addresses of nodes: node-1 (10.90.3.101)");
    refuses(&snapshot, &["--pool", "10.90.3.1"], "10.90.3.1 is the address of root@10.90.254.1 on br3");
    refuses(&snapshot, &["--pool", "10.244.2.0/25"], "pods have 10.244.2.0/24");
    refuses(&snapshot, &["--pool", "10.96.130.0/24"], "Services inside the cluster have 10.96.0.1 to 10.96.");
    refuses(&snapshot, &["--pool", "10.99.8.0/24", "--pool", "10.99.8.128/25"], "which overlap");
    refuses(&snapshot, &["--pool", "224.0.0.0/24"], "addresses that no router forwards to");
    refuses(&demo(), &["--pool", "10.99.8.0/24"], "Cilium takes the newer one out of use as a whole");
}

#[test]
fn a_guess_at_the_range_of_services_is_warned_of() {
    warns(&bare(), &["--pool", "10.99.8.0/24"], "Services inside the cluster may have all of 10.96.0.0/12");
    // A pool that is in use lies there too.
    assert_eq!(planned(&demo(), &[]).json()["objections"], json!([]));
}

#[test]
fn pools_that_others_announce_are_refused() {
    let via = |hop: &str| json!({"dst": "10.99.8.9", "gateway": hop, "dev": "br3", "protocol": "bgp", "flags": []});
    let mut snapshot = bare();
    let routes = &mut snapshot.command("ip -j route")["json"];
    routes.as_array_mut().expect("routes").push(via("10.90.3.101"));
    assert_eq!(planned(&snapshot, &["--pool", "10.99.8.0/24"]).status, 0);
    let routes = &mut snapshot.command("ip -j route")["json"];
    *routes.as_array_mut().expect("routes").last_mut().expect("a route") = via("10.90.3.201");
    let what = "routes there by way of no node of this cluster: 10.99.8.9/32 by way of 10.90.3.201";
    refuses(&snapshot, &["--pool", "10.99.8.0/24"], what);
    let mut snapshot = demo();
    snapshot.command("ip -j route")["json"] = json!([via("10.90.3.201")]);
    snapshot.command("ip -j route")["json"][0]["dst"] = json!("10.99.8.209");
    warns(&snapshot, &[], "10.99.8.209/32 by way of 10.90.3.201");
}

#[test]
fn pools_on_a_link_with_hosts_are_warned_of() {
    let mut snapshot = bare();
    let words = ["--pool", "10.90.3.200-10.90.3.220"];
    warns(&snapshot, &words, "which hosts there are is not known");
    let read_at = snapshot.value["takenAt"].clone();
    let seen = |dst: &str, mac: &str| json!({"dst": dst, "dev": "br3", "lladdr": mac, "state": ["STALE"]});
    // A VIP that a node announces answers with the node's MAC address.
    let all = json!([seen("10.90.3.101", "02:00:00:00:00:01"), seen("10.90.3.200", "02:00:00:00:00:01"),
        seen("10.90.3.50", "02:00:00:00:00:50"), {"dst": "10.90.3.51", "dev": "br3", "state": ["FAILED"]}]);
    let document = json!({"name": "ip -j neigh", "readAt": read_at, "tookMs": 1, "exit": 0, "json": all});
    snapshot.value["routers"][0]["documents"].as_array_mut().expect("documents").push(document);
    warns(&snapshot, &words, "1 host that are no nodes were seen: 10.90.3.50");
}

#[test]
fn as_numbers_that_cannot_be_are_refused() {
    let mut snapshot = demo();
    snapshot.items("CiliumBGPClusterConfig")[0]["spec"]["bgpInstances"][0]["localASN"] = json!(65001);
    warns(&snapshot, &[], "the AS number is 65001 on both ends");
    let snapshot = bare();
    refuses(&snapshot, &["--local-asn", "65001", "--router-asn", "65001"], "the AS number is 65001 on both ends");
    refuses(&snapshot, &["--local-asn", "65535"], "the nodes' AS number 65535 is reserved (RFC 7300)");
    refuses(&snapshot, &["--router-asn", "64500"], "the router's AS number 64500 is for documentation");
    warns(&snapshot, &["--local-asn", "3356"], "the nodes' AS number 3356 is none for private use");
    let mut running = bare();
    running.command("show running-config")["text"] = json!("frr version 8.4.4\n!\nrouter bgp 65001\n!\nend\n");
    refuses(&running, &["--router-asn", "65002"], "BGP runs on root@10.90.254.1 with the AS number 65001");
    let mut other = demo().neighbors()["10.90.3.101"].clone();
    running.command("show bgp vrf all neighbors json")["json"] = json!({"default": {"10.90.3.101": other}});
    warns(&running, &["--local-asn", "65077"], "the router expects the AS number 65010 of node-1");
    other["remoteAs"] = json!(65077);
    running.command("show bgp vrf all neighbors json")["json"] = json!({"default": {"10.80.0.1": other}});
    warns(&running, &["--local-asn", "65077"], "the router's neighbor 10.80.0.1, which is no node of this cluster");
}

#[test]
fn a_cluster_that_cannot_peer_is_refused() {
    let mut old = bare();
    agents_are(&mut old, "1.15");
    refuses(&old, &[], "Cilium 1.15 runs here");
    let mut empty = bare();
    empty.items("CiliumNode").clear();
    empty.items("Node").clear();
    refuses(&empty, &[], "the cluster has no nodes");
    let mut other = bare();
    for version in ["v2", "v2alpha1"] {
        other.kind(&format!("APIResourceList/cilium.io/{version}"))["json"]["resources"] = json!([]);
    }
    refuses(&other, &[], "this cluster does not run Cilium");
    for version in ["v2", "v2alpha1"] {
        other.kind(&format!("APIResourceList/cilium.io/{version}"))["json"]["resources"] =
            json!([{"kind": "CiliumNode"}]);
    }
    refuses(
        &other,
        &[],
        "the API server serves no CiliumBGPClusterConfig, CiliumBGPPeerConfig, CiliumBGPAdvertisement",
    );
    assert!(planned(&other, &[]).stderr.contains("bgpControlPlane.enabled=true"));
    // One list that could not be read may have them.
    other.forbid("APIResourceList/cilium.io/v2alpha1");
    let said = planned(&other, &[]).stderr;
    assert!(!said.contains("the API server serves no"), "{said}");
    other.items("Pod/cilium").clear();
    refuses(&other, &[], "whether the API server serves CiliumBGPClusterConfig");
}

#[test]
fn a_control_plane_that_is_off_is_switched_on() {
    let mut snapshot = bare();
    let data = snapshot.kind("ConfigMap/cilium-config")["json"]["data"].as_object_mut().expect("settings");
    data.remove("enable-bgp-control-plane");
    warns(&snapshot, &[], "Cilium's BGP control plane is switched off");
    let said = planned(&snapshot, &[]).stderr;
    assert!(said.contains("bgpControlPlane:\n        enabled: true\n"), "the Helm values: {said}");
    assert!(said.contains("rollout restart daemonset/cilium deployment/cilium-operator"), "{said}");
}

#[test]
fn a_kind_that_may_not_be_read_is_refused() {
    for kind in ["CiliumBGPClusterConfig", "CiliumLoadBalancerIPPool", "CiliumBGPPeerConfig", "CiliumBGPAdvertisement"]
    {
        let mut snapshot = bare();
        snapshot.forbid(kind);
        refuses(&snapshot, &[], &format!("which {kind} there is, is not known"));
    }
}

#[test]
fn nodes_without_an_address_are_named() {
    let mut snapshot = bare();
    snapshot.item("CiliumNode", "node-2")["spec"]["addresses"] =
        json!([{"type": "CiliumInternalIP", "ip": "10.244.2.5"}]);
    warns(&snapshot, &[], "node-2 has no IPv4 InternalIP and will not come up with 10.90.3.1");
    let words = ["--router-address", "fd00::1", "--pool", "fd00:99::/112", "--router-asn", "65001"];
    refuses(&bare(), &words, "no node has an IPv6 InternalIP to dial fd00::1 from");
    refuses(&bare(), &["--node-selector", "zone=moon"], "the node selector zone=moon selects none of 3 nodes");
}

#[test]
fn families_have_two_sides() {
    refuses(
        &bare(),
        &["--router-address", "fd00::1", "--pool", "10.99.8.0/24"],
        "the router's address is IPv6, and no pool has",
    );
    let words = ["--router-address", "10.90.3.1", "--pool", "10.99.8.0/24", "--pool", "fd00:99::/112"];
    warns(&bare(), &words, "a pool has IPv6 addresses, and the router has no IPv6 address that nodes could dial");
}

#[test]
fn addresses_that_are_no_routers_are_refused() {
    refuses(&bare(), &["--router-address", "10.90.3.9"], "root@10.90.254.1 does not have the address 10.90.3.9");
    refuses(&bare(), &["--router-address", "10.90.3.102"], "10.90.3.102 is the address of the node node-2");
}

#[test]
fn other_objects_with_the_same_nodes_are_named() {
    let mut snapshot = demo();
    let mut second = snapshot.item("CiliumBGPClusterConfig", "home").clone();
    second["metadata"]["name"] = json!("second");
    snapshot.items("CiliumBGPClusterConfig").push(second);
    refuses(&snapshot, &[], "CiliumBGPClusterConfig second has node-1, node-2, node-3 already");
    let mut snapshot = bare();
    policy(&mut snapshot);
    warns(&snapshot, &[], "CiliumBGPPeeringPolicy old is a relic");
    agents_are(&mut snapshot, "1.18");
    warns(&snapshot, &[], "CiliumBGPPeeringPolicy old has node-1, node-2, node-3");
}

#[test]
fn a_canary_of_everything_is_none() {
    refuses(&bare(), &["--canary", ""], "--canary selects every Service");
}

#[test]
fn objects_that_are_there_are_not_changed() {
    for (flag, word, has) in [
        ("--local-asn", "65020", "--local-asn says otherwise than CiliumBGPClusterConfig home, which has 65010"),
        ("--router-asn", "65020", "--router-asn says otherwise than CiliumBGPClusterConfig home, which has 65001"),
        ("--router-address", "10.90.3.1", "which has no peer 10.90.3.1"),
        ("--node-selector", "a=b", "which has kubernetes.io/os=linux"),
        ("--hold-time", "9", "--hold-time says otherwise than CiliumBGPPeerConfig udm-pro"),
        ("--restart-time", "0", "which has 120 s"),
        ("--canary", "a=b", "--canary says otherwise than CiliumBGPAdvertisement services"),
        ("--peer-name", "other", "which has no peer other"),
        ("--peer-config-name", "other", "which has no peer with the CiliumBGPPeerConfig other"),
        ("--pool-name", "other", "--pool-name other is for a new pool"),
    ] {
        refuses(&demo(), &[flag, word], has);
    }
    refuses(
        &demo(),
        &["--pool", "10.98.0.0/24", "--pool-name", "services"],
        "the pool services is there with other addresses",
    );
    assert_eq!(planned(&demo(), &["--local-asn", "65010", "--hold-time", "90", "--keep-alive", "30"]).status, 0);
}

/// Objects that are there, and what of them keeps every address back.
#[test]
fn objects_that_keep_addresses_back_are_refused() {
    let refused = |kind: &str, pointer: &str, to: Value, what: &str| {
        let mut snapshot = demo();
        *snapshot.items(kind)[0].pointer_mut(pointer).expect(pointer) = to;
        refuses(&snapshot, &[], what);
    };
    let config = "CiliumBGPClusterConfig";
    refused(config, "/spec/bgpInstances", json!([]), "has no BGP instance");
    refused(config, "/spec/bgpInstances/0/peers", json!([]), "has no peer");
    let none = "names no CiliumBGPPeerConfig for the peer";
    refused(config, "/spec/bgpInstances/0/peers/0/peerConfigRef", Value::Null, none);
    let untaken = "takes no CiliumBGPAdvertisement of load balancers' addresses";
    refused("CiliumBGPAdvertisement", "/spec/advertisements/0/selector", Value::Null, untaken);
    let families = json!([{"afi": "ipv4", "safi": "unicast"}]);
    refused("CiliumBGPPeerConfig", "/spec/families", families, untaken);
}

/// One that has nothing to do with load balancers, or that no peer takes, is not the one that is needed.
#[test]
fn an_advertisement_of_something_else_gets_one_beside_it() {
    for (pointer, to) in
        [("/spec/advertisements", json!([{"advertisementType": "PodCIDR"}])), ("/metadata/labels", json!({"x": "y"}))]
    {
        let mut snapshot = demo();
        *snapshot.items("CiliumBGPAdvertisement")[0].pointer_mut(pointer).expect(pointer) = to;
        let printed = planned(&snapshot, &[]);
        assert_eq!(printed.status, 0, "{}", printed.stderr);
        let plan = printed.json();
        let objects = plan["objects"].as_array().expect("objects").iter();
        let all: Vec<_> = objects.filter(|object| object["kind"] == "CiliumBGPAdvertisement").collect();
        assert_eq!(all.len(), 2, "{all:?}");
        let new = all.iter().find(|one| one["metadata"]["name"] == "lb-services").expect("it is new");
        assert_eq!(new["metadata"]["labels"], json!({"advertise": "bgp"}));
    }
}

#[test]
fn prefixes_of_pods_are_kept_out_with_a_word() {
    let (mut snapshot, mut before) = (bare(), demo());
    for kind in ["CiliumBGPPeerConfig", "CiliumBGPAdvertisement"] {
        snapshot.items(kind).clone_from(before.items(kind));
    }
    let advertisements = &mut snapshot.items("CiliumBGPAdvertisement")[0]["spec"]["advertisements"];
    advertisements.as_array_mut().expect("entries").push(json!({"advertisementType": "PodCIDR"}));
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().display().to_string();
    let printed = bgp(&["init", "--from", &snapshot.file(), "--dry-run", "--output-dir", &folder]).output();
    let said = "no line of the router's half is for this: node-1, node-2, node-3: it advertises PodCIDR too";
    assert!(printed.stderr.contains(said) && printed.status == 1, "{}{}", printed.stdout, printed.stderr);
}

#[test]
fn a_config_of_other_nodes_gets_one_beside_it() {
    let mut snapshot = demo();
    let one = json!({"matchLabels": {"kubernetes.io/hostname": "node-1"}});
    snapshot.items("CiliumBGPClusterConfig")[0]["spec"]["nodeSelector"] = one;
    let words =
        ["--name", "second", "--node-selector", "kubernetes.io/hostname=node-2", "--router-address", "10.90.3.1"];
    let plan = planned(&snapshot, &words).json();
    let objects = plan["objects"].as_array().expect("objects").iter();
    let names: Vec<_> =
        objects.filter(|one| one["kind"] == "CiliumBGPClusterConfig").map(|one| &one["metadata"]["name"]).collect();
    assert_eq!(names, ["home", "second"]);
}

#[test]
fn peers_have_names_of_their_own() {
    let plan = planned(&bare(), &["--router-address", "10.90.3.1", "--router-address", "10.90.254.1"]).json();
    let values = plan["values"].as_array().expect("values").iter();
    let names: Vec<_> = values.filter(|one| one["name"] == "routerAddress").map(|one| &one["value"]["name"]).collect();
    assert_eq!(names, ["udm", "udm-2"]);
}

#[test]
fn a_plan_as_data_delivers_nothing() {
    let printed = planned(&bare(), &["--output-dir", "/nowhere"]);
    assert_eq!(printed.status, 2);
    assert!(printed.stderr.contains("-o prints the plan as data"), "{}", printed.stderr);
}

#[test]
fn timers_that_end_the_session_are_refused() {
    refuses(
        &bare(),
        &["--hold-time", "9", "--keep-alive", "9"],
        "a keep-alive every 9 s is too late for a hold time of 9 s",
    );
}

#[test]
fn services_by_accident_are_named() {
    let mut snapshot = demo();
    snapshot.value["cluster"]["server"] = json!("https://10.99.8.202:6443");
    warns(&snapshot, &[], "default/authelia would be advertised, and 10.99.8.202 is an address of the API server");
    let mut snapshot = demo();
    snapshot.item("Service", "grafana")["status"]["loadBalancer"]["ingress"] = json!([{"ip": "10.77.0.1"}]);
    warns(&snapshot, &[], "no pool has the address of default/grafana (10.77.0.1)");
    snapshot.item("Service", "grafana")["spec"]["loadBalancerClass"] = json!("io.cilium/l2-announcer");
    warns(&snapshot, &[], "the class of default/grafana (io.cilium/l2-announcer) is another controller's");
}

#[test]
fn a_router_that_was_not_read_is_said() {
    let mut snapshot = bare();
    snapshot.value["routers"] = json!([]);
    let words = ["--pool", "10.99.8.0/24", "--router-address", "10.90.3.1", "--router-asn", "65001"];
    warns(&snapshot, &words, "no router's configuration was read");
}
