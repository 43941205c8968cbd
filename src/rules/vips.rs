//! The addresses that Services have for the outside, each with what serves, carries and announces it.

use std::collections::HashMap;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::SignedDuration;

use super::finding::Subject;
use super::{Facts, Verdict};
use crate::cilium::l2_policy::{L2_CLASS, L2Policy, PROBLEMS};
use crate::cilium::lease::Lease;
use crate::cilium::service::Service;
use crate::frr::show::addresses::Interface;
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::cluster::selection::labels_of;
use crate::topology::cluster::{Backends, Endpoints};
use crate::topology::made_by::Maker;
use crate::topology::router::Router;
use crate::topology::routes::Route;
use crate::topology::service::AddressKind;
use crate::topology::session::Source;

/// An address of a Service; one that several share is there for each.
pub struct Vip<'a> {
    pub ip: IpAddr,
    /// The load balancer's, or an external IP that is not the load balancer's too.
    pub kind: AddressKind,
    pub service: &'a Service,
    /// `None`: the EndpointSlices could not be read.
    pub endpoints: Option<Endpoints<'a>>,
    /// Its rows of `routes`, one a router, each with its position.
    pub routes: Vec<(usize, &'a Route)>,
    /// What announces it on layer 2.
    pub l2: L2<'a>,
}

/// Who answers ARP and neighbor solicitations for an address.
#[derive(Default)]
pub struct L2<'a> {
    /// The policies that select it.
    pub policies: Vec<&'a L2Policy>,
    pub lease: Option<&'a Lease>,
    /// The node that holds the lease and renews it.
    pub holder: Option<&'a str>,
}

impl<'a> Vip<'a> {
    pub fn subject(&self) -> Subject {
        Subject::service(&self.service.metadata.namespace, &self.service.metadata.name)
    }

    /// `home/web`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.service.metadata.namespace, self.service.metadata.name)
    }

    /// The labels of its pods, as kubectl takes them; none if somebody else writes its EndpointSlices.
    pub fn selector(&self) -> Option<String> {
        let labels = self.service.spec.selector.iter().map(|(key, value)| format!("{key}={value}"));
        Some(labels.collect::<Vec<_>>().join(",")).filter(|selector| !selector.is_empty())
    }

    /// The command that merges something into its Service.
    pub fn patch(&self, merge: &str) -> String {
        let (namespace, name) = (&self.service.metadata.namespace, &self.service.metadata.name);
        let name = shell::name(name);
        shell::command(["kubectl", "-n", namespace, "patch", "service", name, "--type", "merge", "-p", merge])
    }

    /// The command that has LB-IPAM give the address instead of `spec.externalIPs`, at the Gateway if one made the
    /// Service: a change of the Service itself would not stay.
    pub fn ask_lb_ipam(&self) -> String {
        let asked = self.service.asked_ips().filter(|other| *other != self.ip);
        let asked: Vec<String> = asked.chain([self.ip]).map(|ip| ip.to_string()).collect();
        let annotations = format!(r#"{{"annotations":{{"lbipam.cilium.io/ips":"{}"}}}}"#, asked.join(","));
        if let Some(Maker { namespace, name, .. }) = self.maker().filter(|maker| maker.kind == "Gateway") {
            let merge = format!(r#"{{"spec":{{"addresses":null,"infrastructure":{annotations}}}}}"#);
            let name = shell::name(&name);
            shell::command(["kubectl", "-n", &namespace, "patch", "gateway", name, "--type", "merge", "-p", &merge])
        } else {
            let others = self.service.external_ips().filter(|other| *other != self.ip);
            let others: Vec<String> = others.map(|ip| format!("\"{ip}\"")).collect();
            let spec = format!(r#"{{"externalIPs":[{}]}}"#, others.join(","));
            self.patch(&format!(r#"{{"metadata":{annotations},"spec":{spec}}}"#))
        }
    }

    /// Who made its Service.
    pub fn maker(&self) -> Option<Maker> {
        Maker::of(&self.service.metadata)
    }

    pub fn is_local(&self) -> bool {
        self.service.external_policy_is_local()
    }

    /// It is an external IP to Cilium, whatever the load balancer says.
    pub fn is_external_ip(&self) -> bool {
        self.service.external_ips().any(|ip| ip == self.ip)
    }

    /// Whether nodes should advertise it; unknown if that is not known.
    pub fn is_advertised(&self) -> Option<bool> {
        any(self.routes.iter().map(|(_, route)| route.expected_nodes().value().map(|nodes| *nodes > 0)))
    }

    /// Whether a router forwards it to nodes; unknown if no router could tell.
    pub fn is_carried(&self) -> Option<bool> {
        any(self.routes.iter().map(|(_, route)| route.fib().value().map(|hops| *hops > 0)))
    }

    /// Its row of a router that forwards it to nodes.
    pub fn carried(&self) -> Option<&'a Route> {
        self.routes.iter().map(|(_, route)| *route).find(|route| route.fib().value().is_some_and(|hops| *hops > 0))
    }

    /// Over how many next hops a router spreads it, the most that one has; as it should be where none could tell.
    pub fn next_hops(&self) -> usize {
        let hops = |route: &Route| {
            let expected = || route.expected_nodes().value().copied();
            route.fib().value().copied().or_else(expected).unwrap_or_default()
        };
        self.routes.iter().map(|(_, route)| hops(route)).max().unwrap_or_default()
    }

    /// Whether clients are meant to reach it: nodes advertise it, or one announces it on layer 2.
    pub fn is_served(&self) -> bool {
        self.is_advertised() == Some(true) || self.l2.holder.is_some()
    }
}

/// True if one is, unknown if none is and one is unknown.
fn any(all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = Some(false);
    for one in all {
        match one {
            Some(true) => return Some(true),
            Some(false) => {}
            None => known = None,
        }
    }
    known
}

impl<'a> Facts<'a> {
    /// The addresses of Services, in the order of the API server.
    pub fn vips(&self) -> &[Vip<'a>] {
        self.vips.get_or_init(|| Collector::of(self).map(Collector::collect).unwrap_or_default())
    }

    /// The same for a rule that has nothing to judge without them.
    pub fn needed_vips(&self, verdict: &mut Verdict) -> &[Vip<'a>] {
        match self.services() {
            None => verdict.needs("the cluster's objects: the cluster was not asked"),
            Some(all) => drop(verdict.need(Kind::Service, &all.services)),
        }
        self.vips()
    }

    /// Those that clients are meant to reach.
    pub fn served_vips(&self, verdict: &mut Verdict) -> impl Iterator<Item = &Vip<'a>> {
        self.needed_vips(verdict).iter().filter(|vip| vip.is_served())
    }

    /// Whether both addresses are in one network that a router has an address in.
    pub fn is_on_link_with(&self, a: IpAddr, b: IpAddr) -> bool {
        let mut interfaces = self.routers().iter().flat_map(|router| router.interfaces.value().into_iter().flatten());
        interfaces.any(|interface| interface.global().any(|net| net.contains(&a) && net.contains(&b)))
    }

    /// The network of a router that an address is in, with its interface: hosts of it reach the address without the
    /// router.
    pub fn network_of(&self, router: &'a Router, ip: IpAddr) -> Option<(&'a Interface, IpNet)> {
        let interfaces = router.interfaces.value().into_iter().flatten();
        let mut nets = interfaces.flat_map(|interface| interface.global().map(move |net| (interface, net)));
        nets.find(|(_, net)| net.prefix_len() < net.max_prefix_len() && net.contains(&ip))
    }

    /// Where a kind was read, for evidence.
    pub fn source(&self, kind: Kind) -> Option<&'a Source> {
        self.cluster()?.source(kind)
    }
}

struct Collector<'f, 'a> {
    facts: &'f Facts<'a>,
    services: &'a [Service],
    backends: Option<Backends<'a>>,
    routes: HashMap<IpAddr, Vec<(usize, &'a Route)>>,
    policies: Vec<&'a L2Policy>,
    leases: HashMap<&'a str, &'a Lease>,
}

impl<'f, 'a> Collector<'f, 'a> {
    fn of(facts: &'f Facts<'a>) -> Option<Self> {
        let all = facts.services()?;
        let cluster = facts.cluster()?;
        let mut routes: HashMap<IpAddr, Vec<(usize, &Route)>> = HashMap::new();
        for (at, route) in facts.routes() {
            if let Some(ip) = route.vip {
                routes.entry(ip).or_default().push((at, route));
            }
        }
        let l2_is_off = cluster.settings.value().is_some_and(|settings| !settings.l2_is_enabled());
        let policies = cluster.l2_policies.value().into_iter().flatten().filter(|policy| {
            let has_problem = PROBLEMS.iter().any(|problem| policy.status.conditions.is_true(problem));
            !l2_is_off && !has_problem
        });
        let leases = cluster.leases.value().into_iter().flatten().filter(|lease| lease.is_l2());
        Some(Self {
            facts,
            services: all.services.value()?,
            backends: all.endpoint_slices.value().map(|_| Backends::of(all)),
            routes,
            policies: policies.collect(),
            leases: leases.map(|lease| (lease.metadata.name.as_str(), lease)).collect(),
        })
    }

    fn collect(mut self) -> Vec<Vip<'a>> {
        let services: Vec<(&Service, IpAddr, AddressKind)> = self.services.iter().flat_map(addresses).collect();
        services.into_iter().map(|(service, ip, kind)| self.vip(service, ip, kind)).collect()
    }

    fn vip(&mut self, service: &'a Service, ip: IpAddr, kind: AddressKind) -> Vip<'a> {
        Vip {
            ip,
            kind,
            service,
            endpoints: self.backends.as_ref().map(|backends| backends.endpoints(service, ip.is_ipv4())),
            routes: self.routes.get(&ip).cloned().unwrap_or_default(),
            l2: self.l2(service, kind),
        }
    }

    fn l2(&self, service: &Service, kind: AddressKind) -> L2<'a> {
        // Of another class it is left alone (cilium pkg/l2announcer/l2announcer.go).
        let other_class = service.spec.load_balancer_class.as_deref().is_some_and(|class| class != L2_CLASS);
        if other_class || self.policies.is_empty() && self.leases.is_empty() {
            return L2::default();
        }
        let labels = labels_of(service);
        let selects = |policy: &&&L2Policy| {
            let announces = match kind {
                AddressKind::ExternalIP => policy.spec.external_ips,
                _ => policy.spec.load_balancer_ips,
            };
            announces && policy.spec.service_selector.as_ref().is_none_or(|selector| selector.matches(&labels))
        };
        let policies: Vec<&L2Policy> = self.policies.iter().filter(selects).copied().collect();
        let name = Lease::l2_name(&service.metadata.namespace, &service.metadata.name);
        let lease = self.leases.get(name.as_str()).copied().filter(|_| !policies.is_empty());
        L2 {
            policies,
            lease,
            holder: lease.filter(|lease| self.is_renewed(lease)).and_then(|lease| lease.spec.holder()),
        }
    }

    /// One that is twice as old as it may be is a leftover; clocks may differ by less.
    fn is_renewed(&self, lease: &Lease) -> bool {
        let Some(source) = self.facts.source(Kind::Lease) else { return false };
        let seconds = lease.spec.lease_duration_seconds.unwrap_or_default();
        let earlier = source.read_at.checked_sub(SignedDuration::from_secs(seconds.into())).unwrap_or(source.read_at);
        lease.spec.has_expired(earlier) != Some(true)
    }
}

/// The addresses that a Service has for the outside.
fn addresses(service: &Service) -> impl Iterator<Item = (&Service, IpAddr, AddressKind)> {
    let load_balancer: Vec<IpAddr> =
        service.load_balancer_ips().filter(|(_, is_vip)| *is_vip).map(|(ip, _)| ip).collect();
    let external: Vec<IpAddr> = service.external_ips().filter(|ip| !load_balancer.contains(ip)).collect();
    let of = move |kind: AddressKind| move |ip: IpAddr| (service, ip, kind);
    let external = external.into_iter().map(of(AddressKind::ExternalIP));
    load_balancer.into_iter().map(of(AddressKind::LoadBalancerIP)).chain(external)
}
