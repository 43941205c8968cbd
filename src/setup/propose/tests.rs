//! What is proposed, on the built-in snapshot changed where a case needs it.

use serde_json::{Value, json};

use super::*;
use crate::commands::init::NEEDS;
use crate::snapshot::Snapshot;
use crate::topology::Topology;

/// The built-in snapshot as JSON.
fn demo() -> Value {
    serde_json::from_str(include_str!("../../snapshot/demo.json")).expect("JSON")
}

/// The same before anything was set up: no BGP objects, no pool, no load balancer; a router without BGP.
fn bare() -> Value {
    let mut snapshot = demo();
    for kind in ["ClusterConfig", "PeerConfig", "Advertisement", "NodeConfig"] {
        set(&mut snapshot, &format!("CiliumBGP{kind}"), json!([]));
    }
    set(&mut snapshot, "CiliumLoadBalancerIPPool", json!([]));
    items(&mut snapshot, "Service").retain(|service| service["spec"]["type"] != "LoadBalancer");
    command(&mut snapshot, "show running-config")["text"] = json!("frr version 8.4.4\n!\nend\n");
    for name in ["show bgp vrf all neighbors json", "show bgp vrf all summary json"] {
        command(&mut snapshot, name)["json"] = json!({});
    }
    snapshot
}

fn document<'a>(documents: &'a mut Value, name: &str) -> &'a mut Value {
    let mut all = documents.as_array_mut().expect("documents").iter_mut();
    all.find(|document| document["name"] == name).expect("a document of that name")
}

fn command<'a>(snapshot: &'a mut Value, name: &str) -> &'a mut Value {
    document(&mut snapshot["routers"][0]["documents"], name)
}

fn items<'a>(snapshot: &'a mut Value, kind: &str) -> &'a mut Vec<Value> {
    document(&mut snapshot["cluster"]["documents"], kind)["json"]["items"].as_array_mut().expect("a list")
}

fn set(snapshot: &mut Value, kind: &str, list: Value) {
    *items(snapshot, kind) = list.as_array().expect("a list").clone();
}

fn planned(snapshot: &Value, given: &Given) -> Result<Worksheet, Vec<Question>> {
    let snapshot: Snapshot = serde_json::from_str(&snapshot.to_string()).expect("a snapshot");
    let topology = Topology::of(&snapshot, NEEDS);
    propose(&Ground::of(&topology).expect("a cluster"), given)
}

fn proposed(snapshot: &Value) -> Worksheet {
    planned(snapshot, &Given::default()).expect("nothing is asked")
}

fn flags(snapshot: &Value, given: &Given) -> Vec<&'static str> {
    planned(snapshot, given).expect_err("questions").into_iter().map(|question| question.flag).collect()
}

fn blocks(worksheet: &Worksheet) -> Vec<String> {
    worksheet.pools.values().flat_map(|pool| &pool.value).map(ToString::to_string).collect()
}

#[test]
fn a_bare_cluster_gets_all_of_it() {
    let worksheet = proposed(&bare());
    let [peer] = &worksheet.peers[..] else { panic!("{:?}", worksheet.peers) };
    // The gateway of the nodes' VLAN, not the router's other addresses.
    assert_eq!((peer.address.value.to_string().as_str(), peer.name.0.as_str()), ("10.90.3.1", "udm"));
    assert_eq!((worksheet.router_asn.value.0, worksheet.local_asn.value.0), (65001, 65010));
    // 10.99.8.0/24 lies in kubeadm's range of Services.
    assert_eq!(blocks(&worksheet), ["172.29.0.0/24"]);
    assert_eq!(worksheet.node_selector.value.to_string(), "kubernetes.io/os=linux");
    let timers = worksheet.timers.value;
    assert_eq!((timers.connect_retry, timers.hold, timers.keep_alive), (5, 9, 3));
    assert_eq!(worksheet.restart_seconds.value, Some(30));
    assert_eq!(worksheet.peers[0].address.origin, Origin::Proposed);
}

#[test]
fn what_is_in_use_is_kept() {
    let worksheet = proposed(&demo());
    assert_eq!(worksheet.peers[0].address.value.to_string(), "10.90.254.1");
    assert_eq!((worksheet.router_asn.origin, worksheet.local_asn.origin), (Origin::Kept, Origin::Kept));
    assert_eq!(worksheet.timers.value.hold, 90);
    assert_eq!(worksheet.restart_seconds.value, Some(120));
    assert_eq!(worksheet.names.cluster_config.value, "home");
    assert_eq!(blocks(&worksheet), ["10.99.8.200 to 10.99.8.250"]);
}

#[test]
fn a_router_that_speaks_bgp_keeps_its_numbers() {
    let mut snapshot = bare();
    let recorded = demo();
    for name in ["show running-config", "show bgp vrf all neighbors json"] {
        *command(&mut snapshot, name) = command(&mut recorded.clone(), name).clone();
    }
    let worksheet = proposed(&snapshot);
    assert_eq!((worksheet.router_asn.value.0, worksheet.router_asn.origin), (65001, Origin::Kept));
    assert_eq!(worksheet.local_asn.why, "the router expects it of node-1");
    // Neighbors that are no nodes have numbers of their own.
    let neighbors = &mut command(&mut snapshot, "show bgp vrf all neighbors json")["json"]["default"];
    let mut other = neighbors["10.90.3.101"].clone();
    other["remoteAs"] = json!(65010);
    *neighbors = json!({ "10.80.0.1": other });
    let worksheet = proposed(&snapshot);
    assert_eq!((worksheet.local_asn.value.0, worksheet.local_asn.origin), (65011, Origin::Proposed));
}

#[test]
fn addresses_of_services_make_the_pool() {
    let mut snapshot = demo();
    set(&mut snapshot, "CiliumLoadBalancerIPPool", json!([]));
    assert_eq!(blocks(&proposed(&snapshot)), ["10.99.8.200 to 10.99.8.207"]);
    let addresses = [json!({"ip": "10.99.9.7"}), json!({"ip": "10.90.3.101"})];
    items(&mut snapshot, "Service").last_mut().expect("a Service")["status"]["loadBalancer"]["ingress"] =
        json!(addresses);
    let all = blocks(&proposed(&snapshot));
    assert!(all.contains(&"10.99.9.7".to_owned()), "{all:?}");
    assert!(all.iter().all(|block| !block.starts_with("10.90.")), "a node's own address is none: {all:?}");
}

#[test]
fn a_pool_meets_nothing_that_is_known() {
    let mut snapshot = bare();
    services_begin_at(&mut snapshot, "10.43.0.1");
    assert_eq!(blocks(&proposed(&snapshot)), ["10.99.8.0/24"]);
    let routes = &mut command(&mut snapshot, "ip -j route")["json"];
    routes.as_array_mut().expect("routes").push(json!({"dst": "10.99.8.0/23", "gateway": "10.90.254.9", "dev": "br0"}));
    assert_eq!(blocks(&proposed(&snapshot)), ["10.99.10.0/24"]);
    items(&mut snapshot, "CiliumNode")[0]["spec"]["ipam"]["podCIDRs"] = json!(["10.96.0.0/12"]);
    let pool = blocks(&proposed(&snapshot));
    assert_eq!(pool, ["172.29.0.0/24"]);
}

/// Services have other addresses, the API server's own has this one.
fn services_begin_at(snapshot: &mut Value, first: &str) {
    let services = items(snapshot, "Service");
    services.retain(|service| service["metadata"]["name"] == "kubernetes");
    services[0]["spec"]["clusterIP"] = json!(first);
    services[0]["spec"]["clusterIPs"] = json!([first]);
}

#[test]
fn a_pool_keeps_clear_of_where_services_may_be() {
    let mut snapshot = bare();
    for (first, pool) in [
        ("10.96.0.1", "172.29.0.0/24"),
        ("10.43.0.1", "10.99.8.0/24"),
        ("10.99.0.1", "172.29.0.0/24"),
        ("10.98.0.1", "10.99.8.0/24"),
    ] {
        services_begin_at(&mut snapshot, first);
        assert_eq!(blocks(&proposed(&snapshot)), [pool], "{first}");
    }
    // What Cilium was told is no guess.
    services_begin_at(&mut snapshot, "10.96.0.1");
    document(&mut snapshot["cluster"]["documents"], "ConfigMap/cilium-config")["json"]["data"]["ipv4-service-range"] =
        json!("10.96.0.0/16");
    assert_eq!(blocks(&proposed(&snapshot)), ["10.99.8.0/24"]);
}

#[test]
fn what_another_cluster_announces_is_not_free() {
    let mut snapshot = bare();
    services_begin_at(&mut snapshot, "10.43.0.1");
    // The nodes' own routes are no reason.
    assert_eq!(blocks(&proposed(&snapshot)), ["10.99.8.0/24"]);
    let routes = &mut command(&mut snapshot, "ip -j route")["json"];
    routes.as_array_mut().expect("routes").push(
        json!({"dst": "10.99.8.9", "gateway": "10.90.3.201", "dev": "br3", "protocol": "bgp", "metric": 20, "flags": []}),
    );
    assert_eq!(blocks(&proposed(&snapshot)), ["10.99.9.0/24"]);
}

#[test]
fn without_a_router_the_user_knows() {
    let mut snapshot = bare();
    snapshot["routers"] = json!([]);
    assert_eq!(flags(&snapshot, &Given::default()), ["--pool", "--router-address", "--router-asn"]);
    let questions = planned(&snapshot, &Given::default()).expect_err("questions");
    let defaults: Vec<_> = questions.iter().map(|question| question.default.as_deref()).collect();
    assert_eq!(defaults, [Some("172.29.0.0/24"), Some("10.90.3.1"), Some("65001")]);
    let given = Given { router_addresses: vec!["10.90.3.1".parse().expect("an address")], ..Given::default() };
    assert_eq!(flags(&snapshot, &given), ["--pool", "--router-asn"]);
    let given = Given { router_asn: Some(crate::topology::names::Asn(65020)), ..given };
    let pool = vec!["10.99.0.0/24".parse::<ipnet::IpNet>().expect("a prefix").into()];
    let worksheet = planned(&snapshot, &Given { pool, ..given }).expect("nothing is asked");
    assert_eq!((worksheet.router_asn.value.0, worksheet.router_asn.origin), (65020, Origin::Given));
    assert_eq!(blocks(&worksheet), ["10.99.0.0/24"]);
}

#[test]
fn nodes_that_load_balancers_leave_out_stay_out() {
    let mut snapshot = bare();
    let excluded = "node.kubernetes.io/exclude-from-external-load-balancers";
    items(&mut snapshot, "CiliumNode")[0]["metadata"]["labels"][excluded] = json!("");
    let selector = proposed(&snapshot).node_selector;
    assert_eq!(selector.value.to_string(), format!("kubernetes.io/os=linux, !{excluded}"));
    assert!(selector.why.contains("without node-1"), "{}", selector.why);
    for node in items(&mut snapshot, "CiliumNode") {
        node["metadata"]["labels"][excluded] = json!("");
    }
    assert_eq!(proposed(&snapshot).node_selector.value.to_string(), "kubernetes.io/os=linux");
}

#[test]
fn the_version_is_what_is_served() {
    let mut snapshot = bare();
    let versions = |snapshot: &Value| {
        let served = proposed(snapshot).served.value;
        format!("{:?} {:?}", served.bgp, served.pool)
    };
    assert_eq!(versions(&snapshot), "V2 V2");
    let resources =
        &mut document(&mut snapshot["cluster"]["documents"], "APIResourceList/cilium.io/v2")["json"]["resources"];
    let is_left = |kind: &Value| kind["kind"] != "CiliumLoadBalancerIPPool";
    *resources = resources.as_array().expect("resources").iter().filter(|kind| is_left(kind)).cloned().collect();
    assert_eq!(versions(&snapshot), "V2 V2Alpha1");
    for version in ["v2", "v2alpha1"] {
        let name = format!("APIResourceList/cilium.io/{version}");
        document(&mut snapshot["cluster"]["documents"], &name)["json"]["resources"] = json!([{"kind": "CiliumNode"}]);
    }
    // The operator has not registered them yet: the agents' images say what it will.
    assert_eq!(versions(&snapshot), "V2 V2");
    let text = snapshot.to_string().replace("cilium/cilium:v1.19", "cilium/cilium:v1.17");
    let snapshot: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(versions(&snapshot), "V2Alpha1 V2Alpha1");
}

#[test]
fn a_policy_is_what_is_in_use() {
    let mut snapshot = bare();
    let policies = document(&mut snapshot["cluster"]["documents"], "CiliumBGPPeeringPolicy");
    policies.as_object_mut().expect("a document").remove("missing");
    policies["json"] = json!({"items": [{"metadata": {"name": "old"}, "spec": {
        "nodeSelector": {"matchLabels": {"bgp": "on"}}, "virtualRouters": [{"localASN": 64512,
        "serviceSelector": {"matchLabels": {"public": "yes"}},
        "neighbors": [{"peerAddress": "10.90.3.1/32", "peerASN": 64513, "holdTimeSeconds": 30,
                       "gracefulRestart": {"enabled": true, "restartTimeSeconds": 45}}]}]}}]});
    let worksheet = proposed(&snapshot);
    assert_eq!((worksheet.local_asn.value.0, worksheet.router_asn.value.0), (64512, 64513));
    assert_eq!(worksheet.node_selector.value.to_string(), "bgp=on");
    assert_eq!(worksheet.advertised.value.to_string(), "public=yes");
    assert_eq!((worksheet.timers.value.hold, worksheet.timers.value.keep_alive), (30, 30));
    assert_eq!(worksheet.restart_seconds.value, Some(45));
    assert_eq!(worksheet.timers.why, "CiliumBGPPeeringPolicy old has it");
}

#[test]
fn names_that_are_taken_are_not_given_again() {
    let mut snapshot = bare();
    let entry = json!({"advertisementType": "PodCIDR"});
    let own = json!([{"metadata": {"name": "lb-services"}, "spec": {"advertisements": [entry]}}]);
    set(&mut snapshot, "CiliumBGPAdvertisement", own);
    assert_eq!(proposed(&snapshot).names.advertisement.value, "lb-services-2");
}

#[test]
fn a_third_of_the_hold_time_is_the_keep_alive() {
    let given = Given { hold: Some(30), ..Given::default() };
    let timers = planned(&bare(), &given).expect("nothing is asked").timers;
    assert_eq!((timers.value.keep_alive, timers.value.connect_retry, timers.origin), (10, 5, Origin::Given));
}

#[test]
fn both_families_have_a_peer() {
    let mut snapshot = bare();
    let pool = vec!["10.99.0.0/24", "fd00:99::/112"];
    let pool = pool.into_iter().map(|net| net.parse::<ipnet::IpNet>().expect("a prefix").into()).collect();
    let given = Given { pool, ..Given::default() };
    for (at, node) in items(&mut snapshot, "CiliumNode").iter_mut().enumerate() {
        let address = json!({"type": "InternalIP", "ip": format!("fd00:90:3::{}", 101 + at)});
        node["spec"]["addresses"].as_array_mut().expect("addresses").push(address);
    }
    assert_eq!(flags(&snapshot, &given), ["--router-address"], "the router has no IPv6 address");
    let answered = Given { router_addresses: vec!["fd00:90:3::9".parse().expect("an address")], ..given.clone() };
    let worksheet = planned(&snapshot, &answered).expect("nothing is asked");
    let peers: Vec<String> = worksheet.peers.iter().map(|peer| peer.address.value.to_string()).collect();
    assert_eq!(peers, ["10.90.3.1", "fd00:90:3::9"], "the other family's stays");
    let interfaces = command(&mut snapshot, "ip -j addr")["json"].as_array_mut().expect("interfaces");
    let link = interfaces.iter_mut().find(|link| link["ifname"] == "br3").expect("the nodes' link");
    let address = json!({"family": "inet6", "local": "fd00:90:3::1", "prefixlen": 64, "scope": "global"});
    link["addr_info"].as_array_mut().expect("addresses").push(address);
    let worksheet = planned(&snapshot, &given).expect("nothing is asked");
    let peers: Vec<String> =
        worksheet.peers.iter().map(|peer| format!("{} {}", peer.name, peer.address.value)).collect();
    assert_eq!(peers, ["udm 10.90.3.1", "udm-v6 fd00:90:3::1"]);
}
