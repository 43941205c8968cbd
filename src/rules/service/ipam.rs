//! Why LB-IPAM gives a Service no address (cilium operator/pkg/lbipam).

use std::collections::HashMap;
use std::net::IpAddr;

use crate::cilium::pool::{AVAILABLE, CONFLICT, Pool};
use crate::cilium::selector::Mismatch;
use crate::cilium::service::Service;
use crate::topology::cluster::selection::labels_of;

pub struct Ipam<'a> {
    pools: &'a [Pool],
    owners: HashMap<IpAddr, &'a Service>,
}

/// What keeps an address from a Service.
pub enum Refusal<'a> {
    NoPool,
    Disabled(&'a Pool),
    /// Its addresses are another pool's too, so that it gives none.
    Conflict(&'a Pool),
    Unselected(&'a Pool, Vec<Mismatch>),
    /// No pool has addresses of the family.
    NoFamily,
    Full(&'a Pool),
    /// The address that is asked for is in no pool.
    Outside(IpAddr),
    Taken(IpAddr, &'a Service),
    /// The first or last of its prefix.
    Reserved(IpAddr, &'a Pool),
    /// Nothing is seen that keeps it.
    Unclear,
}

impl<'a> Ipam<'a> {
    pub fn of(pools: &'a [Pool], services: &'a [Service]) -> Self {
        let addresses =
            services.iter().flat_map(|service| service.load_balancer_ips().map(move |(ip, _)| (ip, service)));
        Self { pools, owners: addresses.collect() }
    }

    pub fn refusal(&self, service: &'a Service) -> Refusal<'a> {
        if self.pools.is_empty() {
            return Refusal::NoPool;
        }
        let has = |ip: IpAddr| self.owners.get(&ip).is_some_and(|owner| std::ptr::eq(*owner, service));
        let missing = service.asked_ips().filter(|ip| !has(*ip));
        let asked = missing.map(|ip| self.asked(service, ip)).find(|refusal| !matches!(refusal, Refusal::Unclear));
        match asked {
            Some(refusal) => refusal,
            None if service.asked_ips().next().is_some() => Refusal::Unclear,
            None => self.any(service),
        }
    }

    fn asked(&self, service: &'a Service, ip: IpAddr) -> Refusal<'a> {
        let Some(pool) = self.best(self.pools.iter().filter(|pool| pool.spec.contains(ip)), service) else {
            return Refusal::Outside(ip);
        };
        match (why_not(pool, service), self.owners.get(&ip)) {
            (Some(refusal), _) => refusal,
            (None, _) if pool.spec.reserves(ip) => Refusal::Reserved(ip, pool),
            (None, Some(owner)) => Refusal::Taken(ip, owner),
            (None, None) => Refusal::Unclear,
        }
    }

    fn any(&self, service: &'a Service) -> Refusal<'a> {
        let families = service.spec.ip_families;
        let fits = |ip: IpAddr| {
            let unsaid = !families.ipv4 && !families.ipv6;
            unsaid || if ip.is_ipv4() { families.ipv4 } else { families.ipv6 }
        };
        let of_family = self.pools.iter().filter(|pool| pool.spec.ranges().any(|range| fits(range.first)));
        match self.best(of_family, service) {
            None => Refusal::NoFamily,
            Some(pool) => match why_not(pool, service) {
                Some(refusal) => refusal,
                None if pool.status.count(AVAILABLE) == Some(0) => Refusal::Full(pool),
                None => Refusal::Unclear,
            },
        }
    }

    /// The pool that comes closest to giving an address.
    fn best(&self, pools: impl Iterator<Item = &'a Pool>, service: &Service) -> Option<&'a Pool> {
        pools.min_by_key(|pool| match why_not(pool, service) {
            None => 0,
            Some(Refusal::Conflict(_)) => 1,
            Some(Refusal::Disabled(_)) => 2,
            Some(_) => 3,
        })
    }

    /// An address that LB-IPAM would give the Service if it were asked for, of the family of another.
    pub fn free(&self, service: &Service, like: IpAddr) -> Option<IpAddr> {
        let usable = self.pools.iter().filter(|pool| why_not(pool, service).is_none());
        usable.into_iter().find_map(|pool| {
            let ranges = pool.spec.ranges().filter(|range| range.first.is_ipv4() == like.is_ipv4());
            let is_free = |ip: &IpAddr| !self.owners.contains_key(ip) && !pool.spec.reserves(*ip);
            ranges.flat_map(|range| range.addresses().take(self.owners.len() + 3)).find(is_free)
        })
    }
}

/// Why a pool gives a Service nothing, whichever address it wants.
fn why_not<'a>(pool: &'a Pool, service: &Service) -> Option<Refusal<'a>> {
    let selector = pool.spec.service_selector.as_ref();
    let mismatches = selector.map(|selector| selector.mismatches(&labels_of(service))).unwrap_or_default();
    if !mismatches.is_empty() {
        Some(Refusal::Unselected(pool, mismatches))
    } else if pool.spec.disabled {
        Some(Refusal::Disabled(pool))
    } else if pool.status.conditions.is_true(CONFLICT) {
        Some(Refusal::Conflict(pool))
    } else {
        None
    }
}
