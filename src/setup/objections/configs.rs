//! Other objects that have the same nodes.

use super::{NAMED, Objection};
use crate::cilium::selector::LabelSelector;
use crate::setup::ground::Ground;
use crate::setup::worksheet::Worksheet;
use crate::shell;
use crate::topology::names::listed_up_to;

/// The first Cilium that knows no PeeringPolicy.
const FIRST_WITHOUT_POLICIES: (u32, u32) = (1, 19);

pub fn find(worksheet: &Worksheet, ground: &Ground) -> Vec<Objection> {
    let nodes = ground.nodes();
    let shared = |selector: Option<&LabelSelector>| -> Vec<&str> {
        let both = nodes.iter().filter(|node| {
            worksheet.node_selector.value.matches(node.labels) && selector.is_none_or(|one| one.matches(node.labels))
        });
        both.map(|node| node.name).collect()
    };
    let own = &worksheet.names.cluster_config.value;
    let mut objections = Vec::new();
    for config in ground.cluster.cluster_configs.value().into_iter().flatten() {
        let name = &config.metadata.name;
        let shared = shared(config.spec.node_selector.as_ref());
        if name == own || shared.is_empty() {
            continue;
        }
        let what = format!(
            "CiliumBGPClusterConfig {name} has {} already: of two that select one node the newer has no effect there",
            listed_up_to(NAMED, shared)
        );
        objections.push(Objection::refuses(what).next(format!(
            "build on it with --name {}, or narrow one of both with --node-selector",
            shell::name(name)
        )));
    }
    for policy in ground.cluster.policies.value().into_iter().flatten() {
        let name = &policy.metadata.name;
        let shared = shared(policy.spec.node_selector.as_ref());
        if shared.is_empty() {
            continue;
        }
        let delete = shell::command(["kubectl", "delete", "ciliumbgppeeringpolicy", shell::name(name)]);
        let is_dead = ground.cluster.cilium_version().is_some_and(|version| version >= FIRST_WITHOUT_POLICIES);
        objections.push(if is_dead {
            let what = format!("CiliumBGPPeeringPolicy {name} is a relic: Cilium has not read the kind since 1.19");
            Objection::warns(what).next(format!("when the sessions are up: {delete}"))
        } else {
            let what = format!(
                "CiliumBGPPeeringPolicy {name} has {}: as long as it is there Cilium does not look at the new objects",
                listed_up_to(NAMED, shared)
            );
            Objection::warns(what)
                .next(format!("when the new objects are applied: {delete}; the sessions start anew then"))
        });
    }
    objections
}
