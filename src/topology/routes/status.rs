//! What is wrong with a route, in one phrase: the first hop that is broken.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::Evidence;
use super::fault::{Fault, Lost};
use super::{Route, RouteKind, RoutePath, SessionIndex, Speakers};
use crate::topology::known::Known;
use crate::topology::names::{NodeName, listed};
use crate::topology::router::tables::KernelRoute;
use crate::topology::session::{InboundPolicy, Session};

/// The verdict on a route.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub state: State,
    /// Whether every node that should carry it is in the router's kernel, and nothing else; `None` if that is not known,
    /// or no node should.
    pub healthy: Option<bool>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum State {
    Ok,
    /// What is known does not decide it.
    Undecided,
    /// Nothing is expected, and nothing is there.
    Idle(String),
    Broken(Fault),
}

impl Status {
    pub fn undecided() -> Self {
        Self { state: State::Undecided, healthy: None }
    }

    pub fn pending(why: &str) -> Self {
        Self::bad(Fault::Pending(why.to_owned()))
    }

    /// In one phrase; `None`: what is known does not decide it.
    pub fn phrase(&self) -> Option<String> {
        match &self.state {
            State::Undecided => None,
            State::Ok => Some("ok".to_owned()),
            State::Idle(why) => Some(format!("not advertised: {why}")),
            State::Broken(fault) => Some(fault.to_string()),
        }
    }

    pub fn fault(&self) -> Option<&Fault> {
        match &self.state {
            State::Broken(fault) => Some(fault),
            _ => None,
        }
    }

    fn ok() -> Self {
        Self { state: State::Ok, healthy: Some(true) }
    }

    fn bad(fault: Fault) -> Self {
        Self { state: State::Broken(fault), healthy: Some(false) }
    }

    fn idle(why: impl Into<String>) -> Self {
        Self { state: State::Idle(why.into()), healthy: None }
    }
}

/// Judges a route that has a prefix.
pub fn of(route: &Route, sessions: &[Session], evidence: &Evidence) -> Status {
    let paths = match &route.paths {
        Known::Seen(paths) | Known::Computed(paths) => paths.as_slice(),
        Known::Absent(why) if route.expected.value().is_some_and(|speakers| speakers.nodes > 0) => {
            return Status::bad(Fault::NoBgp(why.clone()));
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

/// All that is wrong with it: of several faults its status has the first alone.
pub fn faults(route: &Route) -> Vec<Fault> {
    let first = route.status.fault().cloned();
    let expected = route.expected.value().filter(|speakers| speakers.nodes > 0);
    let paths = route.paths.value().filter(|paths| !paths.is_empty());
    let further = expected.zip(paths).map(|(expected, paths)| {
        // What BGP does not use it does not install.
        let uses_any = paths.iter().any(|path| path.path.is_used());
        let not_installed = if uses_any { not_installed(route, paths) } else { None };
        [stale(paths), not_best(expected, paths), not_installed, too_many(expected, paths)]
    });
    let mut faults: Vec<Fault> = Vec::new();
    let further = further.into_iter().flatten().flatten().filter_map(|status| status.fault().cloned());
    for fault in first.into_iter().chain(further) {
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    faults
}

/// The router is not known; what keeps every node from advertising it is.
fn without_router(route: &Route) -> Status {
    match &route.obstacle {
        Some(obstacle) if route.expected.value().is_some_and(|speakers| speakers.nodes == 0) => {
            Status::idle(obstacle.to_string())
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
    let stale = paths.iter().any(|path| path.path.stale);
    Status::bad(if is_default { Fault::DefaultRoute { from } } else { Fault::Unowned { from, stale } })
}

fn unexpected(route: &Route, paths: &[RoutePath]) -> Status {
    let why = match &route.obstacle {
        Some(obstacle) => obstacle.to_string(),
        None if route.is_of_pods() => "no advertisement has it".to_owned(),
        None => "no session to this router carries it".to_owned(),
    };
    if paths.is_empty() {
        return Status::idle(why);
    }
    let stale = paths.iter().all(|path| path.path.stale);
    Status::bad(Fault::Unexpected { from: sources(paths), stale, why })
}

fn lost(
    route: &Route,
    expected: &Speakers,
    paths: &[RoutePath],
    sessions: &[Session],
    evidence: &Evidence,
) -> Option<Status> {
    let mut by_reason: BTreeMap<Lost, BTreeSet<NodeName>> = BTreeMap::new();
    for (reason, index) in lost_sessions(route, expected, paths, sessions, evidence) {
        by_reason.entry(reason).or_default().extend(sessions[index].node.value().cloned());
    }
    // What most of the nodes have; of equals, the surest.
    let (reason, nodes) = by_reason.into_iter().rev().max_by_key(|(_, nodes)| nodes.len())?;
    let all = nodes.len() == expected.nodes;
    Some(Status::bad(Fault::Lost { reason, nodes, all, expected: expected.nodes }))
}

/// The sessions that should carry a route and the router has no path from their node, each with the reason.
pub fn lost_sessions(
    route: &Route,
    expected: &Speakers,
    paths: &[RoutePath],
    sessions: &[Session],
    evidence: &Evidence,
) -> Vec<(Lost, SessionIndex)> {
    let Some(prefix) = route.prefix else { return Vec::new() };
    let accepted: BTreeSet<&NodeName> = paths.iter().filter_map(|path| path.node.as_ref()).collect();
    let lost = expected.sessions.iter().filter_map(|&index| {
        sessions[index].node.value().filter(|node| !accepted.contains(node))?;
        Some((why_lost(&sessions[index], index, &prefix, evidence), index))
    });
    lost.collect()
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
    (!stale.is_empty()).then(|| Status::bad(Fault::Stale { from: sources(stale) }))
}

fn not_best(expected: &Speakers, paths: &[RoutePath]) -> Option<Status> {
    let is_expected = |path: &&RoutePath| path.session.is_some_and(|session| expected.contains(session));
    let unused: Vec<&RoutePath> = paths.iter().filter(is_expected).filter(|path| !path.path.is_used()).collect();
    if unused.is_empty() {
        return None;
    }
    let dead: Vec<&RoutePath> = unused.iter().copied().filter(|path| !path.path.valid).collect();
    if !dead.is_empty() {
        return Some(Status::bad(Fault::NextHopUnresolved { from: sources(dead) }));
    }
    let used: Vec<&RoutePath> = paths.iter().filter(|path| path.path.is_used()).collect();
    let rivals: Vec<&RoutePath> = used.iter().copied().filter(|path| !is_expected(path)).collect();
    Some(Status::bad(if rivals.is_empty() {
        Fault::PathsUnused { used: used.len(), of: paths.len() }
    } else {
        Fault::RivalBetter { from: sources(rivals) }
    }))
}

fn not_installed(route: &Route, paths: &[RoutePath]) -> Option<Status> {
    let kernel = match &route.kernel {
        Known::Seen(kernel) | Known::Computed(kernel) => kernel,
        Known::Unknown(_) => return Some(Status::undecided()),
        Known::Absent(_) => {
            return Some(Status::bad(match route.rib.value() {
                Some(rib) if rib.failed => Fault::KernelRefused,
                Some(rib) if !rib.selected => Fault::OtherPreferred,
                Some(_) => Fault::LostInKernel,
                None => Fault::NotInKernel,
            }));
        }
    };
    if !kernel.by_bgp {
        return Some(Status::bad(Fault::ShadowedBy(kernel.protocol.clone())));
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
        (0, _) => Some(Status::bad(Fault::StrangeNextHops)),
        (missing, _) => Some(Status::bad(Fault::MissingNextHops { alive: used.len() - missing, of: used.len() })),
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
    (!others.is_empty()).then(|| Status::bad(Fault::TooMany { from: sources(others) }))
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
