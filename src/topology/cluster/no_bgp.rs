//! Why no node is asked to peer: no Cilium, BGP switched off, or nothing configured.

use serde::de::IgnoredAny;

use crate::cilium::decode_list;
use crate::shell;
use crate::snapshot::{ClusterAnswers, Document, Kind, Missing, Reason};

/// The reason; `None` if something is configured, or that could not be read.
pub fn why(end: &ClusterAnswers) -> Option<Missing> {
    let reason = |kind: Kind| end.document(kind)?.missing.as_ref().map(|missing| missing.reason);
    let empty = |kind: Kind| {
        end.document(kind)?.body().and_then(|body| decode_list::<IgnoredAny>(body).ok()).map(|(all, _)| all.is_empty())
    };
    let none = |kind: Kind| reason(kind) == Some(Reason::NotServed) || empty(kind) == Some(true);
    if !none(Kind::BgpClusterConfig) || !none(Kind::BgpPeeringPolicy) {
        return None;
    }
    if reason(Kind::BgpClusterConfig).is_none() {
        return Some(
            Missing::new(
                Reason::NotConfigured,
                "this cluster has no CiliumBGPClusterConfig, so no node is asked to peer",
            )
            .hint("https://docs.cilium.io/en/stable/network/bgp-control-plane/ says how to write one"),
        );
    }
    if reason(Kind::CiliumNode) == Some(Reason::NotServed) {
        return Some(
            Missing::new(Reason::NotServed, "this cluster does not run Cilium: its API server serves no CiliumNode")
                .hint("`kubectl config current-context` says which cluster this is"),
        );
    }
    let config = end.document(Kind::CiliumConfig).and_then(Document::body).unwrap_or_default();
    let switch = serde_json::from_str::<serde_json::Value>(config).unwrap_or_default();
    let missing =
        match (switch.pointer("/data/enable-bgp-control-plane").and_then(|on| on.as_str()), reason(Kind::CiliumConfig))
        {
            (Some("true"), _) => {
                Missing::new(Reason::NotServed, "Cilium's BGP control plane is on, but its kinds are not served").hint(
                    format!(
                        "the operator registers them: kubectl -n {} rollout restart deployment cilium-operator",
                        shell::word(&end.cilium_namespace)
                    ),
                )
            }
            (_, Some(_)) => {
                Missing::new(Reason::NotServed, "the API server serves no kind of Cilium's BGP control plane")
            }
            _ => Missing::new(
                Reason::NotServed,
                "Cilium's BGP control plane is off: cilium-config has no enable-bgp-control-plane \"true\"",
            )
            .hint("set the Helm value bgpControlPlane.enabled=true, then restart the agents and the operator"),
        };
    Some(missing)
}
