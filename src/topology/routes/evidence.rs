//! What agents and routers said when they were asked about single sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::SessionIndex;
use crate::cilium::agent;
use crate::cilium::attributes::Attributes;
use crate::frr::show::{detail, received};
use crate::snapshot::{AgentQuestion, Command, Missing, Reason, Snapshot};
use crate::topology::known::Known;
use crate::topology::names::NeighborName;
use crate::topology::session::Session;

type Answers<T> = BTreeMap<(SessionIndex, bool), Known<T>>;

/// Answers by session and address family (IPv4: true). What is missing was not asked.
#[derive(Default)]
pub struct Evidence {
    /// What the agent says it advertises over the session.
    advertised: Answers<BTreeMap<IpNet, Attributes>>,
    /// What the router says it received over it, before its filters.
    received: Answers<BTreeSet<IpNet>>,
    /// Agents that gave no answer.
    refusals: Vec<(String, Missing)>,
    /// By router and prefix, the communities of each neighbor's path.
    communities: BTreeMap<(String, IpNet), BTreeMap<String, Vec<String>>>,
}

impl Evidence {
    pub fn of(snapshot: &Snapshot, sessions: &[Session]) -> Self {
        let mut evidence = Self::default();
        evidence.read_agents(snapshot, sessions);
        evidence.read_routers(snapshot, sessions);
        evidence.read_details(snapshot);
        evidence
    }

    /// Agents that gave no answer, by node, each with the reason.
    pub fn refusals(&self) -> impl Iterator<Item = (&str, &Missing)> {
        self.refusals.iter().map(|(node, missing)| (node.as_str(), missing))
    }

    /// What the agent says it advertises of a prefix; `None` if that is not known.
    pub fn advertises(&self, session: SessionIndex, prefix: &IpNet) -> Option<bool> {
        Some(self.advertised.get(&(session, prefix.addr().is_ipv4()))?.value()?.contains_key(prefix))
    }

    /// The attributes that the agent says it advertises a prefix with.
    pub fn attributes(&self, session: SessionIndex, prefix: &IpNet) -> Option<&Attributes> {
        self.advertised.get(&(session, prefix.addr().is_ipv4()))?.value()?.get(prefix)
    }

    /// The sessions whose agents say that they advertise a prefix.
    pub fn advertising(&self, prefix: &IpNet) -> impl Iterator<Item = SessionIndex> {
        let of_family = self.advertised.iter().filter(|((_, ipv4), _)| *ipv4 == prefix.addr().is_ipv4());
        let saying = of_family.filter(|(_, says)| says.value().is_some_and(|prefixes| prefixes.contains_key(prefix)));
        saying.map(|((session, _), _)| *session)
    }

    /// The communities of a router's path; `None` if they were not asked for.
    pub fn communities(&self, router: &str, prefix: IpNet, neighbor: &NeighborName) -> Option<Vec<String>> {
        let of_prefix = self.communities.get(&(router.to_owned(), prefix))?;
        Some(of_prefix.get(&neighbor.to_string()).cloned().unwrap_or_default())
    }

    /// Whether the router received it, before its filters; `None` if that is not known.
    pub fn receives(&self, session: SessionIndex, prefix: &IpNet) -> Option<bool> {
        Some(self.received.get(&(session, prefix.addr().is_ipv4()))?.value()?.contains(prefix))
    }

    fn read_agents(&mut self, snapshot: &Snapshot, sessions: &[Session]) {
        let agents = snapshot.cluster.iter().flat_map(|cluster| &cluster.agents);
        let mut of_node: BTreeMap<&str, Vec<SessionIndex>> = BTreeMap::new();
        for (index, session) in sessions.iter().enumerate() {
            if let Some(key) = session.key.value() {
                of_node.entry(&key.node.0).or_default().push(index);
            }
        }
        for agent in agents {
            let of_node = of_node.get(agent.node.as_str()).map_or(&[][..], Vec::as_slice);
            for ipv4 in [true, false] {
                let Some(document) = agent.document(AgentQuestion::Advertised { ipv4 }) else { continue };
                let routes = match &document.missing {
                    Some(missing) => Err(missing.clone()),
                    None => {
                        agent::routes(document.body().unwrap_or_default()).map_err(|error| document.refusal(&error))
                    }
                };
                if let Err(missing) = &routes {
                    self.refusals.push((agent.node.clone(), missing.clone()));
                }
                for &index in of_node {
                    let Some(peer) = sessions[index].peer_address.value() else { continue };
                    let says = match &routes {
                        Ok(routes) => Known::Seen(prefixes_to(routes, *peer)),
                        Err(missing) => Known::unknown(&missing.message),
                    };
                    self.advertised.insert((index, ipv4), says);
                }
            }
        }
    }

    fn read_details(&mut self, snapshot: &Snapshot) {
        for router in snapshot.routers.iter().flatten() {
            for document in &router.documents {
                let Some(prefix) = Command::prefix_of_detail(&document.name) else { continue };
                if let Some(Ok(communities)) = document.body().map(detail::communities) {
                    self.communities.insert((router.target.clone(), prefix), communities);
                }
            }
        }
    }

    fn read_routers(&mut self, snapshot: &Snapshot, sessions: &[Session]) {
        for (index, session) in sessions.iter().enumerate() {
            let Some(end) = session.router.value() else { continue };
            let NeighborName::Address(neighbor) = end.neighbor else { continue };
            let mut routers = snapshot.routers.iter().flatten();
            let Some(router) = routers.find(|router| router.target == end.router) else { continue };
            for ipv4 in [true, false] {
                let Some(document) = router.document(Command::Received { ipv4, neighbor }) else { continue };
                let says = match &document.missing {
                    Some(missing) => Err(missing.clone()),
                    None => received::parse(document.body().unwrap_or_default())
                        .map_err(|error| Missing::new(Reason::Failed, error)),
                };
                let says = match says {
                    Ok(prefixes) => Known::Seen(prefixes.iter().filter_map(|prefix| prefix.parse().ok()).collect()),
                    Err(missing) => Known::unknown(&missing.message),
                };
                self.received.insert((index, ipv4), says);
            }
        }
    }
}

fn prefixes_to(routes: &[agent::Route], peer: IpAddr) -> BTreeMap<IpNet, Attributes> {
    let to_peer = routes.iter().filter(|route| route.neighbor.parse() == Ok(peer));
    to_peer.filter_map(|route| Some((route.prefix.parse().ok()?, route.attributes.clone()))).collect()
}
