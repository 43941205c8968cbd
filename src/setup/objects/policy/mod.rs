//! CiliumBGPPeeringPolicies (Cilium 1.14 to 1.18) to the objects that came after them.
//!
//! A virtual router is an instance, a neighbor a peer; what a policy says of a neighbor is a PeerConfig, what it says of
//! routes an Advertisement. Values are taken as they are written, so that a variable stays one.

mod advertised;
mod neighbor;
mod overrides;

use serde_json::{Map, Value, json};

use super::found::{Found, selector};
use super::made::widened_later;
use super::{LABEL, Manifest, Origin, list, text, value, version};
use crate::cilium::selector::LabelSelector;
use crate::setup::worksheet::{Entry, Worksheet};
use crate::snapshot::Kind;

/// An object that several policies may share.
struct Shared {
    spec: Value,
    /// Who needs it, in words of a name.
    users: Vec<String>,
    policies: Vec<String>,
    notes: Vec<String>,
}

/// What is made of all policies.
#[derive(Default)]
struct Conversion {
    advertisements: Vec<Shared>,
    peer_configs: Vec<Shared>,
    cluster_configs: Vec<ClusterConfig>,
}

struct ClusterConfig {
    policy: String,
    node_selector: Option<Value>,
    instances: Vec<Instance>,
}

struct Instance {
    local_asn: Value,
    /// The neighbor's address and AS number, and which PeerConfig it has.
    peers: Vec<(String, Value, usize)>,
}

/// The objects of all policies whose nodes no ClusterConfig has already: of two on one node, one would be ignored.
pub fn convert(worksheet: &Worksheet, found: &Found) -> Vec<Manifest> {
    let policies = || found.of_kind(Kind::BgpPeeringPolicy).filter(|policy| !is_superseded(policy, found));
    let mut conversion = Conversion::default();
    for policy in policies() {
        conversion.policy(policy, found);
    }
    let naming = Naming { worksheet, found, conversion: &conversion };
    let mut manifests: Vec<Manifest> = Vec::new();
    manifests.extend((0..conversion.advertisements.len()).map(|at| naming.advertisement(at)));
    manifests.extend((0..conversion.peer_configs.len()).map(|at| naming.peer_config(at)));
    manifests.extend((0..conversion.cluster_configs.len()).map(|at| naming.cluster_config(at)));
    let instance = |policy: &str, asn: &Value| naming.instance_of(policy, asn);
    manifests.extend(policies().flat_map(|policy| overrides::of(policy, found, worksheet.served.value, &instance)));
    manifests
}

fn is_superseded(policy: &Value, found: &Found) -> bool {
    let nodes = found.selected(policy);
    let selects = |config: &Value| {
        let selector = selector(config, "/spec/nodeSelector");
        let has = |labels| selector.as_ref().is_none_or(|selector: &LabelSelector| selector.matches(labels));
        found.nodes.is_empty() || nodes.iter().any(|node| has(&node.labels))
    };
    found.of_kind(Kind::BgpClusterConfig).any(selects)
}

impl Conversion {
    fn policy(&mut self, policy: &Value, found: &Found) {
        let name = text(policy, "/metadata/name");
        let routers = list(policy, "/spec/virtualRouters");
        let instances = routers.iter().map(|router| self.router(name, policy, router, found)).collect();
        self.cluster_configs.push(ClusterConfig {
            policy: name.to_owned(),
            node_selector: policy.pointer("/spec/nodeSelector").filter(|selector| !selector.is_null()).cloned(),
            instances,
        });
    }

    fn router(&mut self, policy: &str, object: &Value, router: &Value, found: &Found) -> Instance {
        let neighbors = list(router, "/neighbors").iter();
        let peers = neighbors.map(|neighbor| {
            let address = text(neighbor, "/peerAddress");
            let address = address.split('/').next().unwrap_or_default().to_owned();
            let (entries, notes) = advertised::entries(object, router, neighbor, found);
            let spec = json!({"advertisements": entries});
            let advertisement =
                (!entries.is_empty()).then(|| shared(&mut self.advertisements, spec, policy, policy, notes));
            let (mut spec, notes) = neighbor::peer_config(neighbor);
            // Its label is not known before all of them are.
            spec["advertisement"] = json!(advertisement);
            let peer_config = shared(&mut self.peer_configs, spec, &address, policy, notes);
            (address, neighbor["peerASN"].clone(), peer_config)
        });
        let peers = peers.collect();
        Instance { local_asn: router["localASN"].clone(), peers }
    }
}

/// The place of an object with this spec.
fn shared(all: &mut Vec<Shared>, spec: Value, user: &str, policy: &str, notes: Vec<String>) -> usize {
    let at = all.iter().position(|known| known.spec == spec).unwrap_or_else(|| {
        all.push(Shared { spec, users: Vec::new(), policies: Vec::new(), notes: Vec::new() });
        all.len() - 1
    });
    let add = |all: &mut Vec<String>, one: &str| {
        if !all.iter().any(|known| known == one) {
            all.push(one.to_owned());
        }
    };
    add(&mut all[at].users, user);
    add(&mut all[at].policies, policy);
    notes.iter().for_each(|note| add(&mut all[at].notes, note));
    at
}

/// The names of the new objects: the worksheet's, and more of them where it has one for several.
struct Naming<'a> {
    worksheet: &'a Worksheet,
    found: &'a Found,
    conversion: &'a Conversion,
}

impl Naming<'_> {
    fn advertisement(&self, at: usize) -> Manifest {
        let shared = &self.conversion.advertisements[at];
        let mut spec = shared.spec.clone();
        let mut labels = Map::new();
        labels.insert(LABEL.to_owned(), self.label_value(at).into());
        let mut all = Vec::new();
        let entries = spec["advertisements"].as_array_mut().into_iter().flatten();
        for (at, entry) in entries.enumerate().filter(|(_, entry)| text(entry, "/advertisementType") == "Service") {
            if let Some(Entry { value: canary, .. }) = &self.worksheet.canary {
                all.push((at, canary, entry["selector"].take()));
                entry["selector"] = value(canary);
            }
        }
        let name = self.advertisement_name(at);
        let made = self.converted(Kind::BgpAdvertisement, &name, spec, shared).labelled(labels);
        all.into_iter().fold(made, |made, (at, canary, all)| {
            widened_later(made, &format!("/spec/advertisements/{at}/selector"), canary, &all)
        })
    }

    fn peer_config(&self, at: usize) -> Manifest {
        let shared = &self.conversion.peer_configs[at];
        let mut spec = shared.spec.clone();
        let advertisement = spec.as_object_mut().and_then(|fields| fields.shift_remove("advertisement"));
        let advertisement = advertisement.and_then(|at| usize::try_from(at.as_u64()?).ok());
        if let Some(at) = advertisement {
            for family in spec["families"].as_array_mut().into_iter().flatten() {
                if text(family, "/safi") == "unicast" {
                    family["advertisements"] = json!({"matchLabels": {LABEL: self.label_value(at)}});
                }
            }
        }
        self.converted(Kind::BgpPeerConfig, &self.peer_config_name(at), spec, shared)
    }

    fn cluster_config(&self, at: usize) -> Manifest {
        let config = &self.conversion.cluster_configs[at];
        let instance = |instance: &Instance| {
            let peers: Vec<Value> = instance.peers.iter().map(|peer| self.peer(peer)).collect();
            json!({"name": self.instance(config, &instance.local_asn), "localASN": instance.local_asn, "peers": peers})
        };
        let instances: Vec<Value> = config.instances.iter().map(instance).collect();
        let mut spec = Map::new();
        spec.extend(config.node_selector.clone().map(|selector| ("nodeSelector".to_owned(), selector)));
        spec.insert("bgpInstances".to_owned(), instances.into());
        let name = match self.conversion.cluster_configs.len() {
            1 => self.free(Kind::BgpClusterConfig, &self.worksheet.names.cluster_config.value),
            _ => self.free(Kind::BgpClusterConfig, &config.policy),
        };
        let shared = Shared {
            spec: spec.clone().into(),
            users: Vec::new(),
            policies: vec![config.policy.clone()],
            notes: vec![format!(
                "It takes over when the CiliumBGPPeeringPolicy {} is deleted: as long as Cilium reads policies (to 1.18), a \
                 policy goes before it.",
                config.policy
            )],
        };
        self.converted(Kind::BgpClusterConfig, &name, spec.into(), &shared)
    }

    fn peer(&self, (address, asn, config): &(String, Value, usize)) -> Value {
        let is_it = |known: &&crate::setup::worksheet::Peer| known.address.value.to_string() == *address;
        let name = self.worksheet.peers.iter().find(is_it).map_or(address, |peer| &peer.name.0);
        let mut peer = json!({"name": name, "peerAddress": address, "peerASN": asn});
        peer["peerConfigRef"] = json!({"name": self.peer_config_name(*config)});
        peer
    }

    /// One instance has the worksheet's name, more have their AS number behind it.
    fn instance(&self, config: &ClusterConfig, asn: &Value) -> String {
        let name = &self.worksheet.names.instance.value;
        match config.instances.len() {
            1 => name.clone(),
            _ => format!("{name}-{}", as_name(&asn.to_string())),
        }
    }

    fn instance_of(&self, policy: &str, asn: &Value) -> String {
        let config = self.conversion.cluster_configs.iter().find(|config| config.policy == policy);
        config.map(|config| self.instance(config, asn)).unwrap_or_default()
    }

    fn advertisement_name(&self, at: usize) -> String {
        let own = &self.worksheet.names.advertisement.value;
        self.free(Kind::BgpAdvertisement, &numbered(own, at, self.conversion.advertisements.len()))
    }

    /// A label of its own, or one PeerConfig would take the Advertisements of all.
    fn label_value(&self, at: usize) -> String {
        let is_alone =
            self.conversion.advertisements.len() == 1 && self.found.of_kind(Kind::BgpAdvertisement).next().is_none();
        if is_alone { "bgp".to_owned() } else { self.advertisement_name(at) }
    }

    /// With several, after the first neighbor that has it.
    fn peer_config_name(&self, at: usize) -> String {
        let own = &self.worksheet.names.peer_config.value;
        let all = &self.conversion.peer_configs;
        let named = |config: &Shared| {
            let first = config.users.first().map(|address| as_name(address)).unwrap_or_default();
            format!("{own}-{first}").trim_end_matches('-').to_owned()
        };
        let name = if all.len() == 1 { own.clone() } else { named(&all[at]) };
        // One neighbor may be another thing to two policies.
        let before = all[..at].iter().filter(|other| all.len() > 1 && named(other) == name).count();
        let name = if before == 0 { name } else { format!("{name}-{}", before + 1) };
        self.free(Kind::BgpPeerConfig, &name)
    }

    /// A name that no object there has.
    fn free(&self, kind: Kind, name: &str) -> String {
        let is_taken = |name: &str| self.found.of_kind(kind).any(|object| text(object, "/metadata/name") == name);
        let mut names = (2..).map(|number| format!("{name}-{number}"));
        if is_taken(name) { names.find(|name| !is_taken(name)).unwrap_or_default() } else { name.to_owned() }
    }

    fn converted(&self, kind: Kind, name: &str, mut spec: Value, shared: &Shared) -> Manifest {
        let to = version::of(kind, self.worksheet.served.value);
        let mut notes = shared.notes.clone();
        notes.extend(version::convert(kind, &mut spec, to));
        Manifest { notes, ..Manifest::new(kind, to, name, spec, Origin::Converted(shared.policies.clone())) }
    }
}

fn numbered(name: &str, at: usize, of: usize) -> String {
    if of == 1 { name.to_owned() } else { format!("{name}-{}", at + 1) }
}

/// A text as a part of an object's name (RFC 1123).
fn as_name(text: &str) -> String {
    let name = text.to_ascii_lowercase().replace(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit(), "-");
    name.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests;
