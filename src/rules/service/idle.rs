//! Addresses of load balancers that nothing advertises.

use std::collections::BTreeSet;

use crate::rules::Facts;
use crate::rules::finding::{Finding, Severity, Symptom};
use crate::rules::losses::symptoms;
use crate::rules::vips::Vip;
use crate::topology::cluster::selection::{Address, Candidate};
use crate::topology::cluster::{Obstacle, Profile};
use crate::topology::service::AddressKind;

/// An address that no node should advertise, with what stands in the way.
pub struct Idle<'a, 'f> {
    pub vip: &'f Vip<'a>,
    pub obstacle: &'a Obstacle,
}

/// All of them, by the Services' names.
pub fn idle<'a, 'f>(facts: &'f Facts<'a>) -> Vec<Idle<'a, 'f>> {
    let of_load_balancers = facts.vips().iter().filter(|vip| vip.kind == AddressKind::LoadBalancerIP);
    let idle = of_load_balancers.filter(|vip| vip.is_advertised() == Some(false)).filter_map(|vip| {
        let obstacle = vip.routes.iter().find_map(|(_, route)| route.obstacle.as_ref())?;
        Some(Idle { vip, obstacle })
    });
    let mut idle: Vec<Idle> = idle.collect();
    idle.sort_by_key(|idle| idle.vip.name());
    idle
}

/// Whether nodes should advertise any load balancer's address.
pub fn any_is_advertised(facts: &Facts) -> bool {
    let mut vips = facts.vips().iter().filter(|vip| vip.kind == AddressKind::LoadBalancerIP);
    vips.any(|vip| vip.is_advertised() == Some(true))
}

/// What decides what the sessions carry, each once.
pub fn profiles<'a>(facts: &Facts<'a>) -> Vec<&'a Profile> {
    let mut profiles: Vec<&Profile> = Vec::new();
    for profile in facts.sessions().filter_map(|case| case.session.profile.as_ref()) {
        if !profiles.contains(&profile) {
            profiles.push(profile);
        }
    }
    profiles
}

/// Every advertisement that might have an address, the ones that came furthest first.
pub fn candidates<'a>(facts: &Facts<'a>, profiles: &[&'a Profile], vip: &Vip<'a>) -> Vec<Candidate> {
    let Some(cluster) = facts.cluster() else { return Vec::new() };
    let address = Address { service: Some(vip.service), kind: vip.kind, ipv4: vip.ip.is_ipv4() };
    let of = |profile: &&Profile| cluster.selection(profile, address).value().cloned().unwrap_or_default();
    let mut candidates: Vec<Candidate> = profiles.iter().flat_map(of).collect();
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.verdict.rank()));
    candidates
}

impl Idle<'_, '_> {
    pub fn symptoms(&self) -> BTreeSet<Symptom> {
        self.vip.routes.iter().flat_map(|(at, _)| symptoms(*at)).collect()
    }

    /// Another address of the Service is advertised, such as that of the other family.
    pub fn has_sibling(&self, facts: &Facts) -> bool {
        let mut others = facts.vips().iter().filter(|vip| std::ptr::eq(vip.service, self.vip.service));
        others.any(|vip| vip.is_advertised() == Some(true))
    }

    /// Some may be left out on purpose. That nothing at all goes out is a fault, if less of one where L2 announces it.
    pub fn severity(&self, any_is_advertised: bool) -> Severity {
        match (any_is_advertised, self.vip.l2.policies.is_empty()) {
            (true, _) => Severity::Information,
            (false, false) => Severity::Warning,
            (false, true) => Severity::Error,
        }
    }

    /// Says it if an L2 policy has the address.
    pub fn with_l2(&self, finding: Finding) -> Finding {
        match self.vip.l2.policies.first() {
            Some(policy) => finding.excluded([format!(
                "not unreachable: L2 announcement policy {} has it for hosts on the nodes' own link",
                policy.metadata.name
            )]),
            None => finding,
        }
    }
}
