//! Statements of prefix-lists and route-maps.

use ipnet::{IpNet, Ipv4Net};

use super::super::prefix_list::{PrefixList, PrefixListEntry};
use super::super::route_map::{Match, RouteMap};
use super::super::stated::Stated;
use super::super::statement::Statement;
use super::super::{Config, Version};

/// A line of a prefix-list.
pub fn read(config: &mut Config, statement: &Statement) -> bool {
    let (version, name, rest) = match statement.words[..] {
        ["ip", "prefix-list", name, ref rest @ ..] => (Version::V4, name, rest),
        ["ipv6", "prefix-list", name, ref rest @ ..] => (Version::V6, name, rest),
        _ => return false,
    };
    let lists = &mut config.prefix_lists;
    let known = lists.iter().position(|list| list.version == version && list.name == name);
    if !statement.on {
        if let (Some(at), []) = (known, rest) {
            lists.remove(at);
            return true;
        }
        let (Some(at), ["seq", seq, ..]) = (known, rest) else { return false };
        lists[at].entries.retain(|entry| seq.parse() != Ok(entry.seq));
        return true;
    }
    let mut new =
        PrefixList { version, name: name.to_owned(), line: statement.line, description: None, entries: vec![] };
    let list = known.map_or(&mut new, |at| &mut lists[at]);
    let understood = match rest {
        ["description", words @ ..] => {
            list.description = Some(Stated { line: statement.line, value: words.join(" ") });
            true
        }
        _ => entry(list, rest, statement.line).map(|entry| list.put(entry)).is_some(),
    };
    lists.extend((understood && known.is_none()).then_some(new));
    understood
}

fn entry(list: &PrefixList, words: &[&str], line: usize) -> Option<PrefixListEntry> {
    let (seq, words) = match words {
        ["seq", seq, rest @ ..] => (seq.parse().ok()?, rest),
        _ => (list.next_seq(), words),
    };
    rule(list.version, seq, words, line)
}

/// What stands behind the number; nothing if FRR would not take it.
pub fn rule(version: Version, seq: u32, words: &[&str], line: usize) -> Option<PrefixListEntry> {
    let [action @ ("permit" | "deny"), prefix, options @ ..] = words else { return None };
    let prefix = match *prefix {
        "any" => None,
        // FRR clears what stands behind the length, and knows no address without one.
        text => Some(self::prefix(text).filter(|prefix| Version::of(prefix.addr()) == version)?),
    };
    let mut entry = PrefixListEntry { line, seq, permit: *action == "permit", prefix, ge: None, le: None };
    for option in options.chunks(2) {
        match option {
            ["ge", length] => entry.ge = Some(length.parse().ok()?),
            ["le", length] => entry.le = Some(length.parse().ok()?),
            _ => return None,
        }
    }
    let (least, most) = prefix.map_or((0, 128), |prefix| (prefix.prefix_len(), prefix.max_prefix_len()));
    let is_odd = |length: Option<u8>| length.is_some_and(|length| length < least || length > most);
    let is_empty = entry.ge.zip(entry.le).is_some_and(|(ge, le)| ge > le);
    (!is_odd(entry.ge) && !is_odd(entry.le) && !is_empty).then_some(entry)
}

/// The number of the entry that a statement opens; nothing if it is odd or removes one.
pub fn open_map(config: &mut Config, statement: &Statement, name: &str, words: &[&str]) -> Option<u32> {
    let [action @ ("permit" | "deny"), seq] = words else { return None };
    let seq = seq.parse().ok().filter(|_| statement.on)?;
    let at = config.route_maps.iter().position(|map| map.name == name).unwrap_or_else(|| {
        config.route_maps.push(RouteMap { name: name.to_owned(), entries: Vec::new() });
        config.route_maps.len() - 1
    });
    config.route_maps[at].entry(seq, *action == "permit", statement.line);
    Some(seq)
}

pub fn read_in_map(config: &mut Config, name: &str, seq: u32, statement: &Statement) -> bool {
    let map = config.route_maps.iter_mut().find(|map| map.name == name);
    let Some(entry) = map.and_then(|map| map.entries.iter_mut().find(|entry| entry.seq == seq)) else { return false };
    if !statement.on {
        return false;
    }
    let line = statement.line;
    let list = |version, name: &str| Match::PrefixList { version, name: name.to_owned() };
    match statement.words[..] {
        ["match", "ip", "address", "prefix-list", name] => {
            entry.matches.push(Stated { line, value: list(Version::V4, name) });
        }
        ["match", "ipv6", "address", "prefix-list", name] => {
            entry.matches.push(Stated { line, value: list(Version::V6, name) });
        }
        ["match", ref rest @ ..] => entry.matches.push(Stated { line, value: Match::Other(rest.join(" ")) }),
        ["set", ref rest @ ..] => entry.sets.push(Stated { line, value: rest.join(" ") }),
        ["call" | "on-match" | "continue", ..] => entry.jumps.push(Stated { line, value: statement.text() }),
        ["description", ..] => {}
        _ => return false,
    }
    true
}

/// A prefix without what stands behind its length.
pub fn prefix(text: &str) -> Option<IpNet> {
    text.parse().ok().map(|prefix: IpNet| prefix.trunc())
}

/// A prefix, or an IPv4 address and its mask, and what follows.
pub fn destination<'a, 'b>(words: &'a [&'b str]) -> Option<(IpNet, &'a [&'b str])> {
    match words {
        [first, rest @ ..] if first.contains('/') => Some((prefix(first)?, rest)),
        [address, mask, rest @ ..] if *address != "mask" => {
            let (mask, rest) = if *mask == "mask" { rest.split_first()? } else { (mask, rest) };
            let net = Ipv4Net::with_netmask(address.parse().ok()?, mask.parse().ok()?).ok()?;
            Some((IpNet::V4(net.trunc()), rest))
        }
        _ => None,
    }
}
