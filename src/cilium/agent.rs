//! What an agent says when it is asked: `cilium-dbg bgp peers -o json` and `cilium-dbg bgp routes advertised ... -o json`.
//! Cilium leaves out every field that is zero.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::attributes::Attributes;
use super::null_is_default;

/// One session (cilium api/v1/models BgpPeer).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Peer {
    pub local_asn: u32,
    pub peer_asn: u32,
    pub peer_address: String,
    pub session_state: String,
    pub uptime_nanoseconds: u64,
    pub applied_hold_time_seconds: Option<u32>,
    pub applied_keep_alive_time_seconds: Option<u32>,
    #[serde(deserialize_with = "null_is_default")]
    pub families: Vec<PeerFamily>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PeerFamily {
    pub afi: String,
    pub safi: String,
    pub received: u64,
    pub advertised: u64,
}

/// A prefix and the neighbor that it is advertised to.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    pub neighbor: String,
    pub prefix: String,
    pub attributes: Attributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawRoute {
    #[serde(default)]
    neighbor: String,
    prefix: String,
    #[serde(default, deserialize_with = "null_is_default")]
    paths: Vec<RawPath>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawPath {
    #[serde(default, deserialize_with = "null_is_default")]
    path_attributes: Vec<Encoded>,
}

#[derive(Deserialize)]
struct Encoded {
    #[serde(default)]
    base64: String,
}

/// The agent's sessions.
///
/// # Errors
/// It is not what cilium-dbg prints.
pub fn peers(text: &str) -> Result<Vec<Peer>, String> {
    let peers: Option<Vec<Peer>> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Ok(peers.unwrap_or_default())
}

/// What the agent advertises.
///
/// # Errors
/// It is not what cilium-dbg prints.
pub fn routes(text: &str) -> Result<Vec<Route>, String> {
    let routes: Option<Vec<RawRoute>> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let attributes = |route: &RawRoute| {
        let encoded = route.paths.first().into_iter().flat_map(|path| &path.path_attributes);
        let bytes = encoded.filter_map(|attribute| BASE64_STANDARD.decode(&attribute.base64).ok());
        Attributes::of(bytes)
    };
    let decoded = routes.into_iter().flatten().map(|route| Route {
        attributes: attributes(&route),
        neighbor: route.neighbor,
        prefix: route.prefix,
    });
    Ok(decoded.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_have_their_attributes_decoded() {
        let text = r#"[{"neighbor": "10.90.254.1", "prefix": "10.99.8.201/32", "router-asn": 65010, "paths": [{
            "path-attributes": [{"base64": "QAEBAA=="}, {"base64": "QAIGAgEAAP3y"}, {"base64": "QAMECloDZQ=="}]}]}]"#;
        let routes = routes(text).expect("cilium-dbg's shape");
        let attributes = &routes[0].attributes;
        assert_eq!(attributes.origin, Some("IGP"));
        assert_eq!(attributes.as_path, "65010");
        assert_eq!(attributes.next_hop, "10.90.3.101".parse().ok());
    }

    #[test]
    fn nothing_is_null_or_empty() {
        assert_eq!(routes("null"), Ok(Vec::new()));
        assert_eq!(routes("[]"), Ok(Vec::new()));
        assert!(peers("null").expect("nothing").is_empty());
        assert!(routes("Error: cannot connect").is_err());
    }
}
