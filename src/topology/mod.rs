//! The joined model: what both ends say of every session. Pure: a snapshot in, values out.

pub mod cluster;
mod join;
pub mod known;
pub mod made_by;
pub mod names;
pub mod probed;
mod probes;
pub mod questions;
pub mod router;
pub mod routes;
pub mod service;
pub mod session;
pub mod without_node;

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::{Command, Gap, Kind, Missing, Needs, Questions, Reason, Snapshot};
use cluster::{AskedAgents, Cluster, Services};
pub use known::Known;
use names::NodeName;
use probed::Probed;
use router::Router;
use routes::evidence::Evidence;
use routes::{Parts, Route};
pub use session::{Asked, Session};

/// Both ends, joined.
pub struct Topology {
    /// Sorted by node, instance and peer; what only a router knows comes last.
    pub sessions: Vec<Session>,
    /// In the order of their addresses for each router, what only a router has and what is pending last.
    pub routes: Vec<Route>,
    pub evidence: Evidence,
    /// What probes found.
    pub probed: Probed,
    /// The cluster's objects; `None`: the cluster was not asked.
    pub cluster: Option<Cluster>,
    pub services: Option<Services>,
    /// What the sessions' `ends_at` count; `None`: no router was asked.
    pub routers: Option<Vec<Router>>,
    /// The pods of the agents that may answer, by node.
    agent_pods: BTreeMap<String, String>,
    /// The agents that were asked and gave no answer, by node.
    pub silent_agents: BTreeMap<String, Missing>,
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
    /// Joins the ends of a snapshot, as far as the verb needs them: the rest is neither decoded nor missed.
    pub fn of(snapshot: &Snapshot, needs: Needs) -> Self {
        let mut decoded = Decoded::default();
        decoded.read_cluster(snapshot, needs);
        decoded.read_routers(snapshot, needs);
        decoded.join(snapshot)
    }

    /// The same, and lets go of the documents as soon as they are decoded: a large cluster's are not kept beside what is
    /// made of them.
    pub fn consuming(mut snapshot: Snapshot, needs: Needs) -> Self {
        let mut decoded = Decoded::default();
        decoded.read_cluster(&snapshot, needs);
        snapshot.forget(Kind::ALL, &[]);
        decoded.read_routers(&snapshot, needs);
        snapshot.forget(&[], Command::ALL);
        decoded.join(&snapshot)
    }
}

/// Both ends, each for itself.
#[derive(Default)]
struct Decoded {
    cluster: Option<Cluster>,
    services: Option<Services>,
    routers: Option<Vec<Router>>,
    gaps: Vec<Gap>,
}

impl Decoded {
    fn read_cluster(&mut self, snapshot: &Snapshot, needs: Needs) {
        let Some(end) = &snapshot.cluster else { return };
        self.cluster = Some(Cluster::decode(end, needs.kinds, &mut self.gaps));
        self.services = Some(Services::decode(end, needs.kinds, &mut self.gaps));
    }

    fn read_routers(&mut self, snapshot: &Snapshot, needs: Needs) {
        let ends = snapshot.routers.as_ref();
        self.routers = ends.map(|ends| router::decode_all(ends, needs.commands, &mut self.gaps));
    }

    /// What agents and routers were asked further is in the snapshot still.
    fn join(self, snapshot: &Snapshot) -> Topology {
        let Self { cluster, services, routers, mut gaps } = self;
        let wanted = cluster.as_ref().map(Cluster::wanted).unwrap_or_default();
        let advertised =
            cluster.as_ref().zip(services.as_ref()).map(|(cluster, services)| cluster.advertised(services, &wanted));
        let cluster_missing = cluster.as_ref().is_some_and(|cluster| !cluster.knows_sessions());
        let no_router = routers.as_ref().is_some_and(Vec::is_empty);
        let router_missing = no_router || routers.iter().flatten().any(Router::is_missing);
        let knows_cluster = cluster.as_ref().is_some_and(Cluster::knows_anything);
        if no_router && knows_cluster {
            gaps.extend(no_router_known(cluster.as_ref()));
        }
        let knows_router = routers.iter().flatten().any(|router| !router.is_missing());
        let asked = snapshot.cluster.as_ref().map(AskedAgents::of).unwrap_or_default();
        let sessions = join::sessions(cluster.as_ref(), wanted, &asked, routers.as_deref());
        let evidence = Evidence::of(snapshot, &sessions);
        let silent: Vec<(&str, &Missing)> = asked.refusals().chain(evidence.refusals()).collect();
        let mut probed = Probed::of(snapshot);
        let refusals: Vec<(&str, &Missing)> = silent.iter().copied().chain(probed.refusals()).collect();
        gaps.extend(agent_gaps(&refusals));
        let silent_agents = silent.iter().map(|&(node, missing)| (node.to_owned(), missing.clone())).collect();
        gaps.append(&mut probed.gaps);
        let rows = routes::routes(&Parts {
            sessions: &sessions,
            advertised: advertised.as_ref().map(|(advertised, _)| advertised),
            groups: advertised.as_ref().map_or(&[], |(_, groups)| groups),
            routers: routers.as_deref(),
            evidence: &evidence,
        });
        Topology {
            asked: Asked { cluster: snapshot.cluster.is_some(), router: snapshot.routers.is_some() },
            sessions,
            routes: rows,
            evidence,
            silent_agents,
            probed,
            agent_pods: cluster.as_ref().map(Cluster::agent_pods).unwrap_or_default(),
            no_bgp_configured: cluster.as_ref().and_then(Cluster::no_bgp_configured).cloned(),
            nodes: cluster.as_ref().map_or_else(|| Known::unknown("the cluster was not asked"), Cluster::labels),
            gaps,
            end_missing: cluster_missing || router_missing,
            nothing_known: !knows_cluster && !knows_router,
            cluster,
            services,
            routers,
        }
    }
}

impl Topology {
    /// What to ask where the two ends of routes disagree, or of all of them.
    pub fn questions_about_routes(&self, routes: &[&Route], verify: bool) -> Questions {
        questions::about_routes(routes, &self.sessions, verify, &self.agent_pods)
    }

    /// What to ask every router's kernel: its links, and how it forwards.
    pub fn questions_about_kernels(&self) -> Questions {
        let mut questions = Questions::default();
        for router in self.routers.iter().flatten().filter(|router| !router.is_missing()) {
            questions.ask_router(&router.name, Command::KernelNeighbors);
            questions.ask_router(&router.name, Command::KernelSettings);
        }
        questions
    }

    /// What to ask of sessions whose status says nothing that can be believed, or of all of them.
    pub fn questions_about_sessions(&self, verify: bool) -> Questions {
        self.questions_about(self.sessions.iter(), verify)
    }

    /// The same of some of them.
    pub fn questions_about<'a>(&self, sessions: impl Iterator<Item = &'a Session>, verify: bool) -> Questions {
        questions::about_sessions(sessions, verify, &self.agent_pods)
    }

    /// All that can be asked.
    pub fn questions_about_everything(&self) -> Questions {
        let mut questions = self.questions_about_routes(&[], true);
        questions.extend(self.questions_about_sessions(true));
        questions
    }

    /// Whether a node should advertise it or has a path for it.
    pub fn concerns(&self, route: &Route, node: &NodeName) -> bool {
        let is_node = |index: usize| self.sessions[index].node.value() == Some(node);
        let expected =
            route.expected.value().is_some_and(|speakers| speakers.sessions.iter().any(|&index| is_node(index)));
        expected || route.paths.value().into_iter().flatten().any(|path| path.node.as_ref() == Some(node))
    }

    pub fn services_unknown(&self) -> bool {
        self.services.as_ref().is_none_or(|services| services.services.value().is_none())
    }

    /// The namespace of a Service: the one that is asked for, else the first that has such a Service.
    pub fn service_namespace(&self, namespace: Option<&str>, name: &str) -> Option<&str> {
        let services = self.services.iter().filter_map(|services| services.services.value()).flatten();
        let found = services.map(|service| &service.metadata).filter(|metadata| {
            metadata.name == name && namespace.is_none_or(|namespace| metadata.namespace == namespace)
        });
        found.map(|metadata| metadata.namespace.as_str()).min()
    }
}

/// Agents that gave no answer for the same reason are one gap.
fn agent_gaps(refusals: &[(&str, &Missing)]) -> Vec<Gap> {
    let mut by_reason: Vec<(&Missing, BTreeSet<&str>)> = Vec::new();
    for &(node, missing) in refusals {
        match by_reason.iter_mut().find(|(known, _)| *known == missing) {
            Some((_, nodes)) => drop(nodes.insert(node)),
            None => by_reason.push((missing, BTreeSet::from([node]))),
        }
    }
    let label = |nodes: &BTreeSet<&str>| {
        let agents = if nodes.len() == 1 { "the agent" } else { "the agents" };
        format!("{agents} on {}", names::listed(nodes.iter().copied()))
    };
    by_reason.into_iter().map(|(missing, nodes)| Gap { what: label(&nodes), missing: missing.clone() }).collect()
}

/// With sessions to look up and no router to ask.
fn no_router_known(cluster: Option<&Cluster>) -> Option<Gap> {
    cluster.filter(|cluster| cluster.no_bgp_configured().is_none())?;
    let is_whole = cluster.is_some_and(|cluster| cluster.cluster_configs.value().is_some());
    let why = if is_whole { "no peer has an address to ask" } else { "nothing that could be read names one" };
    let missing = Missing::new(Reason::NotConfigured, why).hint("name the router with --router [USER@]HOST");
    Some(Gap { what: "the router".to_owned(), missing })
}
