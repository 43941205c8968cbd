//! Snapshots in which every VIP is carried as it should be, and what `check` finds of Services and routes.

use serde_json::{Value, json};

use super::run::bgp;
use super::sessions::healthy;
use super::snapshots::Snapshot;

pub const PATHS: &str = "show bgp ipv4 unicast json";
pub const KERNEL: &str = "ip -j route";
pub const RIB: &str = "show ip route bgp json";

/// The built-in snapshot with its fault healed, on the sessions and in all tables of the router.
pub fn routed() -> Snapshot {
    let mut snapshot = healthy();
    for vip in ["10.99.8.200", "10.99.8.202", "10.99.8.205"] {
        carry(&mut snapshot, vip, &[1, 2, 3]);
    }
    carry(&mut snapshot, "10.99.8.201", &[3]);
    // Its only endpoint is there: L2 leads to it as well.
    snapshot.item("Lease", "cilium-l2announce-default-jellyfin")["spec"]["holderIdentity"] = json!("node-3");
    snapshot
}

/// Has the router take a VIP from these nodes, and no other.
pub fn carry(snapshot: &mut Snapshot, vip: &str, nodes: &[u8]) {
    let prefix = format!("{vip}/32");
    let address = |node: &u8| format!("10.90.3.10{node}");
    let path = |(at, node): (usize, &u8)| {
        json!({"valid": true, "bestpath": at == 0, "multipath": true, "peerId": address(node), "path": "65010",
               "origin": "IGP", "weight": 0, "nexthops": [{"ip": address(node), "afi": "ipv4", "used": true}]})
    };
    let paths: Vec<Value> = nodes.iter().enumerate().map(path).collect();
    snapshot.command(PATHS)["json"]["routes"][&prefix] = json!(paths);
    snapshot.command(RIB)["json"][&prefix] = json!([{"selected": true, "installed": true, "uptime": "00:10:00"}]);
    let hops: Vec<Value> =
        nodes.iter().map(|node| json!({"gateway": address(node), "dev": "br3", "flags": []})).collect();
    let kernel = snapshot.command(KERNEL)["json"].as_array_mut().expect("routes");
    kernel.retain(|route| route["dst"] != vip);
    kernel.push(json!({"dst": vip, "protocol": "bgp", "metric": 20, "flags": [], "nexthops": hops}));
}

/// Takes VIPs out of all tables of the router.
pub fn drop_vips(snapshot: &mut Snapshot, vips: &[&str]) {
    for vip in vips {
        let prefix = format!("{vip}/32");
        snapshot.command(PATHS)["json"]["routes"].as_object_mut().expect("routes").remove(&prefix);
        snapshot.command(RIB)["json"].as_object_mut().expect("routes").remove(&prefix);
        snapshot.command(KERNEL)["json"].as_array_mut().expect("routes").retain(|route| route["dst"] != *vip);
    }
}

/// The VIPs that nodes advertise.
pub const ADVERTISED: [&str; 5] = ["10.99.8.200", "10.99.8.201", "10.99.8.202", "10.99.8.203", "10.99.8.205"];

/// A finding with this code, if there is one.
pub fn finding(snapshot: &Snapshot, code: &str) -> Option<Value> {
    found(snapshot).into_iter().find(|item| item["code"] == code)
}

/// What is found of Services and routes, without what has another cause.
pub fn found(snapshot: &Snapshot) -> Vec<Value> {
    let printed = bgp(&["check", "-o", "json", "--from", &snapshot.file()]).output();
    let items = printed.json()["items"].as_array().expect("items").clone();
    let is_ours = |item: &Value| {
        let code = item["code"].as_str().expect("a code");
        (code.starts_with("BGP2") || code.starts_with("BGP3")) && item["cause"] == json!(true)
    };
    items.into_iter().filter(is_ours).collect()
}

/// The one finding above information has this code, severity, and a word in its subjects.
#[track_caller]
pub fn finds(snapshot: &Snapshot, code: &str, severity: &str, subject: &str) -> Value {
    let found = found(snapshot);
    let summary: Vec<String> =
        found.iter().map(|item| format!("{} {} {}", item["severity"], item["code"], item["subjects"])).collect();
    let one = found.iter().find(|item| item["code"] == code && item["severity"] == severity);
    let one = one.unwrap_or_else(|| panic!("no {severity} {code}: {summary:?}"));
    assert!(one["subjects"].to_string().contains(subject), "{subject}: {summary:?}");
    let others = found.iter().filter(|item| item["severity"] != "information" && *item != one);
    assert_eq!(others.count(), 0, "{summary:?}");
    one.clone()
}

/// What one document of an agent or of the router says when it is asked.
pub fn answer(name: &str, json: Value) -> Value {
    json!({"name": name, "readAt": "2026-11-23T00:00:00Z", "tookMs": 1, "json": json})
}

/// What the router received of a node, before its filters.
pub fn receives(snapshot: &mut Snapshot, node: u8, vips: &[&str]) {
    let routes: serde_json::Map<String, Value> = vips.iter().map(|vip| (format!("{vip}/32"), json!({}))).collect();
    let name = format!("show bgp ipv4 unicast neighbors 10.90.3.10{node} received-routes json");
    let documents = snapshot.value["routers"][0]["documents"].as_array_mut().expect("documents");
    documents.push(answer(&name, json!({"receivedRoutes": routes})));
}
