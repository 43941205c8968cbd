//! What is known of statements beyond their words.

use std::collections::{BTreeMap, BTreeSet};

use crate::frr::config::canonical::Setting;
use crate::plan::comparison::{Change, Comparison, Owner};
use crate::plan::edit::Reason;
use crate::topology::names::listed_up_to;

/// Nodes that a comment has.
const NAMED: usize = 4;

#[derive(Default)]
pub struct Notes {
    /// Comments at the top.
    pub title: Vec<String>,
    nodes: BTreeMap<String, BTreeSet<String>>,
    groups: BTreeSet<String>,
    /// By the statements around, and the statement.
    reasons: BTreeMap<(Vec<String>, String), Reason>,
}

impl Notes {
    pub fn of(comparison: &Comparison, title: Vec<String>) -> Self {
        let mut notes = Self::titled(title);
        for Owner { node, line, group } in &comparison.owners {
            notes.nodes.entry(line.clone()).or_default().insert(node.0.clone());
            notes.groups.extend(group.clone());
        }
        for Change { within, after, reason, .. } in &comparison.changes {
            if let (Some(after), Some(reason)) = (after, reason) {
                notes.reasons.insert((within.clone(), after.clone()), reason.clone());
            }
        }
        notes
    }

    /// With these comments at the top, and nothing else.
    pub fn titled(title: Vec<String>) -> Self {
        Self { title, ..Self::default() }
    }

    /// The nodes that a neighbor's line is for.
    pub(super) fn nodes(&self, line: &str) -> Option<String> {
        self.nodes.get(line).map(|nodes| listed_up_to(NAMED, nodes))
    }

    /// Whether a group is of nodes.
    pub(super) fn is_of_nodes(&self, group: &str) -> bool {
        self.groups.contains(group)
    }

    /// What a statement was made for.
    pub(super) fn why(&self, within: &[&Setting], setting: &Setting) -> Option<String> {
        if self.reasons.is_empty() {
            return None;
        }
        let within = within.iter().map(|header| header.full_text()).collect();
        let reason = self.reasons.get(&(within, setting.text())).filter(|reason| !reason.why.is_empty())?;
        Some(reason.to_string())
    }
}
