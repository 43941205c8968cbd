//! What the cluster's Cilium can do.

use super::Objection;
use crate::cilium::served::ServedKinds;
use crate::setup::ground::Ground;
use crate::setup::propose::served;
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::Known;

const FIRST: (u32, u32) = (1, 16);

const KINDS: [Kind; 4] =
    [Kind::BgpClusterConfig, Kind::BgpPeerConfig, Kind::BgpAdvertisement, Kind::LoadBalancerIpPool];

pub fn find(ground: &Ground) -> Vec<Objection> {
    let lacks_nodes =
        |served: &Known<ServedKinds>| served.value().is_some_and(|served| !served.has(Kind::CiliumNode.name()));
    if lacks_nodes(&ground.cluster.served_v2) && lacks_nodes(&ground.cluster.served_v2alpha1) {
        let objection = Objection::refuses("this cluster does not run Cilium: its API server serves no CiliumNode");
        return vec![objection.next("`kubectl config current-context` says which cluster this is")];
    }
    if let Some((major, minor)) = ground.cluster.cilium_version().filter(|version| *version < FIRST) {
        let what = format!(
            "Cilium {major}.{minor} runs here: CiliumBGPClusterConfig and the kinds that belong to it work from 1.16 on"
        );
        return vec![Objection::refuses(what).next("upgrade Cilium to 1.16 or newer, one minor version at a time")];
    }
    let unserved: Vec<&str> = KINDS.into_iter().filter(|kind| is_unserved(ground, *kind)).map(Kind::name).collect();
    if !unserved.is_empty() {
        let what = format!("the API server serves no {}, neither as cilium.io/v2 nor as v2alpha1", unserved.join(", "));
        let namespace = ground.cluster.cilium_namespace();
        let restart = ["kubectl", "-n", namespace, "rollout", "restart", "deployment/cilium-operator"];
        let objection = Objection::refuses(what)
            .next("set the Helm value bgpControlPlane.enabled=true of Cilium: its operator makes these kinds as it starts")
            .next(format!("if it is set, start the operator again: {}", shell::command(restart)));
        return vec![objection];
    }
    let lacking = KINDS.into_iter().filter(|kind| served::of(ground, *kind).is_none());
    let lacking: Vec<&str> = lacking.map(Kind::name).collect();
    if lacking.is_empty() {
        return Vec::new();
    }
    let what = format!("whether the API server serves {} is not known, nor which Cilium runs", lacking.join(", "));
    let objection = if ground.is_live() {
        Objection::refuses(what).next("`kubectl api-resources --api-group cilium.io` lists what it serves")
    } else {
        Objection::warns(format!("{what}: the objects are written as cilium.io/v2, which Cilium has from 1.18 on"))
    };
    vec![objection]
}

/// Both versions were asked for their kinds, and it is among neither's.
fn is_unserved(ground: &Ground, kind: Kind) -> bool {
    let lacks = |served: &Known<ServedKinds>| served.value().is_some_and(|served| !served.has(kind.name()));
    lacks(&ground.cluster.served_v2) && lacks(&ground.cluster.served_v2alpha1)
}
