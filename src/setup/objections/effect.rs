//! Whether the objects do what they are for: each peer is told the load balancers' addresses.

use serde_json::Value;

use super::Objection;
use crate::cilium::selector::LabelSelector;
use crate::frr::config::Version;
use crate::setup::objects::{Manifest, Origin, list, text};
use crate::setup::worksheet::Worksheet;
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::service::AddressKind;

/// What of objects that are there keeps the addresses back. What is made of policies says what they said.
pub fn find(worksheet: &Worksheet, manifests: &[Manifest]) -> Vec<Objection> {
    let name = &worksheet.names.cluster_config.value;
    let Some(config) = of_kind(manifests, Kind::BgpClusterConfig).find(|config| config.name() == name) else {
        return Vec::new();
    };
    if matches!(config.origin, Origin::Converted(_)) {
        return Vec::new();
    }
    let instances = list(&config.spec, "/bgpInstances");
    let Some(instance) = instances.iter().find(|one| text(one, "/name") == worksheet.names.instance.value) else {
        return vec![stays(config, "has no BGP instance".to_owned())];
    };
    let peers = list(instance, "/peers");
    if peers.is_empty() {
        return vec![stays(config, "has no peer, so no node opens a session".to_owned())];
    }
    peers.iter().filter_map(|peer| of_peer(worksheet, manifests, config, peer)).collect()
}

fn of_peer(worksheet: &Worksheet, manifests: &[Manifest], config: &Manifest, peer: &Value) -> Option<Objection> {
    let (name, reference) = (text(peer, "/name"), text(peer, "/peerConfigRef/name"));
    if reference.is_empty() {
        return Some(stays(config, format!("names no CiliumBGPPeerConfig for the peer {name}: it is told nothing")));
    }
    let peer_config = of_kind(manifests, Kind::BgpPeerConfig).find(|one| one.name() == reference)?;
    // An address that is not known, as a variable is, may be of either family.
    let families = worksheet.pools.values().flat_map(|pool| &pool.value).filter_map(|block| Some(block.range()?.first));
    let mut wanted: Vec<Version> = families.map(Version::of).collect();
    wanted.dedup();
    let takes = |family: &Value| {
        let selector: Option<LabelSelector> =
            family.get("advertisements").and_then(|selector| serde_json::from_value(selector.clone()).ok());
        selector.is_some_and(|selector| of_kind(manifests, Kind::BgpAdvertisement).any(|one| is_taken(one, &selector)))
    };
    let carries = |version: &Version| {
        let mut of_version =
            list(&peer_config.spec, "/families").iter().filter(|one| text(one, "/afi") == version.afi());
        of_version.any(takes)
    };
    if wanted.is_empty() || wanted.iter().any(carries) {
        return None;
    }
    let what = format!("takes no CiliumBGPAdvertisement of load balancers' addresses: the peer {name} is told none");
    Some(stays(peer_config, what))
}

/// By its labels, and it has an entry for VIPs: one without a selector advertises nothing.
fn is_taken(advertisement: &Manifest, selector: &LabelSelector) -> bool {
    let labels = advertisement.metadata.get("labels").cloned().unwrap_or_default();
    let labels = serde_json::from_value(labels).unwrap_or_default();
    let is_of_vips = |entry: &Value| {
        let mut addresses = list(entry, "/service/addresses").iter().filter_map(Value::as_str);
        entry.get("selector").is_some_and(Value::is_object)
            && addresses.any(|address| address == AddressKind::LoadBalancerIP.to_string())
    };
    selector.matches(&labels) && list(&advertisement.spec, "/advertisements").iter().any(is_of_vips)
}

fn of_kind(manifests: &[Manifest], kind: Kind) -> impl Iterator<Item = &Manifest> {
    manifests.iter().filter(move |manifest| manifest.kind == kind)
}

fn stays(manifest: &Manifest, what: String) -> Objection {
    let kind = manifest.kind.name();
    let edit = shell::command(["kubectl", "edit", &kind.to_lowercase(), shell::name(manifest.name())]);
    Objection::refuses(format!("{} {what}, and an object that is there is not changed", manifest.label()))
        .next(format!("change it: {edit}; `kubectl bgp init --from demo --dry-run` prints one that does"))
}
