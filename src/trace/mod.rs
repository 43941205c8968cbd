//! Why a route or a session is as it is: its hops in order, each with its proof from the end that knows. Pure: the
//! joined model in, hops out. Every hop is judged from the model; what is wrong in the end is for the rules to name.

mod route;
mod session;

use crate::rules::finding::{Evidence, Symptom};
use crate::rules::{End, Finding, Subject};
use crate::topology::made_by::Maker;
use crate::topology::names::NodeName;
use crate::topology::routes::SessionIndex;
use crate::topology::session::Source;

pub use route::{of_route, of_service, symptoms};
pub use session::{of_node, of_session};

/// A thing's way, hop by hop.
#[derive(Debug)]
pub struct Trace {
    pub about: About,
    pub made_by: Option<Maker>,
    /// All of them, in order.
    pub hops: Vec<Hop>,
    /// What findings explain, or are about, that belong to it.
    pub symptoms: Vec<Symptom>,
    pub subjects: Vec<Subject>,
    /// Sessions that keep it from going on, whose own stories tell why.
    pub down: Vec<SessionIndex>,
}

/// What a trace follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// By its position among the topology's.
    Route(usize),
    Session(SessionIndex),
    /// One without a session.
    Node(NodeName),
    /// One that has no address to be advertised.
    Service {
        namespace: String,
        name: String,
    },
}

/// One step of the way.
#[derive(Debug)]
pub struct Hop {
    pub name: &'static str,
    pub state: State,
    /// The most telling first.
    pub proofs: Vec<Evidence>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Ok,
    /// For all, or for some of the nodes; the proofs say for whom.
    Broken,
    /// It could not be found out; the sentence says why.
    Unknown(String),
    /// Nothing came so far.
    NotReached,
}

/// What comes out at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every hop is well, as far as anything is asked for.
    Whole,
    Broken,
    /// No hop is known to be broken, and not all are known to be well.
    Undecided,
}

impl Trace {
    /// Whether a finding belongs to it.
    pub fn is_explained_by(&self, finding: &Finding) -> bool {
        let is_explained = self.symptoms.iter().any(|symptom| finding.explains.contains(symptom));
        is_explained || finding.subjects().any(|subject| self.subjects.contains(subject))
    }

    /// The first broken hop.
    pub fn broken(&self) -> Option<&Hop> {
        self.hops.iter().find(|hop| hop.state == State::Broken)
    }

    pub fn outcome(&self) -> Outcome {
        if self.broken().is_some() {
            Outcome::Broken
        } else if self.hops.iter().any(|hop| matches!(hop.state, State::Unknown(_))) {
            Outcome::Undecided
        } else {
            Outcome::Whole
        }
    }
}

impl Hop {
    pub fn new(name: &'static str) -> Self {
        Self { name, state: State::Ok, proofs: Vec::new() }
    }

    fn not_reached(name: &'static str) -> Self {
        Self { state: State::NotReached, ..Self::new(name) }
    }

    /// Broken is said last and stays.
    fn broken(mut self) -> Self {
        self.state = State::Broken;
        self
    }

    /// What is broken is not unknown.
    fn unknown(mut self, why: impl Into<String>) -> Self {
        if self.state == State::Ok {
            self.state = State::Unknown(why.into());
        }
        self
    }

    fn cluster(self, source: Option<&Source>, text: impl Into<String>) -> Self {
        self.proof(End::Cluster, source, text)
    }

    fn router(self, source: Option<&Source>, text: impl Into<String>) -> Self {
        self.proof(End::Router, source, text)
    }

    fn proof(mut self, end: End, source: Option<&Source>, text: impl Into<String>) -> Self {
        self.proofs.push(Evidence { end, text: text.into(), source: source.cloned() });
        self
    }
}
