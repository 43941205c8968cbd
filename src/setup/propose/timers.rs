//! The timers of the PeerConfig.

use super::Existing;
use crate::cilium::bgp::PeerConfig;
use crate::cilium::bgp::peer_config::{
    DEFAULT_CONNECT_RETRY_SECONDS, DEFAULT_HOLD_SECONDS, DEFAULT_KEEP_ALIVE_SECONDS, Timers as Configured,
};
use crate::setup::given::Given;
use crate::setup::worksheet::{Entry, Timers};

/// With Cilium's 120 a router that was away for 10 s cost 127 s of all VIPs, with 5 it is 6 s; a node that died kept its
/// share of connections for 79 s with a hold time of 90, and for 6 to 9 s with 9 (measured, FRR 8.4 and 10.3).
const PROPOSED: Timers = Timers { connect_retry: 5, hold: 9, keep_alive: 3 };

pub fn propose(existing: &Existing, given: &Given) -> Entry<Timers> {
    let base = base(existing);
    let Given { connect_retry, hold, keep_alive, .. } = *given;
    if connect_retry.is_none() && hold.is_none() && keep_alive.is_none() {
        return base;
    }
    let flags =
        [connect_retry.map(|_| "--connect-retry"), hold.map(|_| "--hold-time"), keep_alive.map(|_| "--keep-alive")];
    let flags: Vec<&str> = flags.into_iter().flatten().collect();
    // A third of the hold time is what BGP takes (RFC 4271, section 10).
    let third = |hold: u32| (hold / 3).max(1);
    let timers = Timers {
        connect_retry: connect_retry.unwrap_or(base.value.connect_retry),
        hold: hold.unwrap_or(base.value.hold),
        keep_alive: keep_alive.or(hold.map(third)).unwrap_or(base.value.keep_alive),
    };
    Entry::given(timers, &flags.join(", "))
}

fn base(existing: &Existing) -> Entry<Timers> {
    if let Some(config) = existing.peer_config {
        let PeerConfig { metadata, spec, .. } = config;
        let timers = Timers {
            connect_retry: spec.connect_retry_seconds(),
            hold: spec.hold_seconds(),
            keep_alive: spec.keep_alive_seconds(),
        };
        return Entry::kept(timers, format!("CiliumBGPPeerConfig {} has them", metadata.name));
    }
    let of_policy = existing.policy.zip(existing.neighbors().next());
    if let Some((policy, Configured { connect_retry_time_seconds, hold_time_seconds, keep_alive_time_seconds })) =
        of_policy.map(|(policy, neighbor)| (policy, neighbor.timers))
    {
        let timers = Timers {
            connect_retry: connect_retry_time_seconds.unwrap_or(DEFAULT_CONNECT_RETRY_SECONDS),
            hold: hold_time_seconds.unwrap_or(DEFAULT_HOLD_SECONDS),
            keep_alive: keep_alive_time_seconds.unwrap_or(DEFAULT_KEEP_ALIVE_SECONDS),
        };
        return Entry::kept(timers, policy.has_it());
    }
    let why = "a node that dies loses its share of connections for 9 s, not 90; after a restart of the router nodes are back \
               in 6 s, not 127";
    Entry::proposed(PROPOSED, why)
}
