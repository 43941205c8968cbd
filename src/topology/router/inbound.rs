//! Which of a router's filters denies a prefix that a neighbor sends, by its configuration.

use std::fmt::Write;

use ipnet::IpNet;

use super::Router;
use crate::frr::config::bgp::BgpInstance;
use crate::frr::config::neighbor::{Neighbor, NeighborFamily};
use crate::frr::config::prefix_list::{PrefixList, PrefixListEntry, PrefixVerdict};
use crate::frr::config::route_map::{Match, RouteMap, RouteMapEntry, RouteMapVerdict};
use crate::frr::config::{Config, Stated, Version};
use crate::topology::names::NeighborName;
use crate::topology::session::RouterEnd;

/// Entries of a list that a sentence has.
const TOLD: usize = 3;

/// What stands in the way in from one neighbor for one address family, by the router's configuration.
#[derive(Clone, Copy, Debug)]
pub struct Inbound<'a> {
    config: &'a Config,
    instance: &'a BgpInstance,
    pub version: Version,
    /// The neighbor's own line, or that of its group.
    pub neighbor: &'a Neighbor,
    /// The neighbor or group that the list is attached to.
    pub has_list: &'a str,
    pub list: Option<&'a Stated<String>>,
    pub map: Option<&'a Stated<String>>,
    /// Filters that look at more than the prefix, or are not read: `filter-list`, `distribute-list`.
    pub has_others: bool,
}

/// The filter that denies a prefix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Denial<'a> {
    UndefinedList(&'a str),
    /// By an entry; `None`: no entry matches.
    List(&'a PrefixList, Option<&'a PrefixListEntry>),
    UndefinedMap(&'a str),
    Map(&'a RouteMap, Option<&'a RouteMapEntry>),
}

/// What the filters of a neighbor do with a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passage {
    /// No filter denies it.
    Permitted,
    Denied(Refusal),
    /// A filter looks at more than the prefix, or the configuration is not known.
    Undecided,
}

/// A filter and why it denies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// `prefix-list k8s-services`.
    pub filter: String,
    pub because: String,
}

impl Router {
    /// What filters the prefixes of a neighbor; `None`: the configuration does not have the neighbor, or is not known.
    pub fn inbound(&self, end: &RouterEnd, version: Version) -> Option<Inbound<'_>> {
        let vrf = Some(end.vrf.0.as_str()).filter(|_| !end.vrf.is_default());
        self.inbound_of(vrf, &end.neighbor, version)
    }

    /// The same of a neighbor that may not be there yet: a listen range makes it one when it dials.
    pub fn inbound_of(&self, vrf: Option<&str>, neighbor: &NeighborName, version: Version) -> Option<Inbound<'_>> {
        Inbound::of(self.config.value()?, vrf, neighbor, version)
    }

    /// Asks the filters of a neighbor about a prefix.
    pub fn passage(&self, end: &RouterEnd, prefix: IpNet) -> Passage {
        let Some(inbound) = self.inbound(end, Version::of(prefix.addr())) else { return Passage::Undecided };
        match inbound.denial(prefix) {
            Some(denial) => Passage::Denied(Refusal::of(denial)),
            None if inbound.permits(prefix) => Passage::Permitted,
            None => Passage::Undecided,
        }
    }
}

/// Its own line, or the group of the range that takes it.
fn line_of<'a>(instance: &'a BgpInstance, neighbor: &NeighborName) -> Option<&'a Neighbor> {
    instance.neighbor(&neighbor.to_string()).or_else(|| match neighbor {
        NeighborName::Address(address) => instance.neighbor(&instance.listens_for(*address)?.group),
        NeighborName::Interface(_) => None,
    })
}

fn inbound<'a>(config: &'a Config, instance: &'a BgpInstance, neighbor: &'a Neighbor, version: Version) -> Inbound<'a> {
    let family = version.unicast();
    let other = |family: &'a NeighborFamily| family.filter_list_in.as_ref().or(family.distribute_list_in.as_ref());
    Inbound {
        config,
        instance,
        version,
        neighbor,
        has_list: match &neighbor.member_of {
            Some(group) if neighbor.families.get(family).is_none_or(|family| family.prefix_list_in.is_none()) => group,
            _ => &neighbor.name,
        },
        list: instance.effective_in(neighbor, family, |family| family.prefix_list_in.as_ref()),
        map: instance.effective_in(neighbor, family, |family| family.route_map_in.as_ref()),
        has_others: instance.effective_in(neighbor, family, other).is_some(),
    }
}

impl<'a> Inbound<'a> {
    /// The same of any configuration.
    pub fn of(config: &'a Config, vrf: Option<&str>, neighbor: &NeighborName, version: Version) -> Option<Self> {
        let instance = config.instance(vrf)?;
        Some(inbound(config, instance, line_of(instance, neighbor)?, version))
    }

    /// The first filter that denies it; `None`: none surely does. The order is bgpd's (bgp_update of bgpd/bgp_route.c).
    pub fn denial(&self, prefix: IpNet) -> Option<Denial<'a>> {
        self.list.and_then(|name| self.by_list(name, prefix)).or_else(|| self.by_map(self.map?, prefix))
    }

    /// Whether its filters surely let a prefix pass.
    pub fn permits(&self, prefix: IpNet) -> bool {
        let map = self.map.and_then(|name| self.config.route_map(name));
        let map_permits = map.is_none_or(|map| map.evaluate(prefix, self.config).is_permitted() == Some(true));
        !self.has_others && map_permits && self.denial(prefix).is_none()
    }

    /// The prefix-lists that have a say: the neighbor's, and those of its map.
    pub fn lists(&self) -> Vec<&'a PrefixList> {
        let map = self.map.and_then(|name| self.config.route_map(name));
        let matches = map.into_iter().flat_map(|map| &map.entries).flat_map(|entry| &entry.matches);
        let of_map = matches.filter_map(|one| match &one.value {
            Match::PrefixList { version, name } if *version == self.version => Some(name),
            _ => None,
        });
        let names = self.list.map(|name| &name.value).into_iter().chain(of_map);
        names.filter_map(|name| self.config.prefix_list(self.version, name)).collect()
    }

    /// The list by which its map permits, if it does so by the prefix alone.
    pub fn list_of_map(&self) -> Option<&'a str> {
        let map = self.config.route_map(self.map?)?;
        map.entries.iter().filter(|entry| entry.permit).find_map(|entry| match &entry.matches[..] {
            [Stated { value: Match::PrefixList { version, name }, .. }] if *version == self.version => {
                Some(name.as_str())
            }
            _ => None,
        })
    }

    /// The prefix-list that is asked for, if there is none of that name.
    pub fn undefined_list(&self) -> Option<&'a Stated<String>> {
        self.list.filter(|name| self.config.prefix_list(self.version, &name.value).is_none())
    }

    /// Whether a prefix would be taken; `None` where more than the prefix decides.
    pub fn admits(&self, prefix: IpNet) -> Option<bool> {
        if self.denial(prefix).is_some() || self.is_refused_unfiltered() {
            return Some(false);
        }
        self.permits(prefix).then_some(true)
    }

    /// eBGP without any filter takes nothing, unless that was switched off (RFC 8212).
    fn is_refused_unfiltered(&self) -> bool {
        let is_filtered = self.list.is_some() || self.map.is_some() || self.has_others;
        let remote = self.instance.effective(self.neighbor, |neighbor| neighbor.remote_as.as_ref());
        let is_internal = remote.is_some_and(|remote| remote.is_internal(self.instance.asn));
        !is_filtered && !is_internal && self.config.requires_policy(self.instance)
    }

    /// Whether the neighbor's line says that this family is exchanged.
    pub fn is_activated(&self) -> bool {
        self.instance.is_activated(self.neighbor, self.version.unicast())
    }

    /// The filters in FRR's words; `None`: there is none.
    pub fn filters(&self) -> Option<String> {
        let list = self.list.map(|name| format!("prefix-list {}", name.value));
        let map = self.map.map(|name| format!("route-map {}", name.value));
        let others = self.has_others.then(|| "a filter-list or distribute-list".to_owned());
        let all: Vec<String> = [list, map, others].into_iter().flatten().collect();
        (!all.is_empty()).then(|| all.join(" and "))
    }

    /// How many prefixes it may send; `None`: as many as it likes.
    pub fn maximum_prefixes(&self) -> Option<u32> {
        let stated =
            self.instance.effective_in(self.neighbor, self.version.unicast(), |family| family.maximum_prefix.as_ref());
        stated.map(|stated| stated.limit)
    }

    fn by_list(&self, name: &'a str, prefix: IpNet) -> Option<Denial<'a>> {
        let Some(list) = self.config.prefix_list(self.version, name) else { return Some(Denial::UndefinedList(name)) };
        match list.permits(prefix) {
            PrefixVerdict::Denied(entry) => Some(Denial::List(list, Some(entry))),
            PrefixVerdict::DeniedAtEnd => Some(Denial::List(list, None)),
            PrefixVerdict::Permitted(_) | PrefixVerdict::EmptyPermits => None,
        }
    }

    fn by_map(&self, name: &'a str, prefix: IpNet) -> Option<Denial<'a>> {
        let Some(map) = self.config.route_map(name) else { return Some(Denial::UndefinedMap(name)) };
        match map.evaluate(prefix, self.config) {
            RouteMapVerdict::Denied(entry) => Some(Denial::Map(map, Some(entry))),
            RouteMapVerdict::DeniedAtEnd => Some(Denial::Map(map, None)),
            RouteMapVerdict::Permitted(_) | RouteMapVerdict::Undecided(_) => None,
        }
    }
}

impl Denial<'_> {
    /// `prefix-list k8s-services`.
    pub fn filter(&self) -> String {
        match self {
            Self::UndefinedList(name) => format!("prefix-list {name}"),
            Self::List(list, _) => format!("prefix-list {}", list.name),
            Self::UndefinedMap(name) => format!("route-map {name}"),
            Self::Map(map, _) => format!("route-map {}", map.name),
        }
    }

    pub fn because(&self) -> String {
        match self {
            Self::UndefinedList(_) | Self::UndefinedMap(_) => "it is not defined, which denies everything".to_owned(),
            Self::List(_, Some(entry)) => format!("line {}, seq {} {}", entry.line, entry.seq, words(entry)),
            Self::List(list, None) => at_end(list),
            Self::Map(_, Some(entry)) => format!("line {}, deny {}", entry.line, entry.seq),
            Self::Map(_, None) => "none of its entries matches".to_owned(),
        }
    }
}

impl Refusal {
    fn of(denial: Denial) -> Self {
        Self { filter: denial.filter(), because: denial.because() }
    }
}

/// What the list would have taken.
fn at_end(list: &PrefixList) -> String {
    let permits: Vec<String> = list.entries.iter().filter(|entry| entry.permit).map(matched).collect();
    match permits.len() {
        0 => "it permits nothing".to_owned(),
        more if more > TOLD => format!("it permits {} and {} more", permits[..TOLD].join(", "), more - TOLD),
        _ => format!("it permits {}", permits.join(", ")),
    }
}

/// Whether a map lets everything pass, whatever it is.
pub fn is_open(config: &Config, map: &str) -> bool {
    let first = config.route_map(map).and_then(|map| map.entries.first());
    first.is_some_and(|entry| entry.permit && entry.matches.is_empty() && entry.jumps.is_empty())
}

/// As FRR writes it.
pub fn words(entry: &PrefixListEntry) -> String {
    format!("{} {}", if entry.permit { "permit" } else { "deny" }, matched(entry))
}

fn matched(entry: &PrefixListEntry) -> String {
    let mut text = entry.prefix.map_or_else(|| "any".to_owned(), |prefix| prefix.to_string());
    for (word, length) in [("ge", entry.ge), ("le", entry.le)] {
        if let Some(length) = length {
            let _ = write!(text, " {word} {length}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEIGHBORS: &str = "\
router bgp 65001
 neighbor nodes peer-group
 neighbor 10.0.0.1 peer-group nodes
 bgp listen range 10.0.1.0/24 peer-group nodes
 address-family ipv4 unicast
  neighbor nodes prefix-list vips in
  neighbor nodes route-map map in
";

    fn because(lists: &str, neighbor: &str) -> Option<String> {
        let config = Config::parse(&format!("{NEIGHBORS}exit\n{lists}"));
        let instance = config.instance(None).expect("the instance");
        let line = line_of(instance, &NeighborName::parse(neighbor)).expect("the neighbor");
        let inbound = inbound(&config, instance, line, Version::V4);
        let denial = inbound.denial("10.9.0.1/32".parse().expect("a prefix"))?;
        Some(format!("{}: {}", denial.filter(), denial.because()))
    }

    const OPEN_MAP: &str = "route-map map permit 10\n";

    #[test]
    fn the_filter_that_denies_says_where() {
        let with_map = |list: &str| because(&format!("{list}\n{OPEN_MAP}"), "10.0.0.1");
        assert_eq!(
            with_map("ip prefix-list vips permit 10.8.0.0/24 ge 32 le 32").as_deref(),
            Some("prefix-list vips: it permits 10.8.0.0/24 ge 32 le 32")
        );
        assert_eq!(
            with_map("ip prefix-list vips seq 7 deny 10.9.0.0/24 le 32\nip prefix-list vips permit any").as_deref(),
            Some("prefix-list vips: line 9, seq 7 deny 10.9.0.0/24 le 32")
        );
        assert_eq!(with_map("").as_deref(), Some("prefix-list vips: it is not defined, which denies everything"));
        assert_eq!(with_map("ip prefix-list vips permit any"), None);
    }

    #[test]
    fn a_map_is_asked_after_the_list_and_groups_of_ranges_count() {
        let open_list = "ip prefix-list vips permit any\n";
        assert_eq!(
            because(open_list, "10.0.1.7").as_deref(),
            Some("route-map map: it is not defined, which denies everything")
        );
        assert_eq!(
            because(&format!("{open_list}route-map map deny 10\n"), "10.0.1.7").as_deref(),
            Some("route-map map: line 10, deny 10")
        );
        assert_eq!(because(&format!("{open_list}{OPEN_MAP}"), "10.0.1.7"), None);
    }
}
