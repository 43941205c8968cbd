//! Commands for lists and route-maps.

use super::super::canonical::{Settings, Slot, Word, slot};
use super::super::diff::{Difference, is_instance};
use super::{Impact, Sessions};

pub(super) fn of(first: &Settings, difference: &Difference) -> Impact {
    let about = difference.path.first().map_or(difference.slot, |(slot, _)| slot);
    let text = |at: usize| match about.get(at) {
        Some(Word::Text(text)) => text.as_str(),
        _ => "",
    };
    match (text(0), text(1)) {
        (ip @ ("ip" | "ipv6"), "prefix-list") => {
            let afi = if ip == "ip" { "ipv4" } else { "ipv6" };
            soft_clear(first, "prefix-list", about.get(2), Some(afi))
        }
        ("access-list", _) => soft_clear(first, "distribute-list", about.get(1), Some("ipv4")),
        ("ipv6", "access-list") => soft_clear(first, "distribute-list", about.get(2), Some("ipv6")),
        ("bgp", "as-path") => soft_clear(first, "filter-list", about.get(3), None),
        // What route-maps do is looked at again by itself, 5 s later (`bgp route-map delay-timer`).
        ("route-map" | "log", _)
        | ("bgp", "community-list" | "large-community-list" | "extcommunity-list")
        | ("ip" | "ipv6", "route") => Impact::None,
        _ => Impact::Unknown,
    }
}

/// What neighbors name themselves is looked at again when they are asked to; what their maps name, by itself.
fn soft_clear(first: &Settings, kind: &str, list: Option<&Word>, afi: Option<&str>) -> Impact {
    let Some(list) = list else { return Impact::Unknown };
    let mut sessions = Sessions::default();
    for (_, instance) in first.iter().filter(|(at, _)| is_instance(at)) {
        let vrf = instance.words.get(4).map(String::as_str);
        let families = [Word::Text("address-family".into())];
        let of_afi = |at: &Slot| afi.is_none_or(|afi| at.get(1).is_some_and(|own| own.is_text(afi)));
        for (_, family) in instance.under.starting(&families).filter(|(at, _)| of_afi(at)) {
            let family = &family.under;
            for (at, setting) in family.starting(&[Word::Text("neighbor".into())]) {
                let named = setting.words.get(3).filter(|_| at.get(2).is_some_and(|option| option.is_text(kind)));
                if named.is_some_and(|named| Word::of(named) == *list) {
                    let has_own = |member: &str| family.get(&about(member, at)).is_some();
                    sessions.add(Sessions::of(&instance.under, vrf, &setting.words[1], has_own));
                }
            }
        }
    }
    Impact::SoftClear(sessions)
}

fn about(name: &str, at: &Slot) -> Slot {
    [&slot(&["neighbor", name])[..], &at[2..]].concat()
}
