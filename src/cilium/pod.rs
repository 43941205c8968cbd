//! The agent's pods: whether an agent runs on a node, and as what.

use jiff::Timestamp;
use serde::Deserialize;

use super::condition::Conditions;
use super::{Object, null_is_default, time};

pub type Pod = Object<PodSpec, PodStatus>;

const AGENT: &str = "cilium-agent";

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSpec {
    #[serde(deserialize_with = "null_is_default")]
    pub node_name: String,
    #[serde(deserialize_with = "null_is_default")]
    containers: Vec<Container>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Container {
    name: String,
    pub image: String,
    #[serde(deserialize_with = "null_is_default")]
    security_context: SecurityContext,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SecurityContext {
    privileged: Option<bool>,
    #[serde(deserialize_with = "null_is_default")]
    capabilities: Capabilities,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Capabilities {
    #[serde(deserialize_with = "null_is_default")]
    add: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    drop: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodStatus {
    /// `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`.
    pub phase: String,
    #[serde(deserialize_with = "null_is_default")]
    pub conditions: Conditions,
    #[serde(deserialize_with = "time")]
    pub start_time: Option<Timestamp>,
    #[serde(deserialize_with = "null_is_default")]
    container_statuses: Vec<ContainerStatus>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerStatus {
    name: String,
    pub restart_count: u32,
    #[serde(deserialize_with = "null_is_default")]
    state: ContainerState,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ContainerState {
    waiting: Option<Waiting>,
    running: Option<Running>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Waiting {
    reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Running {
    #[serde(deserialize_with = "time")]
    started_at: Option<Timestamp>,
}

impl PodSpec {
    pub fn agent(&self) -> Option<&Container> {
        self.containers.iter().find(|container| container.name == AGENT)
    }
}

impl Container {
    /// Whether it may do what the capability allows, such as `NET_BIND_SERVICE`.
    pub fn has_capability(&self, capability: &str) -> bool {
        let has =
            |added: &String| added == capability || added == "ALL" || added.strip_prefix("CAP_") == Some(capability);
        self.security_context.privileged == Some(true) || self.security_context.capabilities.add.iter().any(has)
    }

    /// Whether it says which capabilities it has; otherwise the container runtime does.
    pub fn limits_capabilities(&self) -> bool {
        let context = &self.security_context;
        !context.capabilities.add.is_empty() || !context.capabilities.drop.is_empty()
    }

    /// The version in its image's tag; an image that was named by its digest alone has none.
    pub fn version(&self) -> Option<&str> {
        version(&self.image)
    }
}

impl PodStatus {
    pub fn is_ready(&self) -> bool {
        self.conditions.is_true("Ready")
    }

    pub fn agent(&self) -> Option<&ContainerStatus> {
        self.container_statuses.iter().find(|container| container.name == AGENT)
    }
}

impl ContainerStatus {
    /// Why it does not run: `CrashLoopBackOff`, `ImagePullBackOff`.
    pub fn waiting(&self) -> Option<&str> {
        self.state.waiting.as_ref().map(|waiting| waiting.reason.as_str())
    }
}

/// `1.19.4` of `quay.io/cilium/cilium:v1.19.4@sha256:...`.
pub(super) fn version(image: &str) -> Option<&str> {
    let (_, tag) = image.split('@').next()?.rsplit('/').next()?.split_once(':')?;
    let version = tag.strip_prefix('v').unwrap_or(tag);
    version.starts_with(|c: char| c.is_ascii_digit()).then_some(version)
}

/// Major and minor version of `1.19.4`, `1.20.0-rc.1`.
pub fn minor(version: &str) -> Option<(u32, u32)> {
    let (major, rest) = version.split_once('.')?;
    let minor = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Major, minor and patch version of `1.19.4`, `1.20.0-rc.1`.
pub fn release(version: &str) -> Option<(u32, u32, u32)> {
    let (major, minor) = minor(version)?;
    let patch = version.split('.').nth(2)?.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((major, minor, patch.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_tells_its_version_and_its_trouble() {
        let text = r#"{"spec": {"nodeName": "node-1", "containers": [{"name": "mount", "image": "a:v1"}, {"name": "cilium-agent",
                        "image": "quay.io/cilium/cilium:v1.19.4@sha256:00", "securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}}]},
                       "status": {"phase": "Running", "startTime": "2026-11-22T17:01:44Z", "conditions": [{"type": "Ready", "status": "False"}],
                        "containerStatuses": [{"name": "cilium-agent", "restartCount": 7, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}}"#;
        let pod: Pod = serde_json::from_str(text).expect("Kubernetes' shape");
        let agent = pod.spec.agent().expect("the agent");
        assert_eq!(agent.version(), Some("1.19.4"));
        assert!(agent.has_capability("NET_ADMIN") && !agent.has_capability("NET_BIND_SERVICE"));
        let status = pod.status.agent().expect("its status");
        assert_eq!((status.restart_count, status.waiting()), (7, Some("CrashLoopBackOff")));
        assert!(!pod.status.is_ready() && pod.status.start_time.is_some());
    }

    #[test]
    fn a_privileged_container_has_all_capabilities() {
        let container = |text: &str| serde_json::from_str::<Container>(text).expect("a container");
        assert!(container(r#"{"securityContext": {"privileged": true}}"#).has_capability("NET_BIND_SERVICE"));
        assert!(!container(r#"{"securityContext": null}"#).has_capability("NET_BIND_SERVICE"));
    }

    #[test]
    fn versions_are_read_from_tags() {
        assert_eq!(version("localhost:5000/cilium"), None);
        assert_eq!(version("localhost:5000/cilium:1.16.0"), Some("1.16.0"));
        assert_eq!(version("cilium@sha256:00"), None);
        assert_eq!(version("cilium:latest"), None);
        assert_eq!(minor("1.20.0-rc.1"), Some((1, 20)));
        assert_eq!(minor("1.21-dev"), Some((1, 21)));
        assert_eq!(minor("main"), None);
        assert_eq!(release("1.20.0-rc.1"), Some((1, 20, 0)));
        assert_eq!(release("1.21-dev"), None);
    }
}
