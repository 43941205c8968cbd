//! A policy's neighbor to a PeerConfig.

use serde_json::{Map, Value, json};

use super::list;
use crate::cilium::bgp::peer_config::DEFAULT_KEEP_ALIVE_SECONDS;

const TIMERS: [&str; 3] = ["connectRetryTimeSeconds", "holdTimeSeconds", "keepAliveTimeSeconds"];

/// Its spec, and what of the policy it does not have. What the policy leaves out has the same default in both (cilium
/// pkg/k8s/apis/cilium.io: `v2alpha1/bgpp_types.go`, `v2/bgp_peer_types.go`).
pub fn peer_config(neighbor: &Value) -> (Value, Vec<String>) {
    let mut notes = Vec::new();
    let mut spec = Map::new();
    let mut copy = |from: &str, to: &str| {
        if let Some(value) = neighbor.get(from).filter(|value| !value.is_null()) {
            spec.insert(to.to_owned(), value.clone());
        }
    };
    copy("authSecretRef", "authSecretRef");
    copy("eBGPMultihopTTL", "ebgpMultihop");
    copy("gracefulRestart", "gracefulRestart");
    if let Some(port) = neighbor.get("peerPort").filter(|port| !port.is_null() && **port != 179) {
        spec.insert("transport".to_owned(), json!({"peerPort": port}));
    }
    let timers = timers(neighbor, &mut notes);
    if !timers.is_empty() {
        spec.insert("timers".to_owned(), timers.into());
    }
    spec.insert("families".to_owned(), families(neighbor).into());
    (spec.into(), notes)
}

/// A PeerConfig is refused whose keepalives are longer apart than its hold time, which a policy may have: there they come
/// at a third of it whatever it says (RFC 4271, 4.4).
fn timers(neighbor: &Value, notes: &mut Vec<String>) -> Map<String, Value> {
    let said = TIMERS.iter().filter_map(|timer| Some(((*timer).to_owned(), neighbor.get(timer)?.clone())));
    let mut timers: Map<String, Value> = said.filter(|(_, value)| !value.is_null()).collect();
    let keep_alive = match timers.get("keepAliveTimeSeconds") {
        None => Some(u64::from(DEFAULT_KEEP_ALIVE_SECONDS)),
        Some(seconds) => seconds.as_u64(),
    };
    let hold = timers.get("holdTimeSeconds").and_then(Value::as_u64);
    if let (Some(keep_alive), Some(hold)) = (keep_alive, hold)
        && keep_alive > hold
    {
        let third = (hold / 3).max(1);
        timers.insert("keepAliveTimeSeconds".to_owned(), third.into());
        notes.push(format!(
            "keepAliveTimeSeconds is {third} and not {keep_alive}: it may not be longer than the hold time."
        ));
    }
    timers
}

/// A policy that names none negotiates both (cilium `bgpp_types.go`); a PeerConfig's advertise only what they name.
fn families(neighbor: &Value) -> Vec<Value> {
    match list(neighbor, "/families") {
        [] => ["ipv4", "ipv6"].iter().map(|afi| json!({"afi": afi, "safi": "unicast"})).collect(),
        named => named.iter().map(|family| json!({"afi": family["afi"], "safi": family["safi"]})).collect(),
    }
}
