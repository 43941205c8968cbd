//! What changes manifests between the files and the cluster: kustomizations, and Flux's Kustomizations. What is simple is
//! applied, so that objects are told apart and selected as they will be; the rest is named.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::manifest::{self, Manifest};
use super::place::{Place, gap, gap_with_hint};
use super::variables::{self, Lookup};
use crate::snapshot::{Gap, Kind};

/// One kustomization.
pub struct Layer {
    pub place: Place,
    /// The files whose objects go through it.
    pub reach: BTreeSet<Rc<str>>,
    /// Where its namespaced objects go.
    pub namespace: Option<String>,
    /// Put on every object.
    pub labels: BTreeMap<String, String>,
    /// What it changes that is not applied here.
    pub not_applied: Vec<String>,
    /// What builds it.
    pub build: String,
    /// What it fills in, if it does.
    pub variables: Option<Variables>,
}

/// What a Flux Kustomization fills in.
#[derive(Default)]
pub struct Variables {
    pub set: BTreeMap<String, String>,
    /// Others may be set in a Secret or a ConfigMap that is not in the files.
    pub others: bool,
}

impl Layer {
    /// What is not applied.
    pub fn gap(&self) -> Option<Gap> {
        let changes = self.not_applied.join(", ");
        let why = format!("what it changes is not applied: {changes}");
        (!changes.is_empty()).then(|| gap_with_hint(&self.place, why, &self.build))
    }
}

/// Whether a kind's objects are in namespaces.
pub fn is_namespaced(kind: Kind) -> bool {
    kind != Kind::Node && manifest::in_kubernetes(kind).0 != "cilium.io"
}

/// Applies the layers to the objects that are read.
pub fn apply(layers: &[Layer], manifests: &mut [Manifest], gaps: &mut Vec<Gap>) {
    for manifest in manifests {
        let above: Vec<&Layer> = layers.iter().filter(|layer| layer.reach.contains(&manifest.place.file)).collect();
        fill_in(&above, manifest, gaps);
        let undecided = put_on(&above, manifest);
        if !undecided.is_empty() {
            let why = format!("kustomizations disagree over {}: it is read as it is written", undecided.join(", "));
            gaps.push(gap(&manifest.place, why));
        }
    }
}

/// Puts namespace and labels on an object. Returns what the layers disagree over.
fn put_on(above: &[&Layer], manifest: &mut Manifest) -> Vec<String> {
    let mut undecided = Vec::new();
    let (Some(kind), Some(metadata)) = (manifest.kind, manifest.value["metadata"].as_object_mut()) else {
        return undecided;
    };
    let namespaces = above.iter().filter_map(|layer| layer.namespace.as_ref()).filter(|_| is_namespaced(kind));
    match distinct(namespaces)[..] {
        [] => {}
        [namespace] => drop(metadata.insert("namespace".to_owned(), namespace.as_str().into())),
        _ => undecided.push("the namespace".to_owned()),
    }
    for key in distinct(above.iter().flat_map(|layer| layer.labels.keys())) {
        match distinct(above.iter().filter_map(|layer| layer.labels.get(key)))[..] {
            [value] => label(metadata, key, value),
            _ => undecided.push(format!("the label {key}")),
        }
    }
    undecided
}

fn distinct<'a>(values: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    values.collect::<BTreeSet<_>>().into_iter().collect()
}

fn label(metadata: &mut Map<String, Value>, key: &str, value: &str) {
    let labels = metadata.entry("labels").or_insert(Value::Null);
    if labels.is_null() {
        *labels = Value::Object(Map::new());
    }
    if let Some(labels) = labels.as_object_mut() {
        labels.insert(key.to_owned(), value.into());
    }
}

/// Fills in variables, and says which are not known.
fn fill_in(above: &[&Layer], manifest: &mut Manifest, gaps: &mut Vec<Gap>) {
    let written = std::mem::take(&mut manifest.variables);
    if written.is_empty() || manifest.is_left_alone_by_flux() {
        return;
    }
    let sets: Vec<&Variables> = above.iter().filter_map(|layer| layer.variables.as_ref()).collect();
    let lookup = |name: &str| match distinct(sets.iter().filter_map(|variables| variables.set.get(name)))[..] {
        [value] => Lookup::Set(value.clone()),
        [] if !sets.is_empty() && sets.iter().all(|variables| !variables.others) => Lookup::Unset,
        _ => Lookup::Unknown,
    };
    let missing = variables::fill(&mut manifest.value, &lookup);
    let Some(kind) = manifest.kind else { return };
    manifest.odd = manifest::decode(kind, &manifest.value, None).err();
    manifest.variables = written.into_iter().filter(|(name, _)| missing.contains(name)).collect();
    let taken = if manifest.odd.is_some() { "is not read" } else { "is read as it is written" };
    for (name, line) in &manifest.variables {
        let place = Place { line: *line, ..manifest.place.clone() };
        let why = match lookup(name) {
            Lookup::Unset => format!("nothing sets the variable {name}"),
            _ => format!("what the variable {name} is set to is not in the files"),
        };
        let hint = "`flux envsubst` fills variables in, from the environment; its output can be read instead";
        gaps.push(gap_with_hint(&place, format!("{why}; the {} {taken}", manifest.label()), hint));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn layer(namespace: Option<&str>, labels: &[(&str, &str)]) -> Layer {
        Layer {
            place: Place { file: "kustomization.yaml".into(), line: 1 },
            reach: BTreeSet::from(["x.yaml".into()]),
            namespace: namespace.map(str::to_owned),
            labels: labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            not_applied: Vec::new(),
            build: String::new(),
            variables: None,
        }
    }

    fn applied(layers: &[Layer], value: Value) -> (Value, Vec<String>) {
        let place = Place { file: "x.yaml".into(), line: 3 };
        let mut manifests = [Manifest::new(place, value)];
        let mut gaps = Vec::new();
        apply(layers, &mut manifests, &mut gaps);
        let [manifest] = manifests;
        let said = gaps.iter().map(|gap| format!("{}: {}", gap.what, gap.missing.message)).collect();
        (manifest.value["metadata"].clone(), said)
    }

    #[test]
    fn namespaces_and_labels_are_applied() {
        let layers = [layer(Some("media"), &[("a", "b")]), layer(Some("media"), &[("c", "d")])];
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "labels": null}});
        let metadata = json!({"name": "s", "labels": {"a": "b", "c": "d"}, "namespace": "media"});
        assert_eq!(applied(&layers, service), (metadata, Vec::new()));
        let pool = json!({"apiVersion": "cilium.io/v2", "kind": "CiliumLoadBalancerIPPool", "metadata": {"name": "p"}});
        assert_eq!(applied(&layers, pool).0, json!({"name": "p", "labels": {"a": "b", "c": "d"}}));
    }

    #[test]
    fn what_is_not_decided_is_named() {
        let layers = [layer(Some("a"), &[("x", "1")]), layer(Some("b"), &[("x", "2")])];
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}});
        let said = "x.yaml:3: kustomizations disagree over the namespace, the label x: it is read as it is written";
        assert_eq!(applied(&layers, service), (json!({"name": "s"}), vec![said.to_owned()]));
    }
}
