//! Rules about Services without an address, and about addresses that nothing advertises.

use serde_json::{Value, json};

use crate::support::routed::{ADVERTISED, drop_vips, finding, finds, routed};
use crate::support::sessions::pastes;
use crate::support::snapshots::Snapshot;

fn service<'a>(snapshot: &'a mut Snapshot, name: &str) -> &'a mut Value {
    snapshot.item("Service", name)
}

fn slice<'a>(snapshot: &'a mut Snapshot, name: &str) -> &'a mut Value {
    snapshot.item("EndpointSlice", name)
}

fn entry(snapshot: &mut Snapshot) -> &mut Value {
    &mut snapshot.item("CiliumBGPAdvertisement", "services")["spec"]["advertisements"][0]
}

fn pool(snapshot: &mut Snapshot) -> &mut Value {
    &mut snapshot.item("CiliumLoadBalancerIPPool", "services")["spec"]
}

/// A Service that waits, as LB-IPAM leaves it.
fn waits(snapshot: &mut Snapshot, reason: &str, asked: &str) {
    let mut late = service(snapshot, "grafana").clone();
    late["metadata"]["name"] = json!("late");
    late["metadata"]["annotations"] = if asked.is_empty() { json!({}) } else { json!({"lbipam.cilium.io/ips": asked}) };
    late["status"] =
        json!({"conditions": [{"type": "cilium.io/IPAMRequestSatisfied", "status": "False", "reason": reason}]});
    snapshot.items("Service").push(late);
}

#[test]
fn a_service_that_is_left_out_by_its_label_is_information() {
    let finding = finding(&routed(), "BGP208").expect("the printer");
    assert_eq!(finding["severity"], "information");
    assert_eq!(finding["subjects"], json!(["service default/printer"]));
    assert!(finding["evidence"].to_string().contains("label bgp is off"), "{finding}");
    pastes(&finding, "kubectl -n default label service printer --overwrite bgp-");
}

#[test]
fn that_nothing_is_selected_is_more_than_information() {
    let mut snapshot = routed();
    entry(&mut snapshot)["selector"] = json!({"matchLabels": {"bgp": "on"}});
    drop_vips(&mut snapshot, &ADVERTISED);
    finds(&snapshot, "BGP208", "warning", "default/authelia");
    snapshot.items("CiliumL2AnnouncementPolicy").clear();
    let finding = finds(&snapshot, "BGP208", "error", "default/authelia");
    pastes(&finding, "kubectl -n default label service authelia --overwrite bgp=on");
}

#[test]
fn an_advertisement_without_a_selector_is_named() {
    let mut snapshot = routed();
    entry(&mut snapshot).as_object_mut().expect("an entry").remove("selector");
    drop_vips(&mut snapshot, &ADVERTISED);
    let finding = finds(&snapshot, "BGP207", "error", "ciliumbgpadvertisement services");
    assert!(finding["paste"][0].as_str().expect("a line").contains("/spec/advertisements/0/selector"), "{finding}");
}

#[test]
fn an_advertisement_of_pods_advertises_no_service() {
    let mut snapshot = routed();
    *entry(&mut snapshot) = json!({"advertisementType": "CiliumPodIPPool", "selector": {}});
    drop_vips(&mut snapshot, &ADVERTISED);
    finds(&snapshot, "BGP281", "error", "ciliumbgpadvertisement services");
}

#[test]
fn a_peer_config_that_takes_no_advertisement_is_named() {
    let mut snapshot = routed();
    let family = &mut snapshot.item("CiliumBGPPeerConfig", "udm-pro")["spec"]["families"][0];
    family["advertisements"] = json!({"matchLabels": {"advertise": "nothing"}});
    drop_vips(&mut snapshot, &ADVERTISED);
    let finding = finds(&snapshot, "BGP209", "error", "ciliumbgppeerconfig udm-pro");
    let patch =
        r#"[{"op":"add","path":"/spec/families/0/advertisements","value":{"matchLabels":{"advertise":"bgp"}}}]"#;
    pastes(&finding, &format!("kubectl patch ciliumbgppeerconfig udm-pro --type json -p '{patch}'"));
    snapshot.items("CiliumBGPAdvertisement").clear();
    finds(&snapshot, "BGP209", "error", "ciliumbgppeerconfig udm-pro");
}

#[test]
fn a_family_that_no_session_has_is_information_beside_another_address() {
    let mut snapshot = routed();
    let ingress =
        service(&mut snapshot, "authelia")["status"]["loadBalancer"]["ingress"].as_array_mut().expect("addresses");
    ingress.push(json!({"ip": "fd00:99:8::202", "ipMode": "VIP"}));
    pool(&mut snapshot)["blocks"].as_array_mut().expect("blocks").push(json!({"cidr": "fd00:99:8::/64"}));
    assert_eq!(finding(&snapshot, "BGP210").expect("the finding")["severity"], "information");
    snapshot.neighbors()["10.90.3.101"]["addressFamilyInfo"]["ipv6Unicast"] = json!({"acceptedPrefixCounter": 0});
    finds(&snapshot, "BGP210", "error", "ciliumbgppeerconfig udm-pro");
}

#[test]
fn kinds_of_address_that_are_not_listed_are_named() {
    let mut snapshot = routed();
    service(&mut snapshot, "internal")["spec"]["externalIPs"] = json!(["10.99.8.231"]);
    let information = finding(&snapshot, "BGP211").expect("the external IP");
    assert_eq!(
        (&information["severity"], &information["subjects"]),
        (&json!("information"), &json!(["service default/internal"]))
    );
    service(&mut snapshot, "internal")["spec"]["externalIPs"] = json!([]);
    entry(&mut snapshot)["service"]["addresses"] = json!(["ExternalIP"]);
    drop_vips(&mut snapshot, &ADVERTISED);
    snapshot.items("CiliumL2AnnouncementPolicy").clear();
    let finding = finds(&snapshot, "BGP211", "error", "default/authelia");
    assert!(finding["paste"][0].as_str().expect("a line").contains("\"LoadBalancerIP\""), "{finding}");
}

#[test]
fn a_class_of_another_is_information() {
    let finding = finding(&routed(), "BGP212").expect("the vpn");
    assert_eq!((&finding["severity"], &finding["subjects"]), (&json!("information"), &json!(["service default/vpn"])));
}

#[test]
fn endpoints_that_are_not_ready_are_told_from_none() {
    let mut snapshot = routed();
    let none = finding(&snapshot, "BGP213").expect("sonarr");
    assert_eq!((&none["severity"], &none["subjects"]), (&json!("information"), &json!(["service media/sonarr"])));
    slice(&mut snapshot, "jellyfin-1")["endpoints"][0]["conditions"] = json!({"ready": false, "serving": false});
    drop_vips(&mut snapshot, &["10.99.8.201"]);
    let finding = finds(&snapshot, "BGP213", "error", "service default/jellyfin");
    assert!(
        finding["evidence"].to_string().contains("jellyfin-1 has endpoints on node-3, none of them ready"),
        "{finding}"
    );
    let ending = json!({"ready": false, "serving": true, "terminating": true});
    slice(&mut snapshot, "jellyfin-1")["endpoints"][0]["conditions"] = ending;
    assert!(crate::support::routed::found(&snapshot).iter().all(|item| item["severity"] == "information"));
}

#[test]
fn endpoints_on_nodes_that_do_not_peer_are_a_warning() {
    let mut snapshot = routed();
    slice(&mut snapshot, "jellyfin-1")["endpoints"][0]["nodeName"] = json!("node-9");
    let mut alone = snapshot.item("Node", "node-3").clone();
    alone["metadata"]["name"] = json!("node-9");
    snapshot.items("Node").push(alone);
    snapshot.item("Lease", "cilium-l2announce-default-jellyfin")["spec"]["holderIdentity"] = json!("node-9");
    drop_vips(&mut snapshot, &["10.99.8.201"]);
    let finding = finds(&snapshot, "BGP213", "warning", "service default/jellyfin");
    assert!(finding["title"].as_str().expect("a title").ends_with("its endpoints are on nodes that do not peer"));
}

#[test]
fn a_placeholder_without_a_path_is_an_error() {
    let mut snapshot = routed();
    let slice = slice(&mut snapshot, "jellyfin-1");
    slice["endpoints"] = json!([{"addresses": ["192.192.192.192"], "conditions": {}}]);
    slice["ports"] = json!([{"port": 9999, "protocol": "TCP"}]);
    assert!(finding(&snapshot, "BGP222").is_none(), "the router has a path");
    drop_vips(&mut snapshot, &["10.99.8.201"]);
    finds(&snapshot, "BGP222", "error", "service default/jellyfin");
}

#[test]
fn what_keeps_a_pool_from_giving_is_told() {
    let title = |snapshot: &Snapshot| finds(snapshot, "BGP215", "error", "service default/late")["title"].clone();
    let mut snapshot = routed();
    waits(&mut snapshot, "no_pool", "");
    assert_eq!(title(&snapshot), "the Service has no address, and no pool keeps it from one");
    pool(&mut snapshot)["disabled"] = json!(true);
    assert_eq!(title(&snapshot), "the Service has no address: its pool is disabled");
    pool(&mut snapshot)["disabled"] = json!(false);
    pool(&mut snapshot)["serviceSelector"] = json!({"matchLabels": {"pool": "x"}});
    let finding = finds(&snapshot, "BGP215", "error", "service default/late");
    pastes(&finding, "kubectl -n default label service late --overwrite pool=x");
    pool(&mut snapshot).as_object_mut().expect("a pool").remove("serviceSelector");
    let full = json!([{"type": "cilium.io/IPsAvailable", "status": "Unknown", "message": "0"}]);
    snapshot.item("CiliumLoadBalancerIPPool", "services")["status"]["conditions"] = full;
    assert_eq!(title(&snapshot), "the Service has no address: the pool is full");
    snapshot.item("Service", "late")["spec"]["ipFamilies"] = json!(["IPv6"]);
    assert_eq!(title(&snapshot), "the Service has no address: no pool has its address family");
    snapshot.kind("ConfigMap/cilium-config")["json"]["data"]["enable-lb-ipam"] = json!("false");
    assert_eq!(title(&snapshot), "the Service has no address: LB-IPAM is not in charge of it");
}

#[test]
fn an_address_that_cannot_be_had_is_told_with_one_that_can() {
    let mut snapshot = routed();
    waits(&mut snapshot, "already_allocated", "10.99.8.202");
    let finding = finds(&snapshot, "BGP216", "error", "service default/late");
    assert!(finding["evidence"].to_string().contains("10.99.8.202 is default/authelia's"), "{finding}");
    pastes(&finding, "kubectl -n default annotate service late --overwrite lbipam.cilium.io/ips=10.99.8.204");
    let mut snapshot = routed();
    waits(&mut snapshot, "no_pool", "10.50.0.1");
    let finding = finds(&snapshot, "BGP216", "error", "service default/late");
    assert_eq!(finding["title"], "the Service asks for an address that is in no pool");
    let mut snapshot = routed();
    pool(&mut snapshot)["blocks"] = json!([{"cidr": "10.99.8.192/26"}]);
    pool(&mut snapshot)["allowFirstLastIPs"] = json!("No");
    waits(&mut snapshot, "already_allocated", "10.99.8.255");
    let finding = finds(&snapshot, "BGP216", "error", "service default/late");
    assert!(finding["title"].as_str().expect("a title").contains("first or last"), "{finding}");
}

#[test]
fn a_pool_is_not_what_it_looks_like() {
    let mut snapshot = routed();
    pool(&mut snapshot)["blocks"] = json!([{"cidr": "10.99.8.200/26"}]);
    assert_eq!(finding(&snapshot, "BGP217").expect("the finding")["severity"], "information");
    pool(&mut snapshot)["blocks"] = json!([{"cidr": "10.99.8.202/26"}]);
    let finding = finds(&snapshot, "BGP217", "warning", "ciliumloadbalancerippool services");
    assert!(finding["evidence"].to_string().contains("10.99.8.200 (default/grafana)"), "{finding}");
}

#[test]
fn an_address_from_elsewhere_is_a_warning() {
    let mut snapshot = routed();
    service(&mut snapshot, "printer")["status"]["loadBalancer"]["ingress"][0]["ip"] = json!("10.90.3.240");
    finds(&snapshot, "BGP218", "warning", "service default/printer");
}

#[test]
fn a_pool_that_conflicts_is_a_warning() {
    let mut snapshot = routed();
    let conflict = json!([{"type": "cilium.io/PoolConflict", "status": "True", "message": "overlaps"}]);
    snapshot.item("CiliumLoadBalancerIPPool", "services")["status"]["conditions"] = conflict;
    finds(&snapshot, "BGP280", "warning", "ciliumloadbalancerippool services");
}

#[test]
fn an_annotation_that_leaves_no_node_is_a_warning() {
    let mut snapshot = routed();
    service(&mut snapshot, "authelia")["metadata"]["annotations"]["service.cilium.io/node"] = json!("edge");
    drop_vips(&mut snapshot, &["10.99.8.202"]);
    finds(&snapshot, "BGP284", "warning", "service default/authelia");
}

#[test]
fn a_cluster_without_load_balancers_has_nothing_to_advertise() {
    let mut snapshot = routed();
    snapshot.items("Service").retain(|service| service["spec"]["type"] != "LoadBalancer");
    drop_vips(&mut snapshot, &ADVERTISED);
    assert_eq!(finding(&snapshot, "BGP206").expect("the finding")["severity"], "information");
}
