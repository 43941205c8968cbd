//! `show bgp vrf all neighbors json`: every neighbor, configured or dynamic and connected.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::AsNumber;

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
    pub connections_dropped: Option<u64>,
    /// Noise while the session is established: 8.4.4 says "No AFI/SAFI activated for peer" on healthy ones.
    pub last_reset_due_to: Option<String>,
    pub last_notification_reason: Option<String>,
    pub last_reset_timer_msecs: Option<u64>,
    pub graceful_restart_info: Option<GracefulRestartInfo>,
    /// By FRR's name of the family, such as `ipv4Unicast`.
    pub address_family_info: BTreeMap<String, FamilyInfo>,
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
