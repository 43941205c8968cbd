use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::found::{Found, FoundNode};
use super::*;
use crate::cilium::pool::Block;
use crate::cilium::selector::LabelSelector;
use crate::setup::worksheet::{ApiVersion, Entry, Names, Origin as Chosen, Peer, Served, Timers, Worksheet};
use crate::topology::names::{Asn, PeerName};

pub fn entry<T>(value: T, why: &str) -> Entry<T> {
    Entry { value, origin: Chosen::Proposed, why: why.to_owned() }
}

pub fn selector(value: Value) -> LabelSelector {
    serde_json::from_value(value).expect("a selector")
}

fn peer(name: &str, address: &str) -> Peer {
    Peer { name: PeerName(name.to_owned()), address: entry(address.parse().expect("an address"), "Its address.") }
}

pub fn worksheet(version: ApiVersion) -> Worksheet {
    let block = Block { cidr: Some("10.99.8.0/24".to_owned()), ..Block::default() };
    Worksheet {
        served: entry(Served { bgp: version, pool: version }, ""),
        local_asn: entry(Asn(65010), "A free one."),
        router_asn: entry(Asn(65001), "The router has it."),
        peers: vec![peer("udm-pro", "10.90.254.1")],
        node_selector: entry(selector(json!({"matchLabels": {"kubernetes.io/os": "linux"}})), "All of them."),
        pools: BTreeMap::from([("lb-pool".to_owned(), entry(vec![block], "It holds all addresses in use."))]),
        timers: entry(Timers { connect_retry: 5, hold: 90, keep_alive: 30 }, "A short retry."),
        restart_seconds: entry(None, "A dead node would keep its routes."),
        advertised: entry(
            selector(json!({"matchExpressions": [{"key": "bgp", "operator": "NotIn", "values": ["off"]}]})),
            "All but those that opt out.",
        ),
        canary: None,
        names: Names {
            cluster_config: entry("bgp-cluster".to_owned(), ""),
            instance: entry("home".to_owned(), ""),
            peer_config: entry("udm".to_owned(), ""),
            advertisement: entry("services".to_owned(), ""),
        },
    }
}

pub fn with_canary(worksheet: Worksheet, canary: Value) -> Worksheet {
    Worksheet { canary: Some(entry(selector(canary), "--canary")), ..worksheet }
}

pub fn found(objects: &[Value]) -> Found {
    let labels = BTreeMap::from([("kubernetes.io/os".to_owned(), "linux".to_owned())]);
    let node = |name: &str| FoundNode { name: name.to_owned(), labels: labels.clone(), ..FoundNode::default() };
    Found { objects: objects.to_vec(), nodes: vec![node("node-1"), node("node-2")] }
}

pub fn object(kind: &str, version: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": format!("cilium.io/{version}"), "kind": kind, "metadata": {"name": name}, "spec": spec})
}

fn labelled(mut object: Value, labels: Value) -> Value {
    object["metadata"]["labels"] = labels;
    object
}

pub fn labels(manifests: &[Manifest]) -> Vec<String> {
    manifests.iter().map(Manifest::label).collect()
}

pub fn spec(manifests: &[Manifest], kind: Kind) -> &Value {
    &manifests.iter().find(|manifest| manifest.kind == kind).expect("it is there").spec
}

#[test]
fn an_empty_cluster_gets_what_the_worksheet_says() {
    for (version, api) in [(ApiVersion::V2, "cilium.io/v2"), (ApiVersion::V2Alpha1, "cilium.io/v2alpha1")] {
        let manifests = of(&worksheet(version), &found(&[]));
        let objects: Vec<Value> = manifests.iter().map(Manifest::object).collect();
        let expected = [
            json!({"apiVersion": api, "kind": "CiliumBGPAdvertisement",
                "metadata": {"name": "services", "labels": {"advertise": "bgp"}},
                "spec": {"advertisements": [{"advertisementType": "Service", "service": {"addresses": ["LoadBalancerIP"]},
                    "selector": {"matchExpressions": [{"key": "bgp", "operator": "NotIn", "values": ["off"]}]}}]}}),
            json!({"apiVersion": api, "kind": "CiliumBGPPeerConfig", "metadata": {"name": "udm"}, "spec": {
                "timers": {"connectRetryTimeSeconds": 5, "holdTimeSeconds": 90, "keepAliveTimeSeconds": 30},
                "gracefulRestart": {"enabled": false},
                "families": [{"afi": "ipv4", "safi": "unicast", "advertisements": {"matchLabels": {"advertise": "bgp"}}}]}}),
            json!({"apiVersion": api, "kind": "CiliumBGPClusterConfig", "metadata": {"name": "bgp-cluster"}, "spec": {
                "nodeSelector": {"matchLabels": {"kubernetes.io/os": "linux"}},
                "bgpInstances": [{"name": "home", "localASN": 65010, "peers": [
                    {"name": "udm-pro", "peerAddress": "10.90.254.1", "peerASN": 65001, "peerConfigRef": {"name": "udm"}}]}]}}),
            json!({"apiVersion": api, "kind": "CiliumLoadBalancerIPPool", "metadata": {"name": "lb-pool"},
                "spec": {"allowFirstLastIPs": "No", "blocks": [{"cidr": "10.99.8.0/24"}]}}),
        ];
        assert_eq!(objects, expected);
        assert!(manifests.iter().all(|manifest| manifest.origin == Origin::Made));
    }
}

#[test]
fn every_value_says_why() {
    let text = yaml::print(&of(&worksheet(ApiVersion::V2), &found(&[])));
    for why in ["A free one.", "The router has it.", "All of them.", "It holds all addresses in use.", "A short retry."]
    {
        assert!(text.contains(why), "{why}\n{text}");
    }
}

#[test]
fn each_family_has_a_session_of_its_own() {
    let mut sheet = worksheet(ApiVersion::V2);
    sheet.peers.push(peer("udm-pro-v6", "fd00:90:254::1"));
    let manifests = of(&sheet, &found(&[]));
    let families: Vec<(&str, &Value)> = manifests
        .iter()
        .filter(|manifest| manifest.kind == Kind::BgpPeerConfig)
        .map(|config| (config.name(), &config.spec["families"]))
        .collect();
    let family =
        |afi: &str| json!([{"afi": afi, "safi": "unicast", "advertisements": {"matchLabels": {"advertise": "bgp"}}}]);
    assert_eq!(families, [("udm", &family("ipv4")), ("udm-ipv6", &family("ipv6"))]);
    let peers = &spec(&manifests, Kind::BgpClusterConfig)["bgpInstances"][0]["peers"];
    assert_eq!(peers[1]["peerConfigRef"]["name"], "udm-ipv6");
}

#[test]
fn what_is_there_stays_with_every_field_of_its_user() {
    let mut config =
        object("CiliumBGPPeerConfig", "v2", "own", json!({"bfd": {"some": [1, null, "No"]}, "families": []}));
    config["metadata"] = json!({
        "name": "own", "uid": "x", "resourceVersion": "7", "generation": 2, "creationTimestamp": "2026-11-22T17:01:44Z",
        "managedFields": [{}], "labels": {"team": "net", "kustomize.toolkit.fluxcd.io/name": "apps"},
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "note": "mine",
            "kustomize.toolkit.fluxcd.io/prune": "disabled", "bgp.kubectl.dev/source": "a.yaml:1"}
    });
    config["status"] = json!({"conditions": []});
    let manifests = of(&worksheet(ApiVersion::V2), &found(&[config]));
    let kept = manifests.iter().find(|manifest| manifest.kind == Kind::BgpPeerConfig).expect("it is there");
    assert_eq!(
        kept.object(),
        json!({"apiVersion": "cilium.io/v2", "kind": "CiliumBGPPeerConfig", "metadata": {"name": "own",
            "labels": {"team": "net"}, "annotations": {"note": "mine", "kustomize.toolkit.fluxcd.io/prune": "disabled"}},
            "spec": {"bfd": {"some": [1, null, "No"]}, "families": []}})
    );
    assert_eq!((&kept.origin, kept.notes.len()), (&Origin::Kept, 0));
    assert_eq!(spec(&manifests, Kind::BgpClusterConfig)["bgpInstances"][0]["peers"][0]["peerConfigRef"]["name"], "own");
}

#[test]
fn new_objects_fit_those_that_are_there() {
    let config = object(
        "CiliumBGPPeerConfig",
        "v2",
        "own",
        json!({"families": [{"afi": "ipv4", "safi": "unicast", "advertisements": {"matchLabels": {"a": "b"},
            "matchExpressions": [{"key": "c", "operator": "In", "values": ["d", "e"]}]}}]}),
    );
    let manifests = of(&worksheet(ApiVersion::V2), &found(&[config]));
    assert_eq!(manifests[0].metadata["labels"], json!({"a": "b", "c": "d"}));

    let advertisement = labelled(
        object("CiliumBGPAdvertisement", "v2", "all", json!({"advertisements": []})),
        json!({"x": "y", "z": "1"}),
    );
    let mut sheet = worksheet(ApiVersion::V2);
    sheet.names = Names {
        advertisement: entry("all".to_owned(), ""),
        cluster_config: entry("home".to_owned(), ""),
        ..sheet.names
    };
    let manifests = of(&sheet, &found(&[advertisement]));
    let taken = &spec(&manifests, Kind::BgpPeerConfig)["families"][0]["advertisements"];
    assert_eq!(*taken, json!({"matchLabels": {"x": "y", "z": "1"}}));

    let cluster_config = object(
        "CiliumBGPClusterConfig",
        "v2",
        "home",
        json!({"bgpInstances": [{"name": "i", "peers": [
            {"name": "a", "peerAddress": "fd00::1", "peerConfigRef": {"name": "six"}},
            {"name": "b", "peerAddress": "${ROUTER}", "peerConfigRef": {"name": "any"}}]}]}),
    );
    let manifests = of(&sheet, &found(&[cluster_config]));
    let made: Vec<(&str, usize)> = manifests
        .iter()
        .filter(|manifest| manifest.kind == Kind::BgpPeerConfig)
        .map(|config| (config.name(), list(&config.spec, "/families").len()))
        .collect();
    assert_eq!(made, [("six", 1), ("any", 2)]);
}

#[test]
fn versions_have_their_own_fields() {
    let objects = [
        object("CiliumBGPPeerConfig", "v2alpha1", "a", json!({"transport": {"localPort": 1790}, "ebgpMultihop": 2})),
        object(
            "CiliumBGPClusterConfig",
            "v2alpha1",
            "b",
            json!({"bgpInstances": [{"name": "i", "peers": [{"name": "p", "autoDiscovery": {"mode": "DefaultGateway"},
                "peerConfigRef": {"group": "cilium.io", "kind": "CiliumBGPPeerConfig", "name": "a"}}]}]}),
        ),
        object("CiliumLoadBalancerIPPool", "v2alpha1", "c", json!({"cidrs": [{"cidr": "10.0.0.0/24"}]})),
        object("CiliumL2AnnouncementPolicy", "v2alpha1", "d", json!({"loadBalancerIPs": true})),
    ];
    let manifests = of(&worksheet(ApiVersion::V2), &found(&objects));
    assert_eq!(*spec(&manifests, Kind::BgpPeerConfig), json!({"ebgpMultihop": 2}));
    let reference = &spec(&manifests, Kind::BgpClusterConfig)["bgpInstances"][0]["peers"][0]["peerConfigRef"];
    assert_eq!(*reference, json!({"name": "a"}));
    assert_eq!(*spec(&manifests, Kind::LoadBalancerIpPool), json!({"blocks": [{"cidr": "10.0.0.0/24"}]}));
    let versions: Vec<ApiVersion> = manifests.iter().map(|manifest| manifest.version).collect();
    let [.., l2] = versions[..] else { panic!("{versions:?}") };
    assert_eq!(l2, ApiVersion::V2Alpha1);
    assert!(versions[..versions.len() - 1].iter().all(|version| *version == ApiVersion::V2));
    let notes: Vec<&String> = manifests.iter().flat_map(|manifest| &manifest.notes).collect();
    assert!(matches!(notes[..], [one] if one.contains("localPort 1790")), "{notes:?}");

    let manifests = of(&worksheet(ApiVersion::V2Alpha1), &found(&objects));
    assert_eq!(*spec(&manifests, Kind::BgpPeerConfig), objects[0]["spec"]);
    let notes: Vec<&String> = manifests.iter().flat_map(|manifest| &manifest.notes).collect();
    assert!(matches!(notes[..], [one] if one.contains("autoDiscovery needs Cilium 1.18")), "{notes:?}");
}

#[test]
fn a_canary_goes_first_and_says_what_comes_after_it() {
    let canary = json!({"matchLabels": {"app": "echo"}});
    let manifests = of(&with_canary(worksheet(ApiVersion::V2), canary), &found(&[]));
    let advertised = &spec(&manifests, Kind::BgpAdvertisement)["advertisements"][0]["selector"];
    assert_eq!(*advertised, json!({"matchLabels": {"app": "echo"}}));
    let text = yaml::print(&manifests);
    assert!(text.contains("# what has app=echo: a canary. Once it is reached, this is for all of them:\n"), "{text}");
    let later = "      #   selector:
      #     matchExpressions:
      #       - key: bgp
      #         operator: NotIn
      #         values:
      #           - \"off\"
      selector:
        matchLabels:
          app: echo
";
    assert!(text.contains(later), "{text}");
}
