//! The nodes that are to peer.

use super::{NAMED, Objection};
use crate::frr::config::Version;
use crate::setup::ground::Ground;
use crate::setup::propose::family;
use crate::setup::worksheet::Worksheet;
use crate::topology::names::listed_up_to;

/// A cluster without any.
pub fn none(ground: &Ground) -> Vec<Objection> {
    let cluster = ground.cluster;
    let is_known = cluster.nodes.value().is_some() || cluster.node_objects.value().is_some();
    // Files need not have them, and then there is nothing to check.
    if !is_known || !ground.nodes().is_empty() {
        return Vec::new();
    }
    let objection = Objection::refuses("the cluster has no nodes: nobody would peer");
    vec![objection.next(
        "`kubectl get nodes,ciliumnodes` says what is there, `kubectl config current-context` which cluster it is",
    )]
}

pub fn find(worksheet: &Worksheet, ground: &Ground) -> Vec<Objection> {
    let nodes = ground.nodes();
    let selected: Vec<_> = nodes.iter().filter(|node| worksheet.node_selector.value.matches(node.labels)).collect();
    if selected.is_empty() && !nodes.is_empty() {
        let what = format!("the node selector {} selects none of {} nodes", worksheet.node_selector.value, nodes.len());
        return vec![Objection::refuses(what).next("`kubectl get ciliumnodes --show-labels` has their labels")];
    }
    let mut objections = Vec::new();
    for version in [Version::V4, Version::V6] {
        let Some(peer) = worksheet.peers.iter().find(|peer| peer.family() == version) else { continue };
        let address = peer.address.value;
        let without: Vec<&str> = selected.iter().filter(|node| !node.has(version)).map(|node| node.name).collect();
        if without.is_empty() {
            continue;
        }
        let family = family(version);
        let who = listed_up_to(NAMED, &without);
        let step = "kubelet's --node-ip, or the cloud provider, gives a node its InternalIPs";
        objections.push(if without.len() == selected.len() {
            let what = format!("no node has an {family} InternalIP to dial {address} from");
            Objection::refuses(what).next(step).next("or name an address of the other family with --router-address")
        } else {
            let what = format!("{who} has no {family} InternalIP and will not come up with {address}");
            Objection::warns(what).next(step).next("or leave it out with --node-selector")
        });
    }
    objections
}
