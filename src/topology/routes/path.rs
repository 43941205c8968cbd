//! A router's path with the node that it comes from.

use std::rc::Rc;

use crate::topology::names::{NeighborName, NodeName};
use crate::topology::router::tables::Path;

use super::SessionIndex;

#[derive(Clone, Debug)]
pub struct RoutePath {
    pub path: Rc<Path>,
    /// The session over which the router has it.
    pub session: Option<SessionIndex>,
    /// The session's node.
    pub node: Option<NodeName>,
    /// `None`: they were not asked for.
    pub communities: Option<Vec<String>>,
}

impl RoutePath {
    /// What a path is counted by: its node, else its neighbor.
    pub fn source(&self) -> (Option<&NodeName>, Option<&NeighborName>) {
        match &self.node {
            Some(node) => (Some(node), None),
            None => (None, Some(&self.path.neighbor)),
        }
    }
}
