//! What is wrong with a route, in one phrase: the first hop that is broken.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::Evidence;
use super::{Route, RouteKind, RoutePath, SessionIndex, Speakers};
use crate::topology::known::Known;
use crate::topology::names::{NodeName, listed};
use crate::topology::router::tables::KernelRoute;
use crate::topology::session::{InboundPolicy, Session};

/// The verdict on a route.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// `None`: what is known does not decide it.
    pub phrase: Option<String>,
    /// Whether every node that should carry it is in the router's kernel, and nothing else; `None` if that is not known,
    /// or no node should.
    pub healthy: Option<bool>,
}

impl Status {
    pub fn undecided() -> Self {
        Self { phrase: None, healthy: None }
    }

    pub fn pending(why: &str) -> Self {
        Self { phrase: Some(format!("pending: {why}")), healthy: Some(false) }
    }

    fn ok() -> Self {
        Self { phrase: Some("ok".to_owned()), healthy: Some(true) }
    }

    fn bad(phrase: impl Into<String>) -> Self {
        Self { phrase: Some(phrase.into()), healthy: Some(false) }
    }

    /// Nothing is expected, and nothing is there.
    fn idle(phrase: impl Into<String>) -> Self {
        Self { phrase: Some(phrase.into()), healthy: None }
    }
}

/// Why the router has no path from a session that should carry the prefix; the surest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lost {
    /// The session is not established; FRR's state, if it has one.
    Down(Option<String>),
    NotAdvertised,
    Filtered(String),
    /// The agent sent it, and the router did not get it.
    OnTheWay,
    NotReceived,
    /// The agent sent it; whether the router got it is not known.
    NotAccepted(String),
    Unclear,
}

/// Judges a route that has a prefix.
pub fn of(route: &Route, sessions: &[Session], evidence: &Evidence) -> Status {
    let paths = match &route.paths {
        Known::Seen(paths) | Known::Computed(paths) => paths.as_slice(),
        Known::Absent(why) if route.expected.value().is_some_and(|speakers| speakers.nodes > 0) => {
            return Status::bad(why.clone());
        }
        Known::Absent(_) => &[],
        Known::Unknown(_) => return without_router(route),
    };
    if route.kind == RouteKind::Unowned {
        return unowned(route, paths);
    }
    let Some(expected) = route.expected.value() else { return Status::undecided() };
    if expected.nodes == 0 {
        return unexpected(route, paths);
    }
    lost(route, expected, paths, sessions, evidence)
        .or_else(|| stale(paths))
        .or_else(|| not_best(expected, paths))
        .or_else(|| not_installed(route, paths))
        .or_else(|| too_many(expected, paths))
        .unwrap_or_else(Status::ok)
}

/// The router is not known; what keeps every node from advertising it is.
fn without_router(route: &Route) -> Status {
    match &route.obstacle {
        Some(obstacle) if route.expected.value().is_some_and(|speakers| speakers.nodes == 0) => {
            Status::idle(format!("not advertised: {obstacle}"))
        }
        _ => Status::undecided(),
    }
}

/// The router learned it from nodes, and nothing in the cluster has it.
fn unowned(route: &Route, paths: &[RoutePath]) -> Status {
    if route.services.why_unknown().is_some() {
        return Status::undecided();
    }
    let from = names(paths.iter().filter_map(|path| path.node.as_ref()));
    let is_default = route.prefix.is_some_and(|prefix| prefix.prefix_len() == 0);
    match (is_default, paths.iter().any(|path| path.path.stale)) {
        (true, _) => Status::bad(format!("default route from {from}")),
        (false, true) => Status::bad(format!("no Service has it, stale from {from}")),
        (false, false) => Status::bad(format!("no Service has it, from {from}")),
    }
}

fn unexpected(route: &Route, paths: &[RoutePath]) -> Status {
    let why = match &route.obstacle {
        Some(obstacle) => obstacle.to_string(),
        None if route.is_of_pods() => "no advertisement has it".to_owned(),
        None => "no session to this router carries it".to_owned(),
    };
    if paths.is_empty() {
        return Status::idle(format!("not advertised: {why}"));
    }
    let stale = if paths.iter().all(|path| path.path.stale) { "stale" } else { "unexpected" };
    Status::bad(format!("{stale} from {}: {why}", sources(paths)))
}

fn lost(
    route: &Route,
    expected: &Speakers,
    paths: &[RoutePath],
    sessions: &[Session],
    evidence: &Evidence,
) -> Option<Status> {
    let prefix = route.prefix?;
    let accepted: BTreeSet<&NodeName> = paths.iter().filter_map(|path| path.node.as_ref()).collect();
    let mut by_reason: BTreeMap<Lost, BTreeSet<&NodeName>> = BTreeMap::new();
    for &index in expected.sessions.iter() {
        let session = &sessions[index];
        let Some(node) = session.node.value().filter(|node| !accepted.contains(node)) else { continue };
        by_reason.entry(why_lost(session, index, &prefix, evidence)).or_default().insert(node);
    }
    // What most of the nodes have; of equals, the surest.
    let (reason, nodes) = by_reason.into_iter().rev().max_by_key(|(_, nodes)| nodes.len())?;
    let all = nodes.len() == expected.nodes;
    let of = names(nodes.into_iter());
    Some(Status::bad(match reason {
        Lost::Down(_) if all && expected.nodes > 1 => "no session is up".to_owned(),
        Lost::Down(Some(state)) => format!("session down: {of} ({state})"),
        Lost::Down(None) => format!("session down: {of}"),
        Lost::NotAdvertised => format!("not advertised by {of}"),
        Lost::Filtered(by) if all => format!("filtered by {by}"),
        Lost::Filtered(by) => format!("filtered by {by}: {of}"),
        Lost::OnTheWay => format!("advertised by {of}, not received by the router"),
        Lost::NotReceived => format!("not received from {of}"),
        Lost::NotAccepted(by) => format!("advertised by {of}, not accepted ({by})"),
        Lost::Unclear => format!("not accepted from {of}"),
    }))
}

fn why_lost(session: &Session, index: SessionIndex, prefix: &ipnet::IpNet, evidence: &Evidence) -> Lost {
    let end = match &session.router {
        Known::Seen(end) | Known::Computed(end) if end.established => end,
        Known::Seen(end) | Known::Computed(end) => return Lost::Down(Some(end.state.clone())),
        Known::Absent(_) => return Lost::Down(None),
        Known::Unknown(_) => return Lost::Unclear,
    };
    let ipv4 = prefix.addr().is_ipv4();
    let policy = end.families.iter().find(|counts| counts.family.is_unicast(ipv4)).map(|counts| &counts.inbound);
    match (evidence.advertises(index, prefix), evidence.receives(index, prefix)) {
        (_, Some(true)) => Lost::Filtered(filters(policy)),
        (Some(false), _) => Lost::NotAdvertised,
        (Some(true), Some(false)) => Lost::OnTheWay,
        (None, Some(false)) => Lost::NotReceived,
        (_, None) if policy.is_some_and(|policy| policy.required) => Lost::Filtered(filters(policy)),
        (Some(true), None) => Lost::NotAccepted(filters(policy)),
        (None, None) => Lost::Unclear,
    }
}

/// What stands in the way in, in FRR's words.
fn filters(policy: Option<&InboundPolicy>) -> String {
    let Some(policy) = policy else { return "the router".to_owned() };
    if policy.required {
        return "ebgp-requires-policy: there is no inbound policy".to_owned();
    }
    let list = policy.prefix_list.as_ref().map(|list| match policy.prefix_list_is_defined {
        Some(false) => format!("prefix-list {list}, which is not defined"),
        _ => format!("prefix-list {list}"),
    });
    let map = policy.route_map.as_ref().map(|map| format!("route-map {map}"));
    let all: Vec<String> = [list, map].into_iter().flatten().collect();
    if all.is_empty() { "the router".to_owned() } else { all.join(" or ") }
}

fn stale(paths: &[RoutePath]) -> Option<Status> {
    let stale: Vec<&RoutePath> = paths.iter().filter(|path| path.path.stale).collect();
    (!stale.is_empty()).then(|| Status::bad(format!("stale from {}", sources(stale))))
}

fn not_best(expected: &Speakers, paths: &[RoutePath]) -> Option<Status> {
    let is_expected = |path: &&RoutePath| path.session.is_some_and(|session| expected.contains(session));
    let unused: Vec<&RoutePath> = paths.iter().filter(is_expected).filter(|path| !path.path.is_used()).collect();
    if unused.is_empty() {
        return None;
    }
    let dead: Vec<&RoutePath> = unused.iter().copied().filter(|path| !path.path.valid).collect();
    if !dead.is_empty() {
        return Some(Status::bad(format!("next hop does not resolve: {}", sources(dead))));
    }
    let used: Vec<&RoutePath> = paths.iter().filter(|path| path.path.is_used()).collect();
    let rivals: Vec<&RoutePath> = used.iter().copied().filter(|path| !is_expected(path)).collect();
    Some(Status::bad(if rivals.is_empty() {
        format!("{} of {} paths used", used.len(), paths.len())
    } else {
        format!("a path from {} is better", sources(rivals))
    }))
}

fn not_installed(route: &Route, paths: &[RoutePath]) -> Option<Status> {
    let kernel = match &route.kernel {
        Known::Seen(kernel) | Known::Computed(kernel) => kernel,
        Known::Unknown(_) => return Some(Status::undecided()),
        Known::Absent(_) => {
            return Some(Status::bad(match route.rib.value() {
                Some(rib) if rib.failed => "the router's kernel refused it",
                Some(rib) if !rib.selected => "the router prefers another route",
                Some(_) => "lost in the router's kernel: zebra says that it is installed",
                None => "not in the router's kernel",
            }));
        }
    };
    if !kernel.by_bgp {
        return Some(Status::bad(format!("a {} route wins on the router", kernel.protocol)));
    }
    let alive: Vec<_> = kernel.next_hops.iter().filter(|hop| hop.alive).collect();
    let used: Vec<&RoutePath> = paths.iter().filter(|path| path.path.is_used()).collect();
    let of_a_path = alive.iter().filter(|hop| {
        used.iter().any(|path| hop.address.is_some_and(|address| path.path.next_hops.contains(&address)))
    });
    let strange = alive.len() - of_a_path.count();
    let missing = used.iter().filter(|path| !is_installed(path, kernel)).count();
    match (missing, strange) {
        (0, 0) => None,
        (0, _) => Some(Status::bad("the router's kernel has other next hops too")),
        (missing, _) => {
            Some(Status::bad(format!("the router's kernel has {} of {} next hops", used.len() - missing, used.len())))
        }
    }
}

/// Whether the kernel forwards by one of the path's next hops: an IPv6 path has a global and a link-local one.
pub fn is_installed(path: &RoutePath, kernel: &KernelRoute) -> bool {
    let alive = kernel.next_hops.iter().filter(|hop| kernel.by_bgp && hop.alive);
    alive.filter_map(|hop| hop.address).any(|address| path.path.next_hops.contains(&address))
}

fn too_many(expected: &Speakers, paths: &[RoutePath]) -> Option<Status> {
    let is_expected = |path: &&RoutePath| path.session.is_some_and(|session| expected.contains(session));
    let others: Vec<&RoutePath> = paths.iter().filter(|path| !is_expected(path)).collect();
    (!others.is_empty()).then(|| Status::bad(format!("also from {}, unexpected", sources(others))))
}

/// The nodes of paths, and neighbors that no node is.
fn sources<'a>(paths: impl IntoIterator<Item = &'a RoutePath>) -> String {
    let name =
        |path: &RoutePath| path.node.as_ref().map_or_else(|| path.path.neighbor.to_string(), ToString::to_string);
    listed(paths.into_iter().map(name))
}

fn names<'a>(nodes: impl Iterator<Item = &'a NodeName>) -> String {
    listed(nodes.map(ToString::to_string))
}
