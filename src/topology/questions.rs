//! Whom to ask further: the agents and neighbors of sessions whose ends disagree or say nothing that can be believed.

use std::collections::{BTreeMap, BTreeSet};

use super::known::Known;
use super::names::NeighborName;
use super::routes::{Route, SessionIndex};
use super::session::Session;
use crate::snapshot::{AgentQuestion, Command, Questions};

/// Sessions in question that are asked at most, unless everything is to be verified: the first ones tell the cause.
const MOST: usize = 64;

/// Prefixes whose details are asked at most: one command each.
const MOST_DETAILS: usize = 256;

/// By node, the pod of the agent.
type Pods = BTreeMap<String, String>;

/// What to ask about routes. `verify`: of every session, not only where the ends disagree.
pub fn about_routes(routes: &[&Route], sessions: &[Session], verify: bool, pods: &Pods) -> Questions {
    let mut in_question: BTreeSet<(SessionIndex, bool)> = BTreeSet::new();
    if verify {
        in_question.extend((0..sessions.len()).flat_map(|session| [(session, true), (session, false)]));
    }
    for route in routes.iter().filter(|_| !verify) {
        let Some(prefix) = route.prefix else { continue };
        let disagree = disagreeing(route).into_iter().filter(|&index| !is_down(&sessions[index]));
        in_question.extend(disagree.map(|index| (index, prefix.addr().is_ipv4())).take(MOST));
        if in_question.len() >= MOST {
            break;
        }
    }
    let mut questions = Questions::default();
    for (index, ipv4) in in_question {
        let session = &sessions[index];
        if !session.carries(ipv4) {
            continue;
        }
        ask_agent(&mut questions, session, AgentQuestion::Advertised { ipv4 }, pods);
        let Some(end) = session.router.value().filter(|end| end.established && end.vrf.is_default()) else { continue };
        if let NeighborName::Address(neighbor) = end.neighbor {
            questions.ask_router(&end.router, Command::Received { ipv4, neighbor });
        }
    }
    questions
}

/// What to ask about communities, which only a prefix's details tell.
pub fn about_details(routes: &[&Route]) -> Questions {
    let mut questions = Questions::default();
    let has_paths = |route: &&&Route| route.paths.value().is_some_and(|paths| !paths.is_empty());
    for route in routes.iter().filter(has_paths).take(MOST_DETAILS) {
        if let (Some(router), Some(prefix)) = (&route.router, route.prefix) {
            questions.ask_router(router, Command::Detail(prefix));
        }
    }
    questions
}

/// What to ask about sessions: the agents whose status is missing or not believed.
pub fn about_sessions<'a>(sessions: impl Iterator<Item = &'a Session>, verify: bool, pods: &Pods) -> Questions {
    let mut questions = Questions::default();
    for session in sessions.filter(|session| verify || matches!(session.cluster, Known::Unknown(_))) {
        ask_agent(&mut questions, session, AgentQuestion::Peers, pods);
    }
    questions
}

fn ask_agent(questions: &mut Questions, session: &Session, question: AgentQuestion, pods: &Pods) {
    if let Some((node, pod)) = session.key.value().and_then(|key| pods.get_key_value(&key.node.0)) {
        questions.ask_agent(node, pod, question);
    }
}

/// Where a session is down, that is the answer.
fn is_down(session: &Session) -> bool {
    match &session.router {
        Known::Seen(end) | Known::Computed(end) => !end.established,
        Known::Absent(_) => true,
        Known::Unknown(_) => false,
    }
}

/// Sessions that should have a path that the router has not, or the other way round.
fn disagreeing(route: &Route) -> Vec<SessionIndex> {
    let (Some(expected), Some(paths)) = (route.expected.value(), route.paths.value()) else { return Vec::new() };
    let accepted: BTreeSet<SessionIndex> = paths.iter().filter_map(|path| path.session).collect();
    let missing = expected.sessions.iter().copied().filter(|session| !accepted.contains(session));
    let unexpected = accepted.iter().copied().filter(|session| !expected.contains(*session));
    missing.chain(unexpected).collect()
}
