//! The version of `cilium.io` that objects are written in: v2 from Cilium 1.18 on, v2alpha1 before.

use crate::cilium::served::ServedKinds;
use crate::setup::ground::Ground;
use crate::setup::worksheet::{ApiVersion, Entry, Served};
use crate::snapshot::Kind;
use crate::topology::Known;

const FIRST_WITH_V2: (u32, u32) = (1, 18);

pub fn find(ground: &Ground) -> Entry<Served> {
    let bgp = of(ground, Kind::BgpClusterConfig);
    let pool = of(ground, Kind::LoadBalancerIpPool);
    let served = Served { bgp: bgp.unwrap_or(ApiVersion::V2), pool: pool.unwrap_or(ApiVersion::V2) };
    if bgp.is_some() && pool.is_some() {
        Entry::kept(served, "the newest that this cluster's Cilium has")
    } else {
        Entry::proposed(served, "which Cilium runs is not known; from 1.18 on it has v2")
    }
}

/// What the API server serves; if it serves neither or did not say, what the agents' version will. `None`: nothing tells.
pub fn of(ground: &Ground, kind: Kind) -> Option<ApiVersion> {
    let has = |served: &Known<ServedKinds>| served.value().is_some_and(|served| served.has(kind.name()));
    if has(&ground.cluster.served_v2) {
        Some(ApiVersion::V2)
    } else if has(&ground.cluster.served_v2alpha1) {
        Some(ApiVersion::V2Alpha1)
    } else {
        let version = ground.cluster.cilium_version()?;
        Some(if version >= FIRST_WITH_V2 { ApiVersion::V2 } else { ApiVersion::V2Alpha1 })
    }
}
