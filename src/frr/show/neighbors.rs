//! `show bgp vrf all neighbors json`: every neighbor, configured or dynamic and connected.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::frr::as_number::AsNumber;

/// VRF to neighbor (an address, or an interface for an unnumbered one) to what FRR says of it.
pub type Neighbors = BTreeMap<String, BTreeMap<String, Neighbor>>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Neighbor {
    pub remote_as: Option<AsNumber>,
    pub local_as: Option<AsNumber>,
    /// From the peer's OPEN.
    pub hostname: Option<String>,
    /// `Idle`, `Connect`, `Active`, `OpenSent`, `OpenConfirm`, `Established`, and FRR's transient states.
    pub bgp_state: Option<String>,
    pub admin_shut_down: bool,
    pub bgp_timer_up_msec: Option<u64>,
    pub bgp_timer_hold_time_msecs: Option<u64>,
    pub bgp_timer_keep_alive_interval_msecs: Option<u64>,
    /// 1 with a password (bgpd/bgp_vty.c); absent without.
    pub authentication_enabled: Option<u8>,
    /// 0: it was never up.
    pub connections_established: Option<u64>,
    pub connections_dropped: Option<u64>,
    /// Noise while the session is established: 8.4.4 says "No AFI/SAFI activated for peer" on healthy ones.
    pub last_reset_due_to: Option<String>,
    /// Its number in FRR's list of reasons (peer_down_str of bgpd/bgp_fsm.c): 32 waits for the peer's OPEN.
    pub last_reset_code: Option<u32>,
    pub last_notification_reason: Option<String>,
    /// Of the last NOTIFICATION, two octets in hexadecimal: `0602`.
    pub last_error_code_subcode: Option<String>,
    pub last_reset_timer_msecs: Option<u64>,
    pub graceful_restart_info: Option<GracefulRestartInfo>,
    pub peer_group: Option<String>,
    /// iBGP.
    pub nbr_internal_link: bool,
    /// eBGP.
    pub nbr_external_link: bool,
    /// The router's address, while there is a connection.
    pub host_local: Option<String>,
    #[serde(deserialize_with = "port")]
    pub port_local: Option<u16>,
    pub host_foreign: Option<String>,
    #[serde(deserialize_with = "port")]
    pub port_foreign: Option<u16>,
    pub local_router_id: Option<String>,
    /// `0.0.0.0` before the first OPEN.
    pub remote_router_id: Option<String>,
    /// As configured; [`Self::bgp_timer_hold_time_msecs`] is what both agreed on.
    pub bgp_timer_configured_hold_time_msecs: Option<u64>,
    pub bgp_timer_configured_keep_alive_interval_msecs: Option<u64>,
    /// The TTL that eBGP packets may come with and have.
    pub external_bgp_nbr_max_hops_away: Option<u32>,
    /// Seconds.
    pub connect_retry_timer: Option<u32>,
    pub message_stats: MessageStats,
    /// From 10.x on.
    pub prefix_stats: Option<PrefixStats>,
    /// By FRR's name of the family, such as `ipv4Unicast`.
    pub address_family_info: BTreeMap<String, FamilyInfo>,
}

/// Counted since the neighbor was configured, over all its connections.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MessageStats {
    pub opens_sent: u64,
    pub opens_recv: u64,
    pub notifications_sent: u64,
    pub notifications_recv: u64,
    pub updates_recv: u64,
    pub total_sent: u64,
    pub total_recv: u64,
}

impl MessageStats {}

/// Why prefixes were not taken.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PrefixStats {
    pub inbound_filtered: u64,
    /// Our own AS stands in the path.
    pub aspath_loop: u64,
    pub invalid_next_hop: u64,
}

/// A NOTIFICATION (RFC 4271 section 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notification {
    pub code: u8,
    pub subcode: u8,
}

impl Neighbor {
    /// The last NOTIFICATION, if one was sent or received.
    pub fn last_notification(&self) -> Option<Notification> {
        let [code, subcode] = u16::from_str_radix(self.last_error_code_subcode.as_ref()?, 16).ok()?.to_be_bytes();
        (code != 0).then_some(Notification { code, subcode })
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GracefulRestartInfo {
    pub timers: GracefulRestartTimers,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GracefulRestartTimers {
    /// Seconds that the peer asked for; 0 if it did not.
    pub received_restart_timer: Option<u32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FamilyInfo {
    pub accepted_prefix_counter: Option<u64>,
    pub sent_prefix_counter: Option<u64>,
    pub incoming_update_prefix_filter_list: Option<String>,
    pub route_map_for_incoming_advertisements: Option<String>,
    /// A sentence; it is there if eBGP without an inbound policy discards everything.
    pub inbound_ebgp_requires_policy: Option<String>,
    /// The same of what goes out.
    pub outbound_ebgp_requires_policy: Option<String>,
    pub outgoing_update_prefix_filter_list: Option<String>,
    pub route_map_for_outgoing_advertisements: Option<String>,
    /// The limit of `maximum-prefix`.
    pub prefix_allowed_max: Option<u64>,
    /// A copy of what was received is kept.
    pub inbound_soft_config_permit: bool,
    pub peer_group_member: Option<String>,
}

/// FRR says -1 without a connection.
fn port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    Ok(Option::<i64>::deserialize(deserializer)?.and_then(|port| port.try_into().ok()))
}

/// Reads the document: the neighbors, and by name why others could not be read.
///
/// # Errors
/// It is not the JSON that FRR prints.
pub fn parse(text: &str) -> Result<(Neighbors, Vec<(String, String)>), String> {
    let vrfs: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let (mut neighbors, mut odd) = (Neighbors::new(), Vec::new());
    for (vrf, members) in vrfs {
        // Beside the VRFs may stand a warning.
        let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(members.get()) else { continue };
        let of_vrf = neighbors.entry(vrf).or_default();
        // Beside the neighbors stand the VRF's own id and name.
        for (key, value) in members.into_iter().filter(|(_, value)| value.get().starts_with('{')) {
            match serde_json::from_str(value.get()) {
                Ok(neighbor) => drop(of_vrf.insert(key, neighbor)),
                Err(error) => odd.push((key, error.to_string())),
            }
        }
    }
    Ok((neighbors, odd))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbors_stand_beside_the_vrfs_own_fields() {
        let text = r#"{"default": {"vrfId": 0, "vrfName": "default", "10.0.0.1": {"remoteAs": 65010, "bgpState": "Active"}},
                       "blue": {"vrfId": -1, "vrfName": "blue", "eth1": {"bgpState": "Idle"}}}"#;
        let (neighbors, _) = parse(text).expect("FRR's shape");
        assert_eq!(neighbors["default"]["10.0.0.1"].bgp_state.as_deref(), Some("Active"));
        assert_eq!(neighbors["blue"].keys().collect::<Vec<_>>(), ["eth1"]);
    }

    #[test]
    fn the_last_notification_is_told_from_none() {
        let last = |subcode: &str| {
            let text = format!(r#"{{"lastErrorCodeSubcode": "{subcode}"}}"#);
            serde_json::from_str::<Neighbor>(&text).expect("FRR's shape").last_notification()
        };
        assert_eq!(last("0602"), Some(Notification { code: 6, subcode: 2 }));
        assert_eq!(last("0000"), None);
        assert_eq!(last("x"), None);
    }

    #[test]
    fn counters_are_read() {
        let text = r#"{"messageStats": {"opensSent": 1, "totalSent": 2}, "prefixStats": {"inboundFiltered": 3},
                       "nbrExternalLink": true, "portLocal": 179, "portForeign": -1,
                       "addressFamilyInfo": {"ipv4Unicast": {"prefixAllowedMax": 9, "inboundSoftConfigPermit": true}}}"#;
        let neighbor: Neighbor = serde_json::from_str(text).expect("FRR's shape");
        assert_eq!(neighbor.prefix_stats.map(|stats| stats.inbound_filtered), Some(3));
        assert_eq!((neighbor.port_local, neighbor.port_foreign), (Some(179), None));
        let family = &neighbor.address_family_info["ipv4Unicast"];
        assert_eq!((family.prefix_allowed_max, family.inbound_soft_config_permit), (Some(9), true));
    }

    #[test]
    fn no_bgp_is_no_neighbor() {
        assert!(parse("{}").expect("FRR's answer without an instance").0.is_empty());
        assert!(parse(r#"{"warning":"Default BGP instance not found"}"#).expect("a warning").0.is_empty());
    }

    #[test]
    fn half_a_document_is_an_error() {
        assert!(parse(r#"{"default": {"10.0.0.1": {"remoteAs": 6"#).is_err());
    }

    #[test]
    fn an_odd_neighbor_names_itself_and_does_not_hide_the_others() {
        let text = r#"{"default": {"10.0.0.1": {"remoteAs": "x"}, "10.0.0.2": {}}}"#;
        let (neighbors, odd) = parse(text).expect("FRR's shape");
        assert_eq!(neighbors["default"].keys().collect::<Vec<_>>(), ["10.0.0.2"]);
        assert_eq!(odd.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["10.0.0.1"]);
    }
}
