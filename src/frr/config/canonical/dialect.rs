//! What FRR does without being told, by version and profile (`FRR_CFG_DEFAULT_BOOL` in bgpd/bgp_vty.c).

use super::super::tree::Tree;

/// Which FRR reads a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Major and minor number of the FRR that runs.
    pub version: (u32, u32),
    /// `frr version`: the one that wrote the text. Old defaults hold for old texts.
    pub written_by: Option<(u32, u32)>,
    /// `frr defaults datacenter`.
    pub is_datacenter: bool,
    /// How many equal paths it was built for (`--enable-multipath`), if that is known.
    pub multipath: Option<u32>,
}

impl Default for Dialect {
    /// The newest that is known, with traditional defaults.
    fn default() -> Self {
        Self { version: (10, 3), written_by: None, is_datacenter: false, multipath: None }
    }
}

impl Dialect {
    /// Of a running-config: its head says it all, but for how FRR was built.
    pub fn of(tree: &Tree) -> Self {
        let dialect = Self::default().told_by(tree);
        Self { version: dialect.written_by.unwrap_or(dialect.version), ..dialect }
    }

    /// The same, where a text begins by saying which version and profile it is for.
    pub fn told_by(&self, tree: &Tree) -> Self {
        let mut dialect = self.clone();
        for statement in &tree.statements {
            match statement.words[..] {
                ["frr", "version", version, ..] => dialect.written_by = numbers(version),
                ["frr", "defaults", profile] => dialect.is_datacenter = profile == "datacenter",
                _ => {}
            }
        }
        dialect
    }

    pub fn is_at_least(&self, major: u32, minor: u32) -> bool {
        self.version >= (major, minor)
    }

    fn is_written_before(&self, major: u32, minor: u32) -> bool {
        self.written_by.unwrap_or(self.version) < (major, minor)
    }

    /// Statements that hold in a new `router bgp` and that the newest traditional FRR would not take for granted.
    pub fn beginning(&self) -> Vec<&'static str> {
        let mut statements = Vec::new();
        let mut when = |holds: bool, statement| statements.extend(holds.then_some(statement));
        when(self.is_datacenter || self.is_written_before(7, 4), "no bgp ebgp-requires-policy");
        when(!self.is_datacenter && self.is_written_before(7, 4), "no bgp network import-check");
        when(self.is_at_least(8, 0) && self.is_written_before(7, 6), "no bgp suppress-duplicates");
        when(self.is_at_least(8, 3) && self.is_written_before(8, 3), "no bgp graceful-restart notification");
        when(self.is_at_least(8, 3) && self.is_written_before(8, 3), "no bgp hard-administrative-reset");
        when(self.is_at_least(9, 1) && self.is_written_before(9, 1), "no bgp enforce-first-as");
        when(self.is_datacenter, "bgp log-neighbor-changes");
        when(self.is_datacenter, "bgp deterministic-med");
        when(self.is_datacenter, "bgp default show-hostname");
        when(self.is_datacenter && self.is_at_least(7, 5), "bgp default show-nexthop-hostname");
        when(self.is_datacenter && self.is_at_least(9, 1), "bgp default software-version-capability");
        when(self.is_datacenter && self.is_at_least(10, 1), "bgp default dynamic-capability");
        when(self.is_datacenter, "timers bgp 3 9");
        statements
    }

    /// Up to when the same rule under a second number of a list was dropped without a word.
    pub fn drops_same_rules(&self) -> bool {
        !self.is_at_least(9, 0)
    }

    /// From when a neighbor's first AS is checked by default.
    pub fn enforces_first_as(&self) -> bool {
        self.is_at_least(9, 1)
    }
}

/// `10.3` and `8.4.4`.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}
