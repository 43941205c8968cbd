//! What the objects are called: as they are, as the user says, else by names that are free.

use super::Existing;
use crate::setup::given::Given;
use crate::setup::ground::Ground;
use crate::setup::worksheet::{Entry, Names};
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
    let config = existing.config.map(|config| config.metadata.name.clone());
    let instance = existing.instance.map(|instance| instance.name.clone());
    let peer_config = reference.or_else(|| existing.peer_config.map(|config| config.metadata.name.clone()));
    let advertisement = existing.advertisement.map(|(object, _)| object.metadata.name.clone());
    let new = |name: &str| Entry::proposed(name.to_owned(), "it is new");
    let objects = Names {
        cluster_config: config
            .map(there)
            .or_else(|| Some(chosen(given.cluster_config.as_ref()?, "--name", has_config)))
            .unwrap_or_else(|| new(&free("bgp-cluster", has_config))),
        instance: instance
            .map(there)
            .or_else(|| Some(chosen(given.instance.as_ref()?, "--instance-name", |_| false)))
            .unwrap_or_else(|| new("main")),
        peer_config: given
            .peer_config
            .as_ref()
            .map(|name| chosen(name, "--peer-config-name", has_peer_config))
            .or_else(|| {
                let name = peer_config?;
                // A peer may refer to what is not there.
                Some(if has_peer_config(&name) { there(name) } else { Entry::kept(name, "peers refer to it") })
            })
            .unwrap_or_else(|| new(&free(&format!("{router}-peer"), has_peer_config))),
        advertisement: given
            .advertisement
            .as_ref()
            .map(|name| chosen(name, "--advertisement-name", has_advertisement))
            .or_else(|| advertisement.map(there))
            .unwrap_or_else(|| new(&free("lb-services", has_advertisement))),
    };
    Proposed {
        objects,
        peer: given.peer.clone().unwrap_or_else(|| router.to_owned()),
        pool: given.pool.clone().unwrap_or_else(|| free("lb-pool", has_pool)),
    }
}

fn there(name: String) -> Entry<String> {
    Entry::kept(name, "it is there, and stays as it is")
}

fn chosen(name: &str, flag: &str, is_there: impl Fn(&str) -> bool) -> Entry<String> {
    if is_there(name) { there(name.to_owned()) } else { Entry::given(name.to_owned(), flag) }
}

fn free(usual: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number| format!("{usual}-{number}"));
    std::iter::once(usual.to_owned()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_else(|| usual.to_owned())
}
