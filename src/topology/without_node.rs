//! What if a node were gone: which VIPs lose paths; and what it could make a router accept if it were not itself.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::names::{NeighborName, NodeName};
use super::router::Router;
use super::routes::Route;
use super::{Known, Session, Topology};
use crate::frr::config::Version;

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
    pub neighbor: NeighborName,
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

    /// What the node's neighbors could make the routers accept today, by family.
    pub fn exposures(&self, node: &NodeName) -> Vec<Exposure<'_>> {
        let of_node = self.sessions.iter().filter(|session| session.node.value() == Some(node));
        let exposures = of_node.flat_map(|session| {
            let router = session.ends_at.and_then(|position| self.routers.as_ref()?.get(position));
            router.into_iter().flat_map(|router| {
                let families = [Version::V4, Version::V6].into_iter();
                families.filter_map(|version| self.exposure(router, session, version, node))
            })
        });
        exposures.collect()
    }

    fn exposure<'a>(
        &'a self,
        router: &'a Router,
        session: &Session,
        version: Version,
        node: &NodeName,
    ) -> Option<Exposure<'a>> {
        let (neighbor, inbound) = if let Some(end) = session.router.value() {
            (end.neighbor.clone(), router.inbound(end, version)?)
        } else {
            let neighbor = NeighborName::Address(*session.dials_from.value()?.first()?);
            let inbound = router.inbound_of(None, &neighbor, version)?;
            (neighbor, inbound)
        };
        if !inbound.is_activated() {
            return None;
        }
        let default: IpNet = match version {
            Version::V4 => Ipv4Net::default().into(),
            Version::V6 => Ipv6Net::default().into(),
        };
        let serves = |route: &Route| match route.paths.value() {
            Some(paths) => paths.iter().any(|path| path.node.as_ref() == Some(node)),
            None => route.expected.value().is_some_and(|expected| {
                expected.sessions.iter().any(|&index| self.sessions[index].node.value() == Some(node))
            }),
        };
        let here = |route: &&Route| route.router.as_deref().is_none_or(|name| name == router.name);
        let vips = self.routes.iter().filter(here).filter(|route| !serves(route)).filter_map(|route| route.vip);
        let of_family = vips.filter(|vip| Version::of(*vip) == version);
        Some(Exposure {
            router: &router.name,
            neighbor,
            filter: inbound.filters(),
            default_route: inbound
                .admits(default)
                .map_or_else(|| Known::unknown("a filter decides it by more than the prefix"), Known::Computed),
            vips: of_family.filter(|vip| inbound.admits((*vip).into()) == Some(true)).collect(),
            maximum_prefixes: inbound.maximum_prefixes(),
        })
    }
}
