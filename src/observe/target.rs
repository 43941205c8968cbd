//! Where the routers are: flags, else the ClusterConfig's annotation, else its peer addresses.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::de::DeserializeOwned;

use crate::cilium::bgp::{ClusterConfig, PeeringPolicy};
use crate::cilium::decode_list;
use crate::error::{self, Error};
use crate::snapshot::{Document, Kind, Missing, Reason, RouterAnswers};

/// On a ClusterConfig: `[PEER=][USER@]HOST[:PORT]`, several with commas.
pub const ANNOTATION: &str = "bgp.kubectl.dev/router";

/// An ssh target. Only what a host name or an alias may contain: a leading `-` would be an option of ssh, and shell
/// characters would reach the user's ProxyCommand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub user: Option<String>,
    pub host: String,
    pub port: Option<u16>,
    /// The peer, by name or address, that this router is.
    pub peer: Option<String>,
    /// What named it.
    pub named_by: String,
}

/// A word of an annotation that is no target.
pub struct Refused {
    word: String,
    named_by: String,
    why: String,
}

impl Refused {
    /// A router that was named and cannot be read.
    pub fn into_end(self) -> RouterAnswers {
        let hint = format!("mend the {}", self.named_by);
        RouterAnswers {
            target: self.word,
            named_by: self.named_by,
            peer: None,
            missing: Some(Missing::new(Reason::NotConfigured, self.why).hint(hint)),
            documents: Vec::new(),
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (peer, target) = match text.split_once('=') {
            Some((peer, target)) => (Some(peer.trim().to_owned()), target.trim()),
            None => (None, text.trim()),
        };
        let (user, place) = match target.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, target),
        };
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, rest)) => (host, Some(rest.strip_prefix(':').unwrap_or("no port"))),
            // More than one colon is an IPv6 address without brackets.
            None if place.matches(':').count() == 1 => {
                place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)))
            }
            None => (place, None),
        };
        let plain = |text: &str| {
            text.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
                && !text.starts_with('-')
                && !text.is_empty()
        };
        let is_host = plain(host) || host.parse::<IpAddr>().is_ok();
        let is_peer = |peer: &String| !peer.is_empty() && !peer.starts_with('-');
        if !is_host || !user.is_none_or(plain) || !peer.as_ref().is_none_or(is_peer) {
            return Err(format!("{text:?} is no ssh target of the form [PEER=][USER@]HOST[:PORT]"));
        }
        let port = port
            .map(|port| port.parse().map_err(|_| format!("{text:?} has no port number behind the colon")))
            .transpose()?;
        Ok(Self { user: user.map(str::to_owned), host: host.to_owned(), port, peer, named_by: String::new() })
    }
}

impl Target {
    /// What ssh and ssh-copy-id take to reach it.
    pub fn ssh_words(&self) -> String {
        let login = Self { port: None, ..self.clone() };
        self.port.map_or_else(|| login.to_string(), |port| format!("-p {port} {login}"))
    }

    /// What known_hosts calls it.
    pub fn known_host(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("'[{}]:{port}'", self.host))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match self.port {
            Some(port) if self.host.contains(':') => write!(f, "[{}]:{port}", self.host),
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

/// The targets of `--router` and `KUBECTL_BGP_ROUTER`; `None` without any.
pub fn from_flags(words: &[String]) -> error::Result<Option<Vec<Target>>> {
    let words: Vec<&String> = words.iter().filter(|word| !word.trim().is_empty()).collect();
    let targets = words
        .iter()
        .map(|word| word.parse().map(|target| Target { named_by: "--router".to_owned(), ..target }))
        .collect::<Result<Vec<_>, String>>()
        .map_err(|error| Error::usage(format!("invalid value for --router: {error}")))?;
    Ok((!targets.is_empty()).then_some(targets))
}

/// The targets that the cluster's objects name: each once. A word that is none is a router that cannot be read.
pub fn from_cluster(documents: &[Document]) -> Vec<Result<Target, Refused>> {
    let body = |kind: Kind| documents.iter().find(|document| document.name == kind.name()).and_then(Document::body);
    let configs: Vec<ClusterConfig> = decode(body(Kind::BgpClusterConfig));
    let policies: Vec<PeeringPolicy> = decode(body(Kind::BgpPeeringPolicy));
    let of_policies = (policies.iter().flat_map(|policy| &policy.spec.virtual_routers))
        .flat_map(|router| &router.neighbors)
        .filter_map(|neighbor| at_address(neighbor.peer_address.as_deref()?.split('/').next()?));
    let mut once = BTreeSet::new();
    let mut targets: Vec<_> = configs.iter().flat_map(of_config).chain(of_policies.map(Ok)).collect();
    targets.retain(|target| match target {
        Ok(target) => once.insert((target.to_string(), target.peer.clone())),
        Err(refused) => once.insert((refused.word.clone(), None)),
    });
    targets
}

/// Those that are targets.
pub fn named_by_cluster(documents: &[Document]) -> Vec<Target> {
    from_cluster(documents).into_iter().filter_map(Result::ok).collect()
}

fn decode<T: DeserializeOwned>(body: Option<&str>) -> Vec<T> {
    // What cannot be decoded is named where the sessions are looked for.
    decode_list(body.unwrap_or_default()).map(|(objects, _)| objects).unwrap_or_default()
}

fn of_config(config: &ClusterConfig) -> Vec<Result<Target, Refused>> {
    let Some(annotation) = config.metadata.annotations.get(ANNOTATION) else {
        let peers = config.spec.bgp_instances.iter().flat_map(|instance| &instance.peers);
        return peers.filter_map(|peer| at_address(peer.peer_address.as_deref()?)).map(Ok).collect();
    };
    let named_by = format!("annotation {ANNOTATION} of {}", config.metadata.name);
    let parse = |word: &str| match word.parse::<Target>() {
        Ok(target) => Ok(Target { named_by: named_by.clone(), ..target }),
        Err(why) => Err(Refused { word: word.trim().to_owned(), named_by: named_by.clone(), why }),
    };
    annotation.split(',').map(parse).collect()
}

/// A router that is only known by the address the nodes peer with.
fn at_address(address: &str) -> Option<Target> {
    let host = address.parse::<IpAddr>().ok()?.to_string();
    Some(Target {
        user: Some("root".to_owned()),
        peer: Some(host.clone()),
        host,
        port: None,
        named_by: "peerAddress".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_print_as_they_are_written() {
        for text in [
            "udm",
            "root@udm",
            "root@10.90.254.1",
            "admin@gw.example.org:2222",
            "root@fd00::1",
            "[fd00::1]:22",
            "a_b-c.d",
        ] {
            assert_eq!(text.parse::<Target>().map(|target| target.to_string()), Ok(text.to_owned()));
        }
        let target: Target = "udm-pro=root@udm".parse().expect("a target");
        assert_eq!((target.peer.as_deref(), target.to_string().as_str()), (Some("udm-pro"), "root@udm"));
    }

    #[test]
    fn nothing_that_ssh_or_a_shell_would_read_differently_passes() {
        for text in [
            "-oProxyCommand=id",
            "root@-x",
            "a b",
            "a;b",
            "$(id)",
            "a`b`",
            "",
            "@host",
            "host:",
            "host:ssh",
            "[::1]x",
            "=x",
            "a/b",
            "x=",
            "-l@h",
        ] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }
}
