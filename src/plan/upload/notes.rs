//! What is known of neighbors beyond their statements. What is only true today has no place in it: the same configuration
//! makes the same file tomorrow.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::comparison::{Comparison, Owner};
use crate::topology::names::listed_up_to;

/// Nodes that a comment has.
const NAMED: usize = 4;

#[derive(Default)]
pub struct Notes {
    /// Comments at the top.
    pub title: Vec<String>,
    nodes: BTreeMap<String, BTreeSet<String>>,
    groups: BTreeSet<String>,
}

impl Notes {
    pub fn of(comparison: &Comparison, title: Vec<String>) -> Self {
        let mut notes = Self::titled(title);
        for Owner { node, line, group } in &comparison.owners {
            notes.nodes.entry(line.clone()).or_default().insert(node.0.clone());
            notes.groups.extend(group.clone());
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
}
