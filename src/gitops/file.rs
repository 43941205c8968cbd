//! What a repository holds of a cluster.

use serde_json::Value;

/// An object of the repository's files.
#[derive(Clone, Debug)]
pub struct FileObject {
    /// Its file from the repository's root, with `/`.
    pub file: String,
    pub value: Value,
}

impl FileObject {
    /// The file's folder; empty for the root.
    pub fn folder(&self) -> &str {
        self.file.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    pub fn text(&self, pointer: &str) -> &str {
        self.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether it is of this kind, in whatever version.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.text("/kind") == kind
            && self.text("/apiVersion").strip_prefix(group).is_some_and(|rest| rest.starts_with('/'))
    }
}
