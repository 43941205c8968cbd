//! Who says what an object is: what Flux, Argo CD, Helm and field managers leave on it.

use serde_json::Value;

/// Who this program is to the API server.
pub const MANAGER: &str = "kubectl-bgp";

/// Somebody whose object it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// As a sentence has it: `Flux's Kustomization flux-system/cilium`.
    pub name: String,
    /// It comes from Git or a chart: what is changed in the cluster does not stay.
    pub is_reconciled: bool,
}

/// The owners of a live object other than this program, each once.
pub fn owners(object: &Value) -> Vec<Owner> {
    let metadata = &object["metadata"];
    let label = |key: &str| metadata["labels"][key].as_str().filter(|value| !value.is_empty());
    let annotation = |key: &str| metadata["annotations"][key].as_str().filter(|value| !value.is_empty());
    let reconciled = |name: String| Owner { name, is_reconciled: true };
    let mut owners = Vec::new();
    for (kind, group) in [("Kustomization", "kustomize.toolkit.fluxcd.io"), ("HelmRelease", "helm.toolkit.fluxcd.io")] {
        if let Some(name) = label(&format!("{group}/name")) {
            let namespace = label(&format!("{group}/namespace")).map(|name| format!("{name}/")).unwrap_or_default();
            owners.push(reconciled(format!("Flux's {kind} {namespace}{name}")));
        }
    }
    // The id is `APPLICATION:GROUP/KIND:NAMESPACE/NAME` (argo-cd util/argo/resource_tracking.go).
    let tracked = annotation("argocd.argoproj.io/tracking-id").and_then(|id| id.split(':').next());
    if let Some(name) = tracked.or_else(|| label("argocd.argoproj.io/instance")) {
        owners.push(reconciled(format!("Argo CD's Application {name}")));
    }
    if let Some(name) = annotation("meta.helm.sh/release-name").filter(|_| owners.is_empty()) {
        let namespace = annotation("meta.helm.sh/release-namespace").map(|name| format!("{name}/")).unwrap_or_default();
        owners.push(reconciled(format!("Helm's release {namespace}{name}")));
    }
    if owners.is_empty() {
        owners.extend(managers(object));
    }
    owners
}

/// Field managers that own something of the spec.
fn managers(object: &Value) -> Vec<Owner> {
    let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    let of_spec = entries.filter(|entry| {
        let is_status = entry["subresource"].as_str().is_some_and(|resource| !resource.is_empty());
        !is_status && entry["fieldsV1"].get("f:spec").is_some()
    });
    let mut owners: Vec<Owner> = Vec::new();
    for name in of_spec.filter_map(|entry| entry["manager"].as_str()).filter(|name| *name != MANAGER) {
        let is_reconciled =
            ["kustomize-controller", "helm-controller", "argocd-"].iter().any(|of| name.starts_with(of));
        let owner = Owner { name: format!("the field manager {name}"), is_reconciled };
        if !owners.contains(&owner) {
            owners.push(owner);
        }
    }
    owners
}

/// Whether a live object says all that another one says, and perhaps more.
pub fn says_all_of(live: &Value, wanted: &Value) -> bool {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => {
            wanted.iter().all(|(key, value)| live.get(key).is_some_and(|live| says_all_of(live, value)))
        }
        (Value::Array(live), Value::Array(wanted)) => {
            live.len() == wanted.len() && live.iter().zip(wanted).all(|(live, wanted)| says_all_of(live, wanted))
        }
        _ => live == wanted,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(object: Value) -> Vec<(String, bool)> {
        owners(&object).into_iter().map(|owner| (owner.name, owner.is_reconciled)).collect()
    }

    #[test]
    fn who_reconciles_an_object_is_said() {
        let flux = json!({"metadata": {"labels": {
            "kustomize.toolkit.fluxcd.io/name": "cilium", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}}});
        assert_eq!(names(flux), [("Flux's Kustomization flux-system/cilium".to_owned(), true)]);
        let helm = json!({"metadata": {
            "labels": {"helm.toolkit.fluxcd.io/name": "cilium", "helm.toolkit.fluxcd.io/namespace": "kube-system"},
            "annotations": {"meta.helm.sh/release-name": "cilium"}}});
        assert_eq!(names(helm), [("Flux's HelmRelease kube-system/cilium".to_owned(), true)]);
        let argo = json!({"metadata": {"annotations": {
            "argocd.argoproj.io/tracking-id": "net:cilium.io/CiliumBGPPeerConfig:/udm"}}});
        assert_eq!(names(argo), [("Argo CD's Application net".to_owned(), true)]);
        let chart = json!({"metadata": {"annotations": {
            "meta.helm.sh/release-name": "c", "meta.helm.sh/release-namespace": "n"}}});
        assert_eq!(names(chart), [("Helm's release n/c".to_owned(), true)]);
    }

    #[test]
    fn field_managers_own_the_spec_and_not_the_status() {
        let entry = |manager: &str, subresource: &str, field: &str| json!({"manager": manager, "subresource": subresource, "fieldsV1": {field: {}}});
        let object = json!({"metadata": {"managedFields": [
            entry("cilium-operator", "status", "f:spec"), entry(MANAGER, "", "f:spec"), entry("kubectl", "", "f:spec"),
            entry("kubectl", "", "f:spec"), entry("x", "", "f:metadata"), entry("argocd-controller", "", "f:spec")]}});
        let expected = [("the field manager kubectl", false), ("the field manager argocd-controller", true)];
        assert_eq!(names(object), expected.map(|(name, is)| (name.to_owned(), is)));
        assert!(names(json!({"metadata": {"managedFields": null}})).is_empty());
    }

    #[test]
    fn defaults_of_the_server_are_no_difference() {
        let live = json!({"spec": {"a": 1, "peers": [{"name": "x", "port": 179}]}, "status": {}});
        assert!(says_all_of(&live, &json!({"spec": {"peers": [{"name": "x"}]}})));
        assert!(!says_all_of(&live, &json!({"spec": {"peers": []}})));
        assert!(!says_all_of(&live, &json!({"spec": {"b": null}})));
    }
}
