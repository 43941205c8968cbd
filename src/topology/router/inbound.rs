//! Which of a router's filters denies a prefix that a neighbor sends, by its configuration.

use ipnet::IpNet;

use super::Router;
use crate::frr::config::bgp::{BgpInstance, IPV4_UNICAST, IPV6_UNICAST};
use crate::frr::config::neighbor::Neighbor;
use crate::frr::config::prefix_list::{PrefixList, PrefixListEntry, PrefixVerdict};
use crate::frr::config::route_map::RouteMapVerdict;
use crate::frr::config::{Config, Version};
use crate::topology::names::NeighborName;
use crate::topology::session::RouterEnd;

/// Entries of a list that a sentence has.
const TOLD: usize = 3;

/// A filter and why it denies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// `prefix-list k8s-services`.
    pub filter: String,
    pub because: String,
}

impl Router {
    /// The first filter that denies it; `None`: none surely does. The order is bgpd's (bgp_update of bgpd/bgp_route.c).
    pub fn refusal(&self, end: &RouterEnd, prefix: IpNet) -> Option<Refusal> {
        let config = self.config.value()?;
        let instance = config.instance(Some(end.vrf.0.as_str()).filter(|_| !end.vrf.is_default()))?;
        refusal(config, instance, line_of(instance, &end.neighbor)?, prefix)
    }
}

/// Its own line, or the group of the range that takes it.
fn line_of<'a>(instance: &'a BgpInstance, neighbor: &NeighborName) -> Option<&'a Neighbor> {
    instance.neighbor(&neighbor.to_string()).or_else(|| match neighbor {
        NeighborName::Address(address) => instance.neighbor(&instance.listens_for(*address)?.group),
        NeighborName::Interface(_) => None,
    })
}

fn refusal(config: &Config, instance: &BgpInstance, neighbor: &Neighbor, prefix: IpNet) -> Option<Refusal> {
    let (version, family) = match Version::of(prefix.addr()) {
        Version::V4 => (Version::V4, IPV4_UNICAST),
        Version::V6 => (Version::V6, IPV6_UNICAST),
    };
    let list = instance.effective_in(neighbor, family, |family| family.prefix_list_in.as_deref());
    let map = instance.effective_in(neighbor, family, |family| family.route_map_in.as_deref());
    let by_list = || {
        let because = match config.prefix_list(version, list?) {
            None => "it is not defined, which denies everything".to_owned(),
            Some(list) => match list.permits(prefix) {
                PrefixVerdict::Denied(entry) => format!("line {}, seq {} {}", entry.line, entry.seq, words(entry)),
                PrefixVerdict::DeniedAtEnd => at_end(list),
                PrefixVerdict::Permitted(_) | PrefixVerdict::EmptyPermits => return None,
            },
        };
        Some(Refusal { filter: format!("prefix-list {}", list?), because })
    };
    let by_map = || {
        let because = match config.route_map(map?) {
            None => "it is not defined, which denies everything".to_owned(),
            Some(map) => match map.evaluate(prefix, config) {
                RouteMapVerdict::Denied(entry) => format!("line {}, deny {}", entry.line, entry.seq),
                RouteMapVerdict::DeniedAtEnd => "none of its entries matches".to_owned(),
                RouteMapVerdict::Permitted(_) | RouteMapVerdict::Undecided(_) => return None,
            },
        };
        Some(Refusal { filter: format!("route-map {}", map?), because })
    };
    by_list().or_else(by_map)
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

    fn because(lists: &str, neighbor: &str) -> Option<String> {
        let config = Config::parse(&format!("{NEIGHBORS}exit\n{lists}"));
        let instance = config.instance(None).expect("the instance");
        let line = line_of(instance, &NeighborName::parse(neighbor)).expect("the neighbor");
        let refusal = refusal(&config, instance, line, "10.9.0.1/32".parse().expect("a prefix"))?;
        Some(format!("{}: {}", refusal.filter, refusal.because))
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
