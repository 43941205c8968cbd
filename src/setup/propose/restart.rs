//! Graceful restart: for how long the router keeps the routes of a node that went silent.

use super::Existing;
use crate::cilium::bgp::peer_config::DEFAULT_RESTART_SECONDS;
use crate::setup::given::{Given, Restart};
use crate::setup::worksheet::Entry;

/// What an agent needs to come back. With 120 a dead node's routes went after 128 s (measured with a hold time of 9).
const PROPOSED: u32 = 30;

pub fn propose(existing: &Existing, given: &Given) -> Entry<Option<u32>> {
    if let Some(restart) = given.restart {
        let seconds = match restart {
            Restart::Off => None,
            Restart::Seconds(seconds) => Some(seconds),
        };
        return Entry::given(seconds, "--restart-time");
    }
    if let Some(config) = existing.peer_config {
        let why = format!("CiliumBGPPeerConfig {} has it", config.metadata.name);
        return Entry::kept(config.spec.restart_seconds(), why);
    }
    if let Some((policy, neighbor)) = existing.policy.zip(existing.neighbors().next()) {
        let enabled = neighbor.graceful_restart.filter(|restart| restart.enabled);
        let seconds = enabled.map(|restart| restart.restart_time_seconds.unwrap_or(DEFAULT_RESTART_SECONDS));
        return Entry::kept(seconds, policy.has_it());
    }
    let why = "an agent that is back in this time loses nothing; a node that dies keeps its routes for as long, after the \
               hold time";
    Entry::proposed(Some(PROPOSED), why)
}
