//! New objects: what the worksheet asks for and nothing there does.

use serde_json::{Map, Value, json};

use super::{LABEL, Manifest, Origin, list, text, value, version, yaml};
use crate::cilium::selector::LabelSelector;
use crate::frr::config::Version;
use crate::setup::worksheet::{Peer, Worksheet};
use crate::snapshot::Kind;

/// What links a PeerConfig to an Advertisement where both are new.
const LABEL_VALUE: &str = "bgp";

/// The worksheet, as far as nothing is there.
pub struct Making<'a> {
    pub worksheet: &'a Worksheet,
}

impl Making<'_> {
    /// Adds what is missing to the objects that are there.
    pub fn fill_in(&self, manifests: &mut Vec<Manifest>) {
        // What policies say is all that their objects are to say.
        let is_converted = manifests.iter().any(|manifest| matches!(manifest.origin, Origin::Converted(_)));
        let lacks = |manifests: &[Manifest], kind: Kind, name: &str| {
            !is_converted && !manifests.iter().any(|manifest| manifest.kind == kind && manifest.name() == name)
        };
        let names = &self.worksheet.names;
        if lacks(manifests, Kind::BgpAdvertisement, &names.advertisement.value) {
            let advertisement = self.advertisement(self.labels_taken(manifests));
            manifests.push(advertisement);
        }
        if lacks(manifests, Kind::BgpClusterConfig, &names.cluster_config.value) {
            let cluster_config = self.cluster_config(manifests);
            manifests.push(cluster_config);
        }
        for (name, families) in self.missing_peer_configs(manifests) {
            let peer_config = self.peer_config(&name, &families, &self.labels_given(manifests));
            manifests.push(peer_config);
        }
        for (name, blocks) in &self.worksheet.pools {
            let is_it = |manifest: &Manifest| manifest.kind == Kind::LoadBalancerIpPool && manifest.name() == name;
            if !manifests.iter().any(is_it) {
                let spec = json!({"allowFirstLastIPs": "No", "blocks": value(&blocks.value)});
                manifests.push(self.made(Kind::LoadBalancerIpPool, name, spec).says("/spec/blocks", &blocks.why));
            }
        }
    }

    fn made(&self, kind: Kind, name: &str, spec: Value) -> Manifest {
        Manifest::new(kind, version::of(kind, self.worksheet.served.value), name, spec, Origin::Made)
    }

    fn advertisement(&self, labels: Map<String, Value>) -> Manifest {
        let all = &self.worksheet.advertised;
        let canary = self.worksheet.canary.as_ref().map(|canary| &canary.value);
        let entry = json!({
            "advertisementType": "Service",
            "service": {"addresses": ["LoadBalancerIP"]},
            "selector": value(canary.unwrap_or(&all.value)),
        });
        let spec = json!({"advertisements": [entry]});
        let made = self.made(Kind::BgpAdvertisement, &self.worksheet.names.advertisement.value, spec).labelled(labels);
        let selector = "/spec/advertisements/0/selector";
        match canary {
            None => made.says(selector, &all.why),
            Some(canary) => widened_later(made, selector, canary, &value(&all.value)),
        }
    }

    /// Names of PeerConfigs that are needed and not there, with the families that their peers carry.
    fn missing_peer_configs(&self, manifests: &[Manifest]) -> Vec<(String, Vec<Version>)> {
        let configs = manifests.iter().filter(|manifest| manifest.kind == Kind::BgpClusterConfig);
        let instances = configs.flat_map(|config| list(&config.spec, "/bgpInstances"));
        let is_there = |name: &str| {
            manifests.iter().any(|manifest| manifest.kind == Kind::BgpPeerConfig && manifest.name() == name)
        };
        let mut missing: Vec<(String, Vec<Version>)> = Vec::new();
        for peer in instances.flat_map(|instance| list(instance, "/peers")) {
            let name = text(peer, "/peerConfigRef/name");
            if name.is_empty() || is_there(name) {
                continue;
            }
            let families = match text(peer, "/peerAddress").parse() {
                Ok(address) => vec![Version::of(address)],
                Err(_) => vec![Version::V4, Version::V6],
            };
            match missing.iter_mut().find(|(known, _)| known == name) {
                None => missing.push((name.to_owned(), families)),
                Some((_, known)) => {
                    known.extend(families.into_iter().filter(|family| !known.contains(family)).collect::<Vec<_>>());
                }
            }
        }
        missing
    }

    fn peer_config(&self, name: &str, families: &[Version], labels: &Map<String, Value>) -> Manifest {
        let timers = &self.worksheet.timers;
        let restart = &self.worksheet.restart_seconds;
        let restarts = match restart.value {
            Some(seconds) => json!({"enabled": true, "restartTimeSeconds": seconds}),
            None => json!({"enabled": false}),
        };
        let families: Vec<Value> = families
            .iter()
            .map(|family| json!({"afi": family.afi(), "safi": "unicast", "advertisements": {"matchLabels": labels}}))
            .collect();
        let spec = json!({
            "timers": {
                "connectRetryTimeSeconds": timers.value.connect_retry,
                "holdTimeSeconds": timers.value.hold,
                "keepAliveTimeSeconds": timers.value.keep_alive,
            },
            "gracefulRestart": restarts,
            "families": families,
        });
        self.made(Kind::BgpPeerConfig, name, spec)
            .says("/spec/timers", &timers.why)
            .says("/spec/gracefulRestart", &restart.why)
    }

    fn cluster_config(&self, manifests: &[Manifest]) -> Manifest {
        let sheet = self.worksheet;
        let peers: Vec<Value> = sheet
            .peers
            .iter()
            .map(|peer| {
                json!({
                    "name": peer.name.0,
                    "peerAddress": peer.address.value,
                    "peerASN": sheet.router_asn.value.0,
                    "peerConfigRef": {"name": self.peer_config_of(peer, manifests)},
                })
            })
            .collect();
        let instance = json!({"name": sheet.names.instance.value, "localASN": sheet.local_asn.value.0, "peers": peers});
        let spec = json!({"nodeSelector": value(&sheet.node_selector.value), "bgpInstances": [instance]});
        let mut made = self
            .made(Kind::BgpClusterConfig, &sheet.names.cluster_config.value, spec)
            .says("/spec/nodeSelector", &sheet.node_selector.why)
            .says("/spec/bgpInstances/0/localASN", &sheet.local_asn.why)
            .says("/spec/bgpInstances/0/peers/0/peerASN", &sheet.router_asn.why);
        for (at, peer) in sheet.peers.iter().enumerate() {
            made.comments.say(&format!("/spec/bgpInstances/0/peers/{at}/peerAddress"), &peer.address.why);
        }
        made
    }

    /// Labels that the Advertisement needs so that the peers' PeerConfigs take it.
    fn labels_taken(&self, manifests: &[Manifest]) -> Map<String, Value> {
        let own = manifests.iter().find(|manifest| {
            manifest.kind == Kind::BgpClusterConfig && manifest.name() == self.worksheet.names.cluster_config.value
        });
        let peers = own.into_iter().flat_map(|config| list(&config.spec, "/bgpInstances"));
        let named: Vec<&str> =
            peers.flat_map(|one| list(one, "/peers")).map(|peer| text(peer, "/peerConfigRef/name")).collect();
        let is_peers = |config: &&Manifest| own.is_none() || named.contains(&config.name());
        let configs = manifests.iter().filter(|manifest| manifest.kind == Kind::BgpPeerConfig).filter(is_peers);
        let families = configs.flat_map(|config| list(&config.spec, "/families"));
        let mut labels = Map::new();
        for selector in families.filter_map(|family| family.get("advertisements")) {
            let pairs = selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten();
            labels.extend(pairs.map(|(key, value)| (key.clone(), value.clone())));
            for requirement in list(selector, "/matchExpressions") {
                let value = list(requirement, "/values").first().cloned().unwrap_or_else(|| "".into());
                if matches!(text(requirement, "/operator"), "In" | "Exists") {
                    labels.insert(text(requirement, "/key").to_owned(), value);
                }
            }
        }
        if labels.is_empty() {
            labels.insert(LABEL.to_owned(), LABEL_VALUE.into());
        }
        labels
    }

    /// The Advertisement's labels, by which a new PeerConfig takes it. Without any, all Advertisements are taken.
    fn labels_given(&self, manifests: &[Manifest]) -> Map<String, Value> {
        let mut all = manifests.iter().filter(|manifest| manifest.kind == Kind::BgpAdvertisement);
        let own = all.find(|manifest| manifest.name() == self.worksheet.names.advertisement.value);
        own.and_then(|own| own.metadata.get("labels")?.as_object().cloned()).unwrap_or_default()
    }

    /// One that is there, if there is one. Of two families each session carries its own, so each has its PeerConfig.
    fn peer_config_of(&self, peer: &Peer, manifests: &[Manifest]) -> String {
        let own = &self.worksheet.names.peer_config.value;
        let mut there = manifests.iter().filter(|manifest| manifest.kind == Kind::BgpPeerConfig);
        let serves = |config: &Manifest| {
            let families = list(&config.spec, "/families");
            families.is_empty() || families.iter().any(|family| text(family, "/afi") == peer.family().afi())
        };
        let is_own = |config: &&Manifest| config.name() == own && serves(config);
        if let Some(config) = there.clone().find(is_own).or_else(|| there.find(|config| serves(config))) {
            return config.name().to_owned();
        }
        let is_taken = manifests.iter().any(|config| config.kind == Kind::BgpPeerConfig && config.name() == own);
        let is_second = self.worksheet.peers.first().is_some_and(|first| first.family() != peer.family());
        if is_taken || is_second { format!("{own}-{}", peer.family().afi()) } else { own.clone() }
    }
}

/// With a comment that has what stands there in the end.
pub fn widened_later(made: Manifest, pointer: &str, canary: &LabelSelector, all: &Value) -> Manifest {
    let first = format!("First only what has {canary}: a canary. Once it is reached, this is for all of them:");
    let later = format!("selector:\n{}", yaml::snippet(all));
    let later: Vec<String> = later.lines().map(|line| format!("  {line}")).collect();
    made.says(pointer, &first).says(pointer, &later.join("\n"))
}
