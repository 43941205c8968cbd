//! What Flux and Argo CD say of the objects that they apply, as far as it tells why something is not there.

mod file;

use serde::Deserialize;

use crate::cilium::condition::Conditions;
use crate::cilium::{Object, null_is_default};
pub use file::FileObject;

/// Flux's Kustomization and HelmRelease: both say `Ready`, and why not.
pub type FluxObject = Object<FluxSpec, FluxStatus>;
/// Argo CD's Application.
pub type Application = Object<ApplicationSpec, ApplicationStatus>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FluxSpec {
    pub suspend: bool,
    /// The folder in Git.
    pub path: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FluxStatus {
    pub conditions: Conditions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ApplicationSpec {
    sync_policy: Option<SyncPolicy>,
    source: Option<Source>,
    #[serde(deserialize_with = "null_is_default")]
    sources: Vec<Source>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Source {
    /// The folder in Git; a chart has none.
    path: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SyncPolicy {
    automated: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ApplicationStatus {
    sync: Sync,
    operation_state: OperationState,
    pub conditions: Conditions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sync {
    /// `Synced`, `OutOfSync`, `Unknown`.
    status: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OperationState {
    /// `Succeeded`, `Failed`, `Error`, `Running`.
    phase: String,
    message: String,
}

/// What keeps something from being applied.
#[derive(Clone, Debug, PartialEq)]
pub enum Holdup {
    Suspended,
    /// The reason that it gives.
    Failing(String),
    /// Somebody has to press the button.
    NotSynced,
}

impl FluxSpec {
    /// What holds the object up, if anything does.
    pub fn holdup(object: &FluxObject) -> Option<Holdup> {
        let not_ready = object.status.conditions.get("Ready").filter(|ready| ready.status == "False");
        match not_ready {
            _ if object.spec.suspend => Some(Holdup::Suspended),
            Some(ready) => Some(Holdup::Failing(if ready.message.is_empty() {
                ready.reason.clone()
            } else {
                ready.message.clone()
            })),
            None => None,
        }
    }
}

impl ApplicationStatus {
    /// What holds the application up, if anything does.
    pub fn holdup(application: &Application) -> Option<Holdup> {
        let status = &application.status;
        let is_error = |kind: &str| kind.ends_with("Error");
        let error = status.conditions.0.iter().find(|condition| is_error(&condition.kind));
        let failed = matches!(status.operation_state.phase.as_str(), "Failed" | "Error");
        if let Some(error) = error {
            Some(Holdup::Failing(error.message.clone()))
        } else if failed {
            Some(Holdup::Failing(status.operation_state.message.clone()))
        } else if status.sync.status == "OutOfSync" && !application.spec.is_automated() {
            Some(Holdup::NotSynced)
        } else {
            None
        }
    }
}

impl ApplicationSpec {
    /// The folders in Git that it applies.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().chain(&self.source).filter_map(|source| source.path.as_deref())
    }

    fn is_automated(&self) -> bool {
        self.sync_policy.as_ref().is_some_and(|policy| policy.automated.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flux(text: &str) -> Option<Holdup> {
        FluxSpec::holdup(&serde_json::from_str(text).expect("Flux's shape"))
    }

    fn argo(text: &str) -> Option<Holdup> {
        ApplicationStatus::holdup(&serde_json::from_str(text).expect("Argo's shape"))
    }

    #[test]
    fn flux_says_why_it_is_not_ready() {
        let failing =
            r#"{"status": {"conditions": [{"type": "Ready", "status": "False", "message": "dry-run failed"}]}}"#;
        assert_eq!(flux(failing), Some(Holdup::Failing("dry-run failed".into())));
        assert_eq!(flux(r#"{"spec": {"suspend": true}}"#), Some(Holdup::Suspended));
        assert_eq!(flux(r#"{"status": {"conditions": [{"type": "Ready", "status": "True"}]}}"#), None);
    }

    #[test]
    fn argo_says_what_failed_or_waits() {
        let failed = r#"{"status": {"operationState": {"phase": "Failed", "message": "no matches for kind"}}}"#;
        assert_eq!(argo(failed), Some(Holdup::Failing("no matches for kind".into())));
        let error = r#"{"status": {"conditions": [{"type": "ComparisonError", "message": "no such path"}]}}"#;
        assert_eq!(argo(error), Some(Holdup::Failing("no such path".into())));
        let waiting = r#"{"status": {"sync": {"status": "OutOfSync"}}}"#;
        assert_eq!(argo(waiting), Some(Holdup::NotSynced));
        let automated = r#"{"spec": {"syncPolicy": {"automated": {}}}, "status": {"sync": {"status": "OutOfSync"}}}"#;
        assert_eq!(argo(automated), None);
    }
}
