//! Files as they come out: people can read them, and a real API server judges them (tests/lab_init.rs).

use serde_json::{Value, json};

use super::tests::{entry, found, object, with_canary, worksheet};
use super::*;
use crate::cilium::pool::Block;
use crate::setup::worksheet::{ApiVersion, Peer, Worksheet};
use crate::topology::names::PeerName;
use crate::written::is_current;

/// The lab's.
fn sheet(version: ApiVersion) -> Worksheet {
    let mut sheet = worksheet(version);
    sheet.local_asn.why = "from the private range, and in use nowhere".to_owned();
    sheet.router_asn.why = "the router runs with it".to_owned();
    sheet.peers[0].address.why = "the router's address in a network of the nodes".to_owned();
    sheet.node_selector.why = "every node has this label".to_owned();
    sheet.timers.why =
        "a node that was refused dials again soon, and not after the two minutes of the default".to_owned();
    sheet.restart_seconds.why = "it would keep the routes of a dead node on the router for as long".to_owned();
    sheet.advertised.why = "every load balancer; the label bgp=off leaves one out".to_owned();
    sheet.pools.clear();
    sheet
}

fn pool() -> Value {
    let spec = json!({"blocks": [{"start": "10.99.8.200", "stop": "10.99.8.250"}], "disabled": false});
    object("CiliumLoadBalancerIPPool", "v2alpha1", "services", spec)
}

fn dual(version: ApiVersion) -> Worksheet {
    let mut sheet = sheet(version);
    let address = entry("fd00:90:254::1".parse().expect("an address"), "the router's address of the other family");
    sheet.peers.push(Peer { name: PeerName("udm-pro-v6".to_owned()), address });
    let block = Block { cidr: Some("fd00:99:8::/112".to_owned()), ..Block::default() };
    sheet.pools.insert("services-v6".to_owned(), entry(vec![block], "no network of the nodes has an address of it"));
    sheet
}

fn policy() -> Value {
    let attributes = |kind: &str| {
        json!([{"selectorType": kind, "communities": {"standard": ["65010:100"], "large": ["65010:1:2"],
            "wellKnown": ["no-export"]}, "localPreference": 150}])
    };
    let all = json!({"matchExpressions": [{"key": "bgp", "operator": "NotIn", "values": ["off"]}]});
    object(
        "CiliumBGPPeeringPolicy",
        "v2alpha1",
        "bgp",
        json!({"nodeSelector": {"matchLabels": {"kubernetes.io/os": "linux"}}, "virtualRouters": [{
            "localASN": 65010, "exportPodCIDR": true, "serviceSelector": all, "podIPPoolSelector": {},
            "serviceAdvertisements": ["LoadBalancerIP", "ExternalIP"],
            "neighbors": [
                {"peerAddress": "10.90.254.1/32", "peerASN": 65001, "peerPort": 1790, "eBGPMultihopTTL": 2,
                 "authSecretRef": "bgp-password", "connectRetryTimeSeconds": 5, "holdTimeSeconds": 9,
                 "gracefulRestart": {"enabled": true, "restartTimeSeconds": 120},
                 "advertisedPathAttributes": attributes("CiliumLoadBalancerIPPool")},
                {"peerAddress": "fd00:90:254::1/128", "peerASN": 65001, "families": [{"afi": "ipv6", "safi": "unicast"}],
                 "advertisedPathAttributes": attributes("PodCIDR")}]}]}),
    )
}

/// Objects of Cilium 1.17, as its API server gave them.
fn older() -> Vec<Value> {
    vec![
        object(
            "CiliumBGPClusterConfig",
            "v2alpha1",
            "home",
            json!({"bgpInstances": [{"name": "main", "localASN": 65010, "peers": [{"name": "udm", "peerASN": 65001,
                "peerAddress": "10.90.254.1",
                "peerConfigRef": {"group": "cilium.io", "kind": "CiliumBGPPeerConfig", "name": "udm"}}]}]}),
        ),
        object(
            "CiliumBGPPeerConfig",
            "v2alpha1",
            "udm",
            json!({"ebgpMultihop": 1, "transport": {"localPort": 1790, "peerPort": 179},
                "timers": {"connectRetryTimeSeconds": 120, "holdTimeSeconds": 90, "keepAliveTimeSeconds": 30},
                "families": [{"afi": "ipv4", "safi": "unicast", "advertisements": {"matchLabels": {"advertise": "all"}}}]}),
        ),
        object(
            "CiliumL2AnnouncementPolicy",
            "v2alpha1",
            "l2",
            json!({"interfaces": ["^eth0$"], "loadBalancerIPs": true}),
        ),
        pool(),
    ]
}

#[test]
fn files_are_current() {
    let canary = json!({"matchLabels": {"app": "echo"}});
    let mut cases: Vec<(String, Vec<Manifest>)> = Vec::new();
    for (version, name) in [(ApiVersion::V2, "v2"), (ApiVersion::V2Alpha1, "v2alpha1")] {
        let of = |sheet: &Worksheet, objects: &[Value]| of(sheet, &found(objects));
        cases.push((format!("new-{name}"), of(&sheet(version), &[pool()])));
        cases.push((format!("dual-{name}"), of(&dual(version), &[pool()])));
        cases.push((format!("canary-{name}"), of(&with_canary(sheet(version), canary.clone()), &[])));
        cases.push((format!("policy-{name}"), of(&sheet(version), &[policy(), pool()])));
        let mut own = sheet(version);
        own.names.cluster_config.value = "home".to_owned();
        cases.push((format!("older-{name}"), of(&own, &older())));
    }
    for (name, manifests) in cases {
        is_current(&format!("tests/lab_init/{name}.yaml"), &yaml::print(&manifests));
    }
}
