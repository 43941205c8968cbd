//! Commands and lines of configuration that can be pasted as they are.

use crate::cilium::bgp::ClusterConfig;
use crate::shell;
use crate::topology::router::Router;
use crate::topology::session::Key;

use super::Facts;
use super::facts::Case;
use super::line::context;

/// A field of a peer in its ClusterConfig, its value in JSON; nothing where another kind asks for the session.
pub fn patch_peer(facts: &Facts, key: &Key, field: &str, value: &str) -> Option<String> {
    let configs = facts.cluster()?.cluster_configs.value()?;
    let owner = facts.node_config(&key.node.0).and_then(|config| config.metadata.owner("CiliumBGPClusterConfig"));
    let is_owner = |config: &&ClusterConfig| owner.is_none_or(|owner| config.metadata.name == owner);
    configs.iter().filter(is_owner).find_map(|config| {
        let instance = config.spec.bgp_instances.iter().position(|one| one.name == key.instance.0)?;
        let peers = &config.spec.bgp_instances[instance].peers;
        let peer = peers.iter().position(|one| one.name == key.peer.0)?;
        let path = format!("/spec/bgpInstances/{instance}/peers/{peer}/{field}");
        let patch = format!(r#"[{{"op":"add","path":"{path}","value":{value}}}]"#);
        let name = shell::name(&config.metadata.name);
        Some(shell::command(["kubectl", "patch", "ciliumbgpclusterconfig", name, "--type", "json", "-p", &patch]))
    })
}

/// Merges something into a PeerConfig.
pub fn patch_peer_config(name: &str, merge: &str) -> String {
    shell::command(["kubectl", "patch", "ciliumbgppeerconfig", shell::name(name), "--type", "merge", "-p", merge])
}

/// Statements about the session's neighbor, for vtysh.
pub fn router_lines<'a>(
    facts: &Facts<'a>,
    case: &Case<'a>,
    statements: impl IntoIterator<Item = String>,
) -> Vec<String> {
    let head = match (facts.line(case), case.router_end()) {
        (Some(line), _) => context(line.instance).to_vec(),
        (None, Some(end)) => {
            let asn = end.said.local_as.map_or_else(|| "AS".to_owned(), |asn| asn.0.to_string());
            let vrf = if end.vrf.is_default() { String::new() } else { format!(" vrf {}", end.vrf) };
            vec!["configure terminal".to_owned(), format!("router bgp {asn}{vrf}")]
        }
        (None, None) => {
            let config = case.router.and_then(|router| router.config.value());
            config.and_then(|config| config.instance(None)).map(|one| context(one).to_vec()).unwrap_or_default()
        }
    };
    head.into_iter().chain(statements).collect()
}

/// A sentence about the router's configuration, with the router where there are several: what is pasted differs between
/// them.
pub fn on_router(facts: &Facts, case: &Case, say: &str) -> String {
    case.router.map_or_else(|| say.to_owned(), |router| on(facts, router, say))
}

/// The same for what is no session's.
pub fn on(facts: &Facts, router: &Router, say: &str) -> String {
    let on = if facts.routers().len() > 1 { format!(" (on {})", router.name) } else { String::new() };
    // What is typed into vtysh there is gone after the next provision.
    let keep = if router.is_unifi() { "; put it into the uploaded configuration too" } else { "" };
    format!("{say}{on}{keep}")
}
