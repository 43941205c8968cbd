//! `peers` on the built-in snapshot: three nodes, and the router has no neighbor line for the third.

use serde_json::{Value, json};

use crate::support::run::bgp;
use crate::support::snapshots::DEMO_EXPLAINED;

const TABLE: &str = "\
NODE     PEER      ADDRESS       LOCAL-AS   PEER-AS   CLUSTER       ROUTER        UPTIME   ADVERTISED   ACCEPTED
node-1   udm-pro   10.90.254.1   65010      65001     established   Established   3m54s    4            4
node-2   udm-pro   10.90.254.1   65010      65001     established   Established   3m54s    4            4
node-3   udm-pro   10.90.254.1   65010      65001     active        <none>        <none>   0            <none>
";

const WIDE: &str = "\
NODE     PEER      ADDRESS       LOCAL-AS   PEER-AS   CLUSTER       ROUTER        UPTIME   ADVERTISED   ACCEPTED   INSTANCE   NEIGHBOR      VRF       HOLD/KEEPALIVE   RESTART   MD5   FLAPS    LAST-RESET
node-1   udm-pro   10.90.254.1   65010      65001     established   Established   3m54s    4            4          main       10.90.3.101   default   90/30            120s      no    0        <none>
node-2   udm-pro   10.90.254.1   65010      65001     established   Established   3m54s    4            4          main       10.90.3.102   default   90/30            120s      no    0        <none>
node-3   udm-pro   10.90.254.1   65010      65001     active        <none>        <none>   0            <none>     main       <none>        <none>    <none>           120s      no    <none>   <none>
";

#[test]
fn the_table_joins_both_ends() {
    bgp(&["peers", "--from", "demo"]).prints(TABLE, DEMO_EXPLAINED, 0);
}

#[test]
fn the_readme_shows_what_is_printed() {
    assert!(include_str!("../README.md").contains(TABLE));
}

#[test]
fn wide_adds_what_was_negotiated() {
    bgp(&["peers", "--from", "demo", "-o", "wide"]).prints(WIDE, DEMO_EXPLAINED, 0);
}

#[test]
fn a_header_can_be_left_out_and_takes_its_width_along() {
    let expected = "node-2   udm-pro   10.90.254.1   65010   65001   established   Established   3m54s   4     4\n";
    bgp(&["peers", "node-2", "--no-headers", "--from", "demo"]).prints(expected, "", 0);
}

#[test]
fn names_are_objects_of_the_cluster() {
    let expected = "ciliumbgpnodeconfig.cilium.io/node-1\nciliumbgpnodeconfig.cilium.io/node-3\n";
    bgp(&["peers", "node-1", "node-3", "-o", "name", "--from", "demo"]).prints(expected, "", 0);
}

#[test]
fn labels_select_nodes() {
    let names = |selector: &str| bgp(&["peers", "-l", selector, "-o", "name", "--from", "demo"]).output().stdout;
    assert_eq!(names("kubernetes.io/hostname=node-3"), "ciliumbgpnodeconfig.cilium.io/node-3\n");
    assert_eq!(names("kubernetes.io/hostname notin (node-3)").lines().count(), 2);
    assert_eq!(names("kubernetes.io/os=linux").lines().count(), 3);
}

#[test]
fn an_unknown_node_is_an_error_beside_the_known_ones() {
    let run = bgp(&["peers", "node-9", "node-1", "--from", "demo"]).output();
    assert_eq!(run.row("node-1")[5], "established");
    assert_eq!(run.stderr, "Error from server (NotFound): ciliumnodes.cilium.io \"node-9\" not found\n");
    assert_eq!(run.status, 1);
    assert_eq!(bgp(&["peers", "node-9", "--check", "--from", "demo"]).output().status, 2);
    let router_only = bgp(&["peers", "node-1", "--router-only", "--from", "demo"]).output();
    assert_eq!(router_only.stderr, "error: nodes cannot be told apart without the CiliumNodes of the cluster\n");
}

#[test]
fn check_fails_for_a_session_that_is_down_and_only_then() {
    bgp(&["peers", "--check", "--from", "demo"]).prints(TABLE, DEMO_EXPLAINED, 1);
    assert_eq!(bgp(&["peers", "--check", "node-1", "node-2", "--from", "demo"]).output().status, 0);
}

#[test]
fn one_end_can_be_left_out() {
    let cluster = bgp(&["peers", "--cluster-only", "--from", "demo"]).output();
    assert_eq!(cluster.row("node-1")[5..], ["established", "<unknown>", "3m54s", "4", "<unknown>"]);
    let router = bgp(&["peers", "--router-only", "--from", "demo"]).output();
    assert_eq!(
        router.row("<unknown>"),
        [
            "<unknown>",
            "<unknown>",
            "10.90.3.101",
            "65010",
            "65001",
            "<unknown>",
            "Established",
            "3m54s",
            "<unknown>",
            "4"
        ]
    );
    assert_eq!(router.stdout.lines().count(), 3);
}

#[test]
fn a_check_of_one_end_judges_that_end() {
    let check = |end: &str, nodes: &[&str]| {
        bgp(&[&["peers", "--check", end, "--from", "demo"], nodes].concat()).output().status
    };
    assert_eq!(check("--cluster-only", &["node-1"]), 0);
    assert_eq!(check("--cluster-only", &[]), 1);
    assert_eq!(check("--router-only", &[]), 0);
}

#[test]
fn a_format_that_is_none_is_refused_in_kubectls_words() {
    let run = bgp(&["peers", "-o", "foo", "--from", "demo"]).output();
    assert!(
        run.stderr.contains("unable to match a printer suitable for the output format \"foo\", allowed formats are: ")
    );
    assert_eq!((run.stdout.as_str(), run.status), ("", 2));
}

/// Every key of the contract, with the type of its value.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(fields.iter().map(|(key, value)| (key.clone(), shape(value))).collect()),
        Value::Array(items) => json!([items.first().map(shape)]),
        Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => json!("time"),
        Value::String(_) => json!("string"),
        Value::Number(_) => json!("number"),
        Value::Bool(_) => json!("bool"),
        Value::Null => json!("null"),
    }
}

#[test]
fn json_keeps_its_contract() {
    let list = bgp(&["peers", "-o", "json", "--from", "demo"]).output().json();
    assert_eq!((&list["apiVersion"], &list["kind"]), (&json!("bgp.kubectl.dev/v1alpha1"), &json!("PeerList")));
    assert_eq!(
        shape(&list["items"][0]),
        json!({
            "node": "string", "instance": "string", "peer": "string", "peerAddress": "string",
            "localASN": "number", "peerASN": "number", "healthy": "bool", "establishedTime": "time",
            "advertised": "number", "accepted": "number",
            "config": {"md5": "bool", "gracefulRestartSeconds": "number"},
            "cluster": {
                "known": "string", "state": "string", "establishedTime": "time",
                "timers": {"holdSeconds": "number", "keepaliveSeconds": "number"},
                "families": [{"afi": "string", "safi": "string", "advertised": "number", "received": "number"}],
                "source": "string", "readAt": "time"
            },
            "router": {
                "known": "string", "router": "string", "vrf": "string", "neighbor": "string", "dynamic": "bool",
                "state": "string", "establishedTime": "time",
                "timers": {"holdSeconds": "number", "keepaliveSeconds": "number"},
                "md5": "bool", "gracefulRestartSeconds": "number", "flaps": "number", "lastReset": "null",
                "hostname": "string",
                "families": [{"afi": "string", "safi": "string", "accepted": "number", "sent": "number"}],
                "source": "string", "readAt": "time"
            }
        })
    );
    assert_eq!(
        list["items"][2]["router"],
        json!({"known": "absent", "why": "root@10.90.254.1 has no neighbor 10.90.3.103"})
    );
}

#[test]
fn yaml_says_what_json_says() {
    let yaml = bgp(&["peers", "-o", "yaml", "--from", "demo"]).output().stdout;
    let json = bgp(&["peers", "-o", "json", "--from", "demo"]).output().json();
    assert_eq!(serde_saphyr::from_str::<Value>(&yaml).expect("YAML"), json);
}
