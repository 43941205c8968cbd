//! What the cluster has to do before its agent dials.

use super::{NOT_ASKED, View};
use crate::cilium::bgp::peer_config::PeerConfig;
use crate::cilium::bgp::{
    CONFLICTING_CLUSTER_CONFIG, ClusterConfig, MISSING_AUTH_SECRET, MISSING_PEER_CONFIGS, NO_MATCHING_NODE,
    RECONCILE_ERROR,
};
use crate::cilium::pod::Pod;
use crate::snapshot::Kind;
use crate::topology::Known;
use crate::topology::cluster::{Cluster, Profile};
use crate::topology::names::{NodeName, listed_up_to};
use crate::topology::session::Key;
use crate::trace::Hop;

/// Conditions of a ClusterConfig that stand in the way.
const CONDITIONS: [&str; 3] = [NO_MATCHING_NODE, CONFLICTING_CLUSTER_CONFIG, MISSING_PEER_CONFIGS];

/// Which object asks the node to peer.
pub fn selected(view: &View, hop: Hop) -> Option<Hop> {
    let Some(cluster) = view.cluster else { return Some(hop.unknown(NOT_ASKED)) };
    let Some(key) = view.session.key.value() else {
        let hop = match &view.session.node {
            Known::Seen(node) | Known::Computed(node) => {
                let hop = hop.cluster(None, format!("nothing asks {node} to peer here"));
                return Some(not_selected(cluster, node, hop).broken());
            }
            Known::Absent(why) => hop.cluster(None, why.clone()).broken(),
            Known::Unknown(why) => hop.unknown(why),
        };
        return Some(hop);
    };
    if let Some(Profile::Policy(name, _)) = &view.session.profile {
        return Some(hop.cluster(cluster.source(Kind::BgpPeeringPolicy), format!("CiliumBGPPeeringPolicy {name}")));
    }
    let asks = |config: &&ClusterConfig| asks_for(config, key) && mismatches(cluster, config, &key.node).is_empty();
    let source = cluster.source(Kind::BgpClusterConfig);
    Some(match &cluster.cluster_configs {
        Known::Absent(why) | Known::Unknown(why) => hop.unknown(why),
        Known::Seen(configs) | Known::Computed(configs) => {
            if let Some(config) = configs.iter().find(asks) {
                hop.cluster(source, format!("CiliumBGPClusterConfig {}", config.metadata.name))
            } else if let Some(why) = cluster.nodes.why_unknown() {
                hop.unknown(why)
            } else {
                let owner = cluster
                    .node_configs
                    .value()
                    .and_then(|all| all.get(&key.node.0)?.metadata.owner("CiliumBGPClusterConfig"));
                let of = owner.map(|owner| format!(" of {owner}")).unwrap_or_default();
                let left = format!("its CiliumBGPNodeConfig is left over{of}: no CiliumBGPClusterConfig asks for it");
                let hop = hop.cluster(cluster.source(Kind::BgpNodeConfig), left);
                if view.is_up { hop } else { hop.broken() }
            }
        }
    })
}

fn asks_for(config: &ClusterConfig, key: &Key) -> bool {
    let instances = config.spec.bgp_instances.iter().filter(|instance| instance.name == key.instance.0);
    instances.into_iter().any(|instance| instance.peers.iter().any(|peer| peer.name == key.peer.0))
}

fn mismatches(cluster: &Cluster, config: &ClusterConfig, node: &NodeName) -> Vec<String> {
    let Some(selector) = &config.spec.node_selector else { return Vec::new() };
    match cluster.nodes.value().and_then(|nodes| nodes.get(&node.0)) {
        Some(node) => selector.mismatches(&node.metadata.labels).iter().map(ToString::to_string).collect(),
        None => vec!["there is no CiliumNode of that name".to_owned()],
    }
}

/// Every ClusterConfig, and why it does not ask the node.
pub fn not_selected(cluster: &Cluster, node: &NodeName, hop: Hop) -> Hop {
    let configs = match &cluster.cluster_configs {
        Known::Seen(configs) | Known::Computed(configs) => configs,
        Known::Absent(why) | Known::Unknown(why) => return hop.unknown(why),
    };
    if let Some(missing) = cluster.no_bgp_configured() {
        return hop.cluster(None, missing.message.clone()).broken();
    }
    let source = cluster.source(Kind::BgpClusterConfig);
    let hop = configs.iter().fold(hop, |hop, config| {
        let why = match mismatches(cluster, config, node).as_slice() {
            [] => "selects the node, and has no peer there".to_owned(),
            mismatches => format!("does not select it: {}", mismatches.join(", ")),
        };
        hop.cluster(source, format!("CiliumBGPClusterConfig {} {why}", config.metadata.name))
    });
    hop.broken()
}

/// What the operator made of it, and whether all that it names is there.
pub fn configured(view: &View, hop: Hop) -> Option<Hop> {
    let Some(cluster) = view.cluster else { return Some(hop.unknown(NOT_ASKED)) };
    let key = view.session.key.value()?;
    if matches!(view.session.profile, Some(Profile::Policy(..))) {
        return Some(hop.cluster(None, "a CiliumBGPPeeringPolicy is read by the agent itself"));
    }
    let hop = match &cluster.node_configs {
        Known::Absent(why) | Known::Unknown(why) => hop.unknown(why),
        Known::Seen(configs) | Known::Computed(configs) => {
            let source = cluster.source(Kind::BgpNodeConfig);
            let mut instances = configs.get(&key.node.0).into_iter().flat_map(|config| &config.spec.bgp_instances);
            let has_peer = instances.any(|instance| {
                instance.name == key.instance.0 && instance.peers.iter().any(|peer| peer.name == key.peer.0)
            });
            match configs.get(&key.node.0) {
                Some(config) if has_peer => {
                    reconciled(hop.cluster(source, "the operator made the CiliumBGPNodeConfig"), cluster, config)
                }
                Some(_) => hop
                    .cluster(source, "the node's CiliumBGPNodeConfig does not have this peer: does the operator run?")
                    .broken(),
                None => hop.cluster(source, "the operator made no CiliumBGPNodeConfig for the node").broken(),
            }
        }
    };
    let hop = conditions(hop, cluster, key, view.is_up);
    Some(peer_config(view, hop, cluster))
}

fn reconciled(hop: Hop, cluster: &Cluster, config: &crate::cilium::bgp::NodeConfig) -> Hop {
    match config.status.conditions.if_true(RECONCILE_ERROR) {
        Some(condition) => {
            hop.cluster(cluster.source(Kind::BgpNodeConfig), format!("the agent says: {}", condition.message.trim()))
        }
        None => hop,
    }
}

fn conditions(mut hop: Hop, cluster: &Cluster, key: &Key, is_up: bool) -> Hop {
    let configs = cluster.cluster_configs.value().into_iter().flatten().filter(|config| asks_for(config, key));
    for config in configs {
        for condition in CONDITIONS.iter().filter_map(|kind| config.status.conditions.if_true(kind)) {
            let kind = condition.kind.trim_start_matches("cilium.io/");
            let text =
                format!("CiliumBGPClusterConfig {} says {kind}: {}", config.metadata.name, condition.message.trim());
            hop = hop.cluster(cluster.source(Kind::BgpClusterConfig), text);
            if !is_up {
                hop = hop.broken();
            }
        }
    }
    hop
}

/// The PeerConfig and the Secret that it names.
fn peer_config(view: &View, hop: Hop, cluster: &Cluster) -> Hop {
    let source = cluster.source(Kind::BgpPeerConfig);
    let Some(Profile::PeerConfig(name)) = &view.session.profile else {
        return hop.cluster(None, "the peer names no CiliumBGPPeerConfig: it advertises nothing");
    };
    let Some(configs) = cluster.peer_configs.value() else { return hop };
    let Some(config) = configs.get(name) else {
        return hop.cluster(source, format!("there is no CiliumBGPPeerConfig {name}")).broken();
    };
    match missing_secret(config) {
        Some(secret) => {
            let text = format!("CiliumBGPPeerConfig {name} names the Secret {secret}, which is missing");
            let hop = hop.cluster(source, text);
            if view.is_up { hop } else { hop.broken() }
        }
        None => hop.cluster(source, format!("CiliumBGPPeerConfig {name} is there")),
    }
}

/// Some versions set the condition where no Secret is asked for.
fn missing_secret(config: &PeerConfig) -> Option<&str> {
    let secret = config.spec.auth_secret_ref.as_deref()?;
    config.status.conditions.is_true(MISSING_AUTH_SECRET).then_some(secret)
}

/// Whether the node's agent runs.
pub fn agent(view: &View, hop: Hop) -> Option<Hop> {
    let Some(cluster) = view.cluster else { return Some(hop.unknown(NOT_ASKED)) };
    let key = view.session.key.value()?;
    let source = cluster.source(Kind::AgentPod);
    Some(match &cluster.agents {
        Known::Absent(why) | Known::Unknown(why) => hop.unknown(why),
        Known::Seen(agents) | Known::Computed(agents) => match agents.get(&key.node.0) {
            None => hop.cluster(source, "there is no agent's pod on the node").broken(),
            Some(pod) => {
                let hop = hop.cluster(source, words(pod));
                if pod.status.is_ready() { hop } else { hop.broken() }
            }
        },
    })
}

fn words(pod: &Pod) -> String {
    let status = pod.status.agent();
    let parts = [
        Some(if pod.status.is_ready() { "ready".to_owned() } else { "not ready".to_owned() }),
        status.and_then(|status| status.waiting()).map(str::to_owned),
        pod.spec.agent().and_then(|agent| agent.version()).map(|version| format!("Cilium {version}")),
        status.map(|status| status.restart_count).filter(|&count| count > 0).map(|count| match count {
            1 => "1 restart".to_owned(),
            more => format!("{more} restarts"),
        }),
    ];
    format!("pod {} is {}", pod.metadata.name, parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// Names for a proof.
pub fn listed<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    listed_up_to(5, names)
}
