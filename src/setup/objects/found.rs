//! What a cluster has already, as it was written: a field that this program does not know is not lost.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{list, text};
use crate::cilium::selector::LabelSelector;
use crate::snapshot::{ClusterAnswers, Document, Kind};

/// Objects and nodes.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Of the kinds of a setup, PeeringPolicies among them; each says its `apiVersion` and `kind`.
    pub objects: Vec<Value>,
    pub nodes: Vec<FoundNode>,
}

/// A node as objects select it.
#[derive(Clone, Debug, Default)]
pub struct FoundNode {
    pub name: String,
    /// The CiliumNode's.
    pub labels: BTreeMap<String, String>,
    /// The Node's.
    pub annotations: BTreeMap<String, String>,
}

impl Found {
    pub fn of(end: &ClusterAnswers) -> Self {
        let kinds = Kind::WRITTEN.iter().chain(&[Kind::BgpPeeringPolicy]);
        let objects = kinds.flat_map(|kind| objects(end, *kind)).collect();
        let mut nodes: BTreeMap<String, FoundNode> = BTreeMap::new();
        let mut node = |object: &Value| {
            let name = text(object, "/metadata/name");
            nodes.entry(name.to_owned()).or_insert_with(|| FoundNode { name: name.to_owned(), ..FoundNode::default() });
        };
        let (cilium_nodes, node_objects) = (objects_of(end, Kind::CiliumNode), objects_of(end, Kind::Node));
        cilium_nodes.iter().chain(&node_objects).for_each(&mut node);
        for object in &cilium_nodes {
            if let Some(node) = nodes.get_mut(text(object, "/metadata/name")) {
                node.labels = pairs(object, "/metadata/labels");
            }
        }
        for object in &node_objects {
            if let Some(node) = nodes.get_mut(text(object, "/metadata/name")) {
                node.annotations = pairs(object, "/metadata/annotations");
            }
        }
        Self { objects, nodes: nodes.into_values().collect() }
    }

    /// The objects of a kind.
    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Value> {
        self.objects.iter().filter(move |object| is_of(object, kind))
    }

    /// The nodes that an object's `nodeSelector` selects; without one it selects all.
    pub(super) fn selected(&self, object: &Value) -> Vec<&FoundNode> {
        let selector = selector(object, "/spec/nodeSelector");
        let is_selected = |node: &&FoundNode| selector.as_ref().is_none_or(|selector| selector.matches(&node.labels));
        self.nodes.iter().filter(is_selected).collect()
    }
}

pub(super) fn is_of(object: &Value, kind: Kind) -> bool {
    text(object, "/kind") == kind.name() && text(object, "/apiVersion").starts_with("cilium.io/")
}

/// A selector; `None` where there is none, or one that cannot be read.
pub(super) fn selector(value: &Value, pointer: &str) -> Option<LabelSelector> {
    let selector = value.pointer(pointer).filter(|selector| selector.is_object())?;
    LabelSelector::deserialize(selector).ok()
}

fn pairs(object: &Value, pointer: &str) -> BTreeMap<String, String> {
    let pairs = object.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

fn objects_of(end: &ClusterAnswers, kind: Kind) -> Vec<Value> {
    objects(end, kind).collect()
}

/// A list's items. The list of one kind need not say it again in each of them.
fn objects(end: &ClusterAnswers, kind: Kind) -> impl Iterator<Item = Value> {
    let document = end.document(kind);
    let body = document.and_then(Document::body).and_then(|body| serde_json::from_str::<Value>(body).ok());
    let items: Vec<Value> = body.map(|body| list(&body, "/items").to_vec()).unwrap_or_default();
    let path = document.and_then(|document| document.path.as_deref()).unwrap_or_default();
    let version =
        path.strip_prefix("/apis/").and_then(|path| path.rsplit_once('/')).map(|(version, _)| version.to_owned());
    items.into_iter().map(move |mut item| {
        if let Some(fields) = item.as_object_mut() {
            let version = version.as_deref().unwrap_or("cilium.io/v2");
            fields.entry("apiVersion").or_insert_with(|| version.into());
            fields.entry("kind").or_insert_with(|| kind.name().into());
        }
        item
    })
}
