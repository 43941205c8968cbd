//! The objects that are there already: the setup keeps what they say.

use crate::cilium::advertisement::{Advertisement, Entry};
use crate::cilium::bgp::peering_policy::{PeeringPolicySpec, PolicyNeighbor, VirtualRouter};
use crate::cilium::bgp::{ClusterConfig, Instance, Peer, PeerConfig};
use crate::cilium::selector::LabelSelector;
use crate::setup::given::Given;
use crate::setup::ground::Ground;
use crate::topology::service::AddressKind;

/// One ClusterConfig with what belongs to it; without any, the PeeringPolicy in its place.
#[derive(Default)]
pub struct Existing<'a> {
    pub config: Option<&'a ClusterConfig>,
    pub instance: Option<&'a Instance>,
    pub policy: Option<Policy<'a>>,
    pub peer_config: Option<&'a PeerConfig>,
    /// The one that peers take, with its entry for VIPs.
    pub advertisement: Option<(&'a Advertisement, &'a Entry)>,
}

#[derive(Clone, Copy)]
pub struct Policy<'a> {
    pub name: &'a str,
    pub spec: &'a PeeringPolicySpec,
    pub router: &'a VirtualRouter,
}

impl<'a> Existing<'a> {
    pub fn find(ground: &Ground<'a>, given: &Given) -> Self {
        let cluster = ground.cluster;
        let mut configs: Vec<&ClusterConfig> = cluster.cluster_configs.value().into_iter().flatten().collect();
        configs.sort_by_key(|config| (config.spec.bgp_instances.is_empty(), &config.metadata.name));
        let is_named = |config: &&ClusterConfig| match &given.names.cluster_config {
            Some(name) => config.metadata.name == *name,
            None => true,
        };
        let config = configs.into_iter().find(is_named);
        let mut instances = config.into_iter().flat_map(|config| &config.spec.bgp_instances);
        let instance = instances.find(|one| given.names.instance.as_ref().is_none_or(|name| one.name == *name));
        let policies = cluster.policies.value().into_iter().flatten().filter(|_| config.is_none());
        let mut policies = policies.filter_map(|policy| {
            let router = policy.spec.virtual_routers.iter().find(|router| !router.neighbors.is_empty())?;
            Some(Policy { name: &policy.metadata.name, spec: &policy.spec, router })
        });
        let peer_config = peer_config(ground, given, instance);
        Self {
            config,
            instance,
            policy: policies.next(),
            peer_config,
            advertisement: advertisement(ground, given, peer_config),
        }
    }

    /// Its peers that have an address.
    pub fn peers(&self) -> impl Iterator<Item = &'a Peer> + use<'a> {
        self.instance.into_iter().flat_map(|instance| &instance.peers)
    }

    pub fn neighbors(&self) -> impl Iterator<Item = &'a PolicyNeighbor> + use<'a> {
        self.policy.into_iter().flat_map(|policy| &policy.router.neighbors)
    }

    /// `CiliumBGPClusterConfig home has it`.
    pub fn config_has_it(&self) -> String {
        let name = self.config.map_or("", |config| config.metadata.name.as_str());
        format!("CiliumBGPClusterConfig {name} has it")
    }
}

impl Policy<'_> {
    pub fn has_it(&self) -> String {
        format!("CiliumBGPPeeringPolicy {} has it", self.name)
    }
}

/// The one that the first peer names; where no object names one, any that is there.
fn peer_config<'a>(ground: &Ground<'a>, given: &Given, instance: Option<&Instance>) -> Option<&'a PeerConfig> {
    let configs = ground.cluster.peer_configs.value()?;
    let mut named = instance.into_iter().flat_map(|instance| &instance.peers);
    match (&given.names.peer_config, named.find_map(|peer| peer.peer_config_ref.as_ref())) {
        (Some(name), _) => configs.get(name),
        (None, Some(reference)) => configs.get(&reference.name),
        (None, None) => configs.values().next(),
    }
}

/// The first that has an entry for load balancers' addresses and that the PeerConfig takes.
fn advertisement<'a>(
    ground: &Ground<'a>,
    given: &Given,
    peer_config: Option<&PeerConfig>,
) -> Option<(&'a Advertisement, &'a Entry)> {
    let taken: Vec<&LabelSelector> = peer_config
        .into_iter()
        .flat_map(|config| &config.spec.families)
        .filter_map(|family| family.advertisements.as_ref())
        .collect();
    let is_taken = |object: &&Advertisement| match &given.names.advertisement {
        Some(name) => object.metadata.name == *name,
        None => peer_config.is_none() || taken.iter().any(|selector| selector.matches(&object.metadata.labels)),
    };
    let is_of_vips = |entry: &&Entry| {
        let addresses = entry.service.as_ref().map(|service| &service.addresses);
        entry.is_of("Service")
            && addresses.into_iter().flatten().any(|kind| *kind == AddressKind::LoadBalancerIP.to_string())
    };
    let all = ground.cluster.advertisements.value()?.iter().filter(is_taken);
    let mut with_entry = all.filter_map(|object| Some((object, object.spec.advertisements.iter().find(is_of_vips)?)));
    with_entry.next()
}
