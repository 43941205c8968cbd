//! An order of statements in which FRR takes each of them.

use std::fmt::Write;
use std::net::IpAddr;

use super::super::block::Block;
use super::settings::{Setting, Settings, Slot};
use super::word::Word;

/// What comes first within its block.
type Place<'a> = (u8, Option<&'a Word>, u8);

/// The settings of a block in this order.
pub fn ordered(settings: &Settings) -> Vec<(&Slot, &Setting)> {
    let mut all: Vec<(&Slot, &Setting)> = settings.iter().collect();
    all.sort_by_cached_key(|(slot, _)| place(settings, slot));
    all
}

fn place<'a>(settings: &Settings, slot: &'a Slot) -> Place<'a> {
    let text = |at: usize| match slot.get(at) {
        Some(Word::Text(text)) => text.as_str(),
        _ => "",
    };
    match (text(0), text(1)) {
        ("vrf", _) => (1, None, 0),
        ("bfd" | "key" | "interface", _) => (2, None, 0),
        ("bgp", "listen") if text(2) == "range" => (40, None, 0),
        ("neighbor", _) if slot.len() > 1 => of_neighbor(settings, slot),
        ("router", "bgp") => (20, None, 0),
        ("address-family", _) => (50, None, 0),
        ("route-map", _) => (60, None, 0),
        ("ip" | "ipv6", "prefix-list") => (70, None, 0),
        // The counts of paths come last, as FRR writes them.
        ("maximum-paths", _) => (80, None, 0),
        _ => (10, None, 0),
    }
}

/// Groups before other names and these before addresses; a neighbor begins with what it is known by.
fn of_neighbor<'a>(settings: &Settings, slot: &'a Slot) -> Place<'a> {
    let is_group = settings.get(&[&slot[..2], &[Word::Text("group".into())]].concat()).is_some();
    let rank = match &slot[1] {
        Word::Address(IpAddr::V4(_)) => 32,
        Word::Address(IpAddr::V6(_)) => 33,
        _ if is_group => 30,
        _ => 31,
    };
    let option = match slot.get(2) {
        Some(word) if word.is_text("group") || word.is_text("interface") => 0,
        Some(word) if word.is_text("remote-as") => 1,
        Some(word) if word.is_text("member") => 2,
        _ => 3,
    };
    (rank, Some(&slot[1]), option)
}

pub fn print(settings: &Settings, block: Block, depth: usize, text: &mut String) {
    let indent = " ".repeat(depth);
    for (_, setting) in ordered(settings) {
        let words: Vec<&str> = setting.words.iter().map(String::as_str).collect();
        // Writing to a String does not fail.
        let _ = writeln!(text, "{indent}{}", setting.full_text());
        let Some(opened) = block.opened_by(&words).filter(|_| setting.on) else { continue };
        print(&setting.under, opened, depth + 1, text);
        let _ = writeln!(text, "{indent}{}", opened.end(&words));
        if block == Block::Top {
            text.push_str("!\n");
        }
    }
}
