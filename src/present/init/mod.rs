//! A setup: as a table for reading, and as a `SetupPlan`; docs/json.md is the contract.

mod item;
mod row;
pub mod text;

use serde_json::Value;

use super::table::Table;
use super::{Alone, Output};
use crate::setup::ground::Ground;
use crate::setup::objections::Objection;
use crate::setup::worksheet::Worksheet;
use item::Item;

pub struct Setup<'a> {
    pub worksheet: &'a Worksheet,
    pub ground: &'a Ground<'a>,
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
        let names = &self.worksheet.names;
        let pools = self.worksheet.pools.keys().map(|pool| ("ciliumloadbalancerippool", pool));
        let objects = [
            ("ciliumbgpclusterconfig", &names.cluster_config),
            ("ciliumbgppeerconfig", &names.peer_config),
            ("ciliumbgpadvertisement", &names.advertisement),
        ];
        let all = objects.into_iter().chain(pools);
        vec![all.map(|(kind, name)| format!("{kind}.cilium.io/{name}")).collect()]
    }
}
