//! What to probe: why sessions are down, and whether the addresses of Services answer.

use std::net::SocketAddr;

use super::routes::Route;
use super::session::{Health, Session};
use super::{Known, Topology};
use crate::cilium::pod::Pod;
use crate::cilium::{lease, service::Service};
use crate::snapshot::Questions;
use crate::snapshot::question::Probe;

/// Routes that are looked at at most; each router is asked of fewer.
const MOST_ROUTES: usize = 64;

/// BGP's own port, where a PeerConfig names no other.
const BGP: u16 = 179;

impl Topology {
    /// What is to be asked of these sessions, as far as they are down, and of these routes' addresses.
    pub fn probes(&self, sessions: &[&Session], routes: &[&Route]) -> Questions {
        let mut questions = Questions::default();
        for session in sessions {
            if matches!(session.health(self.asked), Health::Down | Health::Undecided) {
                self.probe_session(session, &mut questions);
            }
        }
        for route in routes.iter().take(MOST_ROUTES) {
            self.probe_route(route, &mut questions);
        }
        questions
    }

    fn probe_session(&self, session: &Session, questions: &mut Questions) {
        let Some(key) = session.key.value() else { return };
        let router = session.ends_at.and_then(|position| self.routers.as_ref()?.get(position));
        let router = router.filter(|router| !router.is_missing());
        questions.probe(Probe::Session {
            agent: self.pod_of(&key.node.0).map(|pod| (key.node.0.as_str(), pod)),
            peer: session
                .peer_address
                .value()
                .filter(|_| is_down(session))
                .map(|address| SocketAddr::new(*address, self.peer_port(session).unwrap_or(BGP))),
            router: router.map(|router| router.name.as_str()),
        });
        let cluster = self.cluster.as_ref();
        let node_configs = cluster.and_then(|cluster| cluster.node_configs.value());
        if node_configs.is_some_and(|configs| !configs.contains_key(&key.node.0))
            && let Some(pod) = self.operator_pod()
        {
            questions.probe(Probe::Operator { pod });
        }
    }

    fn probe_route(&self, route: &Route, questions: &mut Questions) {
        let (Some(router), Some(address)) = (&route.router, route.vip) else { return };
        let services = self.services.as_ref().and_then(|services| services.services.value());
        let of_route = |service: &&Service| {
            route
                .services
                .value()
                .into_iter()
                .flatten()
                .any(|known| known.namespace == service.metadata.namespace && known.name == service.metadata.name)
        };
        let ports = services.into_iter().flatten().filter(of_route).flat_map(|service| &service.spec.ports);
        let port = ports.filter(|port| port.protocol == "TCP").find_map(|port| port.port);
        questions.probe(match port {
            Some(port) => Probe::Vip { router, address: SocketAddr::new(address, port) },
            None => Probe::Route { router, address },
        });
    }

    /// The agent's pod, ready or not: its log is there all the same.
    fn pod_of(&self, node: &str) -> Option<&str> {
        Some(self.cluster.as_ref()?.agents.value()?.get(node)?.metadata.name.as_str())
    }

    fn peer_port(&self, session: &Session) -> Option<u16> {
        let (cluster, key) = (self.cluster.as_ref()?, session.key.value()?);
        let config = cluster.node_configs.value()?.get(&key.node.0)?;
        let instance = config.spec.bgp_instances.iter().find(|instance| instance.name == key.instance.0)?;
        let peer = instance.peers.iter().find(|peer| peer.name == key.peer.0)?;
        let name = &peer.peer_config_ref.as_ref()?.name;
        Some(cluster.peer_configs.value()?.get(name)?.spec.peer_port())
    }

    /// The pod of the operator that leads, by its lease: that names the host, which is the node or the pod, and a random
    /// word.
    fn operator_pod(&self) -> Option<&str> {
        let cluster = self.cluster.as_ref()?;
        let pods = cluster.operators.value()?;
        let leases = cluster.leases.value().into_iter().flatten();
        let holder =
            leases.filter(|lease| lease.metadata.name == lease::OPERATOR).find_map(|lease| lease.spec.holder());
        let leads = |pod: &&Pod| {
            let is_host = |host: &str| {
                let word = holder.and_then(|holder| holder.strip_prefix(host)?.strip_prefix('-'));
                !host.is_empty() && word.is_some_and(|word| !word.contains('-'))
            };
            is_host(&pod.spec.node_name) || is_host(&pod.metadata.name)
        };
        let ready = || pods.iter().find(|pod| pod.status.is_ready());
        pods.iter().find(leads).or_else(ready).or(pods.first()).map(|pod| pod.metadata.name.as_str())
    }
}

/// Whether an end says so, and none says otherwise: a second connection of a node ends a session that is up.
fn is_down(session: &Session) -> bool {
    let established = |end: &Known<bool>| end.value().copied();
    let router = established(&session.router.map(|end| end.established));
    let cluster = established(&session.cluster.map(|end| end.established));
    match (&session.router, router, cluster) {
        (_, Some(up), _) => !up,
        (Known::Absent(_), ..) => true,
        (_, None, Some(up)) => !up,
        (_, None, None) => false,
    }
}
