//! A router's configuration, before and after statements: as FRR takes it, and as it is understood.

use crate::frr::config::bgp::BgpInstance;
use crate::frr::config::canonical::{Canonical, Dialect};
use crate::frr::config::neighbor::Neighbor;
use crate::frr::config::{Config, Tree};

use super::edit::Edit;
use super::required::Required;

pub struct View {
    pub canonical: Canonical,
    pub config: Config,
}

impl View {
    pub fn of(text: &str) -> Self {
        let tree = Tree::parse(text);
        Self::from(Canonical::of(&tree, &Dialect::of(&tree)))
    }

    /// The same router after more statements.
    pub fn after(&self, edits: &[Edit]) -> Self {
        let text: String = edits.iter().map(Edit::text).collect();
        Self::from(self.canonical.after(&Tree::parse(&text)))
    }

    /// What FRR would print says all that follows from version and profile too.
    fn from(canonical: Canonical) -> Self {
        Self { config: Config::parse(&canonical.print()), canonical }
    }

    /// The instance of the default VRF: others are not written.
    pub fn instance(&self) -> Option<&BgpInstance> {
        self.config.instance(None)
    }
}

/// Where a session has its place on the router.
#[derive(Clone, Copy)]
pub struct Seat<'a> {
    pub required: &'a Required,
    /// The neighbor's own line, or the group of the listen range that takes it.
    pub line: &'a Neighbor,
    pub group: Option<&'a Neighbor>,
}

impl<'a> Seat<'a> {
    /// By the first of the node's addresses that is known there.
    pub fn of(instance: &'a BgpInstance, required: &'a Required) -> Option<Self> {
        let own = |address: &std::net::IpAddr| instance.neighbor(&address.to_string());
        let ranged = |address: &std::net::IpAddr| instance.neighbor(&instance.listens_for(*address)?.group);
        let addresses = &required.addresses;
        let line = addresses.iter().find_map(own).or_else(|| addresses.iter().find_map(ranged))?;
        Some(Self { required, line, group: instance.group_of(line) })
    }

    /// What its settings stand at where they are not its own.
    pub fn shared(&self) -> &'a Neighbor {
        self.group.unwrap_or(self.line)
    }
}
