//! `show bgp vrf all summary json`: states in the words of the table, and which neighbors are dynamic. A neighbor
//! without an active address family is missing here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// What the summary adds to a neighbor, by VRF and neighbor.
pub type Summary = BTreeMap<(String, String), SummaryPeer>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SummaryPeer {
    /// As in the text table: `Idle (Admin)`, `Idle (PfxCt)`.
    pub state: Option<String>,
    pub dynamic_peer: bool,
}

/// Reads the document.
///
/// # Errors
/// It is not JSON.
pub fn parse(text: &str) -> Result<Summary, String> {
    let vrfs: BTreeMap<String, Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut summary = Summary::new();
    for (vrf, families) in vrfs {
        for family in families.as_object().into_iter().flat_map(serde_json::Map::values) {
            let Some(peers) = family.get("peers").and_then(Value::as_object) else { continue };
            for (neighbor, peer) in peers {
                let peer = SummaryPeer::deserialize(peer).map_err(|error| format!("peer {neighbor}: {error}"))?;
                summary.insert((vrf.clone(), neighbor.clone()), peer);
            }
        }
    }
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_dynamic_peers_are_found_in_every_vrf_and_family() {
        let text = r#"{"default": {"ipv4Unicast": {"peers": {"10.0.0.1": {"state": "Idle (Admin)"}}},
                                   "ipv6Unicast": {"peers": {"fd00::1": {"state": "Established", "dynamicPeer": true}}}}}"#;
        let summary = parse(text).expect("FRR's shape");
        let of = |neighbor: &str| &summary[&("default".to_owned(), neighbor.to_owned())];
        assert_eq!(of("10.0.0.1").state.as_deref(), Some("Idle (Admin)"));
        assert!(of("fd00::1").dynamic_peer);
    }
}
