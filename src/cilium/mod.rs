//! Cilium's and Kubernetes' objects as far as they are used, written by hand and lenient: every field may be missing,
//! and values that Cilium may extend stay strings.

pub mod advertisement;
pub mod agent;
pub mod attributes;
pub mod bgp;
pub mod condition;
pub mod config;
pub mod daemon_set;
pub mod endpoints;
pub mod gateway;
pub mod l2_policy;
pub mod lease;
pub mod log;
pub mod network_policy;
pub mod node;
pub mod pod;
pub mod pool;
mod quoted;
pub mod selector;
pub mod served;
pub mod service;

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// An object of any kind with the fields its kind defines.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "Spec: Deserialize<'de> + Default, Status: Deserialize<'de> + Default"))]
pub struct Object<Spec, Status = IgnoredAny> {
    #[serde(default)]
    pub metadata: Metadata,
    #[serde(default, deserialize_with = "null_is_default")]
    pub spec: Spec,
    #[serde(default, deserialize_with = "null_is_default")]
    pub status: Status,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metadata {
    pub name: String,
    /// Empty for what has none.
    pub namespace: String,
    /// The API server's; empty in a manifest.
    #[serde(deserialize_with = "null_is_default")]
    pub uid: String,
    #[serde(deserialize_with = "null_is_default")]
    pub labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_is_default")]
    pub annotations: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_is_default")]
    owner_references: Vec<OwnerReference>,
    #[serde(deserialize_with = "time")]
    pub creation_timestamp: Option<Timestamp>,
    /// It is being deleted.
    #[serde(deserialize_with = "time")]
    pub deletion_timestamp: Option<Timestamp>,
    /// How often its spec was changed.
    pub generation: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OwnerReference {
    kind: String,
    name: String,
}

impl Metadata {
    /// The name of the owner of this kind.
    pub fn owner(&self, kind: &str) -> Option<&str> {
        self.owner_references.iter().find(|owner| owner.kind == kind).map(|owner| owner.name.as_str())
    }
}

/// A list whose items are decoded one by one, so that one odd object does not hide the others.
#[derive(Deserialize)]
struct List<'a> {
    // Missing is no list; Go writes an empty one as `null`.
    #[serde(borrow, deserialize_with = "Option::deserialize")]
    items: Option<Vec<&'a RawValue>>,
}

/// The objects of a list document, and why the others could not be decoded.
///
/// # Errors
/// The text is no list.
pub fn decode_list<'a, T: Deserialize<'a>>(text: &'a str) -> Result<(Vec<T>, Vec<String>), serde_json::Error> {
    let list: List = serde_json::from_str(text)?;
    let (mut objects, mut refused) = (Vec::new(), Vec::new());
    for (position, item) in list.items.into_iter().flatten().enumerate() {
        match serde_json::from_str(item.get()) {
            Ok(object) => objects.push(object),
            Err(error) => refused.push(format!("item {position}: {error}")),
        }
    }
    Ok((objects, refused))
}

/// Go writes an empty slice or map as `null`.
pub fn null_is_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A time as RFC 3339 has it; one that is odd is unknown.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Option::<Cow<str>>::deserialize(deserializer)?.and_then(|text| text.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_times_are_unknown() {
        let read = |text: &str| serde_json::from_str::<Metadata>(text).expect("metadata").creation_timestamp;
        assert!(read(r#"{"creationTimestamp": "2026-11-22T17:01:44Z"}"#).is_some());
        assert!(read(r#"{"creationTimestamp": "soon"}"#).is_none());
        assert!(read(r#"{"creationTimestamp": null}"#).is_none());
    }

    #[test]
    fn one_odd_object_does_not_hide_the_others() {
        let text = r#"{"items": [{"metadata": {"name": "a", "labels": null}}, {"metadata": 7}, {"spec": null}]}"#;
        let (objects, refused) = decode_list::<Object<IgnoredAny>>(text).expect("a list");
        assert_eq!(objects.iter().map(|object| object.metadata.name.as_str()).collect::<Vec<_>>(), ["a", ""]);
        assert_eq!(refused.len(), 1);
        assert!(refused[0].starts_with("item 1: "), "{refused:?}");
    }

    #[test]
    fn what_has_no_items_is_no_list() {
        assert!(decode_list::<Object<IgnoredAny>>(r#"{"kind": "Status"}"#).is_err());
    }

    #[test]
    fn items_may_be_null() {
        assert!(decode_list::<Object<IgnoredAny>>(r#"{"items": null}"#).expect("a list").0.is_empty());
    }
}
