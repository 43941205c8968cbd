//! Whether an advertisement has it, through which PeerConfig, and why the others have not.

use std::collections::BTreeSet;

use super::Step;
use super::view::View;
use crate::cilium::service::Service;
use crate::snapshot::Kind;
use crate::topology::Known;
use crate::topology::cluster::selection::{Address, Candidate, Verdict};
use crate::topology::cluster::{Cluster, Obstacle, Profile};
use crate::topology::service::AddressKind;
use crate::trace::Hop;

/// How many advertisements a broken hop tells of.
const TOLD: usize = 6;

pub fn judge(view: &View, hop: Hop) -> Step {
    let Some(cluster) = view.cluster() else { return Step::on(hop.unknown("the cluster was not asked")) };
    let Some(kind) = view.kind() else { return nothing(view, hop) };
    if kind == AddressKind::CiliumPodIPPool {
        return Step::on(hop.unknown("CiliumPodIPPools are not read"));
    }
    if let Some(obstacle @ (Obstacle::Class(_) | Obstacle::NoFrontend(_))) = &view.route.obstacle {
        return not_selected(view, trap(view, hop.cluster(cluster.source(Kind::Service), obstacle.to_string())));
    }
    let profiles: Vec<&Profile> = profiles(view);
    if profiles.is_empty() {
        let why = match (cluster.knows_sessions(), view.router) {
            (false, _) => return Step::on(hop.unknown("which sessions there should be is not known")),
            (true, Some((_, router))) if !view.topology.sessions.is_empty() => {
                format!("no session of the cluster ends at {}", router.name)
            }
            _ => "no node is asked to peer".to_owned(),
        };
        return not_selected(view, hop.cluster(cluster.source(Kind::BgpClusterConfig), why));
    }
    let candidates = match candidates(view, cluster, kind, &profiles) {
        Known::Seen(candidates) | Known::Computed(candidates) => candidates,
        Known::Absent(why) | Known::Unknown(why) => return Step::on(hop.unknown(why)),
    };
    let source = cluster.source(Kind::BgpAdvertisement);
    let (selecting, others): (Vec<_>, Vec<_>) =
        candidates.iter().partition(|candidate| candidate.verdict == Verdict::Selects);
    if selecting.is_empty() {
        let hop = others.iter().take(TOLD).fold(hop, |hop, other| hop.cluster(source, other.to_string()));
        return not_selected(view, trap(view, hop));
    }
    Step::on(selecting.iter().fold(hop, |hop, one| hop.cluster(source, one.to_string())))
}

/// Of sessions that end at the router.
fn profiles<'a>(view: &View<'a>) -> Vec<&'a Profile> {
    let mut profiles: Vec<&Profile> = Vec::new();
    for profile in view.sessions().filter_map(|(_, session)| session.profile.as_ref()) {
        if !profiles.contains(&profile) {
            profiles.push(profile);
        }
    }
    profiles
}

/// Of all Services that share the address; the ones that came furthest first.
fn candidates(view: &View, cluster: &Cluster, kind: AddressKind, profiles: &[&Profile]) -> Known<Vec<Candidate>> {
    let ipv4 = view.route.prefix.is_none_or(|prefix| prefix.addr().is_ipv4());
    let services: Vec<Option<&Service>> =
        if view.services.is_empty() { vec![None] } else { view.services.iter().copied().map(Some).collect() };
    let mut all: Vec<Candidate> = Vec::new();
    for service in services {
        for profile in profiles {
            match cluster.selection(profile, Address { service, kind, ipv4 }) {
                Known::Seen(found) | Known::Computed(found) => all.extend(found),
                unknown => return unknown,
            }
        }
    }
    let mut said = BTreeSet::new();
    all.retain(|candidate| said.insert(candidate.to_string()));
    all.sort_by_key(|candidate| std::cmp::Reverse(candidate.verdict.rank()));
    Known::Computed(all)
}

/// What is not selected is on the router only if something is wrong there.
fn not_selected(view: &View, hop: Hop) -> Step {
    Step::end_at(view, hop)
}

fn nothing(view: &View, hop: Hop) -> Step {
    not_selected(view, hop.cluster(None, "no object of the cluster asks for it"))
}

/// An address that stands in `spec.externalIPs` too is an external one to Cilium.
fn trap(view: &View, hop: Hop) -> Hop {
    let Some(vip) = view.route.vip else { return hop };
    let doubled = |service: &&&Service| service.external_ips().any(|external| external == vip);
    match view.services.iter().find(doubled) {
        Some(service) if view.kind() == Some(AddressKind::LoadBalancerIP) => {
            let by = match crate::topology::made_by::Maker::of(&service.metadata) {
                Some(maker) if maker.kind == "Gateway" => format!("spec.addresses of {maker} puts"),
                _ => "something put".to_owned(),
            };
            hop.cluster(
                None,
                format!("{by} {vip} into spec.externalIPs; lbipam.cilium.io/ips asks for it without that"),
            )
        }
        _ => hop,
    }
}
