//! What the cluster's objects ask the nodes to advertise.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::rc::Rc;

use ipnet::IpNet;

use super::judge::Serving;
use super::obstacle::Obstacle;
use super::offers::Group;
use crate::topology::service::{AddressKind, ServiceRef};

/// Everything that the cluster's objects ask the nodes to advertise.
#[derive(Default)]
pub struct Advertised {
    pub carriers: HashMap<IpNet, Carriers>,
    /// The Services' addresses that are load balancer's, or that something advertises.
    pub addresses: BTreeMap<(IpAddr, IpNet), Address>,
    /// The other addresses of Services: no route is expected, and one that is there has an owner.
    pub others: HashMap<IpNet, Address>,
    pub pending: Vec<Pending>,
    /// The nodes' pod CIDRs, with whether something advertises them.
    pub pod_cidrs: BTreeMap<IpNet, AddressKind>,
    /// Why it is not known which sessions should carry anything.
    pub unknown: Option<String>,
    /// Addresses of the nodes' interfaces may be advertised too; the objects do not say which.
    pub has_interfaces: bool,
    /// The Services could be read.
    pub services_known: bool,
}

/// The sessions that should carry a prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Carriers {
    /// All sessions of these groups.
    pub groups: BTreeSet<usize>,
    /// These sessions too.
    pub sessions: BTreeSet<usize>,
    /// Why others might as well.
    pub unknown: Option<String>,
}

/// An address with the Services that share it.
pub struct Address {
    pub kind: AddressKind,
    pub services: Vec<Rc<ServiceRef>>,
    /// What keeps it from being advertised, if nothing advertises it.
    pub obstacle: Option<Obstacle>,
}

/// A load balancer Service without an address.
pub struct Pending {
    pub service: Rc<ServiceRef>,
    pub why: String,
}

impl Advertised {
    /// The prefixes that have rows of their own, whatever the routers have.
    pub fn prefixes_with_rows(&self) -> BTreeSet<IpNet> {
        let cidrs = self.pod_cidrs.keys().filter(|cidr| self.carriers.contains_key(cidr));
        self.addresses.keys().map(|(_, prefix)| prefix).chain(cidrs).copied().collect()
    }

    pub(super) fn address(&mut self, key: (IpAddr, IpNet), kind: AddressKind) -> &mut Address {
        self.addresses.entry(key).or_insert_with(|| Address::new(kind))
    }
}

impl Address {
    pub(super) fn new(kind: AddressKind) -> Self {
        Self { kind, services: Vec::new(), obstacle: None }
    }
}

impl Carriers {
    pub(super) fn add(&mut self, at: usize, group: &Group, serving: &Serving) {
        match serving {
            Serving::All => drop(self.groups.insert(at)),
            Serving::Only(nodes) => {
                self.sessions.extend(nodes.iter().filter_map(|node| group.by_node.get(node)).flatten());
            }
            Serving::Unknown(why) => self.unknown = Some(why.clone()),
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        self.groups.extend(other.groups);
        self.sessions.extend(other.sessions);
        self.unknown = self.unknown.take().or(other.unknown);
    }
}
