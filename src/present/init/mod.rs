//! A setup: as a table for reading, and as a `SetupPlan`; docs/json.md is the contract.

mod item;
mod row;
pub mod text;

use serde_json::Value;

use super::table::Table;
use super::{Alone, Output};
use crate::setup::objections::Objection;
use crate::setup::worksheet::Worksheet;
use item::Item;

pub struct Setup<'a> {
    pub worksheet: &'a Worksheet,
    pub objections: &'a [Objection],
    /// As they are written.
    pub objects: &'a [Value],
}

impl Output for Setup<'_> {
    const KIND: &'static str = "SetupPlanList";
    const ALONE: Alone = Alone::As("SetupPlan");
    type Item = Item;

    fn table(&self) -> Table {
        text::table(self)
    }

    fn items(&self) -> Vec<Item> {
        vec![Item::of(self)]
    }

    /// The objects that it consists of.
    fn names(&self) -> Vec<Vec<String>> {
        let name = |object: &Value| {
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            format!("{}.cilium.io/{}", text("/kind").to_lowercase(), text("/metadata/name"))
        };
        vec![self.objects.iter().map(name).collect()]
    }
}
