//! What is said of a neighbor.

use super::super::bgp::BgpInstance;
use super::super::neighbor::{MaximumPrefix, Neighbor, NeighborFamily, RemoteAs};
use super::super::stated::Stated;
use super::super::statement::Statement;
use super::bgp::timers;
use crate::frr::as_number::AsNumber;

/// Outside of families.
pub fn read(instance: &mut BgpInstance, name: &str, words: &[&str], statement: &Statement) -> bool {
    if !statement.on && (words.is_empty() || words == ["peer-group"]) {
        instance.neighbors.remove(name);
        return true;
    }
    with(instance, name, statement, |neighbor| option(neighbor, words, statement))
}

pub fn read_in_family(
    instance: &mut BgpInstance,
    name: &str,
    family: &str,
    words: &[&str],
    statement: &Statement,
) -> bool {
    with(instance, name, statement, |neighbor| {
        if let ["peer-group", group] = words {
            return value(&mut neighbor.member_of, statement, Some((*group).to_owned()));
        }
        let known = neighbor.families.remove(family);
        let is_known = known.is_some();
        let mut of_family = known.unwrap_or_default();
        let understood = family_option(&mut of_family, words, statement);
        if understood || is_known {
            neighbor.families.insert(family.to_owned(), of_family);
        }
        understood
    })
}

/// A neighbor is there from the first statement on that is understood.
fn with(
    instance: &mut BgpInstance,
    name: &str,
    statement: &Statement,
    take: impl FnOnce(&mut Neighbor) -> bool,
) -> bool {
    if let Some(known) = instance.neighbors.get_mut(name) {
        return take(known);
    }
    let mut new = Neighbor { name: name.to_owned(), line: statement.line, ..Neighbor::default() };
    let understood = take(&mut new);
    if understood {
        instance.neighbors.add(new);
    }
    understood
}

fn option(neighbor: &mut Neighbor, words: &[&str], statement: &Statement) -> bool {
    let Some((&option, rest)) = words.split_first() else { return false };
    let text = || rest.first().map(|&word| word.to_owned());
    match (option, rest) {
        ("peer-group", []) => neighbor.is_group = true,
        ("interface", options) => {
            neighbor.is_unnumbered = true;
            let options = options.strip_prefix(&["v6only"]).unwrap_or(options);
            return options.is_empty() || self::option(neighbor, options, statement);
        }
        ("peer-group", _) => return value(&mut neighbor.member_of, statement, text()),
        ("remote-as", _) => {
            return value(&mut neighbor.remote_as, statement, rest.first().and_then(|word| remote_as(word)));
        }
        ("local-as", _) => return value(&mut neighbor.local_as, statement, rest.first().and_then(|word| asn(word))),
        ("description", _) => return value(&mut neighbor.description, statement, Some(rest.join(" "))),
        ("shutdown", _) => {
            let message = rest.strip_prefix(&["message"]).map(|words| words.join(" "));
            neighbor.shutdown_message =
                message.filter(|_| statement.on).map(|value| Stated { line: statement.line, value });
            return flag(&mut neighbor.shutdown, statement);
        }
        ("password", _) => return value(&mut neighbor.password, statement, Some(())),
        ("timers", ["connect", rest @ ..]) => return value(&mut neighbor.connect_seconds, statement, number(rest)),
        ("timers", _) => return value(&mut neighbor.timers, statement, timers(rest)),
        ("ebgp-multihop", []) => return value(&mut neighbor.ebgp_multihop, statement, Some(u8::MAX)),
        ("ebgp-multihop", _) => return value(&mut neighbor.ebgp_multihop, statement, number(rest)),
        ("ttl-security", ["hops", rest @ ..]) => {
            return value(&mut neighbor.ttl_security_hops, statement, number(rest));
        }
        ("disable-connected-check", _) => return flag(&mut neighbor.disable_connected_check, statement),
        ("update-source", _) => return value(&mut neighbor.update_source, statement, text()),
        ("bfd", _) => return flag(&mut neighbor.bfd, statement),
        ("passive", _) => return flag(&mut neighbor.passive, statement),
        _ => return false,
    }
    true
}

fn family_option(family: &mut NeighborFamily, words: &[&str], statement: &Statement) -> bool {
    let name = |name: &&str| Some((*name).to_owned());
    match words {
        ["activate"] => flag(&mut family.activate, statement),
        ["prefix-list", list, "in"] => value(&mut family.prefix_list_in, statement, name(list)),
        ["prefix-list", list, "out"] => value(&mut family.prefix_list_out, statement, name(list)),
        ["route-map", map, "in"] => value(&mut family.route_map_in, statement, name(map)),
        ["route-map", map, "out"] => value(&mut family.route_map_out, statement, name(map)),
        ["filter-list", list, "in"] => value(&mut family.filter_list_in, statement, name(list)),
        ["filter-list", list, "out"] => value(&mut family.filter_list_out, statement, name(list)),
        ["distribute-list", list, "in"] => value(&mut family.distribute_list_in, statement, name(list)),
        ["distribute-list", list, "out"] => value(&mut family.distribute_list_out, statement, name(list)),
        ["maximum-prefix", rest @ ..] => value(&mut family.maximum_prefix, statement, maximum_prefix(rest)),
        ["soft-reconfiguration", ..] => flag(&mut family.soft_reconfiguration, statement),
        // Three times if it does not say how often (bgpd/bgp_vty.c).
        ["allowas-in"] => value(&mut family.allowas_in, statement, Some(3)),
        ["allowas-in", rest @ ..] => value(&mut family.allowas_in, statement, number(rest)),
        ["next-hop-self", ..] => flag(&mut family.next_hop_self, statement),
        ["weight", rest @ ..] => value(&mut family.weight, statement, number(rest)),
        ["default-originate", ..] => flag(&mut family.default_originate, statement),
        _ => false,
    }
}

fn maximum_prefix(words: &[&str]) -> Option<MaximumPrefix> {
    let restart = words.windows(2).find(|pair| pair[0] == "restart");
    Some(MaximumPrefix {
        limit: number(words)?,
        warning_only: words.contains(&"warning-only"),
        restart_minutes: restart.and_then(|pair| pair[1].parse().ok()),
    })
}

fn remote_as(word: &str) -> Option<RemoteAs> {
    match word {
        "internal" => Some(RemoteAs::Internal),
        "external" => Some(RemoteAs::External),
        "auto" => Some(RemoteAs::Auto),
        number => asn(number).map(RemoteAs::Number),
    }
}

pub fn asn(word: &str) -> Option<u32> {
    word.parse().ok().map(|AsNumber(asn)| asn)
}

fn number<T: std::str::FromStr>(words: &[&str]) -> Option<T> {
    words.first()?.parse().ok()
}

/// What a `no` takes away; what is there and odd is not understood.
pub fn value<T>(of: &mut Option<Stated<T>>, statement: &Statement, value: Option<T>) -> bool {
    if !statement.on {
        *of = None;
        return true;
    }
    let Some(value) = value else { return false };
    *of = Some(Stated { line: statement.line, value });
    true
}

/// A `no` is a statement of its own: it may stand against a group's or a default.
pub fn flag(of: &mut Option<Stated<bool>>, statement: &Statement) -> bool {
    *of = Some(Stated { line: statement.line, value: statement.on });
    true
}
