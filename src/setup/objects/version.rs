//! What the versions of Cilium's objects have and have not.

use serde_json::{Map, Value};

use super::list;
use crate::setup::worksheet::{ApiVersion, Served};
use crate::snapshot::Kind;

/// What v2alpha1 of Cilium 1.16 and 1.17 does not have, and since when it is there.
const NEWER: &[(Kind, &str, &str, &str)] = &[
    (Kind::BgpClusterConfig, "/bgpInstances/*/localPort", "localPort", "1.18"),
    (Kind::BgpClusterConfig, "/bgpInstances/*/peers/*/autoDiscovery", "autoDiscovery", "1.18"),
    (Kind::BgpPeerConfig, "/transport/sourceInterface", "sourceInterface", "1.19"),
    (Kind::BgpAdvertisement, "/advertisements/*/service/aggregationLengthIPv4", "aggregationLengthIPv4", "1.18"),
    (Kind::BgpAdvertisement, "/advertisements/*/service/aggregationLengthIPv6", "aggregationLengthIPv6", "1.18"),
    (Kind::BgpAdvertisement, "/advertisements/*/interface", "interface", "1.19"),
];

/// The version to write a kind in. L2 policies have but one.
pub fn of(kind: Kind, served: Served) -> ApiVersion {
    match kind {
        Kind::LoadBalancerIpPool => served.pool,
        Kind::L2AnnouncementPolicy | Kind::BgpPeeringPolicy => ApiVersion::V2Alpha1,
        _ => served.bgp,
    }
}

/// Brings a spec into a version; says what of it is lost or not taken.
pub fn convert(kind: Kind, spec: &mut Value, to: ApiVersion) -> Vec<String> {
    if kind == Kind::LoadBalancerIpPool {
        rename_cidrs(spec);
    }
    match to {
        ApiVersion::V2 if kind == Kind::BgpPeerConfig => drop_local_port(spec).into_iter().collect(),
        ApiVersion::V2 => {
            if kind == Kind::BgpClusterConfig {
                drop_kinds_of_references(spec);
            }
            Vec::new()
        }
        ApiVersion::V2Alpha1 => {
            let newer = NEWER.iter().filter(|(of, path, _, _)| *of == kind && has(spec, path));
            newer
                .map(|(_, _, field, since)| {
                    format!("{field} needs Cilium {since}: the API server refuses it in v2alpha1.")
                })
                .collect()
        }
    }
}

/// Blocks were called so before 1.16.
fn rename_cidrs(spec: &mut Value) {
    let Some(fields) = spec.as_object_mut() else { return };
    if let Some(Value::Array(cidrs)) = fields.shift_remove("cidrs") {
        let blocks = fields.entry("blocks").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(blocks) = blocks {
            blocks.extend(cidrs);
        }
    }
}

/// v2 has none (cilium#37765): a node dials from any port.
fn drop_local_port(spec: &mut Value) -> Option<String> {
    let transport = spec.get_mut("transport")?.as_object_mut()?;
    let port = transport.shift_remove("localPort")?;
    if transport.is_empty() {
        spec.as_object_mut()?.shift_remove("transport");
    }
    Some(format!("transport.localPort {port} is gone: v2 has no such field, a node dials from any port."))
}

/// v2 has only the name (cilium#37765); v2alpha1 knows no other kind either.
fn drop_kinds_of_references(spec: &mut Value) {
    let instances = spec.get_mut("bgpInstances").and_then(Value::as_array_mut);
    for instance in instances.into_iter().flatten() {
        let peers = instance.get_mut("peers").and_then(Value::as_array_mut);
        for peer in peers.into_iter().flatten() {
            if let Some(reference) = peer.get_mut("peerConfigRef").and_then(Value::as_object_mut) {
                reference.shift_remove("group");
                reference.shift_remove("kind");
            }
        }
    }
}

/// Whether a value has something at a pointer, in which `*` is any item of a list.
fn has(value: &Value, pointer: &str) -> bool {
    match pointer.split_once("/*") {
        None => value.pointer(pointer).is_some_and(|found| !found.is_null()),
        Some((before, after)) => list(value, before).iter().any(|item| has(item, after)),
    }
}

/// An object's metadata as people write it: without what the server and the tools that apply it put there.
pub fn written(metadata: &Value) -> Map<String, Value> {
    let mut written = Map::new();
    written.insert("name".to_owned(), metadata.get("name").cloned().unwrap_or_default());
    // These kinds have none, and people write one all the same.
    written.extend(metadata.get("namespace").map(|namespace| ("namespace".to_owned(), namespace.clone())));
    for (field, is_tools) in
        [("labels", is_tools_label as fn(&str, &Value) -> bool), ("annotations", is_tools_annotation)]
    {
        let pairs = metadata.get(field).and_then(Value::as_object).into_iter().flatten();
        let own: Map<String, Value> = pairs
            .filter(|(key, value)| !is_tools(key, value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if !own.is_empty() {
            written.insert(field.to_owned(), own.into());
        }
    }
    written
}

/// Flux's, Argo CD's and Helm's marks of what they applied. What a user tells Flux by an annotation is the user's.
fn is_tools_label(key: &str, value: &Value) -> bool {
    let is_helms = key == "app.kubernetes.io/managed-by" && value == "Helm";
    let is_mark = matches!(
        key,
        "kustomize.toolkit.fluxcd.io/name"
            | "kustomize.toolkit.fluxcd.io/namespace"
            | "kustomize.toolkit.fluxcd.io/checksum"
            | "helm.toolkit.fluxcd.io/name"
            | "helm.toolkit.fluxcd.io/namespace"
            | "argocd.argoproj.io/instance"
            | "helm.sh/chart"
    );
    is_mark || is_helms
}

fn is_tools_annotation(key: &str, _: &Value) -> bool {
    let marks = ["meta.helm.sh/", "internal.config.kubernetes.io/", "config.kubernetes.io/", "config.k8s.io/"];
    marks.iter().any(|mark| key.starts_with(mark))
        || matches!(
            key,
            "kubectl.kubernetes.io/last-applied-configuration"
                | "kustomize.toolkit.fluxcd.io/checksum"
                | "argocd.argoproj.io/tracking-id"
                | crate::snapshot::DECLARED_AT
        )
}
