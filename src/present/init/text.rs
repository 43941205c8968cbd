//! A setup for reading: the worksheet, and beside it what speaks against it.

use std::fmt::Write;

use owo_colors::OwoColorize;

use super::Setup;
use super::row::{Row, origin, rows};
use crate::present::escape::{escape, escape_lines};
use crate::present::table::{Cell, Table, Tone};
use crate::setup::objections::{Objection, Weight};
use crate::setup::worksheet::Origin;

pub fn render(setup: &Setup, headers: bool, is_wide: bool) -> String {
    table(setup).render(headers, is_wide)
}

pub fn table(setup: &Setup) -> Table {
    let mut table = Table::new(&["SETTING", "VALUE", "WHY"], &["ORIGIN", "FLAG"]);
    for Row { label, flag, text, origin: from, why, .. } in rows(setup.worksheet) {
        // What the user said needs no second look.
        let tone = if from == Origin::Given { Tone::Faint } else { Tone::Plain };
        table.push(vec![
            Cell::plain(label),
            Cell::plain(text),
            Cell::toned(why, tone),
            Cell::plain(origin(from)),
            Cell::plain(flag),
        ]);
    }
    let entry = &setup.worksheet.served;
    let served = entry.value;
    let version = served.bgp.name();
    let version = match served.pool.name() {
        pool if pool == version => version.to_owned(),
        pool => format!("{version}, of pools {pool}"),
    };
    table.push(vec![
        Cell::plain("API version"),
        Cell::plain(version),
        Cell::plain(entry.why.clone()),
        Cell::plain(origin(entry.origin)),
        Cell::none(),
    ]);
    table
}

/// Each with the way out, the refusals first.
pub fn objections(objections: &[Objection]) -> String {
    let mut text = String::new();
    for objection in objections {
        let mark = match objection.weight {
            Weight::Refuses => "✗".red().to_string(),
            Weight::Warns => "!".yellow().to_string(),
        };
        let _ = writeln!(text, "{mark} {}", escape(&objection.what));
        for step in &objection.next {
            let _ = writeln!(text, "    {}", escape_lines(step).replace('\n', "\n      "));
        }
    }
    text
}
