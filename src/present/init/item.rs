//! A setup as a `SetupPlan`; docs/json.md is the contract.

use serde::Serialize;
use serde_json::Value;

use super::Setup;
use super::row::{Row, origin, rows};
use crate::setup::objections::{Objection, Weight};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// In which version the objects are written.
    bgp_api_version: &'static str,
    pool_api_version: &'static str,
    refused: bool,
    values: Vec<ValueItem>,
    objections: Vec<ObjectionItem>,
    objects: Vec<Value>,
}

#[derive(Serialize)]
struct ValueItem {
    name: &'static str,
    flag: &'static str,
    value: Value,
    origin: &'static str,
    why: String,
}

#[derive(Serialize)]
struct ObjectionItem {
    weight: &'static str,
    what: String,
    next: Vec<String>,
}

impl Item {
    pub fn of(setup: &Setup) -> Self {
        let served = setup.worksheet.served.value;
        Self {
            bgp_api_version: served.bgp.name(),
            pool_api_version: served.pool.name(),
            refused: setup.objections.iter().any(Objection::is_refusal),
            values: rows(setup.worksheet).into_iter().map(ValueItem::of).collect(),
            objections: setup.objections.iter().map(ObjectionItem::of).collect(),
            objects: setup.objects.to_vec(),
        }
    }
}

impl ValueItem {
    fn of(row: Row) -> Self {
        Self { name: row.key, flag: row.flag, value: row.value, origin: origin(row.origin), why: row.why }
    }
}

impl ObjectionItem {
    fn of(objection: &Objection) -> Self {
        let weight = match objection.weight {
            Weight::Refuses => "refuses",
            Weight::Warns => "warns",
        };
        Self { weight, what: objection.what.clone(), next: objection.next.clone() }
    }
}
