//! What nodes are asked to advertise before and after a setup.

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde_json::json;

use super::Manifest;
use crate::cilium::bgp::PeeringPolicy;
use crate::snapshot::{ClusterAnswers, Document, Kind};
use crate::topology::Known;
use crate::topology::cluster::{Cluster, Profile, Services, Wanted};

/// A prefix that a node advertises to a peer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Announcement {
    pub prefix: IpNet,
    pub node: String,
    /// The peer's address.
    pub peer: String,
}

/// What a setup changes about it.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    pub same: BTreeSet<Announcement>,
    /// Not advertised any more.
    pub lost: BTreeSet<Announcement>,
    /// Not advertised before.
    pub gained: BTreeSet<Announcement>,
    /// Why it is not the whole of it, if it is not.
    pub unknown: Option<String>,
}

/// What decides which session carries what.
const DECIDING: &[Kind] = &[
    Kind::CiliumNode,
    Kind::BgpClusterConfig,
    Kind::BgpPeerConfig,
    Kind::BgpAdvertisement,
    Kind::BgpNodeConfig,
    Kind::BgpNodeConfigOverride,
    Kind::BgpPeeringPolicy,
    Kind::CiliumConfig,
];

impl Comparison {
    /// The cluster as it is, and with these objects instead of its own and of all CiliumBGPPeeringPolicies.
    pub fn of(end: &ClusterAnswers, manifests: &[Manifest]) -> Self {
        let services = Services::decode(end, &[Kind::Service, Kind::EndpointSlice], &mut Vec::new());
        let (before, unknown_before) = announced(end, &services);
        let (after, unknown_after) = announced(&with(end, manifests), &services);
        let unread = services.services.why_unknown().map(str::to_owned);
        Self {
            same: before.intersection(&after).cloned().collect(),
            lost: before.difference(&after).cloned().collect(),
            gained: after.difference(&before).cloned().collect(),
            unknown: unread.or(unknown_before).or(unknown_after),
        }
    }

    /// The same is advertised before and after, as far as is known.
    pub fn is_same(&self) -> bool {
        self.lost.is_empty() && self.gained.is_empty()
    }
}

fn announced(end: &ClusterAnswers, services: &Services) -> (BTreeSet<Announcement>, Option<String>) {
    let cluster = Cluster::decode(end, DECIDING, &mut Vec::new());
    let wanted = cluster.wanted();
    let (advertised, groups) = cluster.advertised(services, &wanted);
    let mut announced = BTreeSet::new();
    let mut unknown = advertised.unknown;
    for (prefix, carriers) in advertised.carriers {
        unknown = unknown.or(carriers.unknown);
        let of_groups = carriers.groups.iter().flat_map(|&group| &groups[group]);
        let sessions: BTreeSet<usize> = of_groups.chain(&carriers.sessions).copied().collect();
        let sessions =
            sessions.into_iter().map(|at| &wanted[at]).filter(|session| negotiates(&cluster, session, prefix));
        announced.extend(sessions.map(|session| Announcement {
            prefix,
            node: session.key.node.0.clone(),
            peer: peer_of(session),
        }));
    }
    (announced, unknown)
}

/// A policy may name the families of a neighbor.
fn negotiates(cluster: &Cluster, session: &Wanted, prefix: IpNet) -> bool {
    let Profile::Policy(name, position) = &session.profile else { return true };
    let is_it = |policy: &&PeeringPolicy| policy.metadata.name == *name;
    let policy = cluster.policies.value().into_iter().flatten().find(is_it);
    let router = policy.and_then(|policy| policy.spec.virtual_routers.get(*position));
    let peer = peer_of(session);
    let is_peer = |address: &String| address.split('/').next() == Some(peer.as_str());
    let mut neighbors = router.into_iter().flat_map(|router| &router.neighbors);
    let neighbor = neighbors.find(|neighbor| neighbor.peer_address.as_ref().is_some_and(is_peer));
    let families = neighbor.map_or(&[][..], |neighbor| neighbor.families.as_slice());
    let afi = if prefix.addr().is_ipv4() { "ipv4" } else { "ipv6" };
    families.is_empty() || families.iter().any(|family| family.afi == afi && family.safi == "unicast")
}

fn peer_of(session: &Wanted) -> String {
    match &session.peer_address {
        Known::Seen(address) | Known::Computed(address) => address.to_string(),
        _ => session.key.peer.0.clone(),
    }
}

/// The cluster with other objects. The operator makes new node configs of them.
fn with(end: &ClusterAnswers, manifests: &[Manifest]) -> ClusterAnswers {
    let documents = end.documents.iter().filter_map(|document| {
        let kind = DECIDING.iter().find(|kind| kind.name() == document.name)?;
        let is_planned = Kind::WRITTEN.contains(kind);
        let is_gone = matches!(kind, Kind::BgpPeeringPolicy | Kind::BgpNodeConfig);
        Some(if is_planned || is_gone { of_kind(*kind, document, manifests) } else { copy(document) })
    });
    ClusterAnswers {
        server: end.server.clone(),
        cilium_namespace: end.cilium_namespace.clone(),
        missing: end.missing.clone(),
        documents: documents.collect(),
        agents: Vec::new(),
    }
}

fn of_kind(kind: Kind, document: &Document, manifests: &[Manifest]) -> Document {
    let items: Vec<_> = manifests.iter().filter(|manifest| manifest.kind == kind).map(Manifest::object).collect();
    Document::answer(kind.name(), document.read_at, document.took_ms, json!({"items": items}).to_string())
}

fn copy(document: &Document) -> Document {
    match (&document.missing, document.body()) {
        (None, Some(body)) => {
            Document::answer(document.name.clone(), document.read_at, document.took_ms, body.to_owned())
        }
        (missing, _) => Document {
            missing: missing.clone(),
            ..Document::answer(&document.name, document.read_at, 0, String::new())
        },
    }
}

#[cfg(test)]
mod tests;
