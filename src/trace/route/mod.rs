//! A route's way: from the pool of addresses to what answers behind it.

mod accepted;
mod advertised;
mod allocated;
mod answers;
mod best;
mod installed;
mod received;
mod selected;
mod view;

use super::{About, Hop, Trace};
use crate::cilium::service::Service;
use crate::rules::Subject;
use crate::rules::finding::Symptom;
use crate::topology::made_by::Maker;
use crate::topology::routes::{Route, SessionIndex};
use crate::topology::{Known, Session, Topology};
use view::View;

/// A hop, and what comes through it.
struct Step {
    hop: Hop,
    onward: Onward,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Onward {
    /// All of it, or some.
    Goes,
    /// Nothing should, and the router has paths of it all the same.
    AtRouterAlone,
    Ends,
}

/// The first hop that is the router's alone.
const AT_ROUTER: &str = "accepted";

type Judge = fn(&View, Hop) -> Step;

/// The hops in their order.
const HOPS: [(&str, Judge); 9] = [
    ("allocated", allocated::judge),
    ("selected", selected::judge),
    ("advertised", advertised::judge),
    ("received", received::judge),
    ("accepted", accepted::judge),
    ("best", best::judge),
    ("installed", installed::judge),
    ("resolves", installed::judge_next_hops),
    ("answers", answers::judge),
];

/// Follows the route at this position of the topology's.
pub fn of_route(topology: &Topology, at: usize) -> Option<Trace> {
    let route = topology.routes.get(at)?;
    let view = View::of(topology, route);
    let mut onward = Onward::Goes;
    let hops = HOPS.into_iter().map(|(name, judge)| {
        if onward == Onward::AtRouterAlone && name == AT_ROUTER {
            onward = Onward::Goes;
        }
        if onward != Onward::Goes {
            return Hop::not_reached(name);
        }
        let step = judge(&view, Hop::new(name));
        onward = step.onward;
        step.hop
    });
    let hops = hops.collect();
    let down = down(topology, route);
    Some(Trace {
        about: About::Route(at),
        made_by: view.services.iter().find_map(|service| Maker::of(&service.metadata)),
        hops,
        symptoms: symptoms_with(at, &down),
        subjects: subjects(route),
        down,
    })
}

/// What is wrong to the eye with a route that is not as it should be: itself, and the sessions that it lacks.
pub fn symptoms(topology: &Topology, at: usize) -> Vec<Symptom> {
    let Some(route) = topology.routes.get(at).filter(|route| route.status.healthy != Some(true)) else {
        return Vec::new();
    };
    symptoms_with(at, &down(topology, route))
}

fn symptoms_with(at: usize, down: &[SessionIndex]) -> Vec<Symptom> {
    let of_route = [Symptom::Route(at), Symptom::RouteItself(at)].into_iter();
    of_route.chain(down.iter().copied().map(Symptom::Session)).collect()
}

fn subjects(route: &Route) -> Vec<Subject> {
    let services = route.services.value().into_iter().flatten();
    let services = services.map(|service| Subject::service(&service.namespace, &service.name));
    let vip = route.vip.map(|vip| Subject::Prefix(vip.into()));
    services.chain(vip).chain(route.prefix.map(Subject::Prefix)).collect()
}

/// Sessions that are down where the router should have a path from.
fn down(topology: &Topology, route: &Route) -> Vec<SessionIndex> {
    let is_down = |index: &SessionIndex| is_down(&topology.sessions[*index]);
    let expected = route.expected.value().map_or(&[][..], |speakers| &speakers.sessions);
    expected.iter().copied().filter(is_down).collect()
}

/// The router's word, else the node's.
fn is_down(session: &Session) -> bool {
    match (&session.router, &session.cluster) {
        (Known::Seen(end) | Known::Computed(end), _) => !end.established,
        (Known::Absent(_), _) => true,
        (Known::Unknown(_), Known::Seen(end) | Known::Computed(end)) => !end.established,
        (Known::Unknown(_), _) => false,
    }
}

/// A Service without a route: it asks for nothing.
pub fn of_service(service: &Service) -> Trace {
    let why = match service.spec.kind.as_str() {
        "LoadBalancer" => "it has no address".to_owned(),
        kind => format!("it is of type {kind}, and no advertisement has its addresses: nothing is to be advertised"),
    };
    let rest = HOPS.iter().skip(1).map(|(name, _)| Hop::not_reached(name));
    Trace {
        about: About::Service { namespace: service.metadata.namespace.clone(), name: service.metadata.name.clone() },
        made_by: Maker::of(&service.metadata),
        hops: std::iter::once(Hop::new(HOPS[0].0).cluster(None, why)).chain(rest).collect(),
        symptoms: Vec::new(),
        subjects: vec![Subject::service(&service.metadata.namespace, &service.metadata.name)],
        down: Vec::new(),
    }
}

impl Step {
    fn on(hop: Hop) -> Self {
        Self { hop, onward: Onward::Goes }
    }

    /// Nothing comes through.
    fn end(hop: Hop) -> Self {
        Self { hop: hop.broken(), onward: Onward::Ends }
    }

    /// Whether anything comes through is not known, and nothing is there to look at.
    fn stop(hop: Hop) -> Self {
        Self { hop, onward: Onward::Ends }
    }

    /// Nothing should come through; what the router has is told.
    fn end_at(view: &View, hop: Hop) -> Self {
        let onward = if view.paths().is_empty() { Onward::Ends } else { Onward::AtRouterAlone };
        Self { hop: hop.broken(), onward }
    }
}
