//! Lines that let prefixes pass a prefix-list.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};

use super::inbound::words;
use crate::cilium::pool::Range;
use crate::frr::config::Version;
use crate::frr::config::prefix_list::{PrefixList, PrefixListEntry};

/// Distance of the numbers that FRR gives by itself.
const STEP: u32 = 5;

/// What to permit: the prefixes of one length in a net, which may be the net itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    pub net: IpNet,
    pub length: u8,
}

/// The fewest prefixes that are the range.
pub fn nets(range: Range) -> Vec<IpNet> {
    match (range.first, range.last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => Ipv4Subnets::new(first, last, 0).map(IpNet::from).collect(),
        (IpAddr::V6(first), IpAddr::V6(last)) => Ipv6Subnets::new(first, last, 0).map(IpNet::from).collect(),
        _ => Vec::new(),
    }
}

/// The lines that make a list permit them. `denying`: the first entry that denies one of them, if an entry does.
pub fn lines(
    name: &str,
    version: Version,
    list: Option<&PrefixList>,
    denying: Option<&PrefixListEntry>,
    wanted: &BTreeSet<Wanted>,
) -> Vec<String> {
    let statement = format!("{} prefix-list", version.protocol());
    let entries = list.map_or(&[][..], |list| list.entries.as_slice());
    let last = entries.last().map_or(0, |entry| entry.seq);
    let after = || (1..).map(|at| (last / STEP).saturating_add(at).saturating_mul(STEP));
    let before = denying.map(|entry| free_before(entries, entry.seq, wanted.len()));
    let permits = |seqs: Vec<u32>| -> Vec<String> {
        seqs.iter()
            .zip(wanted)
            .map(|(seq, wanted)| format!("{statement} {name} seq {seq} {}", wanted.words()))
            .collect()
    };
    match (before, denying) {
        (Some(Some(seqs)), _) => permits(seqs),
        // There is no room before the entry, so it has to go behind.
        (Some(None), Some(entry)) => {
            let next = entries.iter().map(|other| other.seq).find(|seq| *seq > entry.seq).unwrap_or(u32::MAX);
            let mut seqs: Vec<u32> = (entry.seq + 1..next).take(wanted.len() + 1).collect();
            let mut moved = vec![entry];
            if seqs.len() <= wanted.len() {
                // What stands behind it stays behind it.
                moved = entries.iter().filter(|other| other.seq >= entry.seq).collect();
                seqs = after().take(wanted.len() + moved.len()).collect();
            }
            let behind = seqs.split_off(wanted.len());
            let mut lines = permits(seqs);
            // FRR drops the same rule under another number. From the end nothing is let in meanwhile that was denied.
            lines.extend(moved.iter().rev().map(|entry| format!("no {statement} {name} seq {}", entry.seq)));
            let again =
                |(seq, entry): (u32, &&PrefixListEntry)| format!("{statement} {name} seq {seq} {}", words(entry));
            lines.extend(behind.into_iter().zip(&moved).map(again));
            lines
        }
        _ => permits(after().take(wanted.len()).collect()),
    }
}

/// Free numbers before one, the nearest, in their order; `None`: there are not enough.
fn free_before(entries: &[PrefixListEntry], seq: u32, count: usize) -> Option<Vec<u32>> {
    let taken: BTreeSet<u32> = entries.iter().map(|entry| entry.seq).collect();
    let mut free: Vec<u32> = (1..seq).rev().filter(|seq| !taken.contains(seq)).take(count).collect();
    free.reverse();
    (free.len() == count).then_some(free)
}

impl Wanted {
    /// The hosts of a net.
    pub fn hosts(net: IpNet) -> Self {
        Self { net, length: net.max_prefix_len() }
    }

    /// The net itself.
    pub fn itself(net: IpNet) -> Self {
        Self { net, length: net.prefix_len() }
    }

    /// As a list's entry says it.
    pub fn words(self) -> String {
        let Self { net, length } = self;
        if length == net.prefix_len() {
            format!("permit {net}")
        } else {
            format!("permit {net} ge {length} le {length}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frr::config::Config;
    use crate::frr::config::prefix_list::PrefixVerdict;

    fn wanted(nets: &[&str]) -> BTreeSet<Wanted> {
        let wanted = |net: &&str| Wanted::hosts(net.parse().expect("a net"));
        nets.iter().map(wanted).collect()
    }

    /// The lines for a list, and that it then permits what it should.
    fn added(text: &str, nets: &[&str]) -> Vec<String> {
        let config = Config::parse(text);
        let list = config.prefix_list(Version::V4, "a");
        let host = |net: &Wanted| IpNet::from(net.net.addr());
        let denying = list.and_then(|list| {
            let denied = wanted(nets).into_iter().filter_map(|net| match list.permits(host(&net)) {
                PrefixVerdict::Denied(entry) => Some(entry),
                _ => None,
            });
            denied.min_by_key(|entry| entry.seq)
        });
        let lines = lines("a", Version::V4, list, denying, &wanted(nets));
        let is_gone =
            |line: &str, no: &String| no.strip_prefix("no ").is_some_and(|gone| line.starts_with(&format!("{gone} ")));
        let kept = text.lines().filter(|line| !lines.iter().any(|no| is_gone(line, no)));
        let new = kept.map(str::to_owned).chain(lines.iter().filter(|line| !line.starts_with("no ")).cloned());
        let config = Config::parse(&new.collect::<Vec<_>>().join("\n"));
        let list = config.prefix_list(Version::V4, "a").expect("the list");
        for net in wanted(nets) {
            assert!(list.permits(host(&net)).is_permitted(), "{lines:?}");
        }
        lines
    }

    #[test]
    fn numbers_are_free_and_before_what_denies() {
        assert_eq!(
            added("", &["10.0.0.0/24", "10.1.0.1/32"]),
            ["ip prefix-list a seq 5 permit 10.0.0.0/24 ge 32 le 32", "ip prefix-list a seq 10 permit 10.1.0.1/32"]
        );
        assert_eq!(
            added("ip prefix-list a seq 7 permit 10.9.0.0/24", &["10.0.0.0/24"]),
            ["ip prefix-list a seq 10 permit 10.0.0.0/24 ge 32 le 32"]
        );
        assert_eq!(
            added("ip prefix-list a seq 5 permit 10.9.0.0/24\nip prefix-list a seq 10 deny any", &["10.0.0.0/24"]),
            ["ip prefix-list a seq 9 permit 10.0.0.0/24 ge 32 le 32"]
        );
        assert_eq!(
            added("ip prefix-list a seq 1 deny 10.0.0.0/8 le 32\nip prefix-list a seq 20 permit any", &["10.0.0.0/24"]),
            [
                "ip prefix-list a seq 2 permit 10.0.0.0/24 ge 32 le 32",
                "no ip prefix-list a seq 1",
                "ip prefix-list a seq 3 deny 10.0.0.0/8 le 32",
            ]
        );
    }

    #[test]
    fn what_stands_behind_a_denial_stays_behind_it() {
        let text = "ip prefix-list a seq 5 deny 10.99.0.0/16 le 32\nip prefix-list a seq 10 permit any";
        let range = Range {
            first: "10.99.8.200".parse().expect("an address"),
            last: "10.99.8.250".parse().expect("an address"),
        };
        let nets: Vec<String> = nets(range).iter().map(ToString::to_string).collect();
        let nets: Vec<&str> = nets.iter().map(String::as_str).collect();
        let lines = added(text, &nets);
        assert_eq!(
            lines[6..],
            [
                "no ip prefix-list a seq 10",
                "no ip prefix-list a seq 5",
                "ip prefix-list a seq 45 deny 10.99.0.0/16 le 32",
                "ip prefix-list a seq 50 permit any",
            ]
        );
        let config = Config::parse(
            &lines.iter().filter(|line| !line.starts_with("no ")).fold(String::new(), |text, line| text + line + "\n"),
        );
        let list = config.prefix_list(Version::V4, "a").expect("the list");
        let permits = |prefix: &str| list.permits(prefix.parse().expect("a prefix")).is_permitted();
        assert_eq!(
            (permits("10.99.200.1/32"), permits("10.98.0.0/24"), permits("10.99.8.201/32")),
            (false, true, true)
        );
    }

    #[test]
    fn a_range_is_its_fewest_prefixes() {
        let range = |first: &str, last: &str| Range {
            first: first.parse().expect("an address"),
            last: last.parse().expect("an address"),
        };
        let nets: Vec<String> = nets(range("10.0.0.200", "10.0.0.203")).iter().map(ToString::to_string).collect();
        assert_eq!(nets, ["10.0.0.200/30"]);
        assert_eq!(super::nets(range("10.0.0.200", "10.0.0.250")).len(), 6);
        assert_eq!(super::nets(range("fd00::1", "fd00::1"))[0].to_string(), "fd00::1/128");
    }
}
