//! A session's story, from both ends: what asks for it, who dials, who answers, and what they agree on.

mod cluster;
mod ends;
mod router;

use super::{About, Hop, Trace};
use crate::rules::Subject;
use crate::rules::finding::Symptom;
use crate::topology::cluster::Cluster;
use crate::topology::names::NodeName;
use crate::topology::router::Router;
use crate::topology::routes::SessionIndex;
use crate::topology::session::{Health, Session};
use crate::topology::{Known, Topology};

const NOT_ASKED: &str = "the cluster was not asked";

/// What the hops of a session look at.
struct View<'a> {
    topology: &'a Topology,
    session: &'a Session,
    /// The cluster asks for it: not only the router knows it.
    is_wanted: bool,
    cluster: Option<&'a Cluster>,
    /// `None`: no router was read where it could end.
    router: Option<&'a Router>,
    /// Every end that was asked has it established: what the other hops say is then beside the point.
    is_up: bool,
}

/// `None`: it cannot be judged before another hop is well.
type Judge = fn(&View, Hop) -> Option<Hop>;

/// The hops in their order.
const HOPS: [(&str, Judge); 10] = [
    ("selected", cluster::selected),
    ("configured", cluster::configured),
    ("agent", cluster::agent),
    ("dials", ends::dials),
    ("neighbor", router::neighbor),
    ("asns", ends::asns),
    ("password", ends::password),
    ("timers", ends::timers),
    ("established", ends::established),
    ("exchanges", ends::exchanges),
];

/// Follows the session at this position of the topology's.
pub fn of_session(topology: &Topology, at: SessionIndex) -> Option<Trace> {
    let session = topology.sessions.get(at)?;
    let routers = topology.routers.as_deref().unwrap_or_default();
    let view = View {
        topology,
        session,
        is_wanted: session.key.value().is_some(),
        cluster: topology.cluster.as_ref(),
        router: session.ends_at.and_then(|at| routers.get(at)),
        is_up: session.health(topology.asked) == Health::Up,
    };
    let hops =
        HOPS.into_iter().map(|(name, judge)| judge(&view, Hop::new(name)).unwrap_or_else(|| Hop::not_reached(name)));
    Some(Trace {
        about: About::Session(at),
        made_by: None,
        hops: hops.collect(),
        symptoms: vec![Symptom::Session(at)],
        subjects: session.key.value().cloned().map(Subject::Session).into_iter().collect(),
        down: Vec::new(),
    })
}

/// Why a node that no session is asked of has none.
pub fn of_node(topology: &Topology, node: &NodeName) -> Trace {
    let selected = Hop::new(HOPS[0].0);
    let selected = match &topology.cluster {
        Some(cluster) => cluster::not_selected(cluster, node, selected),
        None => selected.unknown(NOT_ASKED),
    };
    let rest = HOPS.iter().skip(1).map(|(name, _)| Hop::not_reached(name));
    Trace {
        about: About::Node(node.clone()),
        made_by: None,
        hops: std::iter::once(selected).chain(rest).collect(),
        symptoms: Vec::new(),
        subjects: vec![Subject::Node(node.clone())],
        down: Vec::new(),
    }
}

/// What both ends say of one value; `None` where it is not known.
fn value<T: Copy>(known: &Known<T>) -> Option<T> {
    known.value().copied()
}
