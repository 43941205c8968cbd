//! Routes that are broken because sessions are down.

use std::collections::HashMap;

use crate::topology::routes::fault::{Fault, Lost};
use crate::topology::routes::status::lost_sessions;
use crate::topology::routes::{Route, SessionIndex};

use super::Facts;

/// Sessions that claim one route: with more, any of them tells enough.
const MOST: usize = 16;

/// By session, the routes that are broken for no other reason than that it, or sessions beside it, are down.
pub fn by_session(facts: &Facts) -> HashMap<SessionIndex, Vec<usize>> {
    let mut by_session: HashMap<SessionIndex, Vec<usize>> = HashMap::new();
    for (at, route) in facts.routes() {
        for session in causing(facts, route).into_iter().take(MOST) {
            by_session.entry(session).or_default().push(at);
        }
    }
    by_session
}

/// The sessions whose being down is all that is wrong with a route.
fn causing(facts: &Facts, route: &Route) -> Vec<SessionIndex> {
    let (Some(expected), Some(paths)) = (route.expected.value(), route.paths.value()) else { return Vec::new() };
    match route.status.fault() {
        Some(Fault::Lost { reason: Lost::Down(_), .. }) => {
            let topology = facts.topology;
            let lost = lost_sessions(route, expected, paths, &topology.sessions, &topology.evidence);
            let all_down = lost.iter().all(|(reason, _)| matches!(reason, Lost::Down(_)));
            lost.into_iter().filter(|_| all_down).map(|(_, session)| session).collect()
        }
        Some(Fault::Stale { .. } | Fault::Unexpected { stale: true, .. } | Fault::Unowned { stale: true, .. }) => {
            paths.iter().filter(|path| path.path.stale).filter_map(|path| path.session).collect()
        }
        _ => Vec::new(),
    }
}
