//! What there is for a setup to stand on: nodes, networks, addresses that are in use.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::cilium::config::Settings;
use crate::cilium::pool::{Pool, Range};
use crate::cilium::service::Service;
use crate::frr::config::Version;
use crate::frr::show::addresses::Interface;
use crate::topology::Topology;
use crate::topology::cluster::Cluster;
use crate::topology::names::Asn;
use crate::topology::router::Router;

#[derive(Clone, Copy)]
pub struct Ground<'a> {
    pub topology: &'a Topology,
    pub cluster: &'a Cluster,
}

/// A node as far as peering goes.
pub struct PeeringNode<'a> {
    pub name: &'a str,
    pub labels: &'a BTreeMap<String, String>,
    /// Its InternalIPs: where it dials from.
    pub addresses: Vec<IpAddr>,
}

impl<'a> Ground<'a> {
    /// `None`: the cluster was not asked.
    pub fn of(topology: &'a Topology) -> Option<Self> {
        Some(Self { topology, cluster: topology.cluster.as_ref()? })
    }

    /// Whether an API server was asked: files may leave out what it would tell.
    pub fn is_live(&self) -> bool {
        !self.cluster.server().is_empty()
    }

    /// As Cilium knows them, else as Kubernetes does: before Cilium has a node, it has no CiliumNode.
    pub fn nodes(&self) -> Vec<PeeringNode<'a>> {
        let ciliums = self.cluster.nodes.value().filter(|nodes| !nodes.is_empty());
        if let Some(nodes) = ciliums {
            let internal = |node: &crate::cilium::node::CiliumNode| {
                let internal = node.spec.addresses.iter().filter(|address| address.kind == "InternalIP");
                internal.filter_map(|address| address.ip.parse().ok()).collect()
            };
            let of = |(name, node): (&'a String, &'a crate::cilium::node::CiliumNode)| PeeringNode {
                name,
                labels: &node.metadata.labels,
                addresses: internal(node),
            };
            return nodes.iter().map(of).collect();
        }
        let of = |(name, node): (&'a String, &'a crate::cilium::node::Node)| {
            let internal = node.status.addresses.iter().filter(|address| address.kind == "InternalIP");
            let addresses = internal.filter_map(|address| address.address.parse().ok()).collect();
            PeeringNode { name, labels: &node.metadata.labels, addresses }
        };
        self.cluster.node_objects.value().into_iter().flatten().map(of).collect()
    }

    /// Whether any node has an address of the family.
    pub fn has_nodes_of(&self, version: Version) -> bool {
        self.nodes().iter().any(|node| node.has(version))
    }

    /// The routers that told their addresses.
    pub fn routers(&self) -> impl Iterator<Item = &'a Router> + use<'a> {
        let all = self.topology.routers.iter().flatten();
        all.filter(|router| router.interfaces.value().is_some_and(|interfaces| !interfaces.is_empty()))
    }

    /// The routers whose configuration is known.
    pub fn configured_routers(&self) -> impl Iterator<Item = &'a Router> + use<'a> {
        self.topology.routers.iter().flatten().filter(|router| router.config.value().is_some())
    }

    /// Networks that a router is on, each with the router and the interface.
    pub fn links(&self) -> impl Iterator<Item = (&'a Router, &'a Interface, IpNet)> + use<'a> {
        let interfaces = self.routers().flat_map(|router| {
            router.interfaces.value().into_iter().flatten().map(move |interface| (router, interface))
        });
        interfaces
            .flat_map(|(router, interface)| interface.global().map(move |net| (router, interface, net)))
            .filter(|(_, _, net)| net.prefix_len() < net.max_prefix_len())
    }

    /// Other networks that routers have routes to: not the default route, not what BGP brought.
    pub fn routed(&self) -> impl Iterator<Item = IpNet> + use<'a> {
        let tables = self.routers().flat_map(|router| [&router.ipv4, &router.ipv6]);
        let routes = tables.filter_map(|tables| tables.kernel.value()).flat_map(|kernel| &kernel.routes);
        routes.filter(|(net, route)| net.prefix_len() > 0 && !route.by_bgp).map(|(net, _)| net.trunc())
    }

    /// Networks that BGP brought a router from others than this cluster's nodes, such as another cluster, each with the
    /// router and a next hop.
    pub fn announced_by_others(&self) -> Vec<(&'a Router, IpNet, IpAddr)> {
        let nodes: Vec<IpAddr> = self.nodes().into_iter().flat_map(|node| node.addresses).collect();
        let tables = self.routers().flat_map(|router| [(router, &router.ipv4), (router, &router.ipv6)]);
        let routes = tables.flat_map(|(router, tables)| {
            tables
                .kernel
                .value()
                .into_iter()
                .flat_map(move |kernel| kernel.routes.iter().map(move |route| (router, route)))
        });
        let by_bgp = routes.filter(|(_, (net, route))| net.prefix_len() > 0 && route.by_bgp);
        by_bgp
            .filter_map(|(router, (net, route))| {
                let mut hops = route.next_hops.iter().filter_map(|hop| hop.address);
                let first = hops.clone().next()?;
                (!hops.any(|hop| nodes.contains(&hop))).then(|| (router, net.trunc(), first))
            })
            .collect()
    }

    pub fn pools(&self) -> &'a [Pool] {
        self.cluster.pools.value().map_or(&[], Vec::as_slice)
    }

    pub fn pod_ranges(&self) -> Vec<IpNet> {
        let ciliums = self.cluster.nodes.value().into_iter().flatten().flat_map(|(_, node)| {
            let allocated = node.spec.ipam.pools.allocated.iter().flat_map(|pool| &pool.cidrs);
            node.spec.ipam.pod_cidrs.iter().chain(allocated)
        });
        let kubernetes = self.cluster.node_objects.value().into_iter().flatten();
        let kubernetes = kubernetes.flat_map(|(_, node)| &node.spec.pod_cidrs);
        let configured = self.cluster.settings.value().into_iter().flat_map(Settings::pod_ranges);
        ciliums.chain(kubernetes).filter_map(|cidr| cidr.parse().ok()).chain(configured).collect()
    }

    /// The ranges that Cilium was told, and the ends of what Services have: the whole range is the API server's secret, and
    /// [`super::service_ranges`] has a guess at it.
    pub fn service_ranges(&self) -> Vec<Range> {
        let told = self.cluster.settings.value().into_iter().flat_map(Settings::service_ranges);
        let mut ranges: Vec<Range> = told.map(Range::of).collect();
        for is_ipv4 in [true, false] {
            let own = || self.services().iter().flat_map(Service::cluster_ips).filter(|ip| ip.is_ipv4() == is_ipv4);
            ranges.extend(own().min().zip(own().max()).map(|(first, last)| Range { first, last }));
        }
        ranges
    }

    pub fn services(&self) -> &'a [Service] {
        let services = self.topology.services.as_ref().and_then(|services| services.services.value());
        services.map_or(&[], Vec::as_slice)
    }

    /// Addresses of load balancers with their Services. Nodes' own, as k3s' servicelb gives them, are none.
    pub fn vips(&self) -> Vec<(IpAddr, &'a Service)> {
        let nodes: Vec<IpAddr> = self.nodes().into_iter().flat_map(|node| node.addresses).collect();
        let all =
            self.services().iter().flat_map(|service| service.load_balancer_ips().map(move |(ip, _)| (ip, service)));
        all.filter(|(ip, _)| !nodes.contains(ip)).collect()
    }

    /// The AS that a router's BGP runs with.
    pub fn asn_of(router: &Router) -> Option<Asn> {
        let configured = || router.config.value()?.instance(None)?.asn.map(Asn);
        let running = || router.neighbors.value()?.iter().find_map(|neighbor| neighbor.local_asn);
        configured().or_else(running)
    }

    /// The AS numbers that routers expect of others, with the neighbors.
    pub fn neighbor_asns(&self) -> impl Iterator<Item = (Asn, &'a crate::topology::names::NeighborName)> + use<'a> {
        let neighbors = self.topology.routers.iter().flatten().filter_map(|router| router.neighbors.value()).flatten();
        neighbors.filter_map(|neighbor| Some((neighbor.remote_asn?, &neighbor.end.neighbor)))
    }

    /// The node that has the address.
    pub fn node_of(&self, address: IpAddr) -> Option<&'a str> {
        self.nodes().into_iter().find(|node| node.addresses.contains(&address)).map(|node| node.name)
    }
}

impl PeeringNode<'_> {
    pub fn has(&self, version: Version) -> bool {
        self.addresses.iter().any(|address| Version::of(*address) == version)
    }
}
