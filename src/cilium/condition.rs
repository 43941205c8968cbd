//! Conditions, as Kubernetes objects carry them in their status.

use serde::Deserialize;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Condition {
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False`, `Unknown`.
    pub status: String,
    pub reason: String,
    pub message: String,
}

/// An object's conditions; one that is absent was never judged.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Conditions(pub Vec<Condition>);

impl Conditions {
    pub fn get(&self, kind: &str) -> Option<&Condition> {
        self.0.iter().find(|condition| condition.kind == kind)
    }

    pub fn if_true(&self, kind: &str) -> Option<&Condition> {
        self.get(kind).filter(|condition| condition.status == "True")
    }

    pub fn is_true(&self, kind: &str) -> bool {
        self.if_true(kind).is_some()
    }
}
