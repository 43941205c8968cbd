//! The sessions as a table and as a `PeerList`; docs/json.md is the contract.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::Serialize;

use super::table::{Cell, Table, Tone};
use super::{End, Output, humanize};
use crate::topology::Asked;
use crate::topology::names::{Asn, InstanceName, NeighborName, NodeName, PeerName, Vrf};
use crate::topology::session::{
    ClusterCounts, ClusterEnd, Health, Key, LastReset, RouterCounts, RouterEnd, Session, Source, Timers,
};

/// The sessions that were asked for, and the ends that they are judged by.
pub struct Peers<'a> {
    pub sessions: Vec<&'a Session>,
    pub asked: Asked,
}

impl Output for Peers<'_> {
    const KIND: &'static str = "PeerList";
    type Item = Peer;

    fn table(&self) -> Table {
        let mut table = Table::new(
            &[
                "NODE",
                "PEER",
                "ADDRESS",
                "LOCAL-AS",
                "PEER-AS",
                "CLUSTER",
                "ROUTER",
                "UPTIME",
                "ADVERTISED",
                "ACCEPTED",
            ],
            &["INSTANCE", "NEIGHBOR", "VRF", "HOLD/KEEPALIVE", "RESTART", "MD5", "FLAPS", "LAST-RESET"],
        );
        for session in &self.sessions {
            table.push(row(session));
        }
        table
    }

    fn items(&self) -> Vec<Peer> {
        self.sessions.iter().map(|session| Peer::of(session, self.asked)).collect()
    }

    fn names(&self) -> Vec<Vec<String>> {
        let name = |key: &Key| format!("ciliumbgpnodeconfig.cilium.io/{}", key.node);
        self.sessions.iter().map(|session| session.key.value().map(name).into_iter().collect()).collect()
    }
}

fn row(session: &Session) -> Vec<Cell> {
    let router = session.router.value();
    let ago = |at: Timestamp, read_at: Timestamp| humanize::duration(read_at.duration_since(at).as_secs());
    let plain = |value: &dyn std::fmt::Display| Cell::plain(value);
    let address = match (session.key.value(), router) {
        // A row that only the router knows is told apart by the neighbor.
        (None, Some(end)) => Cell::plain(&end.neighbor),
        _ => Cell::known(&session.peer_address, |address| plain(address)),
    };
    vec![
        Cell::known(&session.node, |node| plain(node)),
        Cell::known(&session.key, |key| plain(&key.peer)),
        address,
        Cell::known(&session.local_asn, |asn| plain(asn)),
        Cell::known(&session.peer_asn, |asn| plain(asn)),
        Cell::known(&session.cluster, |end| state(&end.state, end.established)),
        Cell::known(&session.router, |end| state(&end.state, end.established)),
        Cell::known(&session.established(), |since| plain(&ago(since.at, since.read_at))),
        Cell::known(&session.advertised(), |count| plain(count)),
        Cell::known(&session.accepted(), |count| plain(count)),
        Cell::known(&session.key, |key| plain(&key.instance)),
        Cell::known(&session.router, |end| plain(&end.neighbor)),
        Cell::known(&session.router, |end| plain(&end.vrf)),
        Cell::optional(session.timers().map(|timers| format!("{}/{}", timers.hold_seconds, timers.keepalive_seconds))),
        restart(session),
        md5(session),
        Cell::known(&session.router, |end| Cell::optional(end.flaps)),
        Cell::known(&session.router, |end| {
            Cell::optional(end.last_reset.as_ref().map(|reset| match reset.at {
                Some(at) => format!("{} ({} ago)", reset.reason, ago(at, end.source.read_at)),
                None => reset.reason.clone(),
            }))
        }),
    ]
}

fn state(text: &str, established: bool) -> Cell {
    Cell::toned(text, if established { Tone::Good } else { Tone::Bad })
}

/// The restart time that was negotiated, else the one that is configured.
fn restart(session: &Session) -> Cell {
    let seconds = |seconds: Option<u32>| Cell::optional(seconds.map(|seconds| format!("{seconds}s")));
    match session.router.value().filter(|end| end.established) {
        Some(end) => seconds(end.graceful_restart),
        None => Cell::known(&session.config, |config| seconds(config.graceful_restart)),
    }
}

/// Whether a password is configured; a session needs it on both ends or on neither.
fn md5(session: &Session) -> Cell {
    let cluster = session.config.value().map(|config| config.md5);
    match (cluster, session.router.value().map(|end| end.md5)) {
        (Some(true), Some(true) | None) | (None, Some(true)) => Cell::plain("yes"),
        (Some(false), Some(false) | None) | (None, Some(false)) => Cell::plain("no"),
        (Some(true), Some(false)) => Cell::toned("cluster-only", Tone::Bad),
        (Some(false), Some(true)) => Cell::toned("router-only", Tone::Bad),
        (None, None) => Cell::unknown(),
    }
}

/// One item of a `PeerList`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    node: Option<NodeName>,
    instance: Option<InstanceName>,
    peer: Option<PeerName>,
    peer_address: Option<IpAddr>,
    #[serde(rename = "localASN")]
    local_asn: Option<Asn>,
    #[serde(rename = "peerASN")]
    peer_asn: Option<Asn>,
    /// Whether every end that was asked has it established; `null` where that is undecided or not the cluster's.
    healthy: Option<bool>,
    established_time: Option<Timestamp>,
    advertised: Option<u64>,
    accepted: Option<u64>,
    config: Option<Config>,
    cluster: End<Cluster>,
    router: End<Router>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    md5: bool,
    graceful_restart_seconds: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cluster {
    state: String,
    established_time: Option<Timestamp>,
    timers: Option<Timers>,
    families: Vec<ClusterCounts>,
    #[serde(flatten)]
    source: Source,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Router {
    router: String,
    vrf: Vrf,
    neighbor: NeighborName,
    dynamic: bool,
    state: String,
    established_time: Option<Timestamp>,
    timers: Option<Timers>,
    md5: bool,
    graceful_restart_seconds: Option<u32>,
    flaps: Option<u64>,
    last_reset: Option<LastReset>,
    hostname: Option<String>,
    families: Vec<RouterCounts>,
    #[serde(flatten)]
    source: Source,
}

impl Peer {
    fn of(session: &Session, asked: Asked) -> Self {
        Self {
            node: session.node.value().cloned(),
            instance: session.key.value().map(|key| key.instance.clone()),
            peer: session.key.value().map(|key| key.peer.clone()),
            peer_address: session.peer_address.value().copied(),
            local_asn: session.local_asn.value().copied(),
            peer_asn: session.peer_asn.value().copied(),
            healthy: match session.health(asked) {
                Health::Up => Some(true),
                Health::Down => Some(false),
                Health::Undecided | Health::Foreign => None,
            },
            established_time: session.established().value().map(|since| since.at),
            advertised: session.advertised().value().copied(),
            accepted: session.accepted().value().copied(),
            config: session
                .config
                .value()
                .map(|config| Config { md5: config.md5, graceful_restart_seconds: config.graceful_restart }),
            cluster: End::of(&session.cluster, Cluster::of),
            router: End::of(&session.router, Router::of),
        }
    }
}

impl Cluster {
    fn of(end: &ClusterEnd) -> Self {
        Self {
            state: end.state.clone(),
            established_time: end.established_at,
            timers: end.timers,
            families: end.families.clone(),
            source: end.source.clone(),
        }
    }
}

impl Router {
    fn of(end: &RouterEnd) -> Self {
        Self {
            router: end.router.clone(),
            vrf: end.vrf.clone(),
            neighbor: end.neighbor.clone(),
            dynamic: end.dynamic,
            state: end.state.clone(),
            established_time: end.established_at,
            timers: end.timers,
            md5: end.md5,
            graceful_restart_seconds: end.graceful_restart,
            flaps: end.flaps,
            last_reset: end.last_reset.clone(),
            hostname: end.hostname.clone(),
            families: end.families.clone(),
            source: end.source.clone(),
        }
    }
}
