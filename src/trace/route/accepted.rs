//! Whether the router's filters let it in.

use std::collections::BTreeMap;

use super::Step;
use super::view::{Fate, View, listed};
use crate::topology::Known;
use crate::topology::routes::status::Lost;
use crate::topology::routes::{RoutePath, SessionIndex};
use crate::trace::Hop;

pub fn judge(view: &View, hop: Hop) -> Step {
    let source = view.paths_source();
    match &view.route.paths {
        Known::Unknown(why) => return Step::on(hop.unknown(why)),
        Known::Absent(why) => return Step::end(hop.router(None, why.clone())),
        Known::Seen(_) | Known::Computed(_) => {}
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
            hop = hop.broken().router(source, format!("nothing asks {} for it", view.sources(others)));
        }
    }
    if view.paths().is_empty() { Step::end(hop) } else { Step::on(hop) }
}

/// Why the router does not have it, with the nodes that it came from.
fn refused<'a>(view: &View<'a>) -> BTreeMap<String, Vec<&'a str>> {
    let mut by_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (node, fate) in &view.fates {
        let why = match fate {
            Fate::Lost(Lost::Filtered(by), index) => denied(view, *index).unwrap_or_else(|| format!("denied by {by}")),
            Fate::Lost(Lost::NotAccepted(by), index) => {
                denied(view, *index).unwrap_or_else(|| format!("its agent sends it; {by} may deny it"))
            }
            Fate::Lost(Lost::Unclear, index) => {
                denied(view, *index).unwrap_or_else(|| "the router has no path of it".to_owned())
            }
            _ => continue,
        };
        by_reason.entry(why).or_default().push(&node.0);
    }
    by_reason
}

/// What the configuration says to it.
fn denied(view: &View, index: SessionIndex) -> Option<String> {
    let (_, router) = view.router?;
    let refusal = router.refusal(view.topology.sessions[index].router.value()?, view.route.prefix?)?;
    Some(format!("{} denies it: {}", refusal.filter, refusal.because))
}
