//! Whether the Service has the address, and who gave it.

use std::net::IpAddr;

use super::Step;
use super::view::{View, listed};
use crate::cilium::pool::{AVAILABLE, Block, CONFLICT, Pool};
use crate::cilium::service::Service;
use crate::snapshot::Kind;
use crate::topology::Known;
use crate::topology::routes::RouteKind;
use crate::topology::service::AddressKind;
use crate::trace::Hop;

pub fn judge(view: &View, hop: Hop) -> Step {
    let source = |kind| view.cluster().and_then(|cluster| cluster.source(kind));
    if view.route.prefix.is_none() {
        return pending(view, hop);
    }
    if let Known::Unknown(why) = &view.route.services {
        return Step::on(hop.unknown(why));
    }
    let (Some(kind), Some(prefix)) = (view.kind(), view.route.prefix) else {
        return Step::end_at(view, hop.cluster(source(Kind::Service), "no Service has it"));
    };
    let hop = match (kind, view.route.vip) {
        (AddressKind::LoadBalancerIP, Some(vip)) => of_pools(view, hop, vip),
        (AddressKind::ExternalIP, _) => hop.cluster(source(Kind::Service), "it stands in spec.externalIPs"),
        (AddressKind::ClusterIP, _) => hop.cluster(source(Kind::Service), "it is the clusterIP"),
        (AddressKind::CiliumPodIPPool, _) => hop.cluster(source(Kind::CiliumNode), "a CiliumPodIPPool's"),
        (AddressKind::PodCIDR | AddressKind::LoadBalancerIP, _) => {
            let nodes = view.cluster().and_then(|cluster| cluster.nodes.value()).into_iter().flatten();
            let has = |cidrs: &[String]| cidrs.iter().any(|cidr| cidr.parse() == Ok(prefix));
            let owners = nodes.filter(|(_, node)| has(&node.spec.ipam.pod_cidrs)).map(|(name, _)| name);
            hop.cluster(source(Kind::CiliumNode), format!("the pod CIDR of {}", listed(owners)))
        }
    };
    Step::on(hop)
}

/// The address is there: which pool it is from.
fn of_pools(view: &View, hop: Hop, vip: IpAddr) -> Hop {
    let Some(cluster) = view.cluster() else { return hop };
    let (pools, source) = (&cluster.pools, cluster.source(Kind::LoadBalancerIpPool));
    let Some(pools) = pools.value() else {
        return hop.cluster(cluster.source(Kind::Service), "the Service's status has it; the pools were not read");
    };
    let block = |pool: &Pool| {
        pool.spec.blocks().find(|block| block.range().is_some_and(|range| range.contains(vip))).map(words)
    };
    let mut having = pools.iter().filter_map(|pool| Some((pool, block(pool)?)));
    match having.next() {
        Some((pool, block)) => hop.cluster(source, format!("pool {}, block {block}", pool.metadata.name)),
        None => hop.cluster(
            cluster.source(Kind::Service),
            "the Service's status has it, and no CiliumLoadBalancerIPPool: another load balancer gave it, or its pool is gone",
        ),
    }
}

fn words(block: &Block) -> String {
    match (&block.cidr, &block.start, &block.stop) {
        (Some(cidr), ..) => cidr.clone(),
        (None, Some(start), Some(stop)) => format!("{start} to {stop}"),
        (None, start, _) => start.clone().unwrap_or_default(),
    }
}

fn pending(view: &View, hop: Hop) -> Step {
    let Some(cluster) = view.cluster() else { return Step::on(hop.unknown("the cluster was not asked")) };
    let source = cluster.source(Kind::Service);
    let mut hop = match view.route.status.fault() {
        Some(fault) => hop.cluster(source, fault.to_string()),
        None => hop,
    };
    let is_ciliums = |service: &&Service| {
        let class = service.spec.load_balancer_class.as_deref();
        class.is_none_or(|class| class.starts_with("io.cilium/"))
    };
    let (Some(pools), Some(service)) = (cluster.pools.value(), view.services.iter().copied().find(is_ciliums)) else {
        return Step::end(hop);
    };
    let source = cluster.source(Kind::LoadBalancerIpPool);
    if pools.is_empty() {
        hop = hop.cluster(source, "there is no CiliumLoadBalancerIPPool");
    }
    for pool in pools {
        hop = hop.cluster(source, format!("pool {}: {}", pool.metadata.name, why_not(pool, service)));
    }
    Step::end(hop)
}

/// Why a pool gives the Service nothing.
fn why_not(pool: &Pool, service: &Service) -> String {
    let labels = crate::topology::cluster::selection::labels_of(service);
    let mismatches =
        pool.spec.service_selector.as_ref().map(|selector| selector.mismatches(&labels)).unwrap_or_default();
    let asked: Vec<IpAddr> = service.asked_ips().collect();
    let missing: Vec<String> = asked.iter().filter(|ip| !pool.spec.contains(**ip)).map(ToString::to_string).collect();
    let families = service.spec.ip_families;
    let fits = |first: IpAddr| {
        (!families.ipv4 && !families.ipv6) || (if first.is_ipv4() { families.ipv4 } else { families.ipv6 })
    };
    if pool.spec.disabled {
        "it is disabled".to_owned()
    } else if pool.status.conditions.is_true(CONFLICT) {
        "it is another pool's too (PoolConflict)".to_owned()
    } else if !mismatches.is_empty() {
        format!("its serviceSelector does not match: {}", listed(mismatches.iter().map(ToString::to_string)))
    } else if pool.spec.ranges().next().is_none() {
        "it has no addresses".to_owned()
    } else if !missing.is_empty() {
        format!("it does not have {}, which is asked for", missing.join(", "))
    } else if let Some(ip) = asked.iter().find(|ip| pool.spec.reserves(**ip)) {
        format!("it keeps {ip}, the first or last of its block (allowFirstLastIPs)")
    } else if !pool.spec.ranges().any(|range| fits(range.first)) {
        "it has no addresses of the Service's family".to_owned()
    } else if pool.status.count(AVAILABLE) == Some(0) {
        "all its addresses are taken".to_owned()
    } else if !asked.is_empty() {
        "it has the address that is asked for: is it another Service's?".to_owned()
    } else {
        "nothing is seen that keeps it from giving one: does the operator run?".to_owned()
    }
}

impl View<'_> {
    /// It is a route of a Service's address.
    pub fn is_of_service(&self) -> bool {
        matches!(
            self.route.kind,
            RouteKind::Address(AddressKind::LoadBalancerIP | AddressKind::ClusterIP | AddressKind::ExternalIP)
        )
    }
}
