//! The lab's cluster: its objects, what its agents advertise, and what `kubectl bgp routes` expects them to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::thread;

use serde_json::{Value, json};

use super::objects::PEERS;
use crate::support::lab::{Lab, Said, text};

/// Services of which objects do not tell it: what an Ingress controller made is advertised where Envoy runs.
const NOT_KNOWN: &[&str] = &["ingress", "local-ingress"];

pub const NODES: [&str; 3] = ["node-1", "node-2", "node-3"];

/// One prefix that a node advertises to a peer's address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Advert {
    pub prefix: String,
    pub peer: String,
    pub node: String,
}

pub type Adverts = BTreeSet<Advert>;

impl Display for Advert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} by {}", self.prefix, self.peer, self.node)
    }
}

/// What an agent and the program do not agree on.
pub fn differences(advertised: &Adverts, expected: &Adverts) -> Vec<String> {
    let unexpected = advertised.difference(expected).map(|advert| format!("advertised, not expected: {advert}"));
    let missing = expected.difference(advertised).map(|advert| format!("expected, not advertised: {advert}"));
    unexpected.chain(missing).collect()
}

/// What the agents say that they advertise.
pub fn advertised(lab: &Lab) -> Adverts {
    let questions = ["1", "2", "3"].into_iter().flat_map(|node| ["ipv4", "ipv6"].map(|afi| (node, afi)));
    thread::scope(|scope| {
        let ask = |(node, afi)| {
            scope.spawn(move || {
                let mut command = lab.command(lab.state().join("bin/cilium-dbg"));
                command.args(["bgp", "routes", "advertised", afi, "unicast", "-o", "json"]);
                let said = command.env("CILIUM_SOCK", lab.state().join(format!("agent{node}.sock"))).output();
                // An agent that has just been started does not answer yet.
                let routes = said.ok().and_then(|said| serde_json::from_slice(&said.stdout).ok());
                let routes: Vec<Value> = routes.unwrap_or_default();
                routes.iter().map(|route| advert(route, node)).collect::<Vec<_>>()
            })
        };
        let answers: Vec<_> = questions.map(ask).collect();
        answers.into_iter().flat_map(|answer| answer.join().expect("an agent answers")).collect()
    })
}

fn advert(route: &Value, node: &str) -> Advert {
    Advert { prefix: string(&route["prefix"]), peer: string(&route["neighbor"]), node: format!("node-{node}") }
}

/// What `kubectl bgp routes` says that they should; its words for what it does not know are differences too.
pub fn expected(lab: &Lab) -> (Adverts, Vec<String>) {
    let said = lab.kubectl_bgp(&["routes", "--cluster-only", "--all-types", "-o", "json"]);
    let Ok(list) = serde_json::from_slice::<Value>(&said.stdout) else {
        return (Adverts::new(), vec![format!("routes: {}", Said(&said))]);
    };
    let (mut adverts, mut complaints) = (Adverts::new(), Vec::new());
    for item in list["items"].as_array().into_iter().flatten() {
        let mut nodes = BTreeSet::new();
        for node in item["nodes"].as_array().into_iter().flatten() {
            match node["expected"].as_bool() {
                Some(true) => {
                    nodes.insert(string(&node["node"]));
                    adverts.insert(Advert {
                        prefix: string(&item["prefix"]),
                        peer: address_of(&string(&node["peer"])).to_owned(),
                        node: string(&node["node"]),
                    });
                }
                Some(false) if node["why"].is_string() => {}
                _ if item["services"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|service| NOT_KNOWN.contains(&&*string(&service["name"])))) => {}
                _ => complaints.push(format!("{} {}: {node}", item["prefix"], item["services"])),
            }
        }
        let services = item["services"].as_array().into_iter().flatten();
        let names: Vec<String> = services.map(|service| string(&service["name"])).collect();
        let not_known = item["prefix"].is_null() || names.iter().any(|name| NOT_KNOWN.contains(&name.as_str()));
        if !not_known && item["expected"].as_u64() != Some(nodes.len() as u64) {
            complaints
                .push(format!("{} {}: {} expected of {nodes:?}", item["prefix"], item["services"], item["expected"]));
        }
    }
    (adverts, complaints)
}

pub fn address_of(peer: &str) -> &'static str {
    PEERS.iter().find(|(name, _)| *name == peer).map_or("of no peer", |(_, address)| address)
}

/// The objects that a round put there, so that the next can take them away.
#[derive(Default)]
pub struct Placed(BTreeSet<(String, String)>);

impl Placed {
    /// What `lab up` put there.
    pub fn of_the_lab() -> Self {
        let objects = [
            ("CiliumBGPAdvertisement", "services"),
            ("CiliumBGPPeerConfig", "udm-pro"),
            ("CiliumBGPPeerConfig", "udm-pro-v6"),
            ("CiliumBGPClusterConfig", "home"),
        ];
        Self(objects.map(|(kind, name)| (kind.to_owned(), name.to_owned())).into())
    }

    /// These objects, whole, and no other of their kinds.
    pub fn become_these(&mut self, lab: &Lab, objects: &[Value]) {
        let wanted: BTreeMap<(String, String), &Value> = objects.iter().map(|object| (id(object), object)).collect();
        for (kind, name) in self.0.iter().filter(|id| !wanted.contains_key(id)) {
            lab.ask(&["kubectl", "delete", kind, name]);
            if kind == "CiliumBGPClusterConfig" {
                // There is no garbage collector.
                lab.ask(&["kubectl", "delete", "ciliumbgpnodeconfigs", "--all"]);
            }
        }
        let (there, new): (Vec<_>, Vec<_>) = wanted.iter().partition(|(id, _)| self.0.contains(*id));
        for (verb, objects) in [("replace", there), ("create", new)] {
            if !objects.is_empty() {
                kubectl(lab, &[verb], &objects.into_iter().map(|(_, object)| (*object).clone()).collect::<Vec<_>>());
            }
        }
        self.0 = wanted.into_keys().collect();
    }
}

fn id(object: &Value) -> (String, String) {
    (string(&object["kind"]), string(&object["metadata"]["name"]))
}

/// `kubectl VERB -f` these objects.
pub fn kubectl(lab: &Lab, verb: &[&str], objects: &[Value]) {
    let file = lab.state().join("objects.json");
    std::fs::write(&file, json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()).expect("a file");
    let said = lab.run(&[&["kubectl"], verb, &["-f", &file.display().to_string()]].concat());
    assert!(said.status.success(), "kubectl {}: {}", verb.join(" "), text(&said.stderr));
}

pub fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
