//! `CiliumBGPPeerConfig`: how sessions are held, and what they advertise.

use serde::Deserialize;

use super::selector::LabelSelector;
use super::{ConditionsOnly, null_is_default};
use crate::cilium::Object;

pub type PeerConfig = Object<PeerConfigSpec, ConditionsOnly>;

/// Cilium's defaults (pkg/k8s/apis/cilium.io/v2/bgp_peer_types.go).
pub const DEFAULT_CONNECT_RETRY_SECONDS: u32 = 120;
pub const DEFAULT_HOLD_SECONDS: u32 = 90;
pub const DEFAULT_KEEP_ALIVE_SECONDS: u32 = 30;
pub const DEFAULT_RESTART_SECONDS: u32 = 120;
const DEFAULT_PORT: u16 = 179;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PeerConfigSpec {
    pub auth_secret_ref: Option<String>,
    pub transport: Option<Transport>,
    #[serde(deserialize_with = "null_is_default")]
    pub timers: Timers,
    /// The TTL of eBGP packets, 1 if absent; ignored for iBGP.
    pub ebgp_multihop: Option<u32>,
    pub graceful_restart: Option<GracefulRestart>,
    /// Empty: both unicast families, and nothing is advertised.
    #[serde(deserialize_with = "null_is_default")]
    pub families: Vec<FamilyAdvertisements>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Transport {
    pub peer_port: Option<u16>,
    /// v2alpha1 only; 1.15 and 1.16 take 179 if it is absent, which an agent may not bind.
    pub local_port: Option<u16>,
    /// From 1.19 on.
    pub source_interface: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Timers {
    pub connect_retry_time_seconds: Option<u32>,
    pub hold_time_seconds: Option<u32>,
    pub keep_alive_time_seconds: Option<u32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FamilyAdvertisements {
    /// `ipv4`, `ipv6`.
    pub afi: String,
    /// `unicast`.
    pub safi: String,
    /// Selects Advertisements by their labels; absent: none.
    pub advertisements: Option<LabelSelector>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GracefulRestart {
    pub enabled: bool,
    /// 120 if absent.
    pub restart_time_seconds: Option<u32>,
}

impl PeerConfigSpec {
    pub fn peer_port(&self) -> u16 {
        self.transport.as_ref().and_then(|transport| transport.peer_port).unwrap_or(DEFAULT_PORT)
    }

    pub fn connect_retry_seconds(&self) -> u32 {
        self.timers.connect_retry_time_seconds.unwrap_or(DEFAULT_CONNECT_RETRY_SECONDS)
    }

    pub fn hold_seconds(&self) -> u32 {
        self.timers.hold_time_seconds.unwrap_or(DEFAULT_HOLD_SECONDS)
    }

    pub fn keep_alive_seconds(&self) -> u32 {
        self.timers.keep_alive_time_seconds.unwrap_or(DEFAULT_KEEP_ALIVE_SECONDS)
    }

    /// For how long the router is asked to keep routes of a node that went silent; absent: not at all.
    pub fn restart_seconds(&self) -> Option<u32> {
        let enabled = self.graceful_restart.filter(|restart| restart.enabled)?;
        Some(enabled.restart_time_seconds.unwrap_or(DEFAULT_RESTART_SECONDS))
    }
}
