use serde_json::{Value, json};

use crate::setup::objects::tests::{found, labels, object, spec, with_canary, worksheet};
use crate::setup::objects::{Manifest, Origin, of};
use crate::setup::worksheet::ApiVersion;
use crate::snapshot::Kind;

fn policy(name: &str, routers: Value) -> Value {
    let selector = json!({"matchLabels": {"kubernetes.io/os": "linux"}});
    object("CiliumBGPPeeringPolicy", "v2alpha1", name, json!({"nodeSelector": selector, "virtualRouters": routers}))
}

fn neighbor(address: &str, more: Value) -> Value {
    let mut neighbor = json!({"peerAddress": address, "peerASN": 65001});
    neighbor.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
    neighbor
}

fn converted(objects: &[Value]) -> Vec<Manifest> {
    let mut manifests = of(&worksheet(ApiVersion::V2), &found(objects));
    manifests.retain(|manifest| matches!(manifest.origin, Origin::Converted(_)));
    manifests
}

fn all() -> Value {
    json!({"matchExpressions": [{"key": "none", "operator": "NotIn", "values": ["x"]}]})
}

#[test]
fn a_policy_is_three_objects() {
    let neighbor = neighbor(
        "10.90.254.1/32",
        json!({"peerPort": 1790, "eBGPMultihopTTL": 3, "authSecretRef": "key", "connectRetryTimeSeconds": 5,
            "holdTimeSeconds": 9, "keepAliveTimeSeconds": 3, "gracefulRestart": {"enabled": true, "restartTimeSeconds": 60},
            "families": [{"afi": "ipv4", "safi": "unicast"}]}),
    );
    let router = json!({"localASN": 65010, "serviceSelector": all(), "exportPodCIDR": true, "neighbors": [neighbor]});
    let manifests = converted(&[policy("home", json!([router]))]);
    let kinds = ["CiliumBGPAdvertisement services", "CiliumBGPPeerConfig udm", "CiliumBGPClusterConfig bgp-cluster"];
    assert_eq!(labels(&manifests), kinds);
    assert_eq!(
        *spec(&manifests, Kind::BgpAdvertisement),
        json!({"advertisements": [
            {"advertisementType": "Service", "service": {"addresses": ["LoadBalancerIP"]}, "selector": all()},
            {"advertisementType": "PodCIDR"}]})
    );
    assert_eq!(
        *spec(&manifests, Kind::BgpPeerConfig),
        json!({"authSecretRef": "key", "ebgpMultihop": 3, "gracefulRestart": {"enabled": true, "restartTimeSeconds": 60},
            "transport": {"peerPort": 1790},
            "timers": {"connectRetryTimeSeconds": 5, "holdTimeSeconds": 9, "keepAliveTimeSeconds": 3},
            "families": [{"afi": "ipv4", "safi": "unicast", "advertisements": {"matchLabels": {"advertise": "bgp"}}}]})
    );
    assert_eq!(
        *spec(&manifests, Kind::BgpClusterConfig),
        json!({"nodeSelector": {"matchLabels": {"kubernetes.io/os": "linux"}}, "bgpInstances": [
            {"name": "home", "localASN": 65010, "peers": [
                {"name": "udm-pro", "peerAddress": "10.90.254.1", "peerASN": 65001, "peerConfigRef": {"name": "udm"}}]}]})
    );
    assert_eq!(manifests[0].metadata["labels"], json!({"advertise": "bgp"}));
}

#[test]
fn what_a_policy_leaves_out_is_its_default() {
    let router = json!({"localASN": "${ASN}", "neighbors": [neighbor("fd00::1/128", json!({"holdTimeSeconds": 9}))]});
    let manifests = converted(&[policy("home", json!([router]))]);
    // Without a selector no Service is advertised, so there is no Advertisement to take.
    assert_eq!(labels(&manifests), ["CiliumBGPPeerConfig udm", "CiliumBGPClusterConfig bgp-cluster"]);
    assert_eq!(
        manifests[0].spec,
        json!({"timers": {"holdTimeSeconds": 9, "keepAliveTimeSeconds": 3},
            "families": [{"afi": "ipv4", "safi": "unicast"}, {"afi": "ipv6", "safi": "unicast"}]})
    );
    assert!(manifests[0].notes[0].contains("keepAliveTimeSeconds is 3 and not 30"), "{:?}", manifests[0].notes);
    let instance = &manifests[1].spec["bgpInstances"][0];
    assert_eq!((&instance["localASN"], &instance["peers"][0]["name"]), (&json!("${ASN}"), &json!("fd00::1")));
}

#[test]
fn neighbors_share_what_is_the_same() {
    let router =
        |asn: u32, neighbors: Value| json!({"localASN": asn, "serviceSelector": all(), "neighbors": neighbors});
    let short = json!({"holdTimeSeconds": 9, "keepAliveTimeSeconds": 3});
    let one = neighbor("10.90.254.1/32", short.clone());
    let two = neighbor("10.90.254.2/32", short);
    let three = neighbor("10.90.254.3/32", json!({}));
    let manifests = converted(&[
        policy("a", json!([router(65010, json!([one, three])), router(65011, json!([two]))])),
        policy("b", json!([router(65012, json!([three]))])),
    ]);
    assert_eq!(
        labels(&manifests),
        [
            "CiliumBGPAdvertisement services",
            "CiliumBGPPeerConfig udm-10-90-254-1",
            "CiliumBGPPeerConfig udm-10-90-254-3",
            "CiliumBGPClusterConfig a",
            "CiliumBGPClusterConfig b"
        ]
    );
    let instances = &spec(&manifests, Kind::BgpClusterConfig)["bgpInstances"];
    assert_eq!((&instances[0]["name"], &instances[1]["name"]), (&json!("home-65010"), &json!("home-65011")));
    let config = |instance: usize, peer: usize| &instances[instance]["peers"][peer]["peerConfigRef"]["name"];
    assert_eq!([config(0, 0), config(0, 1), config(1, 0)], ["udm-10-90-254-1", "udm-10-90-254-3", "udm-10-90-254-1"]);
    assert_eq!(manifests[2].origin, Origin::Converted(vec!["a".to_owned(), "b".to_owned()]));
}

#[test]
fn attributes_are_the_advertisements() {
    let attributes = |kind: &str, selector: Value, more: Value| {
        let mut attributes = json!({"selectorType": kind, "selector": selector});
        attributes.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
        attributes
    };
    let lb = "CiliumLoadBalancerIPPool";
    let with = neighbor(
        "10.90.254.1/32",
        json!({"advertisedPathAttributes": [
            attributes(lb, Value::Null, json!({"communities": {"standard": ["65010:1"]}, "localPreference": 99})),
            attributes(lb, json!({"matchLabels": {"pool": "blue"}}), json!({"communities": {"standard": ["65010:2"]}})),
            attributes(lb, json!({"matchLabels": {"pool": "red"}}), json!({"communities": {"standard": ["65010:3"]}})),
            attributes("PodCIDR", json!({"matchLabels": {"kubernetes.io/os": "linux"}}), json!({"localPreference": 7})),
        ]}),
    );
    let router = json!({"localASN": 65010, "serviceSelector": all(), "exportPodCIDR": true,
        "serviceAdvertisements": ["LoadBalancerIP", "ClusterIP"], "podIPPoolSelector": {},
        "neighbors": [with, neighbor("10.90.254.2/32", json!({}))]});
    let pool = |name: &str, label: &str| {
        let mut pool = object("CiliumLoadBalancerIPPool", "v2", name, json!({}));
        pool["metadata"]["labels"] = json!({"pool": label});
        pool
    };
    let manifests = converted(&[policy("home", json!([router])), pool("a", "blue"), pool("b", "green")]);
    let advertisement = &manifests[0];
    assert_eq!(
        advertisement.spec["advertisements"],
        json!([
            {"advertisementType": "Service", "service": {"addresses": ["LoadBalancerIP"]}, "selector": all(),
             "attributes": {"communities": {"standard": ["65010:1"]}, "localPreference": 99}},
            {"advertisementType": "Service", "service": {"addresses": ["ClusterIP"]}, "selector": all()},
            {"advertisementType": "PodCIDR", "attributes": {"localPreference": 7}},
            {"advertisementType": "CiliumPodIPPool", "selector": {}},
        ])
    );
    // Only the pools of one colour have that community now; nothing is of the other.
    assert!(matches!(&advertisement.notes[..], [one] if one.contains("65010:2")), "{:?}", advertisement.notes);
    let label = |at: usize| manifests[at].metadata["labels"]["advertise"].clone();
    let taken = |at: usize| manifests[at].spec["families"][0]["advertisements"]["matchLabels"]["advertise"].clone();
    assert_eq!((label(0), label(1)), (json!("services-1"), json!("services-2")));
    assert_eq!((taken(2), taken(3)), (json!("services-1"), json!("services-2")));
}

#[test]
fn annotations_of_nodes_are_overrides() {
    let router = json!({"localASN": 65010, "neighbors": []});
    let mut found = found(&[policy("home", json!([router]))]);
    let annotation = |value: &str| [("cilium.io/bgp-virtual-router.65010".to_owned(), value.to_owned())].into();
    found.nodes[0].annotations = annotation("router-id=10.0.0.1,local-port=1790");
    found.nodes[1].annotations = annotation("local-port=x");
    let manifests = of(&worksheet(ApiVersion::V2), &found);
    let overrides: Vec<&Manifest> =
        manifests.iter().filter(|manifest| manifest.kind == Kind::BgpNodeConfigOverride).collect();
    assert_eq!(overrides.len(), 1);
    assert_eq!(
        (overrides[0].name(), &overrides[0].spec),
        ("node-1", &json!({"bgpInstances": [{"name": "home", "routerID": "10.0.0.1", "localPort": 1790}]}))
    );
}

#[test]
fn a_policy_beside_a_cluster_config_is_left_alone() {
    let config = |os: &str| {
        let selector = json!({"matchLabels": {"kubernetes.io/os": os}});
        object("CiliumBGPClusterConfig", "v2", "there", json!({"nodeSelector": selector, "bgpInstances": []}))
    };
    let router = json!([{"localASN": 65010, "neighbors": [neighbor("10.90.254.1/32", json!({}))]}]);
    assert!(converted(&[policy("home", router.clone()), config("linux")]).is_empty());
    assert_eq!(converted(&[policy("home", router), config("windows")]).len(), 2);
}

#[test]
fn a_canary_narrows_converted_services_too() {
    let router =
        json!([{"localASN": 65010, "serviceSelector": all(), "neighbors": [neighbor("10.90.254.1/32", json!({}))]}]);
    let canary = json!({"matchLabels": {"app": "echo"}});
    let manifests = of(&with_canary(worksheet(ApiVersion::V2), canary), &found(&[policy("home", router)]));
    let entry = &spec(&manifests, Kind::BgpAdvertisement)["advertisements"][0];
    assert_eq!(entry["selector"], json!({"matchLabels": {"app": "echo"}}));
}
