//! `show bgp ipv4 unicast json`: the paths that passed the inbound filters, and which of them are used.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// One path for a prefix.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Path {
    pub valid: bool,
    pub bestpath: bool,
    /// Used beside the best path. FRR 8.4 does not say it of the best path itself, 10.3 does.
    pub multipath: bool,
    /// Kept for a graceful restart: its session is down.
    pub stale: bool,
    /// The neighbor: its address, or the interface of an unnumbered one. FRR says `(unspec)` of its own routes.
    pub peer_id: String,
    /// The AS path.
    pub path: String,
    /// `IGP`, `EGP`, `incomplete`.
    pub origin: String,
    pub metric: Option<u32>,
    pub loc_prf: Option<u32>,
    pub weight: Option<u32>,
    pub nexthops: Vec<NextHop>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NextHop {
    pub ip: String,
    pub scope: Option<String>,
}

#[derive(Deserialize)]
struct Table<'a> {
    #[serde(borrow, default)]
    routes: BTreeMap<String, &'a RawValue>,
}

/// Paths by prefix.
pub type Paths = BTreeMap<String, Vec<Path>>;

/// Reads the document: the paths by prefix, and by prefix why others could not be read. No instance is no path.
///
/// # Errors
/// It is not the JSON that FRR prints.
pub fn parse(text: &str) -> Result<(Paths, Vec<(String, String)>), String> {
    let table: Table = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let (mut paths, mut odd) = (BTreeMap::new(), Vec::new());
    for (prefix, text) in table.routes {
        match serde_json::from_str(text.get()) {
            Ok(of_prefix) => drop(paths.insert(prefix, of_prefix)),
            Err(error) => odd.push((prefix, error.to_string())),
        }
    }
    Ok((paths, odd))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_prefix_does_not_hide_the_others() {
        let text =
            r#"{"routes": {"10.0.0.1/32": [{"valid": true, "peerId": "10.9.0.1"}], "10.0.0.2/32": [{"valid": 7}]}}"#;
        let (paths, odd) = parse(text).expect("FRR's shape");
        assert_eq!(paths["10.0.0.1/32"][0].peer_id, "10.9.0.1");
        assert_eq!(odd[0].0, "10.0.0.2/32");
    }

    #[test]
    fn no_instance_is_no_path() {
        assert!(parse(r#"{"warning":"Default BGP instance not found"}"#).expect("a warning").0.is_empty());
        assert!(parse("{}").expect("nothing").0.is_empty());
        assert!(parse("% Unknown command").is_err());
    }
}
