//! What if a node were gone: which VIPs lose paths; and what it could make a router accept if it were not itself.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::names::{NeighborName, NodeName};
use super::router::Router;
use super::routes::Route;
use super::{Known, Topology};
use crate::frr::config::bgp::{BgpInstance, IPV4_UNICAST, IPV6_UNICAST};
use crate::frr::config::neighbor::{Neighbor, NeighborFamily};
use crate::frr::config::{Config, Version};

/// What the loss of a node means for one route.
pub struct Loss<'a> {
    pub route: &'a Route,
    /// The nodes that the router has a path from; those that should advertise it where no router was read.
    pub now: BTreeSet<NodeName>,
    pub left: BTreeSet<NodeName>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Nobody else has a path.
    Gone,
    /// One path is left.
    NotRedundant,
    /// Fewer paths, and still more than one.
    Fewer,
}

impl Loss<'_> {
    pub fn outcome(&self) -> Outcome {
        match self.left.len() {
            0 => Outcome::Gone,
            1 => Outcome::NotRedundant,
            _ => Outcome::Fewer,
        }
    }
}

/// What a router's filters let in from a node's neighbor, of one family.
pub struct Exposure<'a> {
    pub router: &'a str,
    pub neighbor: IpAddr,
    /// The filter in FRR's words; `None`: there is none.
    pub filter: Option<String>,
    pub default_route: Known<bool>,
    /// VIPs of which it does not serve any itself and could take the traffic.
    pub vips: Vec<IpAddr>,
    /// How many prefixes it may send; `None`: as many as it likes.
    pub maximum_prefixes: Option<u32>,
}

impl Topology {
    /// The routes that have paths from the node, those that suffer most first.
    pub fn losses(&self, node: &NodeName) -> Vec<Loss<'_>> {
        let loss = |route| {
            let now = self.carrying(route)?;
            let left = now.iter().filter(|other| *other != node).cloned().collect();
            now.contains(node).then_some(Loss { route, now, left })
        };
        let mut losses: Vec<Loss> = self.routes.iter().filter_map(loss).collect();
        losses.sort_by_key(Loss::outcome);
        losses
    }

    fn carrying(&self, route: &Route) -> Option<BTreeSet<NodeName>> {
        if let Some(paths) = route.paths.value() {
            return Some(paths.iter().filter_map(|path| path.node.clone()).collect());
        }
        let expected = route.expected.value()?;
        Some(expected.sessions.iter().filter_map(|&index| self.sessions[index].node.value().cloned()).collect())
    }

    /// What the node's neighbors could make the routers accept today.
    pub fn exposures(&self, node: &NodeName) -> Vec<Exposure<'_>> {
        let of_node = self.sessions.iter().filter(|session| session.node.value() == Some(node));
        let ends = of_node.filter_map(|session| {
            let router = self.routers.as_ref()?.get(session.ends_at?)?;
            let neighbor = match session.router.value().map(|end| &end.neighbor) {
                Some(NeighborName::Address(address)) => *address,
                _ => *session.dials_from.value()?.first()?,
            };
            self.exposure(router, neighbor, node)
        });
        ends.collect()
    }

    fn exposure<'a>(&'a self, router: &'a Router, address: IpAddr, node: &NodeName) -> Option<Exposure<'a>> {
        let config = router.config.value()?;
        let (instance, neighbor) = config.instances.iter().find_map(|instance| {
            let own = instance.neighbor(&address.to_string());
            let neighbor = own.or_else(|| instance.neighbor(&instance.listens_for(address)?.group))?;
            Some((instance, neighbor))
        })?;
        let inbound = Inbound { config, instance, neighbor, ipv4: address.is_ipv4() };
        let default: IpNet = if inbound.ipv4 { "0.0.0.0/0".parse().ok()? } else { "::/0".parse().ok()? };
        let serves_other =
            |route: &&Route| route.vip.is_some() && !self.carrying(route).is_some_and(|nodes| nodes.contains(node));
        let others = self.routes.iter().filter(|route| route.router.as_deref().is_none_or(|name| name == router.name));
        let vips = others.filter(serves_other).filter_map(|route| {
            let vip = route.vip?;
            (vip.is_ipv4() == inbound.ipv4 && inbound.admits(vip.into()) == Some(true)).then_some(vip)
        });
        Some(Exposure {
            router: &router.name,
            neighbor: address,
            filter: inbound.filter(),
            default_route: inbound
                .admits(default)
                .map_or_else(|| Known::unknown("a route-map decides it by more than the prefix"), Known::Computed),
            vips: vips.collect(),
            maximum_prefixes: inbound.of(|family| family.maximum_prefix.as_ref()).map(|limit| limit.limit),
        })
    }
}

/// A neighbor's inbound filters of one family.
struct Inbound<'a> {
    config: &'a Config,
    instance: &'a BgpInstance,
    neighbor: &'a Neighbor,
    ipv4: bool,
}

impl<'a> Inbound<'a> {
    fn of<T>(&self, of: impl Fn(&'a NeighborFamily) -> Option<T>) -> Option<T> {
        let family = if self.ipv4 { IPV4_UNICAST } else { IPV6_UNICAST };
        self.instance.effective_in(self.neighbor, family, of)
    }

    fn list(&self) -> Option<&'a str> {
        self.of(|family| family.prefix_list_in.as_ref()).map(|stated| stated.value.as_str())
    }

    fn map(&self) -> Option<&'a str> {
        self.of(|family| family.route_map_in.as_ref()).map(|stated| stated.value.as_str())
    }

    fn filter(&self) -> Option<String> {
        let list = self.list().map(|name| format!("prefix-list {name}"));
        let map = self.map().map(|name| format!("route-map {name}"));
        let all: Vec<String> = [list, map].into_iter().flatten().collect();
        (!all.is_empty()).then(|| all.join(" and "))
    }

    /// Whether a prefix would pass; `None` where more than the prefix decides.
    fn admits(&self, prefix: IpNet) -> Option<bool> {
        let version = if self.ipv4 { Version::V4 } else { Version::V6 };
        if self.list().is_none() && self.map().is_none() {
            return Some(!self.config.requires_policy(self.instance));
        }
        let by_list = self.list().is_none_or(|name| {
            self.config.prefix_list(version, name).is_some_and(|list| list.permits(prefix).is_permitted())
        });
        let by_map = match self.map() {
            None => Some(true),
            Some(name) => {
                self.config.route_map(name).map_or(Some(false), |map| map.evaluate(prefix, self.config).is_permitted())
            }
        };
        if by_list { by_map } else { Some(false) }
    }
}
