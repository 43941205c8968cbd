//! `show bgp ipv4 unicast PREFIX json`: all that BGP knows of one prefix.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    paths: Vec<DetailPath>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct DetailPath {
    peer: DetailPeer,
    community: Communities,
    large_community: Communities,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct DetailPeer {
    peer_id: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Communities {
    string: String,
}

/// The communities of each neighbor's path.
///
/// # Errors
/// It is not the JSON that FRR prints.
pub fn communities(text: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
    let detail: Detail = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let of_path = |path: DetailPath| {
        let words = path.community.string.split_whitespace().chain(path.large_community.string.split_whitespace());
        (path.peer.peer_id, words.map(str::to_owned).collect())
    };
    Ok(detail.paths.into_iter().map(of_path).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn communities_belong_to_their_neighbor() {
        let text = r#"{"prefix": "10.0.0.1/32", "paths": [
            {"community": {"string": "65010:1 no-export", "list": []}, "largeCommunity": {"string": "65010:1:2"}, "peer": {"peerId": "10.9.0.1"}},
            {"peer": {"peerId": "10.9.0.2"}}]}"#;
        let found = communities(text).expect("FRR's shape");
        assert_eq!(found["10.9.0.1"], ["65010:1", "no-export", "65010:1:2"]);
        assert!(found["10.9.0.2"].is_empty());
        assert!(communities("{}").expect("no such prefix").is_empty());
    }
}
