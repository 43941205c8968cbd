//! Which prefixes which sessions should carry, computed from the cluster's objects as Cilium's agents do
//! (cilium pkg/bgp/manager/reconciler: service.go, pod_cidr.go; pkg/loadbalancer/reflectors/conversions.go).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::rc::Rc;

use ipnet::IpNet;

use super::advertised::{Address, Advertised, Carriers, Pending};
use super::backends::Backends;
use super::obstacle::Obstacle;
use super::offers::{Group, groups};
use super::wanted::Wanted;
use super::{Cluster, Services, values};
use crate::cilium::advertisement::ServiceOptions;
use crate::cilium::config::Settings;
use crate::cilium::service::{BGP_CLASS, NODE_ANNOTATION, NODE_SELECTOR_ANNOTATION, PROXY_LABEL, Service};
use crate::label_query::LabelQuery;
use crate::topology::known::Known;
use crate::topology::service::{AddressKind, Policy, ServiceRef};

/// Which nodes serve an address.
pub enum Serving<'a> {
    All,
    Only(BTreeSet<&'a str>),
    Unknown(String),
}

/// The groups and the Services' backends: what an address is judged by.
struct Judge<'a> {
    cluster: &'a Cluster,
    services: &'a Services,
    groups: &'a [Group<'a>],
    backends: Backends<'a>,
}

impl Cluster {
    /// What the objects ask for. `wanted` are this cluster's sessions; carriers are positions in it.
    pub fn advertised(&self, services: &Services, wanted: &[Wanted]) -> (Advertised, Vec<Vec<usize>>) {
        let groups = groups(self, wanted);
        let judge = Judge { cluster: self, groups: &groups, services, backends: Backends::of(services) };
        let mut all = Advertised { services_known: services.services.value().is_some(), ..Advertised::default() };
        all.unknown = self.why_unknown(&groups);
        for service in values(&services.services) {
            judge.service(service, &mut all);
        }
        judge.pod_cidrs(&mut all);
        all.has_interfaces = judge.has_offer("Interface");
        let sessions = groups.into_iter().map(|group| group.sessions).collect();
        (all, sessions)
    }

    fn why_unknown(&self, groups: &[Group]) -> Option<String> {
        if !self.knows_sessions() {
            return Some("which sessions there should be is not known".to_owned());
        }
        groups.iter().find_map(|group| group.offers.why_unknown()).map(str::to_owned)
    }
}

impl<'a> Judge<'a> {
    fn service(&self, service: &'a Service, all: &mut Advertised) {
        let reference =
            |local: bool| Rc::new(ServiceRef::of(service, if local { Policy::Local } else { Policy::Cluster }));
        let external = reference(service.external_policy_is_local());
        let mut ips = 0;
        for (ip, is_vip) in service.load_balancer_ips() {
            ips += 1;
            self.address(service, ip, AddressKind::LoadBalancerIP, is_vip, &external, all);
        }
        if ips == 0 && service.is_load_balancer() && service.status.load_balancer.ingress.is_empty() {
            all.pending.push(Pending { service: Rc::clone(&external), why: why_pending(service) });
        }
        for ip in service.external_ips() {
            self.address(service, ip, AddressKind::ExternalIP, true, &external, all);
        }
        let internal = reference(service.internal_policy_is_local());
        for ip in service.cluster_ips() {
            self.address(service, ip, AddressKind::ClusterIP, true, &internal, all);
        }
    }

    fn address(
        &self,
        service: &'a Service,
        ip: IpAddr,
        kind: AddressKind,
        is_vip: bool,
        reference: &Rc<ServiceRef>,
        all: &mut Advertised,
    ) {
        let full = IpNet::from(ip);
        let carriers = match self.frontend_obstacle(service, ip, kind, is_vip) {
            Some(obstacle) => Err(obstacle),
            None => self.carriers(service, ip, kind),
        };
        let add = |services: &mut Vec<Rc<ServiceRef>>| services.push(Rc::clone(reference));
        match carriers {
            Ok(prefixes) => {
                for (prefix, carriers) in prefixes {
                    all.carriers.entry(prefix).or_default().join(carriers);
                    add(&mut all.address((ip, prefix), kind).services);
                }
            }
            Err(obstacle) if kind == AddressKind::LoadBalancerIP => {
                let address = all.address((ip, full), kind);
                add(&mut address.services);
                address.obstacle = address.obstacle.take().max(Some(obstacle));
            }
            Err(obstacle) => {
                let other = all.others.entry(full).or_insert_with(|| Address::new(kind));
                add(&mut other.services);
                other.obstacle = other.obstacle.take().max(Some(obstacle));
            }
        }
    }

    /// Why Cilium has no frontend of this kind for the Service.
    fn frontend_obstacle(&self, service: &Service, ip: IpAddr, kind: AddressKind, is_vip: bool) -> Option<Obstacle> {
        let class = service.spec.load_balancer_class.as_deref().filter(|class| *class != BGP_CLASS);
        let enabled = self.cluster.settings.value().is_none_or(|settings| settings.family_is_enabled(ip.is_ipv4()));
        let exposed = match kind {
            AddressKind::LoadBalancerIP => service.exposes("LoadBalancer"),
            AddressKind::ClusterIP => service.exposes("ClusterIP"),
            _ => true,
        };
        let proxy = self.cluster.settings.value().map_or("", Settings::proxy_name);
        match kind {
            AddressKind::LoadBalancerIP if class.is_some() => class.map(|class| Obstacle::Class(class.to_owned())),
            _ if service.metadata.labels.get(PROXY_LABEL).map_or("", String::as_str) != proxy => {
                Some(Obstacle::NoFrontend("another proxy handles it (service-proxy-name)"))
            }
            AddressKind::LoadBalancerIP if service.is_shadowed_by_external_ip(ip) => {
                Some(Obstacle::NoFrontend("to Cilium it is an external IP: it stands in externalIPs too"))
            }
            _ if service.is_headless() => Some(Obstacle::NoFrontend("a headless Service has no frontend")),
            _ if service.spec.ports.is_empty() => Some(Obstacle::NoFrontend("a Service without ports has no frontend")),
            _ if !is_vip => Some(Obstacle::NoFrontend("the load balancer is a proxy (ipMode)")),
            _ if !exposed => Some(Obstacle::NoFrontend("service.cilium.io/type leaves it out")),
            _ if !enabled => Some(Obstacle::NoFrontend("its address family is switched off in cilium-config")),
            _ => None,
        }
    }

    fn carriers(
        &self,
        service: &'a Service,
        ip: IpAddr,
        kind: AddressKind,
    ) -> Result<BTreeMap<IpNet, Carriers>, Obstacle> {
        let labels = pseudo_labels(service);
        let mut furthest = Obstacle::NoPeer;
        let mut found: BTreeMap<IpNet, Carriers> = BTreeMap::new();
        let mut serving: Option<Result<Serving, Obstacle>> = None;
        for (at, group) in self.groups.iter().enumerate() {
            if !group.families.has(ip.is_ipv4()) {
                furthest = furthest.max(Obstacle::Family(if ip.is_ipv4() { "ipv4" } else { "ipv6" }));
                continue;
            }
            let offers = match &group.offers {
                Known::Absent(why) => {
                    furthest = furthest.max(Obstacle::NoPeerConfig(why.clone()));
                    continue;
                }
                offers => offers.value().into_iter().flatten(),
            };
            furthest = furthest.max(Obstacle::NoAdvertisement);
            for offer in offers.filter(|offer| offer.ipv4 == ip.is_ipv4()) {
                furthest = furthest.max(Obstacle::NotSelected);
                let Some(options) = offer.entry.service.as_ref().filter(|_| offer.entry.is_of("Service")) else {
                    continue;
                };
                if !offer.entry.selector.as_ref().is_some_and(|selector| selector.matches(&labels)) {
                    continue;
                }
                furthest = furthest.max(Obstacle::AddressType(kind));
                if !options.addresses.iter().any(|wanted| *wanted == kind.to_string()) {
                    continue;
                }
                match serving.get_or_insert_with(|| self.serving(service, kind, ip.is_ipv4())) {
                    Err(obstacle) => furthest = furthest.max(obstacle.clone()),
                    Ok(serving) => {
                        furthest = furthest.max(Obstacle::NotOnPeers);
                        let prefix = prefix(service, ip, kind, options);
                        let carriers = found.entry(prefix).or_default();
                        carriers.add(at, group, serving);
                    }
                }
            }
        }
        found.retain(|_, carriers| *carriers != Carriers::default());
        if found.is_empty() { Err(furthest) } else { Ok(found) }
    }

    fn serving(&self, service: &'a Service, kind: AddressKind, ipv4: bool) -> Result<Serving<'a>, Obstacle> {
        let local = is_local(service, kind);
        let routable = self.cluster.settings.value().is_none_or(Settings::no_endpoints_are_routable);
        let everywhere = self.by_annotation(service)?;
        if !local && routable {
            return Ok(everywhere);
        }
        if let Some(why) = self.services.endpoint_slices.why_unknown() {
            return Ok(Serving::Unknown(why.to_owned()));
        }
        let endpoints = self.backends.endpoints(service, ipv4);
        let served = if local { !endpoints.ready_on.is_empty() } else { endpoints.any };
        if !served && endpoints.placeholder && kind == AddressKind::LoadBalancerIP {
            return Ok(Serving::Unknown("Cilium's Envoy serves it, and no object says on which nodes".to_owned()));
        }
        match everywhere {
            _ if !served => Err(Obstacle::NoReadyEndpoint),
            everywhere if !local => Ok(everywhere),
            Serving::Only(nodes) => Ok(Serving::Only(nodes.intersection(&endpoints.ready_on).copied().collect())),
            _ => Ok(Serving::Only(endpoints.ready_on)),
        }
    }

    /// The nodes that the Service's annotations leave; one that cannot be read counts as none (conversions.go).
    fn by_annotation(&self, service: &'a Service) -> Result<Serving<'a>, Obstacle> {
        let annotation = |key: &str| service.metadata.annotations.get(key);
        let query = annotation(NODE_SELECTOR_ANNOTATION).map(|text| text.parse::<LabelQuery>());
        let value = annotation(NODE_ANNOTATION);
        let key = match (&query, value) {
            (Some(Err(_)), _) | (None, None) => return Ok(Serving::All),
            (Some(Ok(_)), _) => NODE_SELECTOR_ANNOTATION,
            (None, Some(_)) => NODE_ANNOTATION,
        };
        let nodes = self.cluster.nodes.value().into_iter().flatten();
        let selected = nodes.filter(|(_, node)| match &query {
            Some(Ok(query)) => query.matches(&node.metadata.labels),
            _ => node.metadata.labels.get(NODE_ANNOTATION) == value,
        });
        let selected: BTreeSet<&str> = selected.map(|(name, _)| name.as_str()).collect();
        let peers = |node: &str| self.groups.iter().any(|group| group.by_node.contains_key(node));
        if selected.iter().any(|node| peers(node)) { Ok(Serving::Only(selected)) } else { Err(Obstacle::NoNode(key)) }
    }

    fn pod_cidrs(&self, all: &mut Advertised) {
        let parse = |cidrs: &[String]| {
            cidrs.iter().filter_map(|cidr| cidr.parse().ok()).map(|cidr: IpNet| cidr.trunc()).collect::<Vec<_>>()
        };
        for (name, node) in self.cluster.nodes.value().into_iter().flatten() {
            let own = parse(&node.spec.ipam.pod_cidrs);
            let pools = node.spec.ipam.pools.allocated.iter().flat_map(|pool| parse(&pool.cidrs));
            all.pod_cidrs.extend(pools.map(|cidr| (cidr, AddressKind::CiliumPodIPPool)));
            all.pod_cidrs.extend(own.iter().map(|cidr| (*cidr, AddressKind::PodCIDR)));
            for group in self.groups {
                let sessions = group.by_node.get(name.as_str()).map_or(&[][..], Vec::as_slice);
                let offers = || group.offers.value().into_iter().flatten();
                for cidr in &own {
                    let ipv4 = cidr.addr().is_ipv4();
                    if offers().any(|offer| offer.ipv4 == ipv4 && offer.entry.is_of("PodCIDR")) {
                        all.carriers.entry(*cidr).or_default().sessions.extend(sessions);
                    }
                }
            }
        }
    }

    fn has_offer(&self, kind: &str) -> bool {
        self.groups
            .iter()
            .flat_map(|group| group.offers.value().into_iter().flatten())
            .any(|offer| offer.entry.is_of(kind))
    }
}

/// Whether the traffic policy that counts for the address is Local.
fn is_local(service: &Service, kind: AddressKind) -> bool {
    match kind {
        AddressKind::ClusterIP => service.internal_policy_is_local(),
        _ => service.external_policy_is_local(),
    }
}

/// What is advertised for an address: with policy Local it is never aggregated.
fn prefix(service: &Service, ip: IpAddr, kind: AddressKind, options: &ServiceOptions) -> IpNet {
    let length = if ip.is_ipv4() { options.aggregation_length_ipv4 } else { options.aggregation_length_ipv6 };
    let aggregate = length.filter(|_| !is_local(service, kind)).and_then(|length| IpNet::new(ip, length).ok());
    aggregate.map_or_else(|| IpNet::from(ip), |net| net.trunc())
}

/// A Service's labels with the two that Cilium adds for selectors.
pub(super) fn pseudo_labels(service: &Service) -> BTreeMap<String, String> {
    let mut labels = service.metadata.labels.clone();
    labels.insert("io.kubernetes.service.name".to_owned(), service.metadata.name.clone());
    labels.insert("io.kubernetes.service.namespace".to_owned(), service.metadata.namespace.clone());
    labels
}

fn why_pending(service: &Service) -> String {
    match (&service.spec.load_balancer_class, service.ipam_refusal()) {
        (_, Some(condition)) if !condition.message.is_empty() => condition.message.clone(),
        (_, Some(condition)) => condition.reason.clone(),
        (Some(class), None) if !class.starts_with("io.cilium/") => format!("loadBalancerClass {class}"),
        (_, None) => "no load balancer gave it an address".to_owned(),
    }
}
