//! One object of the files.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::chunks::Chunk;
use super::place::Place;
use super::yaml::{self, Broken};
use crate::cilium::Object;
use crate::cilium::advertisement::Advertisement;
use crate::cilium::bgp::{ClusterConfig, NodeConfig, NodeConfigOverride, PeerConfig, PeeringPolicy};
use crate::cilium::config::Settings;
use crate::cilium::endpoints::EndpointSlice;
use crate::cilium::node::CiliumNode;
use crate::cilium::pod::Pod;
use crate::cilium::service::Service;
use crate::snapshot::Kind;

/// An object, as it is written.
#[derive(Clone, Debug)]
pub struct Manifest {
    pub place: Place,
    pub value: Value,
    /// The kind that the program reads, if it is of one.
    pub kind: Option<Kind>,
    /// The variables in it that Flux would fill in, each with the line it stands at; once it did, those that are missing.
    pub variables: Vec<(String, usize)>,
    /// Why it is not what its kind says.
    pub odd: Option<Broken>,
}

impl Manifest {
    pub fn new(place: Place, value: Value) -> Self {
        let kind = Kind::ALL.iter().copied().find(|kind| is_of(&value, *kind));
        Self { place, value, kind, variables: Vec::new(), odd: None }
    }

    /// Whether it is of this kind, in whatever version.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        of_group(&self.value) == group && text(&self.value, "/kind") == kind
    }

    pub fn name(&self) -> &str {
        text(&self.value, "/metadata/name")
    }

    /// Empty if it does not say.
    pub fn namespace(&self) -> &str {
        text(&self.value, "/metadata/namespace")
    }

    /// What messages call it.
    pub fn label(&self) -> String {
        format!("{} {}", text(&self.value, "/kind"), self.name()).trim_end().to_owned()
    }

    /// Whether an annotation or a label of Flux keeps it from filling in variables.
    pub fn is_left_alone_by_flux(&self) -> bool {
        ["annotations", "labels"].iter().any(|kind| {
            let switch = self.value["metadata"][*kind]["kustomize.toolkit.fluxcd.io/substitute"].as_str();
            switch == Some("disabled")
        })
    }
}

/// A string, or an empty one.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The items of a list, none if it is no list.
pub fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The group and the kind that Kubernetes knows a kind by.
pub fn in_kubernetes(kind: Kind) -> (String, &'static str) {
    let path = kind.paths("").into_iter().next().unwrap_or_default();
    let group = path.strip_prefix("/apis/").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    (group.to_owned(), kind.name().split('/').next().unwrap_or_default())
}

/// Whether a word is what Kubernetes calls a kind that is read, and not only one object of it.
pub fn is_read(kubernetes: &str) -> bool {
    Kind::ALL.iter().any(|kind| kind.name() == kubernetes)
}

fn of_group(value: &Value) -> &str {
    text(value, "/apiVersion").split_once('/').map_or("", |(group, _)| group)
}

fn is_of(value: &Value, kind: Kind) -> bool {
    let name = text(value, "/kind");
    let is_object = match kind {
        Kind::CiliumConfig => text(value, "/metadata/name") == "cilium-config",
        Kind::AgentDaemonSet => text(value, "/metadata/name") == "cilium",
        Kind::AgentPod => text(value, "/metadata/labels/k8s-app") == "cilium",
        _ => true,
    };
    is_object && kind.name().split('/').next() == Some(name) && in_kubernetes(kind).0 == of_group(value)
}

/// Whether an object decodes as its kind; if not, where it stands as far as that can be told.
///
/// # Errors
/// It does not.
pub fn decode(kind: Kind, value: &Value, chunk: Option<&Chunk>) -> Result<(), Broken> {
    match kind {
        Kind::Service => decode_as::<Service>(value, chunk),
        Kind::EndpointSlice => decode_as::<EndpointSlice>(value, chunk),
        Kind::CiliumNode => decode_as::<CiliumNode>(value, chunk),
        Kind::BgpClusterConfig => decode_as::<ClusterConfig>(value, chunk),
        Kind::BgpPeerConfig => decode_as::<PeerConfig>(value, chunk),
        Kind::BgpAdvertisement => decode_as::<Advertisement>(value, chunk),
        Kind::BgpNodeConfig => decode_as::<NodeConfig>(value, chunk),
        Kind::BgpNodeConfigOverride => decode_as::<NodeConfigOverride>(value, chunk),
        Kind::BgpPeeringPolicy => decode_as::<PeeringPolicy>(value, chunk),
        Kind::CiliumConfig => decode_as::<Settings>(value, chunk),
        Kind::AgentPod => decode_as::<Pod>(value, chunk),
        _ => decode_as::<Object<IgnoredAny>>(value, chunk),
    }
}

fn decode_as<T: DeserializeOwned>(value: &Value, chunk: Option<&Chunk>) -> Result<(), Broken> {
    if text(value, "/metadata/name").is_empty() {
        return Err(Broken { line: 0, why: "it has no metadata.name".to_owned() });
    }
    T::deserialize(value).map(drop).map_err(|error| {
        let at = chunk.and_then(|chunk| yaml::read::<T>(chunk).err());
        Broken { line: at.map_or(0, |broken| broken.line), why: error.to_string() }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kind(value: Value) -> Option<Kind> {
        let place = Place { file: "x".into(), line: 1 };
        Manifest::new(place, value).kind
    }

    #[test]
    fn a_kind_is_known_by_its_group_too() {
        assert_eq!(kind(json!({"apiVersion": "v1", "kind": "Service"})), Some(Kind::Service));
        assert_eq!(kind(json!({"apiVersion": "serving.knative.dev/v1", "kind": "Service"})), None);
        let config = |version: &str| kind(json!({"apiVersion": version, "kind": "CiliumBGPClusterConfig"}));
        assert_eq!(config("cilium.io/v2"), Some(Kind::BgpClusterConfig));
        assert_eq!(config("cilium.io/v2alpha1"), Some(Kind::BgpClusterConfig));
        assert_eq!(config("v2"), None);
        let map = |name: &str| kind(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}));
        assert_eq!(map("cilium-config"), Some(Kind::CiliumConfig));
        assert_eq!(map("other"), None);
    }

    #[test]
    fn every_kind_has_a_group_and_a_name() {
        assert_eq!(in_kubernetes(Kind::Service), (String::new(), "Service"));
        assert_eq!(in_kubernetes(Kind::EndpointSlice), ("discovery.k8s.io".to_owned(), "EndpointSlice"));
        assert_eq!(in_kubernetes(Kind::AgentPod), (String::new(), "Pod"));
        assert!(Kind::ALL.iter().all(|kind| !in_kubernetes(*kind).1.is_empty()));
    }
}
