use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::setup::objects::found::Found;
use crate::setup::objects::of;
use crate::setup::objects::tests::{object, with_canary, worksheet};
use crate::setup::worksheet::ApiVersion;

fn service(name: &str, ips: &[&str], labels: Value) -> Value {
    let ingress: Vec<Value> = ips.iter().map(|ip| json!({"ip": ip})).collect();
    json!({"metadata": {"name": name, "namespace": "home", "labels": labels},
        "spec": {"type": "LoadBalancer", "clusterIP": "10.96.0.1", "ports": [{"port": 80}]},
        "status": {"loadBalancer": {"ingress": ingress}}})
}

fn node(name: &str, last: u8) -> Value {
    json!({"metadata": {"name": name, "labels": {"kubernetes.io/os": "linux", "name": name}},
        "spec": {"addresses": [{"type": "InternalIP", "ip": format!("10.90.3.{last}")}],
            "ipam": {"podCIDRs": [format!("10.244.{last}.0/24")]}}})
}

/// A cluster of two nodes and two Services.
fn cluster(policies: &[Value]) -> ClusterAnswers {
    let items = |kind: &Kind| match kind {
        Kind::CiliumNode => vec![node("node-1", 1), node("node-2", 2)],
        Kind::BgpPeeringPolicy => policies.to_vec(),
        Kind::Service => vec![
            service("web", &["10.99.8.1", "fd00:99::1"], json!({})),
            service("echo", &["10.99.8.2"], json!({"app": "echo"})),
        ],
        _ => Vec::new(),
    };
    let document = |kind: &Kind| match kind {
        Kind::CiliumConfig => Document::answer(kind.name(), Timestamp::UNIX_EPOCH, 0, "{}".to_owned()),
        kind => Document::answer(kind.name(), Timestamp::UNIX_EPOCH, 0, json!({"items": items(kind)}).to_string()),
    };
    ClusterAnswers {
        server: String::new(),
        cilium_namespace: "kube-system".to_owned(),
        missing: None,
        documents: Kind::ALL.iter().map(document).collect(),
        agents: Vec::new(),
    }
}

fn policy(name: &str, node: &str, router: Value) -> Value {
    let selector = json!({"matchLabels": {"name": node}});
    object("CiliumBGPPeeringPolicy", "v2alpha1", name, json!({"nodeSelector": selector, "virtualRouters": [router]}))
}

fn said(announcements: &BTreeSet<Announcement>) -> Vec<String> {
    announcements.iter().map(|one| format!("{} {} {}", one.prefix, one.node, one.peer)).collect()
}

fn compared(policies: &[Value], canary: Option<Value>) -> Comparison {
    let end = cluster(policies);
    let all = worksheet(ApiVersion::V2);
    let sheet = canary.map_or(all.clone(), |canary| with_canary(all, canary));
    let comparison = Comparison::of(&end, &of(&sheet, &Found::of(&end)));
    assert_eq!(comparison.unknown, None);
    comparison
}

fn policies() -> [Value; 2] {
    let all = json!({"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]});
    [
        policy(
            "a",
            "node-1",
            json!({"localASN": 65010, "serviceSelector": all, "exportPodCIDR": true, "neighbors": [
                {"peerAddress": "10.90.254.1/32", "peerASN": 65001},
                {"peerAddress": "10.90.254.2/32", "peerASN": 65001, "families": [{"afi": "ipv4", "safi": "unicast"}]}]}),
        ),
        policy(
            "b",
            "node-2",
            json!({"localASN": 65010, "serviceSelector": {"matchLabels": {"app": "echo"}}, "neighbors": [
                {"peerAddress": "10.90.254.1/32", "peerASN": 65001}]}),
        ),
    ]
}

#[test]
fn converted_policies_advertise_the_same() {
    let comparison = compared(&policies(), None);
    assert!(comparison.is_same(), "{comparison:?}");
    assert_eq!(
        said(&comparison.same),
        [
            "10.99.8.1/32 node-1 10.90.254.1",
            "10.99.8.1/32 node-1 10.90.254.2",
            "10.99.8.2/32 node-1 10.90.254.1",
            "10.99.8.2/32 node-1 10.90.254.2",
            "10.99.8.2/32 node-2 10.90.254.1",
            "10.244.1.0/24 node-1 10.90.254.1",
            "10.244.1.0/24 node-1 10.90.254.2",
            "fd00:99::1/128 node-1 10.90.254.1",
        ]
    );
}

#[test]
fn without_a_selector_no_service_is_advertised_before_and_after() {
    let router = json!({"localASN": 65010, "neighbors": [{"peerAddress": "10.90.254.1/32", "peerASN": 65001}]});
    let comparison = compared(&[policy("a", "node-1", router)], None);
    assert!(comparison.is_same() && comparison.same.is_empty(), "{comparison:?}");
}

#[test]
fn what_a_canary_leaves_out_is_named() {
    let comparison = compared(&policies(), Some(json!({"matchLabels": {"app": "echo"}})));
    let lost =
        ["10.99.8.1/32 node-1 10.90.254.1", "10.99.8.1/32 node-1 10.90.254.2", "fd00:99::1/128 node-1 10.90.254.1"];
    assert_eq!((said(&comparison.lost), comparison.gained.len()), (lost.map(str::to_owned).to_vec(), 0));
}

#[test]
fn what_a_new_setup_advertises_is_gained() {
    let comparison = compared(&[], None);
    assert_eq!((comparison.lost.len(), comparison.same.len()), (0, 0));
    assert_eq!(
        said(&comparison.gained),
        [
            "10.99.8.1/32 node-1 10.90.254.1",
            "10.99.8.1/32 node-2 10.90.254.1",
            "10.99.8.2/32 node-1 10.90.254.1",
            "10.99.8.2/32 node-2 10.90.254.1",
        ]
    );
}
