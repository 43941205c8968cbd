//! What is asked further, once both ends were read: of single agents and of single neighbors.

use std::collections::BTreeMap;

use super::Command;

/// A question to an agent, asked with cilium-dbg in its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgentQuestion {
    /// Its sessions.
    Peers,
    /// What it advertises to every peer.
    Advertised { ipv4: bool },
}

impl AgentQuestion {
    /// What runs in the pod.
    pub fn words(self) -> Vec<&'static str> {
        match self {
            Self::Peers => vec!["cilium-dbg", "bgp", "peers", "-o", "json"],
            Self::Advertised { ipv4 } => {
                let family = if ipv4 { "ipv4" } else { "ipv6" };
                vec!["cilium-dbg", "bgp", "routes", "advertised", family, "unicast", "-o", "json"]
            }
        }
    }

    /// The document's name.
    pub fn name(self) -> String {
        self.words().join(" ")
    }
}

/// Further questions to both ends.
#[derive(Debug, Default, PartialEq)]
pub struct Questions {
    /// By node.
    pub agents: BTreeMap<String, AgentQuestions>,
    /// By ssh target.
    pub routers: BTreeMap<String, Vec<Command>>,
}

#[derive(Debug, PartialEq)]
pub struct AgentQuestions {
    pub pod: String,
    pub questions: Vec<AgentQuestion>,
}

impl Questions {
    /// Adds other questions.
    pub fn extend(&mut self, other: Self) {
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
