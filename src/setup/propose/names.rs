//! What the objects are called: as they are, as the user says, else by names that are free.

use super::Existing;
use crate::setup::given::Given;
use crate::setup::ground::Ground;
use crate::setup::worksheet::Names;
use crate::topology::router::Router;

pub struct Proposed {
    pub objects: Names,
    /// Of a peer that is not there yet.
    pub peer: String,
    /// Of a pool that is not there yet.
    pub pool: String,
}

pub fn propose(ground: &Ground, existing: &Existing, given: &Given) -> Proposed {
    let cluster = ground.cluster;
    let given = &given.names;
    let router = if ground.topology.routers.iter().flatten().any(Router::is_unifi) { "udm" } else { "router" };
    let has_config =
        |name: &str| cluster.cluster_configs.value().into_iter().flatten().any(|one| one.metadata.name == name);
    let has_peer_config = |name: &str| cluster.peer_configs.value().is_some_and(|all| all.contains_key(name));
    let has_advertisement =
        |name: &str| cluster.advertisements.value().into_iter().flatten().any(|one| one.metadata.name == name);
    let has_pool = |name: &str| ground.pools().iter().any(|pool| pool.metadata.name == name);
    let named = |name: &String| Some(name.clone()).filter(|name| !name.is_empty());
    let reference = existing.peers().find_map(|peer| named(&peer.peer_config_ref.as_ref()?.name));
    let objects = Names {
        cluster_config: existing
            .config
            .map(|config| config.metadata.name.clone())
            .or_else(|| given.cluster_config.clone())
            .unwrap_or_else(|| free("bgp-cluster", has_config)),
        instance: existing
            .instance
            .map(|instance| instance.name.clone())
            .or_else(|| given.instance.clone())
            .unwrap_or_else(|| "main".to_owned()),
        peer_config: given
            .peer_config
            .clone()
            .or(reference)
            .or_else(|| existing.peer_config.map(|config| config.metadata.name.clone()))
            .unwrap_or_else(|| free(&format!("{router}-peer"), has_peer_config)),
        advertisement: given
            .advertisement
            .clone()
            .or_else(|| existing.advertisement.map(|(object, _)| object.metadata.name.clone()))
            .unwrap_or_else(|| free("lb-services", has_advertisement)),
    };
    Proposed {
        objects,
        peer: given.peer.clone().unwrap_or_else(|| router.to_owned()),
        pool: given.pool.clone().unwrap_or_else(|| free("lb-pool", has_pool)),
    }
}

fn free(usual: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number| format!("{usual}-{number}"));
    std::iter::once(usual.to_owned()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_else(|| usual.to_owned())
}
