//! The built-in snapshot, from which everything is copied, and how copies are changed.

use serde_json::{Map, Value};

use super::Result;

/// The text of a hole begins and ends like this. In an object it is a key, with a `null` that goes with it.
pub const HOLE_OPENS: &str = "\"@";
pub const HOLE_CLOSES: &str = "@\"";
pub const HOLE_VALUE: &str = ": null";

pub struct Recording {
    pub whole: Value,
}

impl Recording {
    pub fn read() -> Result<Self> {
        let text = include_str!("../../../src/snapshot/demo.json");
        Ok(Self { whole: serde_json::from_str(text).map_err(|error| error.to_string())? })
    }

    /// An object of the cluster.
    pub fn object(&self, kind: &str, name: &str) -> &Value {
        let items = named(&self.whole["cluster"]["documents"], kind)["json"]["items"].as_array();
        let found = items.into_iter().flatten().find(|item| item["metadata"]["name"] == name);
        found.unwrap_or_else(|| panic!("nobody recorded {kind} {name}"))
    }

    /// An answer of the router.
    pub fn answer(&self, command: &str) -> &Value {
        &named(&self.whole["routers"][0]["documents"], command)["json"]
    }
}

fn named<'a>(documents: &'a Value, name: &str) -> &'a Value {
    let found = documents.as_array().into_iter().flatten().find(|document| document["name"] == name);
    found.unwrap_or_else(|| panic!("nobody recorded {name}"))
}

/// What a kind's list, or a command, answered in this file.
pub fn document<'a>(file: &'a mut Value, end: &str, name: &str) -> &'a mut Value {
    let documents = file.pointer_mut(end).and_then(Value::as_array_mut).into_iter().flatten();
    let mut found = documents.into_iter().filter(|document| document["name"] == name);
    found.next().unwrap_or_else(|| panic!("nobody recorded {name}"))
}

/// Changes what is there; a copy never gets a field that no recording has.
pub fn set(value: &mut Value, pointer: &str, to: impl Into<Value>) {
    *value.pointer_mut(pointer).unwrap_or_else(|| panic!("the recording has no {pointer}")) = to.into();
}

/// A copy with some values changed, as text.
pub fn copy<const N: usize>(recorded: &Value, changes: [(&str, Value); N]) -> Value {
    let mut copy = recorded.clone();
    for (pointer, to) in changes {
        set(&mut copy, pointer, to);
    }
    copy
}

/// An array whose items come later.
pub fn hole(name: &str) -> Value {
    Value::Array(vec![format!("@{name}@").into()])
}

/// An object that keeps its fields so far, and gets more later.
pub fn hole_after(mut object: Map<String, Value>, name: &str) -> Value {
    object.insert(format!("@{name}@"), Value::Null);
    Value::Object(object)
}
