//! What a policy left to annotations of nodes: `cilium.io/bgp-virtual-router.65010: router-id=10.0.0.1,local-port=179`.

use serde_json::{Map, Value, json};

use super::super::found::{Found, FoundNode};
use super::{Manifest, Origin, list, text, version};
use crate::setup::worksheet::Served;
use crate::snapshot::Kind;

const ANNOTATION: &str = "cilium.io/bgp-virtual-router.";

/// An override for each node that has such an annotation for a virtual router of the policy.
pub fn of(policy: &Value, found: &Found, served: Served, instance: &dyn Fn(&str, &Value) -> String) -> Vec<Manifest> {
    let name = text(policy, "/metadata/name");
    let of_node = |node: &FoundNode| {
        let routers = list(policy, "/spec/virtualRouters").iter();
        let instances: Vec<Value> = routers
            .filter_map(|router| {
                let own = node.annotations.get(&format!("{ANNOTATION}{}", router["localASN"]))?;
                overriding(&instance(name, &router["localASN"]), own)
            })
            .collect();
        let kind = Kind::BgpNodeConfigOverride;
        let is_there = found.of_kind(kind).any(|known| text(known, "/metadata/name") == node.name);
        let origin = Origin::Converted(vec![name.to_owned()]);
        let spec = json!({"bgpInstances": instances});
        (!instances.is_empty() && !is_there)
            .then(|| Manifest::new(kind, version::of(kind, served), &node.name, spec, origin))
    };
    found.selected(policy).into_iter().filter_map(of_node).collect()
}

/// What cannot be read is left out, as the agent does.
fn overriding(instance: &str, annotation: &str) -> Option<Value> {
    let mut own = Map::new();
    for (key, value) in annotation.split(',').filter_map(|pair| pair.split_once('=')) {
        match key.trim() {
            "router-id" => drop(own.insert("routerID".to_owned(), value.trim().into())),
            "local-port" => {
                let port: u16 = value.trim().parse().ok().filter(|port| *port > 0)?;
                own.insert("localPort".to_owned(), port.into());
            }
            _ => {}
        }
    }
    let mut named = Map::new();
    named.insert("name".to_owned(), instance.into());
    (!own.is_empty()).then(|| {
        named.extend(own);
        named.into()
    })
}
