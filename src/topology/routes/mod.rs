//! Routes: what the nodes should advertise, joined with what each router has of it.

pub mod evidence;
pub mod fault;
mod owners;
mod path;
mod speakers;
pub mod status;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::rc::Rc;

use ipnet::IpNet;

use super::cluster::{Advertised, Obstacle};
use super::known::Known;
use super::router::Router;
use super::router::tables::{KernelRoute, Rib, Tables};
use super::service::{AddressKind, ServiceRef};
use super::session::{Session, Source};
use evidence::Evidence;
use owners::Owners;
pub use path::RoutePath;
use speakers::SpeakersOf;
pub use speakers::{SessionIndex, Speakers};
use status::Status;

/// One prefix and one router. Nodes are told by their sessions' positions.
pub struct Route {
    /// The Services' address; none while it is pending, and for what is no VIP.
    pub vip: Option<IpAddr>,
    /// None while the address is pending.
    pub prefix: Option<IpNet>,
    pub kind: RouteKind,
    /// Absent: no Service has it.
    pub services: Known<Vec<Rc<ServiceRef>>>,
    /// None if no router was read.
    pub router: Option<Rc<str>>,
    /// The sessions to this router that should carry it.
    pub expected: Known<Speakers>,
    /// What keeps it from being advertised, if nothing advertises it.
    pub obstacle: Option<Obstacle>,
    /// The router's paths; none of them is absent.
    pub paths: Known<Vec<RoutePath>>,
    /// What the router's kernel has; absent: no route of this prefix.
    pub kernel: Known<KernelRoute>,
    pub kernel_source: Option<Source>,
    /// What zebra says of BGP's route.
    pub rib: Known<Rib>,
    pub status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouteKind {
    Address(AddressKind),
    /// The router learned it from a node, and no object of the cluster has it.
    Unowned,
}

/// What the routes are made of.
pub struct Parts<'a> {
    pub sessions: &'a [Session],
    /// `None`: the cluster was not asked.
    pub advertised: Option<&'a Advertised>,
    /// The sessions of each group of carriers.
    pub groups: &'a [Vec<SessionIndex>],
    /// `None`: no router was asked.
    pub routers: Option<&'a [Router]>,
    pub evidence: &'a Evidence,
}

/// What Services have, by their names; then the pods' prefixes; then what only a router has.
pub fn routes(parts: &Parts) -> Vec<Route> {
    let mut rows = Vec::new();
    let routers = parts.routers.unwrap_or_default();
    if routers.is_empty() {
        let speakers = SpeakersOf::new(parts, None);
        rows.extend(owned(parts, None, &speakers, &Owners::default()));
    }
    for (index, router) in routers.iter().enumerate() {
        let owners = Owners::of(parts.sessions, index);
        let speakers = SpeakersOf::new(parts, Some(index));
        rows.extend(owned(parts, Some(router), &speakers, &owners));
        rows.extend(learned(parts, router, &speakers, &owners));
    }
    for route in &mut rows {
        route.read_communities(parts.evidence);
        route.status = status::of(route, parts.sessions, parts.evidence);
    }
    rows.extend(pending(parts));
    rows.sort_by_cached_key(Route::place);
    rows
}

/// Addresses of Services and pod CIDRs.
fn owned<'a>(
    parts: &'a Parts,
    router: Option<&'a Router>,
    speakers: &'a SpeakersOf,
    owners: &'a Owners,
) -> impl Iterator<Item = Route> + 'a {
    let name: Option<Rc<str>> = router.map(|router| router.name.as_str().into());
    let advertised = parts.advertised;
    let addresses = advertised.into_iter().flat_map(|all| &all.addresses);
    let named = name.clone();
    let addresses = addresses.map(move |((ip, prefix), address)| Route {
        vip: Some(*ip),
        services: Known::Seen(sorted(&address.services)),
        obstacle: address.obstacle.clone(),
        ..seen(RouteKind::Address(address.kind), *prefix, named.clone(), router, speakers, owners)
    });
    let cidrs = advertised.into_iter().flat_map(|all| {
        let advertised = all.pod_cidrs.iter().filter(|(cidr, _)| all.carriers.contains_key(cidr));
        advertised.filter(|(cidr, _)| !all.addresses.contains_key(&(cidr.addr(), **cidr)))
    });
    let cidrs =
        cidrs.map(move |(cidr, kind)| seen(RouteKind::Address(*kind), *cidr, name.clone(), router, speakers, owners));
    addresses.chain(cidrs)
}

/// What the router learned from nodes and no row above has.
fn learned(parts: &Parts, router: &Router, speakers: &SpeakersOf, owners: &Owners) -> Vec<Route> {
    let known: BTreeSet<IpNet> = parts.advertised.map(Advertised::prefixes_with_rows).unwrap_or_default();
    let tables = [&router.ipv4, &router.ipv6];
    let prefixes = tables.into_iter().filter_map(|tables| tables.paths.value()).flatten();
    let foreign = prefixes.filter(|(prefix, paths)| {
        !known.contains(prefix) && (!owners.knows_nodes() || paths.iter().any(|path| owners.is_of_node(&path.neighbor)))
    });
    foreign
        .map(|(prefix, _)| {
            let other = parts.advertised.and_then(|all| all.others.get(prefix));
            let pod_cidr = parts.advertised.and_then(|all| all.pod_cidrs.get(prefix)).copied();
            let kind = other.map(|other| other.kind).or(pod_cidr).map_or(RouteKind::Unowned, RouteKind::Address);
            let name = Some(router.name.as_str().into());
            // Which prefixes these types advertise does not stand in the objects that are read.
            let hidden = match (kind, parts.advertised) {
                (RouteKind::Address(AddressKind::CiliumPodIPPool), _) => Some("CiliumPodIPPools are not read"),
                (RouteKind::Unowned, Some(all)) if all.has_interfaces && is_host(*prefix) => {
                    Some("an advertisement of an interface may have it")
                }
                _ => None,
            };
            let seen = seen(kind, *prefix, name, Some(router), speakers, owners);
            Route {
                vip: other.map(|_| prefix.addr()),
                expected: hidden.map_or(seen.expected, Known::unknown),
                services: match (other, parts.advertised) {
                    (Some(other), _) => Known::Seen(sorted(&other.services)),
                    (None, Some(_)) if hidden.is_some() => Known::unknown(hidden.unwrap_or_default()),
                    (None, None) => Known::unknown("the cluster was not asked"),
                    (None, Some(all)) if !all.services_known => Known::unknown("the Services could not be read"),
                    (None, Some(_)) => Known::absent("no Service has it"),
                },
                obstacle: other.and_then(|other| other.obstacle.clone()),
                ..seen
            }
        })
        .collect()
}

fn is_host(prefix: IpNet) -> bool {
    prefix.prefix_len() == prefix.max_prefix_len()
}

fn pending<'a>(parts: &'a Parts) -> impl Iterator<Item = Route> + 'a {
    let pending = parts.advertised.into_iter().flat_map(|all| &all.pending);
    pending.map(|pending| Route {
        vip: None,
        prefix: None,
        kind: RouteKind::Address(AddressKind::LoadBalancerIP),
        services: Known::Seen(vec![Rc::clone(&pending.service)]),
        router: None,
        expected: Known::absent("it has no address"),
        obstacle: None,
        paths: Known::absent("it has no address"),
        kernel: Known::absent("it has no address"),
        kernel_source: None,
        rib: Known::absent("it has no address"),
        status: Status::pending(&pending.why),
    })
}

/// What is seen of a prefix, without the address's own part.
fn seen(
    kind: RouteKind,
    prefix: IpNet,
    name: Option<Rc<str>>,
    router: Option<&Router>,
    speakers: &SpeakersOf,
    owners: &Owners,
) -> Route {
    let tables = router.map(|router| if prefix.addr().is_ipv4() { &router.ipv4 } else { &router.ipv6 });
    Route {
        vip: None,
        prefix: Some(prefix),
        kind,
        services: Known::absent("no Service has it"),
        router: name,
        expected: speakers.of(&prefix),
        obstacle: None,
        paths: at(tables, |tables| tables.paths.map(|paths| owners.paths(paths.get(&prefix)))),
        kernel: at(tables, |tables| {
            tables.kernel.and_then(|kernel| match kernel.routes.get(&prefix) {
                Some(route) => Known::Seen(route.clone()),
                None => Known::absent("the kernel has no route of this prefix"),
            })
        }),
        kernel_source: tables.and_then(|tables| tables.kernel.value()).map(|kernel| kernel.source.clone()),
        rib: at(tables, |tables| {
            tables.rib.and_then(|rib| match rib.get(&prefix) {
                Some(rib) => Known::Seen(*rib),
                None => Known::absent("BGP gave zebra no route of this prefix"),
            })
        }),
        status: Status::undecided(),
    }
}

fn at<T>(tables: Option<&Tables>, read: impl FnOnce(&Tables) -> Known<T>) -> Known<T> {
    tables.map_or_else(|| Known::unknown("no router was read"), read)
}

fn sorted(services: &[Rc<ServiceRef>]) -> Vec<Rc<ServiceRef>> {
    let mut services = services.to_vec();
    services.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    services.dedup_by(|a, b| (&a.namespace, &a.name) == (&b.namespace, &b.name));
    services
}

impl Route {
    fn read_communities(&mut self, evidence: &Evidence) {
        let (Some(router), Some(prefix), Known::Seen(paths)) = (&self.router, self.prefix, &mut self.paths) else {
            return;
        };
        for path in paths {
            path.communities = evidence.communities(router, prefix, &path.path.neighbor);
        }
    }

    /// How many nodes should advertise it.
    pub fn expected_nodes(&self) -> Known<usize> {
        self.expected.map(|speakers| speakers.nodes)
    }

    /// How many nodes, or neighbors that no node is, have a path.
    pub fn accepted(&self) -> Known<usize> {
        self.count(|_| true)
    }

    /// How many of them the router uses.
    pub fn best(&self) -> Known<usize> {
        self.count(|path| path.path.is_used())
    }

    /// How many next hops the kernel has in a route of BGP's.
    pub fn fib(&self) -> Known<usize> {
        match &self.kernel {
            Known::Seen(route) | Known::Computed(route) if route.by_bgp => {
                Known::Seen(route.next_hops.iter().filter(|hop| hop.alive).count())
            }
            Known::Unknown(why) => Known::unknown(why),
            Known::Absent(why) if self.prefix.is_none() => Known::absent(why),
            _ => Known::Seen(0),
        }
    }

    /// Where it stands among the others; several routers' rows of one prefix stand together, in the routers' order.
    fn place(&self) -> impl Ord + use<> {
        let service = self.services.value().and_then(|services| services.first());
        let service = service.map(|service| (service.namespace.clone(), service.name.clone()));
        (service.is_none(), self.kind, service, self.vip, self.prefix)
    }

    fn count(&self, is_counted: impl Fn(&RoutePath) -> bool) -> Known<usize> {
        match &self.paths {
            Known::Seen(paths) | Known::Computed(paths) => {
                let sources: BTreeSet<_> =
                    paths.iter().filter(|path| is_counted(path)).map(RoutePath::source).collect();
                Known::Seen(sources.len())
            }
            Known::Absent(why) if self.prefix.is_none() => Known::absent(why),
            // No BGP runs on the router: it accepted nothing.
            Known::Absent(_) => Known::Seen(0),
            Known::Unknown(why) => Known::unknown(why),
        }
    }

    /// It is only shown when everything that is advertised is asked for.
    pub fn is_of_pods(&self) -> bool {
        matches!(self.kind, RouteKind::Address(AddressKind::PodCIDR | AddressKind::CiliumPodIPPool))
    }
}
