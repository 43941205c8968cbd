//! Whether a router's filters let a prefix in, by its configuration, and which of them denies it.

use ipnet::IpNet;

use super::Router;
use crate::frr::config::bgp::{BgpInstance, IPV4_UNICAST, IPV6_UNICAST};
use crate::frr::config::neighbor::{Neighbor, NeighborFamily};
use crate::frr::config::prefix_list::{PrefixList, PrefixListEntry, PrefixVerdict};
use crate::frr::config::route_map::RouteMapVerdict;
use crate::frr::config::{Config, Stated, Version};
use crate::topology::names::NeighborName;
use crate::topology::session::RouterEnd;

/// Entries of a list that a sentence has.
const TOLD: usize = 3;

/// What a router's configuration does with a prefix that comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inbound {
    /// No filter denies it.
    Permitted,
    Denied(Refusal),
    /// A filter looks at more than the prefix, or the configuration is not known.
    Undecided,
}

/// A filter and why it denies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `prefix-list k8s-services`.
    pub filter: String,
    pub because: String,
}

impl Router {
    /// Asks the filters of a neighbor in bgpd's order (bgp_update of bgpd/bgp_route.c).
    pub fn inbound(&self, end: &RouterEnd, prefix: IpNet) -> Inbound {
        let Some(config) = self.config.value() else { return Inbound::Undecided };
        let instance = config.instance(Some(end.vrf.0.as_str()).filter(|_| !end.vrf.is_default()));
        let line = instance.and_then(|instance| Some((instance, line_of(instance, &end.neighbor)?)));
        line.map_or(Inbound::Undecided, |(instance, line)| inbound(config, instance, line, prefix))
    }
}

/// Its own line, or the group of the range that takes it.
fn line_of<'a>(instance: &'a BgpInstance, neighbor: &NeighborName) -> Option<&'a Neighbor> {
    instance.neighbor(&neighbor.to_string()).or_else(|| match neighbor {
        NeighborName::Address(address) => instance.neighbor(&instance.listens_for(*address)?.group),
        NeighborName::Interface(_) => None,
    })
}

fn inbound(config: &Config, instance: &BgpInstance, neighbor: &Neighbor, prefix: IpNet) -> Inbound {
    let (version, family) = match Version::of(prefix.addr()) {
        Version::V4 => (Version::V4, IPV4_UNICAST),
        Version::V6 => (Version::V6, IPV6_UNICAST),
    };
    let named = |filter: fn(&NeighborFamily) -> Option<&Stated<String>>| {
        instance.effective_in(neighbor, family, filter).map(|stated| stated.value.as_str())
    };
    let list = named(|family| family.prefix_list_in.as_ref()).map(|name| by_list(config, version, name, prefix));
    let map = named(|family| family.route_map_in.as_ref()).map(|name| by_map(config, name, prefix));
    // What these do is not read.
    let others = [named(|family| family.distribute_list_in.as_ref()), named(|family| family.filter_list_in.as_ref())];
    let others = others.into_iter().flatten().map(|_| Inbound::Undecided);
    let mut all = list.into_iter().chain(map).chain(others).collect::<Vec<_>>();
    match all.iter().position(|one| matches!(one, Inbound::Denied(_))) {
        Some(denied) => all.swap_remove(denied),
        None if all.contains(&Inbound::Undecided) => Inbound::Undecided,
        None => Inbound::Permitted,
    }
}

const NOT_DEFINED: &str = "it is not defined, which denies everything";

fn by_list(config: &Config, version: Version, name: &str, prefix: IpNet) -> Inbound {
    let because = match config.prefix_list(version, name).map(|list| (list, list.permits(prefix))) {
        None => NOT_DEFINED.to_owned(),
        Some((_, PrefixVerdict::Denied(entry))) => format!("line {}, seq {} {}", entry.line, entry.seq, words(entry)),
        Some((list, PrefixVerdict::DeniedAtEnd)) => at_end(list),
        Some((_, PrefixVerdict::Permitted(_) | PrefixVerdict::EmptyPermits)) => return Inbound::Permitted,
    };
    Inbound::Denied(Refusal { filter: format!("prefix-list {name}"), because })
}

fn by_map(config: &Config, name: &str, prefix: IpNet) -> Inbound {
    let because = match config.route_map(name).map(|map| map.evaluate(prefix, config)) {
        None => NOT_DEFINED.to_owned(),
        Some(RouteMapVerdict::Denied(entry)) => format!("line {}, deny {}", entry.line, entry.seq),
        Some(RouteMapVerdict::DeniedAtEnd) => "none of its entries matches".to_owned(),
        Some(RouteMapVerdict::Permitted(_)) => return Inbound::Permitted,
        Some(RouteMapVerdict::Undecided(_)) => return Inbound::Undecided,
    };
    Inbound::Denied(Refusal { filter: format!("route-map {name}"), because })
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

/// As FRR writes it.
fn words(entry: &PrefixListEntry) -> String {
    format!("{} {}", if entry.permit { "permit" } else { "deny" }, matched(entry))
}

fn matched(entry: &PrefixListEntry) -> String {
    let mut text = entry.prefix.map_or_else(|| "any".to_owned(), |prefix| prefix.to_string());
    for (word, length) in [("ge", entry.ge), ("le", entry.le)] {
        if let Some(length) = length {
            text.push_str(&format!(" {word} {length}"));
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

    fn verdict(lists: &str, neighbor: &str) -> Inbound {
        let config = Config::parse(&format!("{NEIGHBORS}exit\n{lists}"));
        let instance = config.instance(None).expect("the instance");
        let line = line_of(instance, &NeighborName::parse(neighbor)).expect("the neighbor");
        inbound(&config, instance, line, "10.9.0.1/32".parse().expect("a prefix"))
    }

    fn because(lists: &str, neighbor: &str) -> Option<String> {
        match verdict(lists, neighbor) {
            Inbound::Denied(refusal) => Some(format!("{}: {}", refusal.filter, refusal.because)),
            _ => None,
        }
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
        assert_eq!(verdict(&format!("{open_list}{OPEN_MAP}"), "10.0.1.7"), Inbound::Permitted);
        let by_community = "route-map map permit 10\n match community c\n";
        assert_eq!(verdict(&format!("{open_list}{by_community}"), "10.0.1.7"), Inbound::Undecided);
    }
}
