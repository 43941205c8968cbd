//! Statements that a router lacks, and why.

use std::collections::BTreeSet;
use std::fmt;

use crate::topology::names::{NodeName, listed_up_to};

/// Nodes that a reason has.
const NAMED: usize = 4;

/// A statement to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The statements that open the blocks around it, outermost first.
    pub within: Vec<String>,
    pub statement: String,
    pub reason: Reason,
}

/// Who needs it, and what for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    pub nodes: BTreeSet<NodeName>,
    /// Empty where a node's name says it all.
    pub why: String,
}

impl Edit {
    /// As vtysh takes it.
    pub fn text(&self) -> String {
        let lines = self.within.iter().chain([&self.statement]);
        lines.map(|line| format!("{line}\n")).collect()
    }

    /// Whether it takes away what was said there: the line itself, or all of a neighbor.
    pub fn takes(&self, gone: &str, within: &[String]) -> bool {
        let Some(said) = self.statement.strip_prefix("no ") else { return self.restores(gone, within) };
        let is_all = gone.strip_prefix(said).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        is_all && within.len() >= self.within.len() && within.get(1..self.within.len()) == self.within.get(1..)
    }

    /// What holds by default takes away its `no`.
    fn restores(&self, gone: &str, within: &[String]) -> bool {
        gone.strip_prefix("no ") == Some(&self.statement) && within.get(1..) == self.within.get(1..)
    }

    pub fn is(&self, other: &Self) -> bool {
        self.within == other.within && self.statement == other.statement
    }
}

impl Reason {
    pub fn of(node: &NodeName, why: impl Into<String>) -> Self {
        Self { nodes: BTreeSet::from([node.clone()]), why: why.into() }
    }

    /// Of no node in particular.
    pub fn to(why: impl Into<String>) -> Self {
        Self { nodes: BTreeSet::new(), why: why.into() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = listed_up_to(NAMED, self.nodes.iter().map(|node| &node.0));
        match (nodes.as_str(), self.why.as_str()) {
            ("", why) => f.write_str(why),
            (nodes, "") => f.write_str(nodes),
            (nodes, why) => write!(f, "{nodes}: {why}"),
        }
    }
}
