//! What the cluster's objects ask of one session beyond its addresses and AS numbers.

use std::net::IpAddr;

use crate::cilium::bgp::peer_config::{DEFAULT_CONNECT_RETRY_SECONDS, DEFAULT_HOLD_SECONDS, PeerConfigSpec};
use crate::cilium::bgp::peering_policy::PolicyNeighbor;
use crate::cilium::bgp::{FamilyAdvertisements, MISSING_AUTH_SECRET, PeerConfig};
use crate::topology::Known;
use crate::topology::cluster::Profile;

use super::Facts;
use super::facts::Case;

const BGP_PORT: u16 = 179;

/// The settings of a session.
#[derive(Clone, Copy)]
pub struct Wants<'a> {
    /// The object that they stand in: its kind, as kubectl writes it, and its name.
    pub object: (&'static str, &'a str),
    pub port: u16,
    /// The TTL of what the node sends.
    pub ttl: u32,
    /// The Secret with the password.
    pub secret: Option<&'a str>,
    /// The operator does not find the Secret, so the session has no password.
    pub secret_is_missing: bool,
    pub hold_seconds: u32,
    pub retry_seconds: u32,
    pub ipv4: bool,
    pub ipv6: bool,
    /// The node dials from an interface of its choice.
    pub source_interface: Option<&'a str>,
}

impl<'a> Wants<'a> {
    const DEFAULT: Self = Self {
        object: ("ciliumbgppeerconfig", ""),
        port: BGP_PORT,
        ttl: 1,
        secret: None,
        secret_is_missing: false,
        hold_seconds: DEFAULT_HOLD_SECONDS,
        retry_seconds: DEFAULT_CONNECT_RETRY_SECONDS,
        ipv4: true,
        ipv6: true,
        source_interface: None,
    };

    fn of_config(config: &'a PeerConfig) -> Self {
        let spec: &PeerConfigSpec = &config.spec;
        let (ipv4, ipv6) = families(&spec.families);
        Self {
            object: ("ciliumbgppeerconfig", &config.metadata.name),
            port: spec.peer_port(),
            ttl: spec.ebgp_multihop.unwrap_or(1),
            secret: spec.auth_secret_ref.as_deref(),
            secret_is_missing: spec.auth_secret_ref.is_some() && config.status.conditions.is_true(MISSING_AUTH_SECRET),
            hold_seconds: spec.hold_seconds(),
            retry_seconds: spec.connect_retry_seconds(),
            ipv4,
            ipv6,
            source_interface: spec.transport.as_ref().and_then(|transport| transport.source_interface.as_deref()),
        }
    }

    fn of_policy(policy: &'a str, neighbor: &'a PolicyNeighbor) -> Self {
        let (ipv4, ipv6) = families(&neighbor.families);
        Self {
            object: ("ciliumbgppeeringpolicy", policy),
            port: neighbor.peer_port.unwrap_or(BGP_PORT),
            ttl: neighbor.ebgp_multihop_ttl.unwrap_or(1),
            secret: neighbor.auth_secret_ref.as_deref(),
            hold_seconds: neighbor.timers.hold_time_seconds.unwrap_or(DEFAULT_HOLD_SECONDS),
            retry_seconds: neighbor.timers.connect_retry_time_seconds.unwrap_or(DEFAULT_CONNECT_RETRY_SECONDS),
            ipv4,
            ipv6,
            ..Self::DEFAULT
        }
    }

    /// `CiliumBGPPeerConfig udm-pro`.
    pub fn label(&self) -> String {
        match self.object {
            (_, "") => "the peer without a CiliumBGPPeerConfig".to_owned(),
            ("ciliumbgppeeringpolicy", name) => format!("CiliumBGPPeeringPolicy {name}"),
            (_, name) => format!("CiliumBGPPeerConfig {name}"),
        }
    }

    /// The name of the PeerConfig, if it stands in one.
    pub fn peer_config(&self) -> Option<&'a str> {
        Some(self.object.1).filter(|name| self.object.0 == "ciliumbgppeerconfig" && !name.is_empty())
    }
}

/// Without any, Cilium negotiates both.
fn families(families: &[FamilyAdvertisements]) -> (bool, bool) {
    let has = |afi: &str| families.iter().any(|family| family.afi == afi && family.safi == "unicast");
    if families.is_empty() { (true, true) } else { (has("ipv4"), has("ipv6")) }
}

impl<'a> Facts<'a> {
    /// Absent where the object does not exist, or where the cluster does not know the session.
    pub fn wants(&self, case: &Case<'a>) -> Known<Wants<'a>> {
        let (Some(cluster), Some(profile)) = (self.cluster(), &case.session.profile) else {
            return Known::absent("the cluster does not ask for it");
        };
        match profile {
            Profile::Nothing => Known::Computed(Wants::DEFAULT),
            Profile::PeerConfig(name) => match (&cluster.peer_configs, cluster.peer_configs.value()) {
                (_, Some(configs)) => match configs.get(name) {
                    Some(config) => Known::Seen(Wants::of_config(config)),
                    None => Known::absent(format!("there is no CiliumBGPPeerConfig {name}")),
                },
                (why, None) => Known::unknown(why.why_unknown().unwrap_or("it was not read")),
            },
            Profile::Policy(name, position) => {
                let mut policies = cluster.policies.value().into_iter().flatten();
                let policy = policies.find(|policy| policy.metadata.name == *name);
                let router = policy.and_then(|policy| policy.spec.virtual_routers.get(*position));
                let peer = case.session.peer_address.value();
                let neighbor =
                    router.and_then(|router| router.neighbors.iter().find(|one| address(one).as_ref() == peer));
                match (policy, neighbor) {
                    (Some(policy), Some(neighbor)) => Known::Seen(Wants::of_policy(&policy.metadata.name, neighbor)),
                    _ => Known::unknown("the CiliumBGPPeeringPolicy does not tell"),
                }
            }
        }
    }
}

fn address(neighbor: &PolicyNeighbor) -> Option<IpAddr> {
    neighbor.peer_address.as_ref()?.split('/').next()?.parse().ok()
}
