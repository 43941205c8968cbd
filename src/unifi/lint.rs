//! What is known of texts that UniFi takes and does not take. It checks little itself and says nothing, so these are hints.

use std::collections::BTreeSet;

use crate::frr::config::{Statement, Tree};

/// Something in a text that will not do what it looks like.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// From 1 on.
    pub line: usize,
    pub why: String,
}

/// The order that is known to be kept: `router bgp`, then route-maps, then prefix-lists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Instance,
    RouteMap,
    PrefixList,
}

/// In the order of the lines.
pub fn lint(tree: &Tree) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = tree.statements.iter().filter_map(of_statement).collect();
    remarks.extend(misplaced(tree));
    remarks.extend(undefined(tree));
    let instances = tree.statements.iter().filter(|statement| part(statement) == Some(Part::Instance));
    remarks.extend(instances.flat_map(|instance| &instance.under).filter_map(of_instance));
    remarks.sort();
    remarks
}

fn of_statement(statement: &Statement) -> Option<Remark> {
    let why = match statement.words[..] {
        _ if !statement.on => return None,
        ["log", "file", "stdout"] => "FRR 8.4 and 10.3 refuse it",
        ["frr", "version", ..] | ["hostname" | "domainname", ..] => "UniFi adds it itself",
        _ => return None,
    };
    Some(Remark { line: statement.line, why: format!("`{}`: {why}", statement.text()) })
}

fn of_instance(statement: &Statement) -> Option<Remark> {
    let has_bfd = statement.on && matches!(statement.words[..], ["neighbor", _, "bfd", ..]);
    has_bfd.then(|| Remark {
        line: statement.line,
        why: format!("`{}`: Cilium speaks no BFD, and UniFi may run no bfdd", statement.text()),
    })
}

fn part(statement: &Statement) -> Option<Part> {
    match statement.words[..] {
        ["router", "bgp", ..] => Some(Part::Instance),
        ["route-map", ..] => Some(Part::RouteMap),
        ["ip" | "ipv6", "prefix-list", ..] => Some(Part::PrefixList),
        _ => None,
    }
}

/// Each list and route-map that stands before what it has to follow, at its first line.
fn misplaced(tree: &Tree) -> Vec<Remark> {
    let last = |wanted: Part| tree.statements.iter().rposition(|statement| part(statement) == Some(wanted));
    let (instance, route_map) = (last(Part::Instance), last(Part::RouteMap));
    let mut told = BTreeSet::new();
    let mut remark = |at: usize, statement: &Statement| {
        let (name, why) = match (part(statement)?, &statement.words[..]) {
            (Part::PrefixList, [_, _, name, ..]) if instance > Some(at) => {
                let why = "stands before `router bgp`: UniFi drops it without a word, and a list that is named and not \
                           there denies everything";
                (format!("prefix-list {name}"), why)
            }
            (Part::PrefixList, [_, _, name, ..]) if route_map > Some(at) => {
                (format!("prefix-list {name}"), "stands before a route-map: it is known to be kept behind them")
            }
            (Part::RouteMap, [_, name, ..]) if instance > Some(at) => {
                (format!("route-map {name}"), "stands before `router bgp`: it is known to be kept behind it")
            }
            _ => return None,
        };
        told.insert(name.clone()).then(|| Remark { line: statement.line, why: format!("{name} {why}") })
    };
    tree.statements.iter().enumerate().filter_map(|(at, statement)| remark(at, statement)).collect()
}

/// Lists and route-maps that are named and not there.
fn undefined(tree: &Tree) -> Vec<Remark> {
    let defined: BTreeSet<(&str, &str)> =
        tree.statements.iter().filter(|statement| statement.on).filter_map(defined).collect();
    let mut told = BTreeSet::new();
    let mut remarks = Vec::new();
    for block in &tree.statements {
        for (line, kind, name) in named(block, "ip") {
            if !defined.contains(&(kind, name)) && told.insert((kind, name)) {
                let kind = if kind == ROUTE_MAP { kind.to_owned() } else { format!("{kind} prefix-list") };
                remarks.push(Remark {
                    line,
                    why: format!(
                        "the {kind} {name} is not in the text: unless it is on the gateway, it denies everything"
                    ),
                });
            }
        }
    }
    remarks
}

const ROUTE_MAP: &str = "route-map";

fn defined<'a>(statement: &Statement<'a>) -> Option<(&'a str, &'a str)> {
    match statement.words[..] {
        ["route-map", name, ..] => Some((ROUTE_MAP, name)),
        [version @ ("ip" | "ipv6"), "prefix-list", name, ..] => Some((version, name)),
        _ => None,
    }
}

/// What a block's statements name, with the line of each. `version` is the block's.
fn named<'a>(block: &Statement<'a>, version: &'a str) -> Vec<(usize, &'a str, &'a str)> {
    let version = match block.words[..] {
        ["address-family", "ipv6", ..] => "ipv6",
        ["address-family", ..] => "ip",
        _ => version,
    };
    let of = |statement: &Statement<'a>| match statement.words[..] {
        _ if !statement.on => None,
        ["neighbor", _, "prefix-list", name, "in" | "out"] => Some((statement.line, version, name)),
        ["neighbor", _, "route-map", name, "in" | "out"] => Some((statement.line, ROUTE_MAP, name)),
        ["match", version @ ("ip" | "ipv6"), "address", "prefix-list", name] => Some((statement.line, version, name)),
        _ => None,
    };
    let under = block.under.iter().flat_map(|statement| named(statement, version));
    block.under.iter().filter_map(of).chain(under).collect()
}

#[cfg(test)]
mod tests {
    use super::super::lint_text;

    const GOOD: &str = "! of the guide\nrouter bgp 65001\n neighbor k8s peer-group\n address-family ipv4 unicast\n  neighbor k8s \
                        prefix-list in in\n  neighbor k8s route-map out out\n exit-address-family\n!\nroute-map out deny \
                        10\n!\nip prefix-list in seq 5 permit 10.99.8.0/24 ge 32 le 32\n";

    fn lines(text: &str) -> Vec<(usize, String)> {
        lint_text(text).into_iter().map(|remark| (remark.line, remark.why)).collect()
    }

    #[test]
    fn the_known_order_is_fine() {
        assert_eq!(lines(GOOD), []);
        assert_eq!(lines(&GOOD.replace('\n', "\r\n")), []);
        assert_eq!(lines(""), []);
    }

    #[test]
    fn what_stands_before_the_instance_is_told_once() {
        let list = "ip prefix-list in seq 5 permit 10.99.8.0/24\nip prefix-list in seq 10 permit 10.99.9.0/24\n";
        let found = lines(&format!("{list}route-map out deny 10\n{GOOD}"));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].0 == 1 && found[0].1.contains("prefix-list in stands before `router bgp`"), "{found:?}");
        assert!(found[1].0 == 3 && found[1].1.contains("route-map out stands before"), "{found:?}");
        let swapped =
            "router bgp 1\nip prefix-list a permit any\nroute-map m permit 10\n match ip address prefix-list a\n";
        assert!(lines(swapped)[0].1.contains("stands before a route-map"));
    }

    #[test]
    fn a_name_without_its_list_denies_everything() {
        let found = lines(
            "router bgp 1\n address-family ipv6 unicast\n  neighbor a prefix-list in in\n  neighbor b prefix-list in in\n\
                           ip prefix-list in permit any\n",
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].0 == 3 && found[0].1.contains("the ipv6 prefix-list in is not in the text"), "{found:?}");
        let map =
            "router bgp 1\n neighbor a route-map m in\nroute-map m permit 10\n match ip address prefix-list none\n";
        assert!(lines(map)[0].0 == 4 && lines(map).len() == 1, "{:?}", lines(map));
    }

    #[test]
    fn what_frr_or_unifi_would_not_have_is_told() {
        let found = lines(
            "\u{feff}hostname udm\nlog file stdout\nlog syslog\nrouter bgp 1\n neighbor a bfd\n no neighbor b bfd\n",
        );
        let at: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(at, [1, 1, 2, 5], "{found:?}");
        assert!(found[0].1.contains("byte order mark") && found[3].1.contains("no BFD"), "{found:?}");
    }
}
