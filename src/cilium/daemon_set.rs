//! The agents' `DaemonSet`: whether all of them are of one version, and there.

use serde::Deserialize;

use super::pod::PodSpec;
use super::{Object, null_is_default};

pub type DaemonSet = Object<DaemonSetSpec, DaemonSetStatus>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DaemonSetSpec {
    #[serde(deserialize_with = "null_is_default")]
    template: Template,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Template {
    #[serde(deserialize_with = "null_is_default")]
    spec: PodSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DaemonSetStatus {
    pub desired_number_scheduled: u32,
    pub number_ready: u32,
    /// Of the newest template; fewer than desired while a change rolls out.
    pub updated_number_scheduled: u32,
}

impl DaemonSetSpec {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_are_counted() {
        let text = r#"{"spec": {"template": {"spec": {"containers": [{"name": "cilium-agent", "image": "cilium:v1.18.2"}]}}},
                       "status": {"desiredNumberScheduled": 3, "numberReady": 2}}"#;
        let set: DaemonSet = serde_json::from_str(text).expect("Kubernetes' shape");
        assert_eq!((set.status.desired_number_scheduled, set.status.number_ready), (3, 2));
    }
}
