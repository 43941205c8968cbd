//! What an agent said of its sessions when it was asked.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::SignedDuration;

use crate::cilium::agent::{self, Peer};
use crate::snapshot::{AgentQuestion, ClusterAnswers, Document, Missing};
use crate::topology::known::Known;
use crate::topology::names::Family;
use crate::topology::session::{ClusterCounts, ClusterEnd, Source, Timers};

use super::wanted::Wanted;

/// The agents' answers by node.
#[derive(Default)]
pub struct AskedAgents(BTreeMap<String, Result<(Vec<Peer>, Source), Missing>>);

impl AskedAgents {
    pub fn of(end: &ClusterAnswers) -> Self {
        let answer = |document: &Document| match &document.missing {
            Some(missing) => Err(missing.clone()),
            None => agent::peers(document.body().unwrap_or_default())
                .map(|peers| (peers, Source { source: document.name.clone(), read_at: document.read_at }))
                .map_err(|error| document.refusal(&error)),
        };
        let of_node = end.agents.iter().filter_map(|agent| {
            let document = agent.document(AgentQuestion::Peers)?;
            Some((agent.node.clone(), answer(document)))
        });
        Self(of_node.collect())
    }

    /// Agents that gave no answer, each with the reason.
    pub fn refusals(&self) -> impl Iterator<Item = (&str, &Missing)> {
        self.0.iter().filter_map(|(node, answer)| Some((node.as_str(), answer.as_ref().err()?)))
    }

    /// What the session's agent said of it; `None` if it was not asked, or did not answer.
    pub fn say(&self, session: &Wanted) -> Option<Known<ClusterEnd>> {
        let (peers, source) = self.0.get(&session.key.node.0)?.as_ref().ok()?;
        let address = session.peer_address.value()?;
        let local = session.local_asn.value().map(|asn| asn.0);
        let is_it = |peer: &&Peer| {
            peer.peer_address.parse::<IpAddr>() == Ok(*address) && local.is_none_or(|local| local == peer.local_asn)
        };
        Some(match peers.iter().find(is_it) {
            Some(peer) => Known::Seen(cluster_end(peer, source)),
            None => Known::absent("the node's agent does not have this peer"),
        })
    }
}

fn cluster_end(peer: &Peer, source: &Source) -> ClusterEnd {
    let established = peer.session_state == "established";
    let up = i64::try_from(peer.uptime_nanoseconds).ok().map(SignedDuration::from_nanos);
    let timers = peer.applied_hold_time_seconds.zip(peer.applied_keep_alive_time_seconds);
    let counts = peer.families.iter().map(|family| ClusterCounts {
        family: Family { afi: family.afi.clone(), safi: family.safi.clone() },
        advertised: family.advertised,
        received: family.received,
    });
    ClusterEnd {
        state: peer.session_state.clone(),
        established,
        established_at: up.filter(|_| established).and_then(|up| source.read_at.checked_sub(up).ok()),
        timers: timers
            .filter(|_| established)
            .map(|(hold, keepalive)| Timers { hold_seconds: hold.into(), keepalive_seconds: keepalive.into() }),
        families: counts.collect(),
        source: source.clone(),
    }
}
