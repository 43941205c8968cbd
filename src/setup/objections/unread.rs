//! Kinds without which it is not known what is there already.

use super::Objection;
use crate::setup::ground::Ground;
use crate::snapshot::Kind;

pub fn find(ground: &Ground) -> Vec<Objection> {
    let cluster = ground.cluster;
    let nodes = cluster.nodes.why_unknown().and(cluster.node_objects.why_unknown());
    let services = ground.topology.services.as_ref().and_then(|services| services.services.why_unknown());
    // Files need not have what is written by controllers.
    let (nodes, services) = if ground.is_live() { (nodes, services) } else { (None, None) };
    let unknown = [
        (Kind::CiliumNode, nodes),
        (Kind::Service, services),
        (Kind::BgpClusterConfig, cluster.cluster_configs.why_unknown()),
        (Kind::BgpPeerConfig, cluster.peer_configs.why_unknown()),
        (Kind::BgpAdvertisement, cluster.advertisements.why_unknown()),
        (Kind::BgpPeeringPolicy, cluster.policies.why_unknown()),
        (Kind::LoadBalancerIpPool, cluster.pools.why_unknown()),
    ];
    let found = unknown.into_iter().filter_map(|(kind, why)| Some((kind, why?)));
    found
        .map(|(kind, why)| {
            let what = format!("which {} there is, is not known, so the setup may contradict it: {why}", kind.name());
            Objection::refuses(what).next("docs/rights.md has the rights that are needed")
        })
        .collect()
}
