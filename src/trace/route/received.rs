//! Whether the router heard it from the nodes that should say it.

use std::collections::BTreeMap;

use super::Step;
use super::view::{Fate, View, listed};
use crate::topology::Known;
use crate::topology::routes::SessionIndex;
use crate::topology::routes::fault::Lost;
use crate::topology::session::Session;
use crate::trace::Hop;

pub fn judge(view: &View, hop: Hop) -> Step {
    if let Known::Unknown(why) = &view.route.paths {
        return Step::on(of_sessions(view, hop).unknown(why));
    }
    if view.expected().is_none() {
        return of_whoever(view, hop);
    }
    let is_received = |fate: &Fate| match fate {
        Fate::Accepted => true,
        Fate::Lost(Lost::Filtered(_), index) => receives(view, *index) == Some(true),
        _ => false,
    };
    let mut hop = hop;
    let source = view.paths_source();
    let received = view.nodes(is_received);
    if let Some(nodes) = &received {
        hop = hop.router(source, format!("from {nodes}"));
    }
    for (why, nodes) in missing(view) {
        hop = hop.broken().router(None, format!("not from {}: {why}", listed(nodes)));
    }
    let unclear = view.nodes(|fate| {
        !is_received(fate) && matches!(fate, Fate::Lost(Lost::Filtered(_) | Lost::NotAccepted(_) | Lost::Unclear, _))
    });
    if let Some(nodes) = &unclear {
        hop = hop.unknown(format!(
            "the router does not say what {nodes} sent, before its filters (soft-reconfiguration inbound would tell)"
        ));
    }
    let others = !view.paths().is_empty();
    if received.is_some() || unclear.is_some() || others { Step::on(hop) } else { Step::end(hop) }
}

/// The router is not known; sessions that are down at their nodes are.
fn of_sessions(view: &View, hop: Hop) -> Hop {
    let mut by_state: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for index in super::down(view.topology, view.route) {
        let session = &view.topology.sessions[index];
        let why = format!("its session is down, {}", state(session));
        by_state.entry(why).or_default().extend(session.node.value().map(ToString::to_string));
    }
    let tell =
        |hop: Hop, (why, nodes)| hop.broken().cluster(None, format!("not from {}: {why}", listed::<String>(nodes)));
    by_state.into_iter().fold(hop, tell)
}

/// Why the router did not hear it, with the nodes that it did not hear it from.
fn missing<'a>(view: &View<'a>) -> BTreeMap<String, Vec<&'a str>> {
    let mut by_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (node, fate) in &view.fates {
        let why = match fate {
            Fate::Stale => "its session is down, and a graceful restart keeps its path as stale".to_owned(),
            Fate::Lost(Lost::Down(_), index) => {
                format!("its session is down, {}", state(&view.topology.sessions[*index]))
            }
            Fate::Lost(Lost::OnTheWay, _) => "its agent sends it, and the router did not receive it".to_owned(),
            Fate::Lost(Lost::NotReceived, _) => "the router did not receive it".to_owned(),
            _ => continue,
        };
        by_reason.entry(why).or_default().push(&node.0);
    }
    by_reason
}

/// What the ends say of a session that is down.
fn state(session: &Session) -> String {
    match (&session.router, &session.cluster) {
        (Known::Seen(end) | Known::Computed(end), _) => format!("{} at the router", end.state),
        (Known::Unknown(_), Known::Seen(end) | Known::Computed(end)) => format!("{} at the node", end.state),
        (Known::Absent(why) | Known::Unknown(why), _) => why.clone(),
    }
}

fn receives(view: &View, index: SessionIndex) -> Option<bool> {
    view.topology.evidence.receives(index, &view.route.prefix?)
}

/// Who should say it is not known; who did is.
fn of_whoever(view: &View, hop: Hop) -> Step {
    if view.paths().is_empty() {
        return Step::on(hop.unknown("who should say it is not known"));
    }
    Step::on(hop.router(view.paths_source(), format!("from {}", view.sources(view.paths()))))
}
