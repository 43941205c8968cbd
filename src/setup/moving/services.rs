//! What each Service has to ask for.

use std::net::IpAddr;

use super::Situation;
use super::range::Mapping;
use crate::cilium::service::{BGP_CLASS, Service};

/// The annotation that asks LB-IPAM for addresses; the older name is taken too.
const IPS: &str = "lbipam.cilium.io/ips";
const OLD_IPS: &str = "io.cilium/lb-ipam-ips";
/// The label of Services that are made for a Gateway (GEP-1762).
const GATEWAY: &str = "gateway.networking.k8s.io/gateway-name";

/// Where the annotation is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    Service,
    /// The Service is made for this Gateway: its `spec.infrastructure.annotations`.
    Gateway(String),
    /// The Service is made by this object, which decides on its annotations.
    Owner(String),
}

/// A Service's way to a new address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceMove {
    pub namespace: String,
    pub name: String,
    pub at: At,
    pub annotation: &'static str,
    /// Its addresses of the old pool.
    pub old: Vec<IpAddr>,
    pub new: Vec<IpAddr>,
    /// All that it asks for meanwhile: those that it keeps, the old and the new ones.
    pub both: Vec<IpAddr>,
    /// All that it asks for in the end.
    pub then: Vec<IpAddr>,
    /// What else is to be seen to: each a sentence.
    pub notes: Vec<String>,
}

/// The Services that have or ask for an address of the pool.
pub fn moves(situation: &Situation, mapping: &Mapping) -> Vec<ServiceMove> {
    let services = situation.services.iter().filter(|service| service.is_load_balancer());
    let mut moves: Vec<ServiceMove> = services.filter_map(|service| one(service, situation, mapping)).collect();
    moves.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    moves
}

fn one(service: &Service, situation: &Situation, mapping: &Mapping) -> Option<ServiceMove> {
    // Whatever the annotation does not name is taken away.
    let mut asked: Vec<IpAddr> = Vec::new();
    for ip in service.asked_ips().chain(service.load_balancer_ips().map(|(ip, _)| ip)) {
        if !asked.contains(&ip) {
            asked.push(ip);
        }
    }
    let old: Vec<IpAddr> = asked.iter().copied().filter(|ip| mapping.moves(*ip)).collect();
    if old.is_empty() {
        return None;
    }
    let new: Vec<IpAddr> = old.iter().filter_map(|ip| mapping.new_of(*ip)).collect();
    let kept = || asked.iter().copied().filter(|ip| !old.contains(ip));
    let metadata = &service.metadata;
    let is_old_name = metadata.annotations.contains_key(OLD_IPS) && !metadata.annotations.contains_key(IPS);
    let annotation = if is_old_name { OLD_IPS } else { IPS };
    Some(ServiceMove {
        namespace: metadata.namespace.clone(),
        name: metadata.name.clone(),
        at: at(service),
        annotation,
        both: asked.iter().copied().chain(new.iter().copied().filter(|ip| !asked.contains(ip))).collect(),
        then: kept().chain(new.iter().copied()).collect(),
        notes: notes(service, &old, situation),
        old,
        new,
    })
}

fn at(service: &Service) -> At {
    let metadata = &service.metadata;
    if let Some(gateway) = metadata.labels.get(GATEWAY).map(String::as_str).or(metadata.owner("Gateway")) {
        return At::Gateway(gateway.to_owned());
    }
    let owner = ["Ingress", "HTTPProxy", "EnvoyProxy"]
        .iter()
        .find_map(|kind| Some(format!("{kind} {}", metadata.owner(kind)?)));
    owner.map_or(At::Service, At::Owner)
}

fn notes(service: &Service, old: &[IpAddr], situation: &Situation) -> Vec<String> {
    let mut notes = Vec::new();
    if service.asks_by_field() {
        notes.push("spec.loadBalancerIP asks for the old address too: remove it with the old address".to_owned());
    }
    if let Some(key) = service.sharing_key() {
        let others: Vec<String> = situation
            .services
            .iter()
            .filter(|other| {
                other.sharing_key() == Some(key) && other.load_balancer_ips().any(|(ip, _)| old.contains(&ip))
            })
            .map(|other| format!("{}/{}", other.metadata.namespace, other.metadata.name))
            .filter(|name| *name != format!("{}/{}", service.metadata.namespace, service.metadata.name))
            .collect();
        if !others.is_empty() {
            notes.push(format!("it shares its address by the key {key:?}: change {} with it", others.join(", ")));
        }
    }
    match service.spec.load_balancer_class.as_deref() {
        None | Some(BGP_CLASS) => {}
        Some(class) => notes.push(format!(
            "its class {class} is not advertised by BGP, and a class cannot be changed: it takes a new Service"
        )),
    }
    let labels = &service.metadata.labels;
    for (kind, group) in [("Kustomization", "kustomize.toolkit.fluxcd.io"), ("HelmRelease", "helm.toolkit.fluxcd.io")] {
        if let Some(name) = labels.get(&format!("{group}/name")) {
            notes.push(format!("it comes from Flux's {kind} {name}: change it in Git, or it is changed back"));
        }
    }
    notes
}
