//! What was seen on both ends, as each source said it: nothing is inferred here. docs/snapshot.md documents the file.

pub mod command;
pub mod file;
pub mod kind;
pub mod passwords;
pub mod question;
pub mod redact;
pub mod secrets;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use command::Command;
pub use kind::Kind;
pub use passwords::Passwords;
pub use question::{AgentQuestion, Questions};

/// The version this program writes and reads.
pub const API_VERSION: &str = "bgp.kubectl.dev/v1alpha1";

/// The annotation that tells where an object stands that files were read for: `FILE:LINE`.
pub const DECLARED_AT: &str = "bgp.kubectl.dev/source";

/// What a file says it is.
pub const KIND: &str = "Snapshot";

/// Characters of a message.
const LONGEST_MESSAGE: usize = 500;

/// What a verb needs of each end.
#[derive(Clone, Copy)]
pub struct Needs {
    pub kinds: &'static [Kind],
    pub commands: &'static [Command],
}

/// Both ends at one moment.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    #[serde(deserialize_with = "file::version")]
    pub api_version: String,
    #[serde(deserialize_with = "file::kind")]
    pub kind: String,
    /// The program and version that wrote the file.
    pub written_by: String,
    /// When reading began.
    pub taken_at: Timestamp,
    /// Names, addresses and AS numbers are not the real ones.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
    /// `None`: the cluster was not asked.
    #[serde(default)]
    pub cluster: Option<ClusterAnswers>,
    /// `None`: no router was asked. Empty: none was known.
    #[serde(default)]
    pub routers: Option<Vec<RouterAnswers>>,
}

/// What the API server said.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterAnswers {
    /// The API server's address; empty if no configuration named one.
    pub server: String,
    /// Namespace of the Cilium agents.
    pub cilium_namespace: String,
    /// Why nothing could be read at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// One document a [`Kind`], each named after it.
    #[serde(default)]
    pub documents: Vec<Document>,
    /// The agents that were asked, by node.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<AgentAnswers>,
}

/// What one node's agent said.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentAnswers {
    pub node: String,
    pub pod: String,
    /// One document an [`AgentQuestion`], each named after it.
    #[serde(default)]
    pub documents: Vec<Document>,
}

/// What one router said.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouterAnswers {
    /// The ssh target, `[user@]host[:port]`.
    pub target: String,
    /// What named the target: a flag, an annotation, or a peer address.
    pub named_by: String,
    /// The peer, by name or address, that this router is; absent: any peer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// Why nothing could be read at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// One document a command, each named after it.
    #[serde(default)]
    pub documents: Vec<Document>,
}

/// One source's answer, as it came.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// The kind of a list, or the command.
    pub name: String,
    /// The request path of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    pub read_at: Timestamp,
    /// How long the answer took. Commands of one batch share the batch's time.
    pub took_ms: u64,
    /// A command's exit status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stderr: Option<String>,
    /// The answer, if it is one JSON document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Box<RawValue>>,
    /// The answer, if it is anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Why there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
}

/// Why something was not read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    pub reason: Reason,
    /// A sentence that stands alone.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// The API server serves no version of the kind.
    NotServed,
    /// The object does not exist.
    NotFound,
    /// 403: the rights are missing.
    Forbidden,
    /// 401, or a key that the router refuses.
    Unauthorized,
    /// No connection.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// There is no configuration that says what to read.
    NotConfigured,
    /// Files were read, and they do not tell.
    NotInFiles,
    /// It was reached, and what should answer does not run there.
    NotRunning,
    /// An answer that makes no sense, or a command that failed.
    Failed,
    /// A reason of a newer version.
    #[serde(other)]
    Other,
}

/// Something that was asked for and is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// What is missing: `the cluster`, a router, a kind, a command.
    pub what: String,
    pub missing: Missing,
}

impl Snapshot {
    /// What this program read.
    pub fn of(taken_at: Timestamp, cluster: Option<ClusterAnswers>, routers: Option<Vec<RouterAnswers>>) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            written_by: format!("kubectl-bgp {}", env!("CARGO_PKG_VERSION")),
            taken_at,
            redacted: false,
            cluster,
            routers,
        }
    }

    /// Whether any source answered.
    pub fn has_answers(&self) -> bool {
        let cluster = self.cluster.iter().flat_map(|cluster| &cluster.documents);
        let routers = self.routers.iter().flatten().flat_map(|router| &router.documents);
        cluster.chain(routers).any(|document| document.missing.is_none())
    }

    /// Drops the kinds and commands that nobody needs. What a newer version may have added stays.
    pub fn forget_all_but(&mut self, needs: Needs) {
        let kinds: Vec<Kind> = unneeded(Kind::ALL, needs.kinds).collect();
        let commands: Vec<Command> = unneeded(Command::ALL, needs.commands).collect();
        self.forget(&kinds, &commands);
    }

    /// Drops these kinds and commands.
    pub fn forget(&mut self, kinds: &[Kind], commands: &[Command]) {
        let commands: Vec<_> = commands.iter().map(|command| command.name()).collect();
        if let Some(cluster) = &mut self.cluster {
            cluster.documents.retain(|document| !kinds.iter().any(|kind| kind.name() == document.name));
        }
        for router in self.routers.iter_mut().flatten() {
            router.documents.retain(|document| !commands.iter().any(|command| *command == document.name));
        }
    }

    /// What is missing. A kind that this version of Cilium does not have is no gap, nor is one that files do not tell.
    pub fn gaps(&self) -> Vec<Gap> {
        let gap = |what: &str, missing: &Missing| Gap { what: what.to_owned(), missing: missing.clone() };
        let mut gaps = Vec::new();
        if let Some(cluster) = &self.cluster {
            gaps.extend(cluster.missing.iter().map(|missing| gap("the cluster", missing)));
            let documents = cluster.documents.iter().filter(|_| cluster.missing.is_none());
            let missing = documents.filter_map(|document| Some((&document.name, document.missing.as_ref()?)));
            let expected =
                missing.filter(|(_, missing)| !matches!(missing.reason, Reason::NotServed | Reason::NotInFiles));
            gaps.extend(expected.map(|(name, missing)| gap(name, missing)));
            gaps.extend(agent_gaps(&cluster.agents));
        }
        for router in self.routers.iter().flatten() {
            let documents = router.documents.iter().filter_map(|document| document.missing.as_ref());
            let missing = router.missing.iter().chain(documents);
            gaps.extend(missing.map(|missing| gap(&router.label(), missing)));
        }
        gaps
    }
}

impl Missing {
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        let mut message = message.into();
        // What a server says may be a whole page.
        if let Some((end, _)) = message.char_indices().nth(LONGEST_MESSAGE) {
            message.truncate(end);
            message.push_str("...");
        }
        Self { reason, message, hints: Vec::new() }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl Document {
    /// An answer; one JSON document is kept as JSON, anything else as text.
    pub fn answer(name: impl Into<String>, read_at: Timestamp, took_ms: u64, body: String) -> Self {
        let mut document = Self::unread(name, read_at, took_ms);
        match serde_json::from_str::<&RawValue>(&body) {
            Ok(_) => document.json = RawValue::from_string(body).ok(),
            Err(_) => document.text = Some(body),
        }
        document
    }

    /// A source that gave no answer.
    pub fn missing(name: impl Into<String>, read_at: Timestamp, took_ms: u64, missing: Missing) -> Self {
        Self { missing: Some(missing), ..Self::unread(name, read_at, took_ms) }
    }

    fn unread(name: impl Into<String>, read_at: Timestamp, took_ms: u64) -> Self {
        Self {
            name: name.into(),
            path: None,
            read_at,
            took_ms,
            exit: None,
            stderr: None,
            json: None,
            text: None,
            missing: None,
        }
    }

    /// Why an answer makes no sense: what was said beside it, or a sentence in place of JSON, else what reading it says.
    pub fn refusal(&self, error: &str) -> Missing {
        let first_line = |text: &str| text.lines().next().filter(|line| !line.is_empty()).map(str::to_owned);
        let sentence = self.text.as_deref().filter(|text| !text.trim_start().starts_with(['{', '[']));
        let said = self.stderr.as_deref().and_then(first_line).or_else(|| sentence.and_then(first_line));
        let why = said.unwrap_or_else(|| error.to_owned());
        Missing::new(Reason::Failed, format!("`{}` gave no answer that makes sense: {why}", self.name))
    }

    /// The answer's text, whatever its form.
    pub fn body(&self) -> Option<&str> {
        self.json.as_deref().map(RawValue::get).or(self.text.as_deref())
    }
}

impl ClusterAnswers {
    pub fn document(&self, kind: Kind) -> Option<&Document> {
        find(&self.documents, kind.name())
    }
}

impl AgentAnswers {
    pub fn document(&self, question: AgentQuestion) -> Option<&Document> {
        find(&self.documents, &question.name())
    }
}

impl RouterAnswers {
    /// What messages call it.
    pub fn label(&self) -> String {
        format!("the router {}", self.target)
    }

    pub fn document(&self, command: Command) -> Option<&Document> {
        find(&self.documents, &command.name())
    }

    /// UniFi's name for the device; nothing elsewhere, and where that was not read. A command of a file has no exit status.
    pub fn unifi_model(&self) -> Option<&str> {
        let document = self.document(Command::UnifiModel).filter(|document| document.exit.is_none_or(|exit| exit == 0));
        document.and_then(Document::body).map(str::trim).filter(|model| !model.is_empty())
    }
}

/// Agents that gave no answer for the same reason are one gap.
fn agent_gaps(agents: &[AgentAnswers]) -> Vec<Gap> {
    let mut by_reason: Vec<(&Missing, Vec<&str>)> = Vec::new();
    for agent in agents {
        for missing in agent.documents.iter().filter_map(|document| document.missing.as_ref()) {
            match by_reason.iter_mut().find(|(known, _)| *known == missing) {
                Some((_, nodes)) if nodes.contains(&agent.node.as_str()) => {}
                Some((_, nodes)) => nodes.push(&agent.node),
                None => by_reason.push((missing, vec![&agent.node])),
            }
        }
    }
    let label = |nodes: &[&str]| match nodes {
        [node] => format!("the agent on {node}"),
        [first, rest @ ..] => format!("the agents on {first} and {} more", rest.len()),
        [] => String::new(),
    };
    by_reason.into_iter().map(|(missing, nodes)| Gap { what: label(&nodes), missing: missing.clone() }).collect()
}

fn unneeded<T: Copy + PartialEq>(all: &[T], needed: &[T]) -> impl Iterator<Item = T> {
    all.iter().copied().filter(|one| !needed.contains(one))
}

fn find<'a>(documents: &'a [Document], name: &str) -> Option<&'a Document> {
    documents.iter().find(|document| document.name == name)
}
