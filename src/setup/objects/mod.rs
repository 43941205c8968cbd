//! Cilium's objects of a setup: those that are there, as they are, and what the worksheet says where something is missing.
//!
//! [`found`] takes them out of a cluster's answers, [`kept`] brings them into a file's form, [`made`] makes new ones,
//! [`policy`] makes them of CiliumBGPPeeringPolicies. [`comments`] explains them, [`yaml`] prints them, and [`compared`] says
//! what they change about what is advertised.

pub mod comments;
pub mod compared;
pub mod found;
mod kept;
mod made;
mod policy;
mod version;
pub mod written;
pub mod yaml;

use serde_json::{Map, Value, json};

use crate::setup::worksheet::{ApiVersion, Worksheet};
use crate::snapshot::Kind;
use comments::Comments;
use found::Found;
use made::Making;

/// An object as it goes into a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    pub kind: Kind,
    pub version: ApiVersion,
    /// Its name, and labels and annotations if it has any.
    pub metadata: Map<String, Value>,
    pub spec: Value,
    pub origin: Origin,
    pub comments: Comments,
    /// What is not as it was, or has to be seen to by hand, each in a sentence.
    pub notes: Vec<String>,
}

/// Where an object comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is there.
    Kept,
    /// The worksheet.
    Made,
    /// CiliumBGPPeeringPolicies, by their names.
    Converted(Vec<String>),
}

/// The label by which PeerConfigs take Advertisements.
const LABEL: &str = "advertise";

impl Manifest {
    fn new(kind: Kind, version: ApiVersion, name: &str, spec: Value, origin: Origin) -> Self {
        let mut metadata = Map::new();
        metadata.insert("name".to_owned(), name.into());
        Self { kind, version, metadata, spec, origin, comments: Comments::default(), notes: Vec::new() }
    }

    pub fn name(&self) -> &str {
        self.metadata.get("name").and_then(Value::as_str).unwrap_or_default()
    }

    /// What messages call it.
    pub fn label(&self) -> String {
        format!("{} {}", self.kind.name(), self.name())
    }

    /// As the API server takes it.
    pub fn object(&self) -> Value {
        json!({
            "apiVersion": self.version.name(), "kind": self.kind.name(), "metadata": self.metadata, "spec": self.spec
        })
    }

    fn labelled(mut self, labels: Map<String, Value>) -> Self {
        self.metadata.insert("labels".to_owned(), labels.into());
        self
    }

    fn says(mut self, pointer: &str, paragraph: &str) -> Self {
        self.comments.say(pointer, paragraph);
        self
    }
}

/// All objects of the setup, in the order of the file. With a canary, an Advertisement that is new has only its
/// Services.
pub fn of(worksheet: &Worksheet, found: &Found) -> Vec<Manifest> {
    let mut manifests: Vec<Manifest> =
        found.objects.iter().filter_map(|object| kept::of(object, worksheet.served.value)).collect();
    manifests.extend(policy::convert(worksheet, found));
    Making { worksheet }.fill_in(&mut manifests);
    manifests.sort_by_key(|manifest| Kind::WRITTEN.iter().position(|kind| *kind == manifest.kind));
    explain(&mut manifests);
    manifests
}

/// The first object of a kind is explained for all of them.
fn explain(manifests: &mut [Manifest]) {
    for at in 0..manifests.len() {
        let (before, rest) = manifests.split_at_mut(at);
        let Some(manifest) = rest.first_mut() else { continue };
        let origin = match &manifest.origin {
            Origin::Made => String::new(),
            Origin::Kept if manifest.notes.is_empty() => "It is there already, and stays as it is.".to_owned(),
            Origin::Kept => "It is there already.".to_owned(),
            Origin::Converted(policies) => format!("Made of the CiliumBGPPeeringPolicy {}.", policies.join(" and ")),
        };
        manifest.comments.say("", &origin);
        for note in &manifest.notes {
            manifest.comments.say("", note);
        }
        if !before.iter().any(|other| other.kind == manifest.kind) {
            manifest.comments.explain(manifest.kind);
        }
    }
}

fn value(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

/// A text, or an empty one.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The items of a list, none if it is no list.
pub fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod examples;
#[cfg(test)]
pub mod tests;
