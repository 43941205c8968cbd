//! Who made an object: the controller or the tool whose next run undoes what is changed by hand.

use std::fmt;

use crate::cilium::Metadata;

/// The object that stands behind another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maker {
    /// `Gateway`, `Ingress`, `HelmRelease`, `Kustomization`, `Application`, `Helm release`.
    pub kind: &'static str,
    /// Empty where it is not told.
    pub namespace: String,
    pub name: String,
    /// `Flux`, `Argo CD`.
    pub of: Option<&'static str>,
}

const GATEWAY_LABELS: [(&str, Option<&str>); 3] = [
    ("gateway.envoyproxy.io/owning-gateway-name", Some("gateway.envoyproxy.io/owning-gateway-namespace")),
    ("gateway.networking.k8s.io/gateway-name", None),
    ("io.cilium.gateway/owning-gateway", None),
];

impl Maker {
    /// The nearest one: a controller of Kubernetes before what brought its objects into the cluster.
    pub fn of(object: &Metadata) -> Option<Self> {
        Self::controller(object)
            .or_else(|| Self::flux(object))
            .or_else(|| Self::argo(object))
            .or_else(|| Self::helm(object))
    }

    fn controller(object: &Metadata) -> Option<Self> {
        let made = |kind, name: &str, namespace: &str| Self {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            of: None,
        };
        let label = |key: &str| object.labels.get(key).map(String::as_str);
        let gateway = GATEWAY_LABELS
            .iter()
            .find_map(|(name, namespace)| Some((label(name)?, namespace.and_then(label).unwrap_or(&object.namespace))));
        gateway
            .map(|(name, namespace)| made("Gateway", name, namespace))
            .or_else(|| Some(made("Gateway", object.owner("Gateway")?, &object.namespace)))
            .or_else(|| Some(made("Ingress", object.owner("Ingress")?, &object.namespace)))
    }

    fn flux(object: &Metadata) -> Option<Self> {
        let kinds = [("HelmRelease", "helm"), ("Kustomization", "kustomize")];
        kinds.into_iter().find_map(|(kind, group)| {
            let label = |key: &str| object.labels.get(&format!("{group}.toolkit.fluxcd.io/{key}")).cloned();
            Some(Self { kind, name: label("name")?, namespace: label("namespace")?, of: Some("Flux") })
        })
    }

    fn argo(object: &Metadata) -> Option<Self> {
        // `application:group/kind:namespace/name`.
        let tracked = object.annotations.get("argocd.argoproj.io/tracking-id").and_then(|id| id.split(':').next());
        let name = tracked.or_else(|| object.labels.get("argocd.argoproj.io/instance").map(String::as_str))?;
        Some(Self { kind: "Application", name: name.to_owned(), namespace: String::new(), of: Some("Argo CD") })
    }

    fn helm(object: &Metadata) -> Option<Self> {
        let annotation = |key: &str| object.annotations.get(&format!("meta.helm.sh/release-{key}")).cloned();
        let name = annotation("name")?;
        Some(Self { kind: "Helm release", name, namespace: annotation("namespace").unwrap_or_default(), of: None })
    }
}

impl fmt::Display for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)?;
        self.of.map_or(Ok(()), |of| write!(f, " of {of}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maker(text: &str) -> Option<String> {
        Maker::of(&serde_json::from_str(text).expect("metadata")).map(|maker| maker.to_string())
    }

    #[test]
    fn makers_leave_their_marks() {
        for (metadata, expected) in [
            (
                r#"{"labels": {"helm.toolkit.fluxcd.io/name": "grafana", "helm.toolkit.fluxcd.io/namespace": "o11y"},
                    "annotations": {"meta.helm.sh/release-name": "grafana"}}"#,
                "HelmRelease o11y/grafana of Flux",
            ),
            (
                r#"{"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}}"#,
                "Kustomization flux-system/apps of Flux",
            ),
            (
                r#"{"annotations": {"argocd.argoproj.io/tracking-id": "home:/Service:home/web"}}"#,
                "Application home of Argo CD",
            ),
            (
                r#"{"annotations": {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "home"}}"#,
                "Helm release home/web",
            ),
            (r#"{"namespace": "home", "ownerReferences": [{"kind": "Gateway", "name": "web"}]}"#, "Gateway home/web"),
            (
                r#"{"namespace": "envoy", "labels": {"gateway.envoyproxy.io/owning-gateway-name": "web",
                    "gateway.envoyproxy.io/owning-gateway-namespace": "home"}}"#,
                "Gateway home/web",
            ),
            (r#"{"namespace": "home", "ownerReferences": [{"kind": "Ingress", "name": "web"}]}"#, "Ingress home/web"),
        ] {
            assert_eq!(maker(metadata).as_deref(), Some(expected), "{metadata}");
        }
        assert_eq!(maker("{}"), None);
    }
}
