//! Broken routes of one router that have the same fault.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::facts::Broken;
use crate::rules::finding::{Finding, Subject};
use crate::rules::losses::{label, symptoms};
use crate::rules::{Facts, Rule};
use crate::snapshot::Command;
use crate::topology::names::listed_up_to;
use crate::topology::router::Router;
use crate::topology::routes::fault::Fault;
use crate::topology::routes::{Route, RoutePath};

/// How many names a sentence has.
pub const NAMED: usize = 3;

pub struct Alike<'a, 'f> {
    pub router: &'a Router,
    pub routes: Vec<&'f Broken<'a>>,
}

/// Puts together, by router and key, the routes with a fault that has a key.
pub fn alike<'a, 'f, K: Ord>(
    facts: &'f Facts<'a>,
    key: impl Fn(&'f Broken<'a>, &'f Fault) -> Option<K>,
) -> Vec<(K, Alike<'a, 'f>)> {
    let mut all: BTreeMap<(&str, K), Alike> = BTreeMap::new();
    for broken in facts.broken() {
        let Some(key) = broken.faults.iter().find_map(|fault| key(broken, fault)) else { continue };
        let Some(router) = facts.router_of(broken.route) else { continue };
        let alike = all.entry((router.name.as_str(), key)).or_insert_with(|| Alike { router, routes: Vec::new() });
        alike.routes.push(broken);
    }
    all.into_iter().map(|((_, key), alike)| (key, alike)).collect()
}

impl<'a> Alike<'a, '_> {
    pub fn subject(&self) -> Subject {
        Subject::Router(self.router.name.clone())
    }

    /// A finding about the prefixes, by their Services, rather than about the router.
    pub fn of_prefixes(&self, rule: &'static Rule) -> Finding {
        let mut subjects: BTreeSet<Subject> = self.routes.iter().flat_map(|broken| subjects(broken.route)).collect();
        let first = subjects.pop_first().unwrap_or_else(|| self.subject());
        let mut finding = Finding::of(rule, first);
        finding.also = subjects;
        finding
    }

    pub fn prefixes(&self) -> String {
        listed_up_to(NAMED, self.routes.iter().map(|broken| label(broken.route)))
    }

    pub fn claim(&self, finding: Finding) -> Finding {
        finding.explains(self.routes.iter().flat_map(|broken| symptoms(broken.at)))
    }

    /// The one that stands for all.
    pub fn first(&self) -> &Broken<'a> {
        self.routes[0]
    }

    pub fn is_ipv4(&self) -> bool {
        self.first().route.prefix.is_none_or(|prefix| prefix.addr().is_ipv4())
    }

    /// The command that printed BGP's paths, for a look at one prefix.
    pub fn show(&self) -> String {
        let name = if self.is_ipv4() { Command::Ipv4Paths } else { Command::Ipv6Paths }.name();
        let prefix = self.first().route.prefix.map(|prefix| prefix.to_string()).unwrap_or_default();
        name.replace(" json", &format!(" {prefix}"))
    }
}

/// Whether a route is of an address of the router itself.
pub fn is_own_address(router: &Router, route: &Route) -> bool {
    let host = route.prefix.filter(|prefix| prefix.prefix_len() == prefix.max_prefix_len());
    host.is_some_and(|prefix| router.has_address(prefix.addr()) == Some(true))
}

/// The node of a path, or the neighbor that no node is.
pub fn source(path: &RoutePath) -> String {
    path.node.as_ref().map_or_else(|| path.path.neighbor.to_string(), ToString::to_string)
}

/// The Services that have the prefix; the prefix itself if none has it.
fn subjects(route: &Route) -> Vec<Subject> {
    let services = route.services.value().into_iter().flatten();
    let services: Vec<Subject> = services.map(|service| Subject::service(&service.namespace, &service.name)).collect();
    if services.is_empty() { route.prefix.map(Subject::Prefix).into_iter().collect() } else { services }
}
