//! Whether agents and operator speak BGP at all.

use super::Objection;
use crate::setup::ground::Ground;
use crate::shell;

pub fn find(ground: &Ground) -> Vec<Objection> {
    let cluster = ground.cluster;
    let mut objections = Vec::new();
    let Some(settings) = cluster.settings.value() else { return objections };
    if !settings.bgp_is_enabled() {
        let namespace = cluster.cilium_namespace();
        let restart =
            ["kubectl", "-n", namespace, "rollout", "restart", "daemonset/cilium", "deployment/cilium-operator"];
        let what = "Cilium's BGP control plane is switched off: cilium-config has no enable-bgp-control-plane \"true\"";
        objections.push(
            Objection::warns(what)
                .next("set these Helm values of Cilium:\nbgpControlPlane:\n  enabled: true")
                .next(format!("then restart agents and operator: {}", shell::command(restart))),
        );
    }
    if !settings.lb_ipam_is_enabled() {
        let what = "LB-IPAM is switched off (enable-lb-ipam is false): no Service gets an address of a pool";
        objections.push(Objection::warns(what).next("set the Helm value enableLBIPAM to true"));
    }
    let legacy: Vec<&str> = settings.legacy_bgp_keys().collect();
    if !legacy.is_empty() && cluster.cilium_version().is_none_or(|version| version <= (1, 16)) {
        let what =
            format!("cilium-config has {}: with it agents up to 1.16 run no control plane", legacy.join(" and "));
        objections.push(Objection::warns(what).next("take the Helm values bgp.enabled and bgp.announce away"));
    }
    objections
}
