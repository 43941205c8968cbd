//! The cluster asks for no session, or for one that cannot be.

mod conflict;
mod control_plane;
mod nodes;
mod operator;
mod references;
mod report;

pub use control_plane::says_off;
pub use nodes::left_out_by_mistake;

use crate::cilium::bgp::ClusterConfig;
use crate::snapshot::Kind;
use crate::topology::routes::SessionIndex;
use crate::topology::session::Source;

use super::finding::Symptom;
use super::{Facts, Rule};

pub const RULES: &[Rule] = &[
    control_plane::OFF,
    control_plane::LEGACY_KEYS,
    control_plane::POLICY_WITHOUT_EFFECT,
    nodes::NOTHING_CONFIGURED,
    nodes::SELECTS_NONE,
    nodes::NOT_SELECTED,
    conflict::TWO_CONFIGS,
    conflict::ORPHAN,
    references::NO_PEER_CONFIG,
    references::IDLE_OVERRIDE,
    operator::AWAY,
    operator::NO_NODE_CONFIG,
    report::RECONCILE_ERROR,
    report::PRIVILEGED_PORT,
    report::NO_STATUS,
];

/// Where Cilium runs.
fn namespace<'a>(facts: &Facts<'a>) -> &'a str {
    let set = facts.cluster().and_then(|cluster| cluster.agent_daemon_set.value());
    set.map(|set| set.metadata.namespace.as_str()).filter(|name| !name.is_empty()).unwrap_or("kube-system")
}

fn source<'a>(facts: &Facts<'a>, kind: Kind) -> Option<&'a Source> {
    facts.cluster()?.source(kind)
}

fn cluster_configs<'a>(facts: &Facts<'a>) -> &'a [ClusterConfig] {
    facts.cluster().and_then(|cluster| cluster.cluster_configs.value()).map_or(&[], Vec::as_slice)
}

/// The rows of nodes that a router waits for and that the cluster does not ask to peer.
fn waited_for(facts: &Facts) -> impl Iterator<Item = SessionIndex> {
    let of_node = facts.uninvited().filter(|case| case.session.node.value().is_some());
    of_node.filter(|case| case.router_end().is_some_and(|end| !end.established)).map(|case| case.index)
}

/// Everything that is down or missing because no node peers at all.
fn all_symptoms(facts: &Facts) -> Vec<Symptom> {
    facts.every_symptom().chain(waited_for(facts).map(Symptom::Session)).collect()
}
