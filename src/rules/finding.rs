//! What a rule finds: a cause with its evidence from both ends and the way out.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::topology::names::{NeighborName, NodeName};
use crate::topology::routes::SessionIndex;
use crate::topology::session::{Key, Source};

use super::Rule;

/// How bad it is; the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is broken; it is good to know, or it will hurt some day.
    Information,
    /// Something is not as it was meant, or will break at the next change.
    Warning,
    /// Traffic or a session is lost.
    Error,
}

/// How a finding is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The evidence leaves no other cause.
    Measured,
    /// The likeliest cause of what was seen; [`Finding::decide`] says what would prove it.
    Inferred,
}

/// The end that evidence is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    Cluster,
    Router,
}

/// One line seen on one end.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    pub end: End,
    pub text: String,
    /// Where and when; none where it follows from several sources.
    #[serde(flatten)]
    pub source: Option<Source>,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    Cluster,
    Router(String),
    Node(NodeName),
    Session(Key),
    /// A neighbor of a router that no session of the cluster is.
    Neighbor {
        router: String,
        neighbor: NeighborName,
    },
    Service {
        namespace: String,
        name: String,
    },
    /// An address or prefix that no one Service stands for.
    Prefix(ipnet::IpNet),
    /// Any other object of the cluster; the kind as kubectl writes it in front of a name.
    Object {
        kind: &'static str,
        name: String,
    },
}

/// What is wrong to the eye; a cause explains symptoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Symptom {
    /// A session, by its position, is not established.
    Session(SessionIndex),
    /// A route, by its position, is not as it should be.
    Route(usize),
    /// A route, by its position, would not be as it should be with every session up.
    RouteItself(usize),
}

/// What to do about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fix {
    /// What to do, in a sentence that fits every subject of the rule.
    pub say: String,
    /// Commands or lines that can be pasted as they are.
    pub paste: Vec<String>,
}

/// What may stand above a finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Whatever explains the same symptoms from further up, or more surely.
    Ranked,
    /// Nothing: it would be so whatever else explains the same symptoms.
    Independent,
    /// Whatever explains the same symptoms from further up, be it a guess.
    Follows,
}

/// A cause, with its evidence and the way out.
#[derive(Clone, Debug)]
pub struct Finding {
    pub rule: &'static Rule,
    pub severity: Severity,
    /// What is the matter, without naming the subject.
    pub title: String,
    pub subject: Subject,
    /// Others of which the same is true.
    pub also: BTreeSet<Subject>,
    pub confidence: Confidence,
    pub evidence: Vec<Evidence>,
    pub fix: Fix,
    /// The command or probe that would prove an inferred cause.
    pub decide: Option<String>,
    /// Likely causes that the evidence excludes.
    pub excluded: Vec<String>,
    pub explains: BTreeSet<Symptom>,
    pub standing: Standing,
    /// The code of what causes it; `None`: it is a cause itself.
    pub caused_by: Option<&'static str>,
}

impl Finding {
    /// A measured finding of a rule, with the rule's own severity and title.
    pub fn of(rule: &'static Rule, subject: Subject) -> Self {
        Self {
            rule,
            severity: rule.severity,
            title: rule.title.to_owned(),
            subject,
            also: BTreeSet::new(),
            confidence: Confidence::Measured,
            evidence: Vec::new(),
            fix: Fix::default(),
            decide: None,
            excluded: Vec::new(),
            explains: BTreeSet::new(),
            standing: Standing::Ranked,
            caused_by: None,
        }
    }

    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// It is the likeliest cause only; `decide` would prove it.
    pub fn inferred(mut self, decide: impl Into<String>) -> Self {
        self.confidence = Confidence::Inferred;
        self.decide = Some(decide.into());
        self
    }

    /// A probe has proved it.
    pub fn measured(mut self) -> Self {
        self.confidence = Confidence::Measured;
        self.decide = None;
        self
    }

    /// A line that an end said.
    pub fn seen(mut self, end: End, source: Option<&Source>, text: impl Into<String>) -> Self {
        self.evidence.push(Evidence { end, text: text.into(), source: source.cloned() });
        self
    }

    pub fn fix(mut self, say: impl Into<String>) -> Self {
        self.fix.say = say.into();
        self
    }

    /// A command, or a line of a configuration, that does it.
    pub fn paste(mut self, command: impl Into<String>) -> Self {
        self.fix.paste.push(command.into());
        self
    }

    pub fn excluded(mut self, causes: impl IntoIterator<Item = String>) -> Self {
        self.excluded.extend(causes);
        self
    }

    pub fn explains(mut self, symptoms: impl IntoIterator<Item = Symptom>) -> Self {
        self.explains.extend(symptoms);
        self
    }

    /// It has to be mended too, whatever else is wrong with the same sessions and routes.
    pub fn independent(mut self) -> Self {
        self.standing = Standing::Independent;
        self
    }

    /// It comes of the symptoms, whatever may have caused those.
    pub fn follows(mut self, symptoms: impl IntoIterator<Item = Symptom>) -> Self {
        self.standing = Standing::Follows;
        self.explains(symptoms)
    }

    /// The subject and the others of which the same is true.
    pub fn subjects(&self) -> impl Iterator<Item = &Subject> {
        std::iter::once(&self.subject).chain(&self.also)
    }
}

impl Subject {
    pub fn service(namespace: &str, name: &str) -> Self {
        Self::Service { namespace: namespace.to_owned(), name: name.to_owned() }
    }

    pub fn object(kind: &'static str, name: &str) -> Self {
        Self::Object { kind, name: name.to_owned() }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Information => "information",
        })
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Measured => "measured",
            Self::Inferred => "inferred",
        })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("the cluster"),
            Self::Router(name) => write!(f, "router {name}"),
            Self::Node(name) => write!(f, "node {name}"),
            Self::Session(Key { node, instance, peer }) => write!(f, "session {node}/{instance}/{peer}"),
            Self::Neighbor { router, neighbor } => write!(f, "neighbor {neighbor} of router {router}"),
            Self::Service { namespace, name } => write!(f, "service {namespace}/{name}"),
            Self::Prefix(prefix) => write!(f, "prefix {prefix}"),
            Self::Object { kind, name } => write!(f, "{kind} {name}"),
        }
    }
}
