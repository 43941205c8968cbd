//! What probes found: what agents and routers said when they were asked what no answer at rest decides. What was not
//! asked is not there.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use crate::cilium;
use crate::connect::{self, Connect};
use crate::frr;
use crate::frr::show::kernel::KernelRoute;
use crate::frr::show::neigh::Neighbor;
use crate::frr::show::settings::Settings;
use crate::frr::show::watch::Watch;
use crate::frr::show::{kernel, neigh, settings, watch};
use crate::snapshot::question::OPERATOR_LOG;
use crate::snapshot::{AgentQuestion, Command, Document, Gap, Missing, Snapshot};
use crate::topology::known::Known;
use crate::topology::names::NodeName;

/// All answers.
#[derive(Default)]
pub struct Probed {
    /// By node.
    pub agents: BTreeMap<NodeName, AgentProbed>,
    pub operator_log: Option<Known<Vec<cilium::log::Line>>>,
    /// By ssh target.
    pub routers: BTreeMap<String, RouterProbed>,
    /// Agents that gave no answer, by node.
    refusals: Vec<(String, Missing)>,
    /// Others that gave none.
    pub(super) gaps: Vec<Gap>,
}

/// What one node's agent was asked.
#[derive(Default)]
pub struct AgentProbed {
    pub log: Option<Known<Vec<cilium::log::Line>>>,
    /// By where the node was made to connect to.
    pub connects: BTreeMap<SocketAddr, Known<Connect>>,
}

/// What one router was asked.
#[derive(Default)]
pub struct RouterProbed {
    pub watch: Option<Known<Watch>>,
    pub log: Option<Known<frr::log::Log>>,
    /// Whom it knows on its links.
    pub neighbors: Option<Known<Vec<Neighbor>>>,
    pub settings: Option<Known<Settings>>,
    /// By address, the way that its kernel takes; absent: none.
    pub routes: BTreeMap<IpAddr, Known<KernelRoute>>,
    /// By where it was made to connect to.
    pub connects: BTreeMap<SocketAddr, Known<Connect>>,
}

impl Probed {
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut probed = Self::default();
        for agent in snapshot.cluster.iter().flat_map(|cluster| &cluster.agents) {
            let found = AgentProbed::of(&agent.documents, |missing| {
                probed.refusals.push((agent.node.clone(), missing));
            });
            probed.agents.insert(NodeName(agent.node.clone()), found);
        }
        let documents = snapshot.cluster.iter().flat_map(|cluster| &cluster.documents);
        let operator = documents.into_iter().find(|document| document.name == OPERATOR_LOG);
        let gaps = &mut probed.gaps;
        probed.operator_log = operator.map(|document| {
            let refuse = |missing| gaps.push(Gap { what: "the log of Cilium's operator".to_owned(), missing });
            read(document, |text| Ok(cilium::log::lines(text)), refuse)
        });
        for router in snapshot.routers.iter().flatten() {
            let label = router.label();
            let refuse = |missing| probed.gaps.push(Gap { what: label.clone(), missing });
            probed.routers.insert(router.target.clone(), RouterProbed::of(&router.documents, refuse));
        }
        probed
    }

    /// Agents that gave no answer, by node, each with the reason.
    pub fn refusals(&self) -> impl Iterator<Item = (&str, &Missing)> {
        self.refusals.iter().map(|(node, missing)| (node.as_str(), missing))
    }
}

impl AgentProbed {
    fn of(documents: &[Document], mut refuse: impl FnMut(Missing)) -> Self {
        let mut found = Self::default();
        for document in documents {
            if document.name == AgentQuestion::Log.name() {
                found.log = Some(read(document, |text| Ok(cilium::log::lines(text)), &mut refuse));
            } else if let Some(to) = AgentQuestion::goal_of_connect(&document.name) {
                found.connects.insert(to, read(document, connect::parse, &mut refuse));
            }
        }
        found
    }
}

impl RouterProbed {
    fn of(documents: &[Document], mut refuse: impl FnMut(Missing)) -> Self {
        let mut found = Self::default();
        for document in documents {
            match Command::probe_of(&document.name) {
                Some(Command::Watch) => found.watch = Some(read(document, watch::parse, &mut refuse)),
                Some(Command::Log) => {
                    found.log = Some(read(document, |text| Ok(frr::log::parse(text)), &mut refuse));
                }
                Some(Command::KernelNeighbors) => found.neighbors = Some(read(document, neigh::parse, &mut refuse)),
                Some(Command::KernelSettings) => found.settings = Some(read(document, settings::parse, &mut refuse)),
                Some(Command::RouteTo(address)) => {
                    found.routes.insert(address, route(document, &mut refuse));
                }
                Some(Command::Connect(to)) => {
                    found.connects.insert(to, read(document, connect::parse, &mut refuse));
                }
                _ => {}
            }
        }
        found
    }
}

fn read<T>(
    document: &Document,
    parse: impl FnOnce(&str) -> Result<T, String>,
    mut refuse: impl FnMut(Missing),
) -> Known<T> {
    let answer = match &document.missing {
        Some(missing) => Err(missing.clone()),
        None => parse(document.body().unwrap_or_default()).map_err(|error| document.refusal(&error)),
    };
    answer.map_or_else(
        |missing| {
            let why = missing.message.clone();
            refuse(missing);
            Known::Unknown(why)
        },
        Known::Seen,
    )
}

/// `ip route get` complains of an address that it has no way to.
fn route(document: &Document, refuse: impl FnMut(Missing)) -> Known<KernelRoute> {
    if let (Some(1..), Some(said)) = (document.exit, &document.stderr)
        && said.contains("unreachable")
    {
        return Known::absent(said);
    }
    let first = |text: &str| {
        let routes = kernel::parse(text)?;
        routes.into_iter().next().ok_or_else(|| "it names no route".to_owned())
    };
    read(document, first, refuse)
}
