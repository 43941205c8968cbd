//! Which kinds the API server serves in one version of a group: its `APIResourceList`.

use serde::Deserialize;

use super::null_is_default;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ServedKinds {
    #[serde(deserialize_with = "null_is_default")]
    resources: Vec<Resource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resource {
    kind: String,
}

impl ServedKinds {
    pub fn has(&self, kind: &str) -> bool {
        self.resources.iter().any(|resource| resource.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_by_name() {
        let text = r#"{"kind": "APIResourceList", "resources": [{"name": "ciliumnodes", "kind": "CiliumNode"}, {}]}"#;
        let served: ServedKinds = serde_json::from_str(text).expect("Kubernetes' shape");
        assert!(served.has("CiliumNode") && !served.has("CiliumBGPPeerConfig"));
        let none: ServedKinds = serde_json::from_str(r#"{"resources": null}"#).expect("Kubernetes' shape");
        assert!(!none.has("CiliumNode"));
    }
}
