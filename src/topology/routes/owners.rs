//! Which node a router's neighbor is.

use std::collections::HashMap;
use std::rc::Rc;

use super::{RoutePath, SessionIndex};
use crate::topology::known::Known;
use crate::topology::names::{NeighborName, NodeName};
use crate::topology::router::tables::Path;
use crate::topology::session::Session;

/// The sessions of one router by neighbor.
#[derive(Default)]
pub struct Owners<'a> {
    sessions: HashMap<NeighborName, (SessionIndex, Option<&'a NodeName>)>,
    knows_nodes: bool,
}

impl<'a> Owners<'a> {
    pub fn of(sessions: &'a [Session], router: usize) -> Self {
        let of_router = sessions.iter().enumerate().filter(|(_, session)| session.ends_at == Some(router));
        let by_neighbor = of_router.flat_map(|(index, session)| {
            neighbors(session).into_iter().map(move |neighbor| (neighbor, (index, session.node.value())))
        });
        let knows_nodes = !sessions.iter().all(|session| session.node.why_unknown().is_some());
        Self { sessions: by_neighbor.collect(), knows_nodes }
    }

    /// Whether it is known which neighbors are nodes.
    pub fn knows_nodes(&self) -> bool {
        self.knows_nodes
    }

    pub fn is_of_node(&self, neighbor: &NeighborName) -> bool {
        self.sessions.get(neighbor).is_some_and(|(_, node)| node.is_some())
    }

    pub fn paths(&self, paths: Option<&Vec<Rc<Path>>>) -> Vec<RoutePath> {
        let owned = |path: &Rc<Path>| {
            let owner = self.sessions.get(&path.neighbor);
            RoutePath {
                path: Rc::clone(path),
                session: owner.map(|(session, _)| *session),
                node: owner.and_then(|(_, node)| node.cloned()),
                communities: None,
            }
        };
        paths.into_iter().flatten().map(owned).collect()
    }
}

/// What the router calls the session's node: by its neighbors, else by the addresses that the node dials from.
fn neighbors(session: &Session) -> Vec<NeighborName> {
    match &session.router {
        Known::Seen(end) | Known::Computed(end) if end.vrf.is_default() => vec![end.neighbor.clone()],
        Known::Unknown(_) => {
            session.dials_from.value().into_iter().flatten().copied().map(NeighborName::Address).collect()
        }
        _ => Vec::new(),
    }
}
