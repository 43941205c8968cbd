//! `show bgp vrf all summary json`: states in the words of the table, and which neighbors are dynamic. A neighbor
//! without an active address family is missing here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// What the summary adds to a neighbor, by VRF and neighbor.
pub type Summary = BTreeMap<(String, String), SummaryPeer>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SummaryPeer {
    /// As in the text table: `Idle (Admin)`, `Idle (PfxCt)`.
    pub state: Option<String>,
    /// `OK`, `Policy`, `PfxCt`, `Admin`, `NSF passive`; not in 7.5. `Policy` is also said where only the way out has none.
    pub peer_state: Option<String>,
    /// More than 0 without a session: routes of a graceful restart.
    pub pfx_rcd: Option<u64>,
    pub pfx_snt: Option<u64>,
    pub dynamic_peer: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Family {
    peers: BTreeMap<String, SummaryPeer>,
}

/// Reads the document.
///
/// # Errors
/// It is not JSON.
pub fn parse(text: &str) -> Result<Summary, String> {
    let vrfs: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut summary = Summary::new();
    for (vrf, families) in vrfs {
        // Beside the VRFs may stand a warning, and beside the families other fields.
        let Ok(families) = serde_json::from_str::<BTreeMap<String, &RawValue>>(families.get()) else { continue };
        for family in families.into_values().filter(|family| family.get().starts_with('{')) {
            let family: Family = serde_json::from_str(family.get()).map_err(|error| error.to_string())?;
            summary.extend(family.peers.into_iter().map(|(neighbor, peer)| ((vrf.clone(), neighbor), peer)));
        }
    }
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_dynamic_peers_are_found_in_every_vrf_and_family() {
        let text = r#"{"default": {"ipv4Unicast": {"peers": {"10.0.0.1": {"state": "Idle (Admin)", "peerState": "Admin", "pfxRcd": 0}}},
                                   "ipv6Unicast": {"peers": {"fd00::1": {"state": "Established", "dynamicPeer": true}}}}}"#;
        let summary = parse(text).expect("FRR's shape");
        let of = |neighbor: &str| &summary[&("default".to_owned(), neighbor.to_owned())];
        assert_eq!(of("10.0.0.1").state.as_deref(), Some("Idle (Admin)"));
        assert_eq!((of("10.0.0.1").peer_state.as_deref(), of("10.0.0.1").pfx_rcd), (Some("Admin"), Some(0)));
        assert!(of("fd00::1").dynamic_peer);
    }
}
