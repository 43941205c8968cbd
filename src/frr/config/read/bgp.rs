//! Statements of `router bgp`.

use super::super::bgp::{AddressFamily, BgpInstance, IPV4_UNICAST, ListenRange, Network, Redistribution, Timers};
use super::super::stated::Stated;
use super::super::statement::Statement;
use super::neighbor::{self, flag, value};
use super::{lists, neighbor::asn};

/// The position of the instance that a statement opens; nothing if it removes it.
pub fn open(instances: &mut Vec<BgpInstance>, statement: &Statement, words: &[&str]) -> Option<usize> {
    let vrf = words.windows(2).find(|pair| ["vrf", "view"].contains(&pair[0])).map(|pair| pair[1]);
    let vrf = vrf.filter(|&vrf| vrf != "default");
    let known = instances.iter().position(|instance| instance.vrf.as_deref() == vrf);
    if !statement.on {
        known.map(|at| instances.remove(at));
        return None;
    }
    Some(known.unwrap_or_else(|| {
        let asn = words.first().and_then(|word| asn(word));
        instances.push(BgpInstance {
            line: statement.line,
            asn,
            vrf: vrf.map(str::to_owned),
            ..BgpInstance::default()
        });
        instances.len() - 1
    }))
}

/// The family's name in full, if the statement opens one.
pub fn family(statement: &Statement) -> Option<String> {
    match statement.words[..] {
        ["address-family", afi] => Some(format!("{afi} {}", if afi == "l2vpn" { "evpn" } else { "unicast" })),
        ["address-family", afi, safi] => Some(format!("{afi} {safi}")),
        _ => None,
    }
}

/// Outside of families; what belongs into one belongs to IPv4's.
pub fn read(instance: &mut BgpInstance, statement: &Statement) -> bool {
    let (line, on) = (statement.line, statement.on);
    match statement.words[..] {
        ["bgp", "router-id", ref rest @ ..] => {
            value(&mut instance.router_id, statement, rest.first().and_then(|id| id.parse().ok()))
        }
        ["bgp", "ebgp-requires-policy"] => flag(&mut instance.ebgp_requires_policy, statement),
        ["bgp", "default", "ipv4-unicast"] => flag(&mut instance.default_ipv4_unicast, statement),
        ["bgp", "graceful-restart"] => flag(&mut instance.graceful_restart, statement),
        ["bgp", "shutdown", ..] => flag(&mut instance.shutdown, statement),
        ["bgp", "listen", "limit", ref rest @ ..] => {
            value(&mut instance.listen_limit, statement, rest.first().and_then(|limit| limit.parse().ok()))
        }
        ["bgp", "listen", "range", range, "peer-group", group] => {
            let Some(range) = lists::prefix(range) else { return false };
            instance.listen_ranges.retain(|known| known.range != range);
            let value = ListenRange { range, group: group.to_owned() };
            instance.listen_ranges.extend(on.then_some(Stated { line, value }));
            true
        }
        ["timers", "bgp", ref rest @ ..] => value(&mut instance.timers, statement, timers(rest)),
        ["neighbor", name, ref rest @ ..] => {
            neighbor::read(instance, name, rest, statement) || read_in_family(instance, IPV4_UNICAST, statement)
        }
        _ => read_in_family(instance, IPV4_UNICAST, statement),
    }
}

pub fn read_in_family(instance: &mut BgpInstance, family: &str, statement: &Statement) -> bool {
    if let ["neighbor", name, ref rest @ ..] = statement.words[..] {
        return neighbor::read_in_family(instance, name, family, rest, statement);
    }
    let known = instance.families.remove(family);
    let is_known = known.is_some();
    let mut of_family = known.unwrap_or_default();
    let understood = read_of_family(&mut of_family, statement);
    if understood || is_known {
        instance.families.insert(family.to_owned(), of_family);
    }
    understood
}

fn read_of_family(family: &mut AddressFamily, statement: &Statement) -> bool {
    let (line, on) = (statement.line, statement.on);
    match statement.words[..] {
        ["network", ref rest @ ..] => {
            let Some((prefix, options)) = lists::destination(rest) else { return false };
            let networks = &mut family.networks;
            networks.retain(|known| known.prefix != prefix);
            let value = Network { prefix, route_map: route_map(options) };
            networks.extend(on.then_some(Stated { line, value }));
            true
        }
        ["redistribute", source, ref options @ ..] => {
            let redistributions = &mut family.redistributions;
            redistributions.retain(|known| known.source != source);
            let value = Redistribution { source: source.to_owned(), route_map: route_map(options) };
            redistributions.extend(on.then_some(Stated { line, value }));
            true
        }
        ["maximum-paths", "ibgp", ref rest @ ..] => {
            value(&mut family.maximum_paths_ibgp, statement, rest.first().and_then(|paths| paths.parse().ok()))
        }
        ["maximum-paths", ref rest @ ..] => {
            value(&mut family.maximum_paths, statement, rest.first().and_then(|paths| paths.parse().ok()))
        }
        _ => false,
    }
}

pub fn timers(words: &[&str]) -> Option<Timers> {
    let [keepalive, hold, ..] = words else { return None };
    Some(Timers { keepalive: keepalive.parse().ok()?, hold: hold.parse().ok()? })
}

fn route_map(words: &[&str]) -> Option<String> {
    words.windows(2).find(|pair| pair[0] == "route-map").map(|pair| pair[1].to_owned())
}
