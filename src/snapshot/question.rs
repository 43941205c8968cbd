//! What is asked further, once both ends were read: of single agents and of single neighbors; and the probes of what no
//! answer at rest decides.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::{Command, Snapshot};
use crate::connect;

/// The document with the log of Cilium's operator, among the cluster's.
pub const OPERATOR_LOG: &str = "log of cilium-operator";

/// Nodes whose way to the router is probed at most: the first ones tell the cause.
const MOST_AGENTS: usize = 16;

/// Addresses that one router is made to connect to at most.
const MOST_CONNECTS: usize = 16;

/// A question to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgentQuestion {
    /// Its sessions.
    Peers,
    /// What it advertises to every peer.
    Advertised { ipv4: bool },
    /// Whether its node can connect to a router.
    Connect(SocketAddr),
    /// What its log says of BGP.
    Log,
}

/// How an agent is asked.
pub enum Way {
    /// A command in its pod.
    Exec(Vec<String>),
    /// The API server gives its log.
    Log,
}

impl AgentQuestion {
    pub fn way(self) -> Way {
        let words = |words: &[&str]| Way::Exec(words.iter().map(|&word| word.to_owned()).collect());
        match self {
            Self::Peers => words(&["cilium-dbg", "bgp", "peers", "-o", "json"]),
            Self::Advertised { ipv4 } => {
                let family = if ipv4 { "ipv4" } else { "ipv6" };
                words(&["cilium-dbg", "bgp", "routes", "advertised", family, "unicast", "-o", "json"])
            }
            Self::Connect(to) => Way::Exec(connect::in_pod(to)),
            Self::Log => Way::Log,
        }
    }

    /// Where a [`AgentQuestion::Connect`] goes to, by its document's name.
    pub fn goal_of_connect(name: &str) -> Option<SocketAddr> {
        name.strip_prefix("connect to ")?.parse().ok()
    }

    /// The document's name.
    pub fn name(self) -> String {
        match (self, self.way()) {
            (Self::Connect(to), _) => format!("connect to {to}"),
            (_, Way::Exec(words)) => words.join(" "),
            (_, Way::Log) => "log of cilium-agent".to_owned(),
        }
    }
}

/// Further questions to both ends.
#[derive(Debug, Default, PartialEq)]
pub struct Questions {
    /// By node.
    pub agents: BTreeMap<String, AgentQuestions>,
    /// By ssh target.
    pub routers: BTreeMap<String, Vec<Command>>,
    /// The operator's pod whose log is asked.
    pub operator: Option<String>,
}

#[derive(Debug, PartialEq)]
pub struct AgentQuestions {
    pub pod: String,
    pub questions: Vec<AgentQuestion>,
}

/// Something that no answer at rest decides, and where to ask of it.
#[derive(Clone, Copy, Debug)]
pub enum Probe<'a> {
    /// Why a session is down. Never of one that is up: a second connection of the same address ends it.
    Session {
        /// The node and its agent's pod, if there is one to ask.
        agent: Option<(&'a str, &'a str)>,
        /// Where the node dials to.
        peer: Option<SocketAddr>,
        /// The ssh target of the router where it ends, if that was read.
        router: Option<&'a str>,
    },
    /// Whether an address of a Service answers a router.
    Vip { router: &'a str, address: SocketAddr },
    /// Which way a router sends what is for an address.
    Route { router: &'a str, address: IpAddr },
    /// Why the operator writes no node config.
    Operator { pod: &'a str },
}

impl Questions {
    /// What UniFi gateways have stored, beside what they run.
    pub fn about_stored(snapshot: &Snapshot) -> Self {
        let mut questions = Self::default();
        for router in snapshot.routers.iter().flatten().filter(|router| router.unifi_model().is_some()) {
            questions.ask_router(&router.target, Command::StoredConfig);
        }
        questions
    }

    /// Adds what is to be asked for a probe, as long as it stays within bounds.
    pub fn probe(&mut self, probe: Probe) {
        match probe {
            Probe::Session { agent, peer, router } => {
                let is_one_more = |node: &str| !self.agents.contains_key(node) && self.agents.len() >= MOST_AGENTS;
                if let Some((node, pod)) = agent.filter(|(node, _)| !is_one_more(node)) {
                    // While the router watches.
                    if let Some(peer) = peer {
                        self.ask_agent(node, pod, AgentQuestion::Connect(peer));
                    }
                    self.ask_agent(node, pod, AgentQuestion::Log);
                }
                if let Some(router) = router {
                    Command::PROBES.iter().for_each(|command| self.ask_router(router, *command));
                }
            }
            Probe::Vip { router, address } => {
                self.probe(Probe::Route { router, address: address.ip() });
                let connects = self.routers.get(router).into_iter().flatten();
                if connects.filter(|command| matches!(command, Command::Connect(_))).count() < MOST_CONNECTS {
                    self.ask_router(router, Command::Connect(address));
                }
            }
            Probe::Route { router, address } => {
                for command in [Command::RouteTo(address), Command::KernelNeighbors, Command::KernelSettings] {
                    self.ask_router(router, command);
                }
            }
            Probe::Operator { pod } => self.operator = Some(pod.to_owned()),
        }
    }

    /// Leaves out what runs in a pod.
    pub fn without_exec(&mut self) {
        for agent in self.agents.values_mut() {
            agent.questions.retain(|question| matches!(question.way(), Way::Log));
        }
        self.agents.retain(|_, agent| !agent.questions.is_empty());
    }

    /// Adds other questions.
    pub fn extend(&mut self, other: Self) {
        self.operator = other.operator.or(self.operator.take());
        for (node, agent) in other.agents {
            for question in agent.questions {
                self.ask_agent(&node, &agent.pod, question);
            }
        }
        for (target, commands) in other.routers {
            for command in commands {
                self.ask_router(&target, command);
            }
        }
    }

    pub fn ask_agent(&mut self, node: &str, pod: &str, question: AgentQuestion) {
        let agent = self.agents.entry(node.to_owned());
        let agent = agent.or_insert_with(|| AgentQuestions { pod: pod.to_owned(), questions: Vec::new() });
        if !agent.questions.contains(&question) {
            agent.questions.push(question);
        }
    }

    pub fn ask_router(&mut self, target: &str, command: Command) {
        let commands = self.routers.entry(target.to_owned()).or_default();
        if !commands.contains(&command) {
            commands.push(command);
        }
    }
}
