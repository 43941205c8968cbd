//! What the rules judge: the joined model, with what several of them ask of it.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::cilium::bgp::NodeConfig;
use crate::cilium::node::Node;
use crate::cilium::pod::Pod;
use crate::cilium::service::Service;
use crate::snapshot::Kind;
use crate::topology::cluster::{Cluster, Profile, Services};
use crate::topology::router::Router;
use crate::topology::routes::fault::Fault;
use crate::topology::routes::status;
use crate::topology::routes::{Route, SessionIndex};
use crate::topology::service::AddressKind;
use crate::topology::session::{Health, RouterEnd, Session, Source};
use crate::topology::{Known, Topology};

use super::finding::{Subject, Symptom};
use super::line::{Line, Lines};
use super::losses::{self, Loss};
use super::upgrade::Minor;
use super::vips::Vip;
use super::{lost, session};

pub struct Facts<'a> {
    pub topology: &'a Topology,
    /// The version of Cilium that an upgrade aims at.
    pub target: Option<Minor>,
    lines: Lines<'a>,
    /// The routers with a session that is up.
    speaking: HashSet<&'a str>,
    /// By session, the routes that are broken because it is down.
    lost: OnceCell<HashMap<SessionIndex, Vec<usize>>>,
    /// The sessions that are down and whose cause is not certain.
    open: OnceCell<BTreeSet<SessionIndex>>,
    services: OnceCell<HashMap<(&'a str, &'a str), &'a Service>>,
    losses: OnceCell<Vec<Loss<'a>>>,
    faults: OnceCell<Vec<Broken<'a>>>,
    /// The addresses of Services, once they were looked for.
    pub vips: OnceCell<Vec<Vip<'a>>>,
}

/// A route that is broken, with all that is wrong with it.
pub struct Broken<'a> {
    pub at: usize,
    pub route: &'a Route,
    pub faults: Vec<Fault>,
}

/// A session that the cluster asks for, or a router's neighbor where the cluster was not read, with the router where it
/// ends.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    pub index: SessionIndex,
    pub session: &'a Session,
    /// `None`: no router was read where it could end.
    pub router: Option<&'a Router>,
}

impl<'a> Facts<'a> {
    pub fn of(topology: &'a Topology) -> Self {
        let routers = topology.routers.as_deref().unwrap_or_default();
        let ends = topology.sessions.iter().filter_map(|session| session.router.value());
        let speaking = ends.filter(|end| end.established).map(|end| end.router.as_str()).collect();
        Self {
            topology,
            target: None,
            lines: Lines::of(routers),
            speaking,
            lost: OnceCell::new(),
            open: OnceCell::new(),
            services: OnceCell::new(),
            losses: OnceCell::new(),
            faults: OnceCell::new(),
            vips: OnceCell::new(),
        }
    }

    /// The oldest version of Cilium that runs, by the agents' images.
    pub fn cilium_version(&self) -> Option<Minor> {
        self.cluster()?.cilium_version().map(|(major, minor)| Minor(major, minor))
    }

    /// Where a kind's objects were read: a request path.
    pub fn read_from(&self, kind: Kind) -> Option<&'a str> {
        self.cluster()?.source(kind).map(|source| source.source.as_str())
    }

    /// Whether any advertisement has external addresses.
    pub fn advertises_external_ips(&self) -> bool {
        let advertisements = self.cluster().and_then(|cluster| cluster.advertisements.value());
        let entries = advertisements.into_iter().flatten().flat_map(|object| &object.spec.advertisements);
        entries
            .filter_map(|entry| entry.service.as_ref())
            .any(|service| service.addresses.iter().any(|kind| *kind == AddressKind::ExternalIP.to_string()))
    }

    /// `None`: the cluster was not asked.
    pub fn cluster(&self) -> Option<&'a Cluster> {
        self.topology.cluster.as_ref()
    }

    pub fn services(&self) -> Option<&'a Services> {
        self.topology.services.as_ref()
    }

    /// The routers that were asked, read or not.
    pub fn routers(&self) -> &'a [Router] {
        self.topology.routers.as_deref().unwrap_or_default()
    }

    /// The sessions that the cluster asks for; where it was not read, the routers' neighbors.
    pub fn sessions(&self) -> impl Iterator<Item = Case<'a>> + use<'a> {
        self.rows().filter(|case| !matches!(case.session.key, Known::Absent(_)))
    }

    /// The routers' neighbors that the cluster, which was read, asks nobody to be.
    pub fn uninvited(&self) -> impl Iterator<Item = Case<'a>> + use<'a> {
        self.rows().filter(|case| matches!(case.session.key, Known::Absent(_)))
    }

    fn rows(&self) -> impl Iterator<Item = Case<'a>> + use<'a> {
        let routers = self.routers();
        let case = move |(index, session): (usize, &'a Session)| {
            let router = session.ends_at.and_then(|at| routers.get(at));
            Case { index, session, router }
        };
        self.topology.sessions.iter().enumerate().map(case)
    }

    /// Of these, the ones that are not established on every end that was asked.
    pub fn down(&self) -> impl Iterator<Item = Case<'a>> + use<'a> {
        let asked = self.topology.asked;
        self.sessions().filter(move |case| matches!(case.session.health(asked), Health::Down))
    }

    /// The same by the name of their node.
    pub fn down_by_node(&self) -> HashMap<&'a str, Vec<Case<'a>>> {
        let mut by_node: HashMap<&str, Vec<Case>> = HashMap::new();
        for case in self.down() {
            by_node.entry(case.node().unwrap_or_default()).or_default().push(case);
        }
        by_node
    }

    /// All that is wrong to the eye, for what stops everything.
    pub fn every_symptom(&self) -> impl Iterator<Item = Symptom> + use<'a> {
        let routes = self.routes().filter(|(_, route)| route.status.healthy == Some(false));
        self.down().map(|case| case.symptom()).chain(routes.map(|(at, _)| Symptom::Route(at)))
    }

    /// Those that are down and whose cause is not certain.
    pub fn open(&self) -> impl Iterator<Item = Case<'a>> + use<'a, '_> {
        let open = self.open.get_or_init(|| session::open(self));
        self.down().filter(|case| open.contains(&case.index))
    }

    /// That a session is down, and the routes that are broken because of it.
    pub fn symptoms(&self, session: SessionIndex) -> impl Iterator<Item = Symptom> + use<'_, 'a> {
        let lost = self.lost.get_or_init(|| lost::by_session(self));
        let routes = lost.get(&session).into_iter().flatten();
        routes.map(|&at| Symptom::Route(at)).chain([Symptom::Session(session)])
    }

    /// Where the object was read that asks for a session.
    pub fn asked_by(&self, case: &Case) -> Option<&'a Source> {
        let by_policy = matches!(case.session.profile, Some(Profile::Policy(..)));
        self.cluster()?.source(if by_policy { Kind::BgpPeeringPolicy } else { Kind::BgpClusterConfig })
    }

    /// Where the object was read that has a session's settings.
    pub fn set_by(&self, case: &Case) -> Option<&'a Source> {
        let by_policy = matches!(case.session.profile, Some(Profile::Policy(..)));
        self.cluster()?.source(if by_policy { Kind::BgpPeeringPolicy } else { Kind::BgpPeerConfig })
    }

    /// Whether any session of a router is up.
    pub fn is_speaking(&self, router: &Router) -> bool {
        self.speaking.contains(router.name.as_str())
    }

    /// What a router's configuration says of a session.
    pub fn line(&self, case: &Case<'a>) -> Option<Line<'a>> {
        self.lines.find(case)
    }

    pub fn node_config(&self, node: &str) -> Option<&'a NodeConfig> {
        self.cluster()?.node_configs.value()?.get(node)
    }

    /// What Kubernetes says of a node.
    pub fn node(&self, node: &str) -> Option<&'a Node> {
        self.cluster()?.node_objects.value()?.get(node)
    }

    /// The pod of a node's agent.
    pub fn agent(&self, node: &str) -> Option<&'a Pod> {
        self.cluster()?.agents.value()?.get(node)
    }

    /// What routes lack from sessions that are established.
    pub fn losses(&self) -> &[Loss<'a>] {
        self.losses.get_or_init(|| losses::losses(self))
    }

    /// The routes that are broken.
    pub fn broken(&self) -> &[Broken<'a>] {
        self.faults.get_or_init(|| {
            let broken = self.routes().filter(|(_, route)| route.status.healthy == Some(false));
            broken.map(|(at, route)| Broken { at, route, faults: status::faults(route) }).collect()
        })
    }

    /// A Service by its namespace and name.
    pub fn service(&self, namespace: &str, name: &str) -> Option<&'a Service> {
        let by_name = self.services.get_or_init(|| {
            let all = self.services().and_then(|all| all.services.value()).into_iter().flatten();
            all.map(|one| ((one.metadata.namespace.as_str(), one.metadata.name.as_str()), one)).collect()
        });
        by_name.get(&(namespace, name)).copied()
    }

    /// The router that a route is about.
    pub fn router_of(&self, route: &Route) -> Option<&'a Router> {
        let name = route.router.as_deref()?;
        self.routers().iter().find(|router| router.name == name)
    }

    /// The rows of `routes`, each with its position.
    pub fn routes(&self) -> impl Iterator<Item = (usize, &'a Route)> + use<'a> {
        self.topology.routes.iter().enumerate()
    }
}

impl<'a> Case<'a> {
    pub fn subject(&self) -> Subject {
        match (self.session.key.value(), self.router_end()) {
            (Some(key), _) => Subject::Session(key.clone()),
            (None, Some(end)) => Subject::Neighbor { router: end.router.clone(), neighbor: end.neighbor.clone() },
            (None, None) => Subject::Cluster,
        }
    }

    /// The name of the node that it is asked of.
    pub fn node(&self) -> Option<&'a str> {
        Some(self.session.key.value()?.node.0.as_str())
    }

    pub fn symptom(&self) -> Symptom {
        Symptom::Session(self.index)
    }

    /// What the router says of it.
    pub fn router_end(&self) -> Option<&'a RouterEnd> {
        self.session.router.value()
    }

    /// The router was read, and has no neighbor for it.
    pub fn neighbor_is_absent(&self) -> bool {
        matches!(self.session.router, Known::Absent(_))
            && self.router.is_some_and(|router| router.neighbors.value().is_some())
    }
}
