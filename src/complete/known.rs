//! Names out of what the cluster said. Pure.

use super::answer::Candidate;
use crate::cilium::service::Service;
use crate::observe::router_targets;
use crate::snapshot::{ClusterAnswers, Kind, RouterAnswers};
use crate::topology::cluster::{Cluster, Services};

/// What a word of the command line may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    Node,
    Peer,
    Service,
    Vip,
    Namespace,
    Router,
}

impl Thing {
    /// By the name that the CLI gives a value. Any other name is nothing that a cluster knows.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "NODE" => Some(Self::Node),
            "PEER" => Some(Self::Peer),
            "SERVICE" => Some(Self::Service),
            "VIP" => Some(Self::Vip),
            "NAMESPACE" => Some(Self::Namespace),
            "TARGET" => Some(Self::Router),
            _ => None,
        }
    }

    /// What to read for it.
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Node => &[Kind::CiliumNode],
            Self::Peer | Self::Router => &[Kind::BgpClusterConfig, Kind::BgpPeeringPolicy],
            Self::Service | Self::Vip | Self::Namespace => &[Kind::Service],
        }
    }
}

/// The names of these things. Services of a namespace that is given stand by their names alone, and so do those whose names
/// begin with what is typed.
pub fn candidates(
    things: &[Thing],
    cluster: &ClusterAnswers,
    kinds: &[Kind],
    routers: &[RouterAnswers],
    namespace: Option<&str>,
    typed: &str,
) -> Vec<Candidate> {
    let decoded = Cluster::decode(cluster, kinds, &mut Vec::new());
    let services = Services::decode(cluster, kinds, &mut Vec::new());
    let services: Vec<&Service> = services.services.value().into_iter().flatten().collect();
    let of = |thing: &Thing| match thing {
        Thing::Node => nodes(&decoded),
        Thing::Peer => peers(&decoded),
        Thing::Service => names(&services, namespace, typed),
        Thing::Vip => vips(&services, namespace),
        Thing::Namespace => services.iter().map(|service| Candidate::plain(&service.metadata.namespace)).collect(),
        Thing::Router => {
            let read = routers.iter().map(|router| Candidate::new(&router.target, &router.named_by));
            let named = router_targets(&cluster.documents).into_iter();
            read.chain(named.map(|target| Candidate::new(target.to_string(), target.named_by))).collect()
        }
    };
    // What begins with a dash would be taken for a flag.
    things.iter().flat_map(of).filter(|candidate| !candidate.word.starts_with('-')).collect()
}

fn nodes(cluster: &Cluster) -> Vec<Candidate> {
    cluster.nodes.value().into_iter().flat_map(|nodes| nodes.keys()).map(|name| Candidate::new(name, "node")).collect()
}

fn peers(cluster: &Cluster) -> Vec<Candidate> {
    let instances = cluster.cluster_configs.value().into_iter().flatten().flat_map(|config| &config.spec.bgp_instances);
    let about = |address: Option<&str>| address.map_or_else(|| "peer".to_owned(), |address| format!("peer {address}"));
    let named = instances
        .flat_map(|instance| &instance.peers)
        .map(|peer| Candidate::new(&peer.name, about(peer.peer_address.as_deref())));
    // A PeeringPolicy names no peer: its address does.
    let routers = cluster.policies.value().into_iter().flatten().flat_map(|policy| &policy.spec.virtual_routers);
    let neighbors = routers.flat_map(|router| &router.neighbors);
    let addresses = neighbors.filter_map(|neighbor| neighbor.peer_address.as_deref()?.split('/').next());
    named.chain(addresses.map(|address| Candidate::new(address, "peer"))).collect()
}

fn names(services: &[&Service], namespace: Option<&str>, typed: &str) -> Vec<Candidate> {
    let shown = services.iter().filter(|service| is_announced(service) && is_in(service, namespace));
    let is_name = |name: &str| !typed.is_empty() && name.starts_with(typed);
    let word = |service: &Service| match namespace {
        None if !is_name(&service.metadata.name) => {
            format!("{}/{}", service.metadata.namespace, service.metadata.name)
        }
        _ => service.metadata.name.clone(),
    };
    let about = |service: &Service| match addresses(service).collect::<Vec<_>>() {
        addresses if addresses.is_empty() => "without an address".to_owned(),
        addresses => addresses.join(", "),
    };
    shown.map(|service| Candidate::new(word(service), about(service))).collect()
}

fn vips(services: &[&Service], namespace: Option<&str>) -> Vec<Candidate> {
    let shown = services.iter().filter(|service| is_in(service, namespace));
    let vips = |service: &Service| {
        let about = format!("{}/{}", service.metadata.namespace, service.metadata.name);
        addresses(service).map(|vip| Candidate::new(vip, &about)).collect::<Vec<_>>()
    };
    shown.flat_map(|service| vips(service)).collect()
}

fn is_in(service: &Service, namespace: Option<&str>) -> bool {
    namespace.is_none_or(|namespace| service.metadata.namespace == namespace)
}

/// Cluster addresses are not what people ask the program for.
fn is_announced(service: &Service) -> bool {
    service.is_load_balancer() || !service.spec.external_ips.is_empty()
}

fn addresses(service: &Service) -> impl Iterator<Item = &str> {
    let of_load_balancer = service.status.load_balancer.ingress.iter().map(|ingress| ingress.ip.as_str());
    of_load_balancer.chain(service.spec.external_ips.iter().map(String::as_str)).filter(|address| !address.is_empty())
}
