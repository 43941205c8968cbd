//! `route-map`: what it does with a prefix, as far as that can be told from the prefix alone (lib/routemap.c).

use ipnet::IpNet;

use super::stated::Stated;
use super::{Config, Version};

#[derive(Clone, Debug, PartialEq)]
pub struct RouteMap {
    pub name: String,
    /// By their number.
    pub entries: Vec<RouteMapEntry>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RouteMapEntry {
    pub line: usize,
    pub seq: u32,
    pub permit: bool,
    /// All of them must hold.
    pub matches: Vec<Stated<Match>>,
    /// What is behind `set`.
    pub sets: Vec<Stated<String>>,
    /// `call` and `on-match`: other entries have a say too.
    pub jumps: Vec<Stated<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    PrefixList {
        version: Version,
        name: String,
    },
    /// What is behind `match`.
    Other(String),
}

/// What a map does with a prefix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RouteMapVerdict<'a> {
    Permitted(&'a RouteMapEntry),
    Denied(&'a RouteMapEntry),
    /// No entry matches it.
    DeniedAtEnd,
    /// This entry looks at more than the prefix.
    Undecided(&'a RouteMapEntry),
}

impl RouteMapVerdict<'_> {
    /// Unknown where it is undecided.
    pub fn is_permitted(self) -> Option<bool> {
        match self {
            Self::Permitted(_) => Some(true),
            Self::Denied(_) | Self::DeniedAtEnd => Some(false),
            Self::Undecided(_) => None,
        }
    }
}

impl RouteMap {
    pub fn evaluate(&self, prefix: IpNet, config: &Config) -> RouteMapVerdict<'_> {
        // Whether an entry applies makes no difference if what follows comes to the same.
        let mut doubt: Option<&RouteMapEntry> = None;
        for entry in &self.entries {
            let applies = entry.applies(prefix, config);
            if applies == Some(false) {
                continue;
            }
            if doubt.is_some_and(|doubt| doubt.permit != entry.permit) || entry.permit && !entry.jumps.is_empty() {
                return RouteMapVerdict::Undecided(doubt.unwrap_or(entry));
            }
            match applies {
                Some(_) if entry.permit => return RouteMapVerdict::Permitted(entry),
                Some(_) => return RouteMapVerdict::Denied(entry),
                None => doubt = doubt.or(Some(entry)),
            }
        }
        doubt.filter(|doubt| doubt.permit).map_or(RouteMapVerdict::DeniedAtEnd, RouteMapVerdict::Undecided)
    }

    pub(super) fn entry(&mut self, seq: u32, permit: bool, line: usize) -> &mut RouteMapEntry {
        let at = match self.entries.binary_search_by_key(&seq, |entry| entry.seq) {
            Ok(at) => at,
            Err(at) => {
                let entry = RouteMapEntry { line, seq, permit, matches: vec![], sets: vec![], jumps: vec![] };
                self.entries.insert(at, entry);
                at
            }
        };
        self.entries[at].permit = permit;
        &mut self.entries[at]
    }
}

impl RouteMapEntry {
    fn applies(&self, prefix: IpNet, config: &Config) -> Option<bool> {
        let holds: Vec<Option<bool>> = self.matches.iter().map(|one| one.holds(prefix, config)).collect();
        if holds.contains(&Some(false)) {
            Some(false)
        } else {
            holds.into_iter().all(|one| one.is_some()).then_some(true)
        }
    }
}

impl Match {
    /// A list that is not defined matches nothing (bgpd/bgp_routemap.c).
    fn holds(&self, prefix: IpNet, config: &Config) -> Option<bool> {
        match self {
            Self::PrefixList { version, name } => {
                let list = config.prefix_list(*version, name);
                Some(list.is_some_and(|list| list.permits(prefix).is_permitted()))
            }
            Self::Other(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(map: &str) -> Option<bool> {
        let config = Config::parse(&format!("ip prefix-list vips permit 10.9.0.0/24 le 32\n{map}"));
        let prefix = "10.9.0.1/32".parse().expect("a prefix");
        config.route_map("m").expect("the map").evaluate(prefix, &config).is_permitted()
    }

    #[test]
    fn the_first_entry_that_applies_decides() {
        assert_eq!(verdict("route-map m permit 10\n match ip address prefix-list vips\n"), Some(true));
        assert_eq!(
            verdict("route-map m deny 10\n match ip address prefix-list vips\nroute-map m permit 20\n"),
            Some(false)
        );
        assert_eq!(verdict("route-map m permit 20\nroute-map m deny 10\n"), Some(false));
        assert_eq!(verdict("route-map m permit 10\n match ip address prefix-list missing\n"), Some(false));
        assert_eq!(verdict("route-map m permit 10\n match ipv6 address prefix-list vips\n"), Some(false));
    }

    #[test]
    fn what_looks_at_more_than_the_prefix_is_undecided() {
        assert_eq!(verdict("route-map m permit 10\n match community c\n"), None);
        assert_eq!(verdict("route-map m permit 10\n call other\n"), None);
        assert_eq!(verdict("route-map m permit 10\n on-match next\nroute-map m deny 20\n"), None);
        let both = "route-map m permit 10\n match community c\n match ip address prefix-list missing\n";
        assert_eq!(verdict(both), Some(false), "the other one cannot hold");
        let same = "route-map m permit 10\n match community c\nroute-map m permit 20\n";
        assert_eq!(verdict(same), Some(true), "either way");
        assert_eq!(verdict("route-map m deny 10\n match community c\n"), Some(false), "either way");
        let different = "route-map m deny 10\n match community c\nroute-map m permit 20\n";
        assert_eq!(verdict(different), None);
    }
}
