//! What a router's running configuration says of one session.

use std::collections::HashMap;
use std::ops::Deref;

use crate::frr::config::bgp::{BgpInstance, IPV4_UNICAST, IPV6_UNICAST, ListenRange};
use crate::frr::config::neighbor::{Neighbor, NeighborFamily};
use crate::frr::config::{Config, Stated};
use crate::topology::names::NeighborName;
use crate::topology::router::Router;
use crate::topology::session::Source;

use super::facts::Case;

/// The neighbors that the routers' configurations have.
pub struct Lines<'a>(HashMap<(&'a str, Option<&'a str>, NeighborName), &'a Neighbor>);

/// What holds for a session: statements of its own, else of its group. A listen range has a group alone.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    pub instance: &'a BgpInstance,
    own: Option<&'a Neighbor>,
    group: Option<&'a Neighbor>,
    pub range: Option<&'a ListenRange>,
    pub source: Option<&'a Source>,
}

/// A statement with the name that it is made of: the neighbor's, or its group's.
#[derive(Clone, Copy)]
pub struct Said<'a, T> {
    pub of: &'a str,
    pub value: &'a T,
}

impl<T> Deref for Said<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value
    }
}

impl<'a> Lines<'a> {
    pub fn of(routers: &'a [Router]) -> Self {
        let configs = routers.iter().filter_map(|router| Some((router, router.config.value()?)));
        let instances = configs.flat_map(|(router, config)| config.instances.iter().map(move |one| (router, one)));
        let lines = instances.flat_map(|(router, instance)| {
            let neighbors = instance.neighbors.iter().filter(|neighbor| !neighbor.is_group);
            neighbors.map(move |neighbor| {
                let name = NeighborName::parse(&neighbor.name);
                ((router.name.as_str(), instance.vrf.as_deref(), name), neighbor)
            })
        });
        Self(lines.collect())
    }

    pub fn find(&self, case: &Case<'a>) -> Option<Line<'a>> {
        let router = case.router?;
        let config = router.config.value()?;
        let (instance, own, range) = match case.router_end() {
            Some(end) => {
                let vrf = Some(end.vrf.0.as_str()).filter(|_| !end.vrf.is_default());
                let instance = config.instance(vrf)?;
                let own = self.0.get(&(router.name.as_str(), vrf, end.neighbor.clone())).copied();
                let range = match &end.neighbor {
                    NeighborName::Address(address) if own.is_none() => instance.listens_for(*address),
                    _ => None,
                };
                (instance, own, range)
            }
            None => match self.own_of(router, config, case) {
                Some((instance, own)) => (instance, Some(own), None),
                None => range_of(config, case).map(|(instance, range)| (instance, None, Some(range)))?,
            },
        };
        let group = match (own, range) {
            (Some(own), _) => instance.group_of(own),
            (None, Some(range)) => instance.neighbor(&range.group),
            (None, None) => return None,
        };
        let range = range.map(|stated| &stated.value);
        Some(Line { instance, own, group, range, source: router.config_source.as_ref() })
    }

    /// A line for one of the session's addresses, though the neighbor is another session's: of a node that peers twice.
    fn own_of(&self, router: &Router, config: &'a Config, case: &Case) -> Option<(&'a BgpInstance, &'a Neighbor)> {
        let mut addresses = case.session.dials_from.value().into_iter().flatten();
        addresses.find_map(|&address| {
            config.instances.iter().find_map(|instance| {
                let key = (router.name.as_str(), instance.vrf.as_deref(), NeighborName::Address(address));
                Some((instance, *self.0.get(&key)?))
            })
        })
    }
}

/// The listen range that would take one of the session's addresses.
fn range_of<'a>(config: &'a Config, case: &Case) -> Option<(&'a BgpInstance, &'a Stated<ListenRange>)> {
    let mut addresses = case.session.dials_from.value().into_iter().flatten();
    addresses.find_map(|&address| {
        config.instances.iter().find_map(|instance| Some((instance, instance.listens_for(address)?)))
    })
}

impl<'a> Line<'a> {
    /// The statement of its own, else of its group.
    pub fn said<T>(&self, of: impl Fn(&'a Neighbor) -> Option<&'a Stated<T>>) -> Option<Said<'a, T>> {
        self.speakers().find_map(|neighbor| Some(Said { of: &neighbor.name, value: &of(neighbor)?.value }))
    }

    /// The same within an address family; IPv4's comes first.
    pub fn said_in<T>(
        &self,
        of: impl Fn(&'a NeighborFamily) -> Option<&'a Stated<T>>,
    ) -> Option<(&'a str, Said<'a, T>)> {
        [IPV4_UNICAST, IPV6_UNICAST].into_iter().find_map(|family| {
            let said = self.speakers().find_map(|neighbor| {
                let stated = of(neighbor.families.get(family)?)?;
                Some(Said { of: neighbor.name.as_str(), value: &stated.value })
            });
            Some((family, said?))
        })
    }

    /// Whether it is switched on.
    pub fn has(&self, of: impl Fn(&'a Neighbor) -> Option<&'a Stated<bool>>) -> Option<Said<'a, bool>> {
        self.said(of).filter(|said| **said)
    }

    /// Whether it exchanges a family.
    pub fn is_activated(&self, ipv4: bool) -> bool {
        let family = if ipv4 { IPV4_UNICAST } else { IPV6_UNICAST };
        self.speakers().next().is_some_and(|neighbor| self.instance.is_activated(neighbor, family))
    }

    /// The AS that the router says it is.
    pub fn local_asn(&self) -> Option<u32> {
        self.said(|neighbor| neighbor.local_as.as_ref()).map(|said| *said).or(self.instance.asn)
    }

    /// What has to be named to change it for this session: itself, else its group.
    pub fn name(&self) -> Option<&'a str> {
        self.speakers().next().map(|neighbor| neighbor.name.as_str())
    }

    pub fn group_name(&self) -> Option<&'a str> {
        self.group.map(|group| group.name.as_str())
    }

    fn speakers(&self) -> impl Iterator<Item = &'a Neighbor> + use<'a> {
        self.own.into_iter().chain(self.group)
    }
}

/// What to type before statements of an instance.
pub fn context(instance: &BgpInstance) -> [String; 2] {
    let asn = instance.asn.map_or_else(|| "AS".to_owned(), |asn| asn.to_string());
    let vrf = instance.vrf.as_ref().map(|vrf| format!(" vrf {vrf}")).unwrap_or_default();
    ["configure terminal".to_owned(), format!("router bgp {asn}{vrf}")]
}
