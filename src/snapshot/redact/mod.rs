//! Addresses, names and AS numbers are replaced, everywhere in the same way, so that the diagnosis stays the same.
//!
//! Not what is known to be private is replaced, but what is not known to be public: a word stays if it is in the
//! [`vocabulary`] of FRR, Kubernetes and Cilium, or if its looks say that it is a number or a time.

mod addresses;
mod asns;
mod attributes;
mod config;
mod json;
mod key;
mod names;
mod shape;
mod sink;
mod text;
mod vocabulary;

use serde_json::Value;
use serde_json::value::RawValue;

use super::question::OPERATOR_LOG;
use super::{AgentQuestion, Command, Document, Kind, Missing, Reason, Snapshot, secrets};
use json::Json;
pub use key::Key;
use sink::{Learning, Replacing, Sink};

/// Replaces what would tell whose snapshot it is.
pub fn redact(snapshot: &mut Snapshot, key: Key) {
    // Secrets are found by the words around them, so they go first.
    secrets::cut(snapshot);
    let mut learning = Learning::default();
    walk(snapshot, &mut learning);
    walk(snapshot, &mut Replacing::new(key, learning));
    snapshot.redacted = true;
}

/// Visits everything that is not a time or a number of ours.
fn walk(snapshot: &mut Snapshot, sink: &mut dyn Sink) {
    replace(&mut snapshot.written_by, sink);
    if let Some(cluster) = &mut snapshot.cluster {
        replace(&mut cluster.server, sink);
        cluster.cilium_namespace = text::name(names::Kind::Namespace, &cluster.cilium_namespace, sink);
        walk_missing(&mut cluster.missing, sink);
        cluster.documents.iter_mut().for_each(|document| walk_document(document, sink));
        for agent in &mut cluster.agents {
            agent.node = text::name(names::Kind::Node, &agent.node, sink);
            agent.pod = text::name(names::Kind::Pod, &agent.pod, sink);
            agent.documents.iter_mut().for_each(|document| walk_document(document, sink));
        }
    }
    for router in snapshot.routers.iter_mut().flatten() {
        replace(&mut router.target, sink);
        replace(&mut router.named_by, sink);
        if let Some(peer) = &mut router.peer {
            *peer = text::name(names::Kind::Peer, peer, sink);
        }
        walk_missing(&mut router.missing, sink);
        router.documents.iter_mut().for_each(|document| walk_document(document, sink));
    }
}

fn replace(text: &mut String, sink: &mut dyn Sink) {
    *text = text::replace(text, sink);
}

fn walk_missing(missing: &mut Option<Missing>, sink: &mut dyn Sink) {
    if let Some(Missing { message, hints, .. }) = missing {
        std::iter::once(message).chain(hints).for_each(|text| replace(text, sink));
    }
}

fn walk_document(document: &mut Document, sink: &mut dyn Sink) {
    let is_config = Command::is_config(&document.name);
    walk_json(document, sink);
    walk_missing(&mut document.missing, sink);
    match &mut document.text {
        // Half a JSON document may end with half an address.
        Some(text) if text.starts_with(['{', '[']) => {
            text.truncate(text.rfind(',').unwrap_or_default());
            replace(text, sink);
        }
        Some(text) if is_config => *text = config::replace(text, sink),
        Some(text) => replace(text, sink),
        None => {}
    }
    let agent_questions = [
        AgentQuestion::Peers,
        AgentQuestion::Advertised { ipv4: true },
        AgentQuestion::Advertised { ipv4: false },
        AgentQuestion::Log,
    ];
    let is_ours = document.name == OPERATOR_LOG
        || agent_questions.iter().any(|question| question.name() == document.name)
        || Kind::ALL.iter().any(|kind| kind.name() == document.name)
        || [Command::ALL, Command::PROBES, &[Command::StoredConfig]]
            .concat()
            .iter()
            .any(|command| command.name() == document.name);
    let name = Some(&mut document.name).filter(|_| !is_ours);
    let texts = [name, document.path.as_mut(), document.stderr.as_mut()];
    texts.into_iter().flatten().for_each(|text| replace(text, sink));
}

/// What cannot be looked through is not stored.
fn walk_json(document: &mut Document, sink: &mut dyn Sink) {
    let Some(json) = document.json.take() else { return };
    match serde_json::from_str::<Value>(json.get()) {
        Ok(mut value) => {
            Json::new(sink, object_kind(&document.name)).replace(&mut value, keyed_levels(&document.name));
            document.json = RawValue::from_string(value.to_string()).ok();
        }
        Err(error) => {
            let why = format!("it could not be looked through for names: {error}");
            document.missing = Some(Missing::new(Reason::Failed, why));
        }
    }
}

/// What the objects of a document are.
fn object_kind(document: &str) -> names::Kind {
    let is = |kinds: &[Kind]| kinds.iter().any(|kind| kind.name() == document);
    if is(&[Kind::Node, Kind::CiliumNode, Kind::BgpNodeConfig, Kind::BgpNodeConfigOverride]) {
        names::Kind::Node
    } else if is(&[Kind::Service]) {
        names::Kind::Service
    } else if is(&[Kind::AgentPod]) {
        names::Kind::Pod
    } else {
        names::Kind::Object
    }
}

/// How many levels of a command's answer are keyed by names: VRF, then neighbor.
fn keyed_levels(document: &str) -> usize {
    match document {
        name if name == Command::Neighbors.name() => 2,
        name if name == Command::Summary.name() => 1,
        _ => 0,
    }
}
