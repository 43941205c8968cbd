//! Differences as a `RouterDiff`; docs/json.md is the contract.

use serde::Serialize;

use super::persisted::PersistedItem;
use super::text::why;
use super::{impact, word};
use crate::frr::config::impact::{Impact, Sessions};
use crate::plan::Plan;
use crate::plan::advice::Advice;
use crate::plan::comparison::{Change, Comparison, Part};
use crate::plan::edit::Reason;
use crate::plan::passwords::{Comparability, Compared};
use crate::plan::persisted::Persisted;
use crate::plan::unowned::Unowned;

/// A router.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    router: String,
    asn: Option<u32>,
    verdict: &'static str,
    /// Why it could not be compared.
    why: Option<String>,
    sessions: Option<usize>,
    served: Option<usize>,
    changes: Vec<ChangeItem>,
    by_hand: Vec<ReasonItem>,
    not_compared: Vec<ReasonItem>,
    passwords: Vec<PasswordItem>,
    refused: Vec<RefusedItem>,
    unowned: Vec<UnownedItem>,
    advice: Vec<AdviceItem>,
    persisted: Option<PersistedItem>,
    remarks: Vec<RemarkItem>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeItem {
    part: &'static str,
    within: Vec<String>,
    before: Option<String>,
    after: Option<String>,
    reason: Option<ReasonItem>,
    impacts: Vec<ImpactItem>,
}

#[derive(Serialize)]
pub struct ReasonItem {
    nodes: Vec<String>,
    why: Option<String>,
}

#[derive(Serialize)]
struct ImpactItem {
    effect: &'static str,
    sessions: Vec<String>,
}

#[derive(Serialize)]
struct PasswordItem {
    nodes: Vec<String>,
    secret: Option<String>,
    result: &'static str,
    why: Option<String>,
}

#[derive(Serialize)]
struct RefusedItem {
    line: usize,
    why: &'static str,
}

/// What UniFi would not take.
#[derive(Serialize)]
struct RemarkItem {
    line: usize,
    why: String,
}

#[derive(Serialize)]
struct UnownedItem {
    neighbor: String,
    group: Option<String>,
    scope: Option<String>,
    node: Option<String>,
    ours: bool,
}

#[derive(Serialize)]
struct AdviceItem {
    about: &'static str,
    why: String,
    changes: Vec<ChangeItem>,
}

impl Item {
    pub fn of(plan: &Plan) -> Self {
        let comparison = plan.comparison.as_ref().ok();
        let reasons =
            |of: fn(&Comparison) -> &Vec<Reason>| comparison.into_iter().flat_map(of).map(ReasonItem::of).collect();
        let refused = comparison.into_iter().flat_map(|comparison| &comparison.refused);
        let unowned = comparison.into_iter().flat_map(|comparison| &comparison.unowned);
        Self {
            router: plan.router.name.clone(),
            asn: comparison.and_then(|comparison| comparison.asn),
            verdict: word(plan.verdict()),
            why: plan.comparison.as_ref().err().map(|missing| missing.message.clone()),
            sessions: comparison.map(|comparison| comparison.sessions),
            served: comparison.map(|comparison| comparison.served),
            changes: comparison.into_iter().flat_map(|comparison| &comparison.changes).map(ChangeItem::of).collect(),
            by_hand: reasons(|comparison| &comparison.by_hand),
            not_compared: reasons(|comparison| &comparison.undecided),
            passwords: comparison
                .into_iter()
                .flat_map(|comparison| &comparison.passwords)
                .map(PasswordItem::of)
                .collect(),
            refused: refused.map(|one| RefusedItem { line: one.line, why: why(one.why) }).collect(),
            unowned: unowned.map(UnownedItem::of).collect(),
            advice: { comparison.into_iter() }.flat_map(|one| &one.advice).map(AdviceItem::of).collect(),
            persisted: plan.persisted.as_ref().map(PersistedItem::of),
            remarks: remarks(plan),
        }
    }
}

fn remarks(plan: &Plan) -> Vec<RemarkItem> {
    let of_copy = plan.persisted.iter().flat_map(Persisted::remarks);
    let all = plan.remarks.iter().chain(of_copy);
    all.map(|remark| RemarkItem { line: remark.line, why: remark.why.clone() }).collect()
}

impl ChangeItem {
    pub fn of(change: &Change) -> Self {
        Self {
            part: match change.part {
                Part::Required => "required",
                Part::Hardening => "hardening",
                Part::Pruned => "pruned",
            },
            within: change.within.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
            reason: change.reason.as_ref().map(ReasonItem::of),
            impacts: change.impacts.iter().map(ImpactItem::of).collect(),
        }
    }
}

impl UnownedItem {
    fn of(unowned: &Unowned) -> Self {
        let tag = unowned.tag.as_ref();
        Self {
            neighbor: unowned.neighbor.clone(),
            group: unowned.group.clone(),
            scope: tag.map(|tag| tag.scope.clone()),
            node: tag.map(|tag| tag.node.clone()),
            ours: unowned.is_ours,
        }
    }
}

impl AdviceItem {
    fn of(advice: &Advice) -> Self {
        Self {
            about: advice.about.word(),
            why: advice.why.clone(),
            changes: advice.changes.iter().map(ChangeItem::of).collect(),
        }
    }
}

impl ReasonItem {
    pub fn of(reason: &Reason) -> Self {
        Self {
            nodes: reason.nodes.iter().map(|node| node.0.clone()).collect(),
            why: Some(reason.why.clone()).filter(|why| !why.is_empty()),
        }
    }
}

impl PasswordItem {
    fn of(compared: &Compared) -> Self {
        let ReasonItem { nodes, why } = ReasonItem::of(&compared.reason);
        let result = match compared.result {
            Comparability::Same => "same",
            Comparability::Differs => "differs",
            Comparability::NotCompared => "unknown",
        };
        Self { nodes, secret: compared.secret.clone(), result, why }
    }
}

impl ImpactItem {
    fn of(impact: &Impact) -> Self {
        let (effect, sessions) = match impact {
            Impact::None => ("none", None),
            Impact::NextStart(sessions) => ("nextStart", Some(sessions)),
            Impact::SoftClear(sessions) => ("softClear", Some(sessions)),
            Impact::Resets(sessions) => ("resets", Some(sessions)),
            Impact::Ends(sessions) => ("ends", Some(sessions)),
            Impact::EndsAbove { sessions, .. } => ("endsAbove", Some(sessions)),
            Impact::Unknown => ("unknown", None),
        };
        Self {
            effect,
            sessions: sessions.into_iter().flat_map(|sessions: &Sessions| impact::names(sessions)).collect(),
        }
    }
}
