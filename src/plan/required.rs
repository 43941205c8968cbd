//! What a router must have for the sessions that the cluster asks for. It makes the router differ; what would be good
//! beyond it is of another type.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::rc::Rc;

use super::dials::Dials;
use super::inbound;
use super::tag::{Tag, scopes};
use crate::cilium::bgp::peer_config::{DEFAULT_HOLD_SECONDS, DEFAULT_KEEP_ALIVE_SECONDS, Timers as Configured};
use crate::cilium::bgp::{PeeringPolicy, PolicyNeighbor};
use crate::frr::config::Version;
use crate::frr::config::bgp::Timers;
use crate::snapshot::Passwords;
use crate::snapshot::passwords::SecretPassword;
use crate::topology::cluster::{Cluster, Profile};
use crate::topology::names::{Asn, NodeName};
use crate::topology::router::Router;
use crate::topology::router::permit::Wanted;
use crate::topology::session::{Key, Session};
use crate::topology::{Known, Topology};

/// What is let in of each address family that carries something.
pub type Inbound = BTreeMap<Version, BTreeSet<Wanted>>;

/// What one session needs of its router.
#[derive(Clone, Debug)]
pub struct Required {
    pub node: NodeName,
    /// The router's name in the cluster.
    pub peer: String,
    /// Addresses the node may dial from, the likeliest first. There is one at least.
    pub addresses: Vec<IpAddr>,
    pub node_asn: Asn,
    /// The router's; it may be any.
    pub router_asn: Asn,
    pub inbound: Rc<Known<Inbound>>,
    /// What it advertises beside addresses of the pools, if anything.
    pub beside: Option<String>,
    pub held: Held,
    pub dials: Dials,
    /// What its neighbor is known by for ours.
    pub tag: Option<Tag>,
}

/// How the session is to be held.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Where they are not Cilium's defaults.
    pub timers: Option<Timers>,
    pub password: Password,
}

/// MD5.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Password {
    None,
    /// Of this Secret.
    Secret(SecretPassword),
    /// The object that would name it is not known.
    #[default]
    Unknown,
}

/// What is asked of one router.
#[derive(Clone, Default)]
pub struct Asked {
    pub sessions: Vec<Required>,
    /// What is not known of sessions, each in a sentence.
    pub unknown: Vec<String>,
    /// Of the cluster's tags.
    pub scopes: BTreeSet<String>,
}

impl Asked {
    /// What a router that has its neighbors already is asked for: only new ones are tagged.
    pub fn without_tags(mut self) -> Self {
        self.sessions.iter_mut().for_each(|required| required.tag = None);
        self
    }
}

/// Where sessions are asked for, where they should end, and what both know of passwords.
#[derive(Clone, Copy)]
struct Ends<'a> {
    cluster: &'a Cluster,
    router: &'a Router,
    passwords: &'a Passwords,
}

/// What sessions of one profile share.
type Shared = HashMap<Profile, Rc<Known<Inbound>>>;

impl Required {
    /// The sessions that should end at a router, by its position.
    pub fn of_router(topology: &Topology, router: usize, passwords: &Passwords) -> Asked {
        let Some(cluster) = &topology.cluster else { return Asked::default() };
        let Some(router_read) = topology.routers.iter().flatten().nth(router) else { return Asked::default() };
        let ends = Ends { cluster, router: router_read, passwords };
        let (mut asked, mut shared) = (Asked { scopes: scopes(cluster), ..Asked::default() }, Shared::new());
        for session in topology.sessions.iter().filter(|session| session.ends_at == Some(router)) {
            let (Some(key), Some(profile)) = (session.key.value(), &session.profile) else { continue };
            match Self::of(ends, session, key, profile, &mut shared) {
                Ok(required) => asked.sessions.push(required),
                Err(why) => asked.unknown.push(format!("session {}/{}/{}: {why}", key.node, key.instance, key.peer)),
            }
        }
        asked
    }

    fn of(ends: Ends, session: &Session, key: &Key, profile: &Profile, shared: &mut Shared) -> Result<Self, String> {
        let cluster = ends.cluster;
        let addresses = said(&session.dials_from)?;
        if addresses.is_empty() {
            return Err("the node has no address of the peer's family".to_owned());
        }
        let served = session.router.value().is_some();
        match source_interface(cluster, profile) {
            Some(interface) if !served && matches!(session.dials_from, Known::Computed(_)) => {
                return Err(format!("the node dials from its interface {interface}, whose address no object tells"));
            }
            _ => {}
        }
        Ok(Self {
            node: key.node.clone(),
            peer: key.peer.0.clone(),
            node_asn: *said(&session.local_asn)?,
            router_asn: *said(&session.peer_asn)?,
            inbound: Rc::clone(
                shared.entry(profile.clone()).or_insert_with(|| Rc::new(inbound::wanted(cluster, profile))),
            ),
            beside: inbound::beside(cluster, profile),
            held: held(ends, profile, key),
            dials: Dials::of(cluster, session, key, profile, ends.router),
            addresses: addresses.clone(),
            tag: Tag::of(cluster, key, profile),
        })
    }

    /// The families that carry something.
    pub fn families(&self) -> impl Iterator<Item = (Version, &BTreeSet<Wanted>)> {
        self.inbound.value().into_iter().flatten().map(|(version, wanted)| (*version, wanted))
    }

    /// Whether both can be neighbors of one group.
    pub fn is_like(&self, other: &Self) -> bool {
        let families = |one: &Self| one.families().map(|(version, _)| version).collect::<Vec<_>>();
        self.node_asn == other.node_asn && families(self) == families(other)
    }
}

/// A value, or why there is none.
fn said<T>(known: &Known<T>) -> Result<&T, String> {
    match known {
        Known::Seen(value) | Known::Computed(value) => Ok(value),
        Known::Absent(why) | Known::Unknown(why) => Err(why.clone()),
    }
}

fn source_interface<'a>(cluster: &'a Cluster, profile: &Profile) -> Option<&'a str> {
    let Profile::PeerConfig(name) = profile else { return None };
    cluster.peer_configs.value()?.get(name)?.spec.transport.as_ref()?.source_interface.as_deref()
}

fn held(Ends { cluster, passwords, .. }: Ends, profile: &Profile, key: &Key) -> Held {
    let of = |timers: Configured, secret: Option<&String>| Held {
        timers: others_than_default(timers),
        password: secret.map_or(Password::None, |name| Password::Secret(passwords.of_secret(name))),
    };
    match profile {
        Profile::Nothing => of(Configured::default(), None),
        Profile::PeerConfig(name) => match cluster.peer_configs.value().and_then(|configs| configs.get(name)) {
            Some(config) => of(config.spec.timers, config.spec.auth_secret_ref.as_ref()),
            None => Held::default(),
        },
        Profile::Policy(name, position) => policy_neighbor(cluster, name, *position, key)
            .map_or_else(Held::default, |neighbor| of(neighbor.timers, neighbor.auth_secret_ref.as_ref())),
    }
}

/// A policy names a peer by its address alone.
pub fn policy_neighbor<'a>(cluster: &'a Cluster, name: &str, position: usize, key: &Key) -> Option<&'a PolicyNeighbor> {
    let is_it = |policy: &&PeeringPolicy| policy.metadata.name == name;
    let policy = cluster.policies.value().into_iter().flatten().find(is_it)?;
    let is_peer = |address: &String| address.split('/').next() == Some(key.peer.0.as_str());
    let mut neighbors = policy.spec.virtual_routers.get(position)?.neighbors.iter();
    neighbors.find(|neighbor| neighbor.peer_address.as_ref().is_some_and(is_peer))
}

fn others_than_default(configured: Configured) -> Option<Timers> {
    let timers = Timers {
        keepalive: configured.keep_alive_time_seconds.unwrap_or(DEFAULT_KEEP_ALIVE_SECONDS),
        hold: configured.hold_time_seconds.unwrap_or(DEFAULT_HOLD_SECONDS),
    };
    let default = Timers { keepalive: DEFAULT_KEEP_ALIVE_SECONDS, hold: DEFAULT_HOLD_SECONDS };
    (timers != default).then_some(timers)
}
