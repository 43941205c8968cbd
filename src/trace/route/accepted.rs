//! Whether the router's filters let it in.

use std::collections::BTreeMap;

use super::Step;
use super::view::{Fate, View, listed};
use crate::topology::Known;
use crate::topology::router::inbound::Passage;
use crate::topology::routes::fault::Lost;
use crate::topology::routes::{RoutePath, SessionIndex};
use crate::trace::Hop;

pub fn judge(view: &View, hop: Hop) -> Step {
    let source = view.paths_source();
    match &view.route.paths {
        Known::Unknown(why) => return Step::on(hop.unknown(why)),
        Known::Absent(why) => return Step::end(hop.router(None, why.clone())),
        Known::Seen(_) | Known::Computed(_) => {}
    }
    if let (Known::Unknown(why), []) = (&view.route.expected, view.paths()) {
        return Step::stop(hop.unknown(why));
    }
    let mut hop = hop;
    if !view.paths().is_empty() {
        let stale: Vec<&RoutePath> = view.paths().iter().filter(|path| path.path.stale).collect();
        let kept = if stale.is_empty() { String::new() } else { format!(" (stale: {})", view.sources(stale)) };
        hop = hop.router(source, format!("from {}{kept}", view.sources(view.paths())));
    }
    for (why, nodes) in refused(view) {
        hop = hop.broken().router(source, format!("not from {}: {why}", listed(nodes)));
    }
    if view.expected().is_some() {
        let others: Vec<&RoutePath> = view.paths().iter().filter(|path| !view.is_expected(path)).collect();
        if !others.is_empty() {
            // Where the router uses them, the next hop breaks there.
            let is_idle = view.fates.is_empty() || !others.iter().any(|path| path.path.is_used());
            hop = hop.router(source, format!("nothing asks {} for it", view.sources(others)));
            hop = if is_idle { hop.broken() } else { hop };
        }
    }
    if view.paths().is_empty() { Step::end(hop) } else { Step::on(hop) }
}

/// Why the router does not have it, with the nodes that it came from.
fn refused<'a>(view: &View<'a>) -> BTreeMap<String, Vec<&'a str>> {
    let mut by_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (node, fate) in &view.fates {
        let Fate::Lost(lost @ (Lost::Filtered(_) | Lost::NotAccepted(_) | Lost::Unclear), index) = fate else {
            continue;
        };
        by_reason.entry(why_refused(lost, inbound(view, *index))).or_default().push(&node.0);
    }
    by_reason
}

fn why_refused(lost: &Lost, inbound: Passage) -> String {
    match (inbound, lost) {
        (Passage::Denied(refusal), _) => format!("{} denies it: {}", refusal.filter, refusal.because),
        // A list that was edited filters nothing anew by itself.
        (Passage::Permitted, Lost::Filtered(by)) if by.contains("-list") || by.contains("-map") => {
            format!("{by} denied it when it came, and permits it now: `clear bgp * soft in` asks it again")
        }
        (_, Lost::Filtered(by)) => format!("{by} denies it"),
        (_, Lost::NotAccepted(by)) => format!("its agent sends it; {by} may deny it"),
        _ => "the router has no path from there".to_owned(),
    }
}

/// What the configuration says to it.
fn inbound(view: &View, index: SessionIndex) -> Passage {
    let end = view.topology.sessions[index].router.value();
    match (view.router, end, view.route.prefix) {
        (Some((_, router)), Some(end), Some(prefix)) => router.passage(end, prefix),
        _ => Passage::Undecided,
    }
}
