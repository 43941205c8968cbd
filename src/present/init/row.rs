//! The values of a setup, one a row.

use serde_json::{Value, json};

use crate::cilium::pool::Block;
use crate::cilium::selector::LabelSelector;
use crate::setup::worksheet::{Entry, Origin, Timers, Worksheet};
use crate::topology::names::Asn;

/// A value with its names, as text and as data.
pub struct Row {
    /// For reading.
    pub label: &'static str,
    /// For programs.
    pub key: &'static str,
    pub flag: &'static str,
    pub text: String,
    pub value: Value,
    pub origin: Origin,
    pub why: String,
}

pub fn rows(sheet: &Worksheet) -> Vec<Row> {
    let mut rows = Vec::new();
    for peer in &sheet.peers {
        let (name, address) = (&peer.name.0, peer.address.value);
        let value = json!({"name": name, "address": address});
        let text = format!("{address} ({name})");
        rows.push(row(("router address", "routerAddress", "--router-address"), &peer.address, text, value));
    }
    let asn = |names, entry: &Entry<Asn>| row(names, entry, entry.value.to_string(), json!(entry.value));
    rows.push(asn(("router AS", "routerASN", "--router-asn"), &sheet.router_asn));
    rows.push(asn(("local AS", "localASN", "--local-asn"), &sheet.local_asn));
    let selector =
        |names, entry: &Entry<LabelSelector>| row(names, entry, entry.value.to_string(), selector(&entry.value));
    rows.push(selector(("nodes", "nodeSelector", "--node-selector"), &sheet.node_selector));
    for (name, pool) in &sheet.pools {
        let blocks: Vec<String> = pool.value.iter().map(ToString::to_string).collect();
        let value = json!({"name": name, "blocks": pool.value.iter().map(block).collect::<Vec<_>>()});
        rows.push(row(("pool", "pool", "--pool"), pool, format!("{} ({name})", blocks.join(", ")), value));
    }
    rows.push(selector(("Services", "selector", "--selector"), &sheet.advertised));
    rows.extend(sheet.canary.iter().map(|canary| selector(("at first only", "canary", "--canary"), canary)));
    let Timers { connect_retry, hold, keep_alive } = sheet.timers.value;
    let text = format!("hold {hold} s, keep-alive {keep_alive} s, connect retry {connect_retry} s");
    let value =
        json!({"holdTimeSeconds": hold, "keepAliveTimeSeconds": keep_alive, "connectRetryTimeSeconds": connect_retry});
    rows.push(row(("timers", "timers", "--hold-time"), &sheet.timers, text, value));
    let restart = sheet.restart_seconds.value;
    let text = restart.map_or_else(|| "off".to_owned(), |seconds| format!("{seconds} s"));
    rows.push(row(
        ("restart time", "restartTimeSeconds", "--restart-time"),
        &sheet.restart_seconds,
        text,
        json!(restart),
    ));
    let name = |names, entry: &Entry<String>| row(names, entry, entry.value.clone(), json!(entry.value));
    let names = &sheet.names;
    rows.push(name(("ClusterConfig", "clusterConfig", "--name"), &names.cluster_config));
    rows.push(name(("instance", "instance", "--instance-name"), &names.instance));
    rows.push(name(("PeerConfig", "peerConfig", "--peer-config-name"), &names.peer_config));
    rows.push(name(("Advertisement", "advertisement", "--advertisement-name"), &names.advertisement));
    rows
}

fn row<T>(
    (label, key, flag): (&'static str, &'static str, &'static str),
    entry: &Entry<T>,
    text: String,
    value: Value,
) -> Row {
    Row { label, key, flag, text, value, origin: entry.origin, why: entry.why.clone() }
}

fn selector(selector: &LabelSelector) -> Value {
    let expressions = selector.match_expressions.iter();
    let expressions: Vec<Value> =
        expressions.map(|one| json!({"key": one.key, "operator": one.operator, "values": one.values})).collect();
    json!({"matchLabels": selector.match_labels, "matchExpressions": expressions})
}

fn block(block: &Block) -> Value {
    match &block.cidr {
        Some(cidr) => json!({"cidr": cidr}),
        None => json!({"start": block.start, "stop": block.stop}),
    }
}

pub fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Given => "given",
        Origin::Kept => "kept",
        Origin::Proposed => "proposed",
    }
}
