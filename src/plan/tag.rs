//! The description of a neighbor that was made for a node: whose it is, for the day on which no node needs it.

use std::collections::BTreeSet;
use std::fmt;

use crate::cilium::Metadata;
use crate::topology::cluster::{Cluster, Profile};
use crate::topology::session::Key;

const BEGINNING: &str = "kubectl-bgp ";

/// So much of a uid tells the objects of one name in different clusters apart: 32 random bits.
const TOLD: usize = 8;

/// `kubectl-bgp SCOPE/NODE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The object that asks for the session, by its name and the beginning of its uid: two clusters made of one repository
    /// have the same names. An object that was made anew has another one, and what was made for the old one then has to be
    /// named to be dropped.
    pub scope: String,
    pub node: String,
}

impl Tag {
    /// Absent where the object is not known, or its name would not be taken for one word.
    pub fn of(cluster: &Cluster, key: &Key, profile: &Profile) -> Option<Self> {
        let scope = scope(asking(cluster, key, profile)?)?;
        is_word(&key.node.0).then(|| Self { scope, node: key.node.0.clone() })
    }

    pub fn read(description: &str) -> Option<Self> {
        let (scope, node) = description.strip_prefix(BEGINNING)?.trim().split_once('/')?;
        (is_word(scope) && is_word(node)).then(|| Self { scope: scope.to_owned(), node: node.to_owned() })
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{BEGINNING}{}/{}", self.scope, self.node)
    }
}

/// All scopes of a cluster.
pub fn scopes(cluster: &Cluster) -> BTreeSet<String> {
    let configs = cluster.cluster_configs.value().into_iter().flatten().map(|config| &config.metadata);
    let policies = cluster.policies.value().into_iter().flatten().map(|policy| &policy.metadata);
    configs.chain(policies).filter_map(scope).collect()
}

fn scope(asking: &Metadata) -> Option<String> {
    let uid = asking.uid.get(..TOLD)?;
    let scope = format!("{}-{uid}", asking.name);
    (!asking.name.is_empty() && is_word(&scope)).then_some(scope)
}

/// The ClusterConfig or PeeringPolicy of a session.
fn asking<'a>(cluster: &'a Cluster, key: &Key, profile: &Profile) -> Option<&'a Metadata> {
    if let Profile::Policy(name, _) = profile {
        let mut policies = cluster.policies.value()?.iter().map(|policy| &policy.metadata);
        return policies.find(|policy| policy.name == *name);
    }
    let configs = cluster.cluster_configs.value()?;
    let node_config = cluster.node_configs.value().and_then(|configs| configs.get(&key.node.0));
    let owner = node_config.and_then(|config| config.metadata.owner("CiliumBGPClusterConfig"));
    let labels = cluster.nodes.value().and_then(|nodes| nodes.get(&key.node.0)).map(|node| &node.metadata.labels);
    let mut asking = configs.iter().filter(|config| {
        let mut instances = config.spec.bgp_instances.iter().filter(|instance| instance.name == key.instance.0);
        let selects = || {
            let selector = config.spec.node_selector.as_ref();
            selector.is_none_or(|selector| labels.is_some_and(|labels| selector.matches(labels)))
        };
        instances.any(|instance| instance.peers.iter().any(|peer| peer.name == key.peer.0))
            && owner.map_or_else(selects, |owner| config.metadata.name == owner)
    });
    // Of two that both ask for it none is the one.
    asking.next().filter(|_| asking.next().is_none()).map(|config| &config.metadata)
}

/// Names of the cluster's come into a line of the router's.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ['-', '.', '_'].contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let tag = Tag { scope: "home-efd4b9f2".to_owned(), node: "node-3.lan".to_owned() };
        assert_eq!(Tag::read(&tag.to_string()), Some(tag));
        for other in
            ["", "kubectl-bgp", "kubectl-bgp home", "kubectl-bgp home/", "to kubectl-bgp a/b", "kubectl-bgp a/b c"]
        {
            assert_eq!(Tag::read(other), None, "{other}");
        }
    }

    #[test]
    fn a_name_that_is_no_word_has_no_scope() {
        let of = |name: &str, uid: &str| {
            let mut metadata = Metadata::default();
            (metadata.name, metadata.uid) = (name.to_owned(), uid.to_owned());
            scope(&metadata)
        };
        assert_eq!(of("home", "efd4b9f2-ddd1-4ef2").as_deref(), Some("home-efd4b9f2"));
        assert_eq!(of("home", ""), None);
        assert_eq!(of("home\n no router bgp", "efd4b9f2-ddd1"), None);
    }
}
