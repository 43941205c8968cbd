//! Why a router lacks paths that sessions should bring. What a session that is down does not bring is left to the rules
//! about sessions, unless the router would deny it also with the session up.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ipnet::IpNet;

use super::Facts;
use super::finding::{Finding, Severity, Subject, Symptom};
use crate::frr::config::Version;
use crate::topology::names::listed_up_to;
use crate::topology::router::Router;
use crate::topology::router::inbound::{Denial, Inbound};
use crate::topology::routes::fault::{Fault, Lost};
use crate::topology::routes::status::lost_sessions;
use crate::topology::routes::{Route, SessionIndex};
use crate::topology::session::{RouterEnd, Session};

/// How many names a sentence has.
const NAMED: usize = 3;

/// What one cause keeps from one route.
pub struct Loss<'a> {
    pub at: usize,
    pub route: &'a Route,
    pub router: &'a Router,
    pub because: Because<'a>,
    /// The sessions that should bring it.
    pub sessions: Vec<SessionIndex>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Because<'a> {
    /// The agent was asked, and does not advertise it.
    NotAdvertised,
    /// eBGP without an inbound filter.
    RequiresPolicy,
    /// The running configuration says so.
    Denied(Denial<'a>),
    /// It was received and not accepted; which of these filters denies it is not known.
    Filtered(String),
    /// The router's own AS stands in the path.
    OwnAs,
    /// The next hop, or the prefix, is one of the router's own addresses.
    OwnAddress,
    /// It was received, and the filters of today would let it pass.
    NotReapplied,
    /// The agent advertises it, and the router did not get it.
    OnTheWay,
    /// The router did not get it; the agent was not asked.
    NotReceived,
    /// Neither end was asked.
    Unclear,
}

impl Loss<'_> {
    pub fn version(&self) -> Version {
        self.route.prefix.map_or(Version::V4, |prefix| Version::of(prefix.addr()))
    }
}

/// The losses of every route that lacks paths.
pub fn losses<'a>(facts: &Facts<'a>) -> Vec<Loss<'a>> {
    let mut filters = Filters { facts, known: HashMap::new() };
    let mut losses = Vec::new();
    for (at, route) in facts.routes() {
        let Some(Fault::Lost { .. }) = route.status.fault() else { continue };
        let Some(((expected, paths), prefix)) = route.expected.value().zip(route.paths.value()).zip(route.prefix)
        else {
            continue;
        };
        let mut of_route: Vec<Loss> = Vec::new();
        let topology = facts.topology;
        for (lost, index) in lost_sessions(route, expected, paths, &topology.sessions, &topology.evidence) {
            let Some((router, because)) = filters.because(lost, index, prefix) else { continue };
            match of_route.iter_mut().find(|loss| loss.because == because) {
                Some(loss) => loss.sessions.push(index),
                None => of_route.push(Loss { at, route, router, because, sessions: vec![index] }),
            }
        }
        losses.extend(of_route);
    }
    losses
}

/// The inbound filters of sessions, by session and family.
struct Filters<'f, 'a> {
    facts: &'f Facts<'a>,
    known: HashMap<(SessionIndex, bool), Option<Inbound<'a>>>,
}

impl<'a> Filters<'_, 'a> {
    fn because(&mut self, lost: Lost, index: SessionIndex, prefix: IpNet) -> Option<(&'a Router, Because<'a>)> {
        let session = &self.facts.topology.sessions[index];
        let router = self.facts.routers().get(session.ends_at?)?;
        let end = session.router.value()?;
        let ipv4 = prefix.addr().is_ipv4();
        let is_required = end.families.iter().any(|counts| counts.family.is_unicast(ipv4) && counts.inbound.required);
        let inbound =
            *self.known.entry((index, ipv4)).or_insert_with(|| router.inbound(end, Version::of(prefix.addr())));
        let denial = || inbound.and_then(|inbound| inbound.denial(prefix));
        let because = match lost {
            _ if !end.established => Because::Denied(denial()?),
            Lost::Down(_) => return None,
            Lost::NotAdvertised => Because::NotAdvertised,
            Lost::OnTheWay => Because::OnTheWay,
            Lost::NotReceived => Because::NotReceived,
            _ if is_required => Because::RequiresPolicy,
            Lost::Filtered(by) => match denial() {
                Some(denial) => Because::Denied(denial),
                None if self.has_own_as(router, session, index, prefix) || Self::counts_loops(session) => {
                    Because::OwnAs
                }
                None if self.is_own(router, index, prefix) => Because::OwnAddress,
                None if inbound.is_some_and(|inbound| inbound.permits(prefix)) => Because::NotReapplied,
                None => Because::Filtered(by),
            },
            Lost::NotAccepted(_) | Lost::Unclear => match denial() {
                Some(denial) => Because::Denied(denial),
                None if self.has_own_as(router, session, index, prefix) => Because::OwnAs,
                None => Because::Unclear,
            },
        };
        Some((router, because))
    }

    /// The agent's path has an AS that the router is: its instance's, or one that it says it is.
    fn has_own_as(&self, router: &Router, session: &Session, index: SessionIndex, prefix: IpNet) -> bool {
        let Some(end) = session.router.value() else { return false };
        let vrf = Some(end.vrf.0.as_str()).filter(|_| !end.vrf.is_default());
        let instance = router.config.value().and_then(|config| config.instance(vrf)?.asn);
        let own: Vec<u32> = end.said.local_as.map(|asn| asn.0).into_iter().chain(instance).collect();
        let attributes = self.facts.topology.evidence.attributes(index, &prefix);
        // What the agent was not asked begins with the node's AS, unless both have the same and nothing is prepended.
        let path: Vec<u32> = match (attributes, session.local_asn.value()) {
            (Some(attributes), _) => {
                attributes.as_path.split(|c: char| !c.is_ascii_digit()).filter_map(|asn| asn.parse().ok()).collect()
            }
            (None, Some(asn)) if end.said.nbr_external_link => vec![asn.0],
            (None, _) => Vec::new(),
        };
        path.iter().any(|asn| own.contains(asn))
    }

    fn counts_loops(session: &Session) -> bool {
        let end = session.router.value();
        end.and_then(|end| end.said.prefix_stats).is_some_and(|stats| stats.aspath_loop > 0)
    }

    fn is_own(&self, router: &Router, index: SessionIndex, prefix: IpNet) -> bool {
        let is_own = |address| router.has_address(address) == Some(true);
        let attributes = self.facts.topology.evidence.attributes(index, &prefix);
        let next_hop = attributes.and_then(|attributes| attributes.next_hop);
        let is_host = prefix.prefix_len() == prefix.max_prefix_len();
        next_hop.is_some_and(is_own) || (is_host && is_own(prefix.addr()))
    }
}

/// Losses of one router that share what `key` makes of them.
pub struct Together<'a, 'l> {
    pub router: &'a Router,
    pub losses: Vec<&'l Loss<'a>>,
}

/// Puts together, by router and key, the losses that have a key.
pub fn together<'a, 'l, K: Ord>(
    losses: &'l [Loss<'a>],
    key: impl Fn(&'l Loss<'a>) -> Option<K>,
) -> Vec<(K, Together<'a, 'l>)> {
    let mut all: BTreeMap<(&str, K), Together> = BTreeMap::new();
    for loss in losses {
        let Some(key) = key(loss) else { continue };
        let of_key = all.entry((loss.router.name.as_str(), key));
        of_key.or_insert_with(|| Together { router: loss.router, losses: Vec::new() }).losses.push(loss);
    }
    all.into_iter().map(|((_, key), together)| (key, together)).collect()
}

impl<'a> Together<'a, '_> {
    pub fn subject(&self) -> Subject {
        Subject::Router(self.router.name.clone())
    }

    /// The prefixes, each with its Services.
    pub fn prefixes(&self) -> String {
        listed_up_to(NAMED, self.losses.iter().map(|loss| label(loss.route)))
    }

    /// The nodes that should bring them.
    pub fn nodes(&self, facts: &Facts) -> String {
        let sessions = self.sessions();
        listed_up_to(
            NAMED,
            sessions.iter().filter_map(|&index| facts.topology.sessions[index].node.value()).map(|node| &node.0),
        )
    }

    pub fn sessions(&self) -> BTreeSet<SessionIndex> {
        self.losses.iter().flat_map(|loss| loss.sessions.iter().copied()).collect()
    }

    /// What the router says of one of the sessions.
    pub fn end(&self, facts: &Facts<'a>) -> Option<&'a RouterEnd> {
        facts.topology.sessions[*self.losses.first()?.sessions.first()?].router.value()
    }

    /// What the router says of all of them.
    pub fn ends(&self, facts: &Facts<'a>) -> Vec<&'a RouterEnd> {
        self.sessions().into_iter().filter_map(|index| facts.topology.sessions[index].router.value()).collect()
    }

    pub fn denied(&self) -> BTreeSet<IpNet> {
        self.losses.iter().filter_map(|loss| loss.route.prefix).collect()
    }

    /// Traffic is lost where no path is left.
    pub fn severity(&self) -> Severity {
        let is_dark = |loss: &&Loss| loss.route.paths.value().is_none_or(Vec::is_empty);
        if self.losses.iter().any(is_dark) { Severity::Error } else { Severity::Warning }
    }

    /// Sets what all findings about losses have.
    pub fn claim(&self, finding: Finding) -> Finding {
        let severity = self.severity();
        finding.severity(severity).explains(self.losses.iter().flat_map(|loss| symptoms(loss.at)))
    }
}

/// A route that would be broken with every session up.
pub fn symptoms(at: usize) -> [Symptom; 2] {
    [Symptom::Route(at), Symptom::RouteItself(at)]
}

/// `10.99.8.202 (default/authelia)`.
pub fn label(route: &Route) -> String {
    let prefix = route.prefix.map(|prefix| {
        if prefix.prefix_len() == prefix.max_prefix_len() { prefix.addr().to_string() } else { prefix.to_string() }
    });
    let services = route.services.value().into_iter().flatten();
    let services = listed_up_to(NAMED, services.map(|service| format!("{}/{}", service.namespace, service.name)));
    match (prefix, services.is_empty()) {
        (Some(prefix), true) => prefix,
        (Some(prefix), false) => format!("{prefix} ({services})"),
        (None, _) => services,
    }
}
