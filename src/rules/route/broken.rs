//! Broken routes of one router that have the same fault.

use std::collections::BTreeMap;

use crate::rules::Facts;
use crate::rules::facts::Broken;
use crate::rules::finding::{Finding, Subject};
use crate::rules::losses::{label, symptoms};
use crate::snapshot::Command;
use crate::topology::names::listed_up_to;
use crate::topology::router::Router;
use crate::topology::routes::RoutePath;
use crate::topology::routes::status::Fault;

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

/// The node of a path, or the neighbor that no node is.
pub fn source(path: &RoutePath) -> String {
    path.node.as_ref().map_or_else(|| path.path.neighbor.to_string(), ToString::to_string)
}
