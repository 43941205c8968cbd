//! The joined model: what both ends say of every session. Pure: a snapshot in, values out.

mod cluster;
mod join;
pub mod known;
pub mod names;
mod router;
pub mod session;

use std::collections::BTreeMap;

use crate::snapshot::{Gap, Kind, Missing, Reason, Snapshot};
use cluster::Cluster;
pub use known::Known;
use names::NodeName;
use router::Router;
pub use session::{Asked, Session};

/// Both ends, joined.
pub struct Topology {
    /// Sorted by node, instance and peer; what only a router knows comes last.
    pub sessions: Vec<Session>,
    /// Labels of the nodes, as Cilium selects them. Unknown if they could not be read.
    pub nodes: Known<BTreeMap<NodeName, BTreeMap<String, String>>>,
    /// What is not known, each with its reason.
    pub gaps: Vec<Gap>,
    /// The cluster asks no node to peer: there is no ClusterConfig and no PeeringPolicy, or no such kind.
    pub no_bgp_configured: Option<Missing>,
    pub asked: Asked,
    /// An end that was asked for could not be read at all.
    pub end_missing: bool,
    /// No end could be read.
    pub nothing_known: bool,
}

impl Topology {
    /// Joins the ends of a snapshot. `kinds` are those that the question needs: others are not missed.
    pub fn of(snapshot: &Snapshot, kinds: &[Kind]) -> Self {
        let mut gaps = Vec::new();
        let cluster = snapshot.cluster.as_ref().map(|end| Cluster::decode(end, kinds, &mut gaps));
        let routers = snapshot.routers.as_ref().map(|ends| router::decode_all(ends, &mut gaps));
        let cluster_missing = cluster.as_ref().is_some_and(|cluster| !cluster.knows_sessions());
        let no_router = routers.as_ref().is_some_and(Vec::is_empty);
        let router_missing = no_router || routers.iter().flatten().any(Router::is_missing);
        if no_router && !cluster_missing {
            gaps.extend(no_router_known(cluster.as_ref()));
        }
        let knows_cluster = cluster.as_ref().is_some_and(Cluster::knows_anything);
        let knows_router = routers.iter().flatten().any(|router| !router.is_missing());
        let wanted = cluster.as_ref().map(Cluster::wanted).unwrap_or_default();
        let sessions = join::sessions(cluster.as_ref(), wanted, routers.as_deref());
        Self {
            asked: Asked { cluster: snapshot.cluster.is_some(), router: snapshot.routers.is_some() },
            sessions,
            no_bgp_configured: cluster.as_ref().and_then(Cluster::no_bgp_configured).cloned(),
            nodes: cluster.map_or_else(|| Known::unknown("the cluster was not asked"), |cluster| cluster.labels()),
            gaps,
            end_missing: cluster_missing || router_missing,
            nothing_known: !knows_cluster && !knows_router,
        }
    }
}

/// With sessions to look up and no router to ask.
fn no_router_known(cluster: Option<&Cluster>) -> Option<Gap> {
    cluster.filter(|cluster| cluster.no_bgp_configured().is_none())?;
    let missing = Missing::new(Reason::NotConfigured, "no peer has an address to ask")
        .hint("name the router with --router [USER@]HOST");
    Some(Gap { what: "the router".to_owned(), missing })
}
