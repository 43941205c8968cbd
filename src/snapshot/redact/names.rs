//! Names: each is replaced by its kind and a number, numbered in the order of the originals so that tables stay sorted.

use std::collections::{BTreeMap, HashMap, HashSet};

/// What a name is the name of. A name of several kinds is called after the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Node,
    Instance,
    Peer,
    Namespace,
    Service,
    Pod,
    Object,
    /// A name in a router's configuration.
    Router,
    Key,
    /// A label's value.
    Value,
    Name,
    Host,
    Word,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Instance => "instance",
            Self::Peer => "peer",
            Self::Namespace => "namespace",
            Self::Service => "service",
            Self::Pod => "pod",
            Self::Object => "object",
            Self::Router => "router-name",
            Self::Key => "key",
            Self::Value => "value",
            Self::Name => "name",
            Self::Host => "host",
            Self::Word => "word",
        }
    }
}

/// The replacement of every name.
pub struct Names(HashMap<String, String>);

impl Names {
    pub fn new(all: HashMap<String, Kind>) -> Self {
        let originals: HashSet<String> = all.keys().cloned().collect();
        let mut kinds: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
        for (name, kind) in all {
            kinds.entry(kind).or_default().push(name);
        }
        let mut replacements = HashMap::new();
        for (kind, mut names) in kinds {
            names.sort_unstable();
            let fresh = numbered(kind, names.len(), &originals);
            replacements.extend(names.into_iter().zip(fresh));
        }
        Self(replacements)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Adds the Leases that are called after a Service: `cilium-l2announce-NAMESPACE-SERVICE`.
    pub fn add_leases(&mut self, services: &[(String, String)]) {
        for (namespace, service) in services {
            let now = |name: &str| self.get(name).unwrap_or(name).to_owned();
            let lease = format!("cilium-l2announce-{}-{}", now(namespace), now(service));
            self.0.insert(format!("cilium-l2announce-{namespace}-{service}"), lease);
        }
    }
}

/// As many names in ascending order; none of them is an original.
fn numbered(kind: Kind, count: usize, originals: &HashSet<String>) -> Vec<String> {
    let mut width = count.to_string().len();
    loop {
        let all = (1..10_usize.saturating_pow(u32::try_from(width).unwrap_or(u32::MAX)))
            .map(|number| format!("{}-{number:0width$}", kind.word()));
        let fresh: Vec<String> = all.filter(|name| !originals.contains(name)).take(count).collect();
        if fresh.len() == count {
            return fresh;
        }
        width += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_order_and_none_is_an_original() {
        let all = ["node-1", "node-10", "node-2", "alpha"].map(|name| (name.to_owned(), Kind::Node));
        let names = Names::new(all.into_iter().collect());
        let of = |name: &str| names.get(name).expect(name).to_owned();
        assert_eq!([of("alpha"), of("node-1"), of("node-10"), of("node-2")], ["node-3", "node-4", "node-5", "node-6"]);
    }

    #[test]
    fn numbers_have_one_width() {
        let names = Names::new((0..120).map(|n| (format!("x{n:03}"), Kind::Pod)).collect());
        assert_eq!((names.get("x000"), names.get("x119")), (Some("pod-001"), Some("pod-120")));
    }

    #[test]
    fn leases_follow_their_service() {
        let mut names = Names::new([("dns".to_owned(), Kind::Namespace), ("a-b".to_owned(), Kind::Service)].into());
        names.add_leases(&[("dns".into(), "a-b".into()), ("default".into(), "a-b".into())]);
        assert_eq!(names.get("cilium-l2announce-dns-a-b"), Some("cilium-l2announce-namespace-1-service-1"));
        assert_eq!(names.get("cilium-l2announce-default-a-b"), Some("cilium-l2announce-default-service-1"));
    }
}
