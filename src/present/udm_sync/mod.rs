//! How routers differ from what the cluster needs: for reading, for vtysh, and as a `RouterDiff`; docs/json.md is the contract.

mod advice;
pub mod frr;
mod impact;
mod item;
mod persisted;
pub mod text;

use super::table::{Cell, Table, Tone};
use super::{Alone, Output};
use crate::plan::Plan;
use crate::plan::comparison::Verdict;
use item::Item;
pub use persisted::sentence;

/// One for each router.
pub struct Differences<'a>(pub &'a [Plan<'a>]);

impl Output for Differences<'_> {
    const KIND: &'static str = "RouterDiffList";
    const ALONE: Alone = Alone::As("RouterDiff");
    type Item = Item;

    fn table(&self) -> Table {
        let mut table = Table::new(&["ROUTER", "AS", "VERDICT", "LINES", "IMPACT"], &["BECAUSE"]);
        for plan in self.0 {
            let comparison = plan.comparison.as_ref().ok();
            let verdict = plan.verdict();
            let impact = comparison.and_then(|comparison| impact::summary(comparison.impacts()));
            let because = plan.comparison.as_ref().err().map(|missing| &missing.message);
            table.push(vec![
                Cell::plain(&plan.router.name),
                Cell::optional(comparison.and_then(|comparison| comparison.asn)),
                Cell::toned(word(verdict), if verdict == Verdict::Same { Tone::Good } else { Tone::Bad }),
                comparison.map_or_else(Cell::unknown, |comparison| Cell::plain(comparison.changes.len())),
                Cell::optional(impact),
                Cell::optional(because),
            ]);
        }
        table
    }

    fn items(&self) -> Vec<Item> {
        self.0.iter().map(Item::of).collect()
    }

    /// Routers are no objects of the cluster: their ssh targets are what `--router` takes.
    fn names(&self) -> Vec<Vec<String>> {
        self.0.iter().map(|plan| vec![plan.router.name.clone()]).collect()
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Differs => "differs",
        Verdict::Undecided => "unknown",
    }
}
