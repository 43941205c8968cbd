//! What else in a kustomization changes the objects that it takes in, so that they are not what the file says.

use serde_json::Value;

/// What a kustomization of kustomize's does to Cilium's objects that name each other, each as a sentence.
pub fn traps(text: &str) -> Vec<String> {
    let Ok(value) = super::read(text) else { return Vec::new() };
    let is_set = |name: &str| match &value[name] {
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => false,
    };
    let mut traps = Vec::new();
    for name in ["namePrefix", "nameSuffix"] {
        if is_set(name) {
            traps.push(format!(
                "{name} renames the objects, and kustomize does not know the fields that name them: the peers' \
                 peerConfigRef would lead nowhere"
            ));
        }
    }
    for name in ["commonLabels", "labels"] {
        if is_set(name) {
            traps.push(format!(
                "{name} overwrites labels of the same key: the advertisement's label that the PeerConfig selects must not \
                 be among them"
            ));
        }
    }
    for name in ["patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "transformers"] {
        if is_set(name) {
            traps.push(format!("{name} may change the objects: `kustomize build` shows what is applied"));
        }
    }
    traps
}
