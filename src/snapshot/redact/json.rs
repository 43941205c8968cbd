//! A JSON document: its keys and strings by what stands where.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::attributes;
use super::config;
use super::names::Kind;
use super::shape;
use super::sink::Sink;
use super::text::{self, REDACTED};
use super::vocabulary::{camel_parts, is_common_key, is_kept, is_plain, is_plain_compound};
use crate::unifi;

/// Keys whose strings are names of objects, with what they are names of.
const NAME_KEYS: &[(&str, Kind)] = &[
    ("nodeName", Kind::Node),
    ("holderIdentity", Kind::Name),
    ("hostname", Kind::Name),
    ("advHostName", Kind::Name),
    ("rcvHostName", Kind::Name),
    ("namespace", Kind::Namespace),
    ("serviceAccountName", Kind::Name),
    ("serviceAccount", Kind::Name),
    ("generateName", Kind::Name),
    ("targetPort", Kind::Name),
];

/// Keys whose strings are names in a router's configuration; those that end so are too.
const ROUTER_NAME_KEYS: &[&str] = &[
    "vrfName",
    "nhVrfName",
    "peerGroup",
    "peerGroupMember",
    "interfaceName",
    "ifname",
    "dev",
    "master",
    "label",
    "interface",
];
const ROUTER_NAME_ENDINGS: &[&str] = &["FilterList", "RouteMap", "PrefixList", "AccessList", "Map"];

/// Keys of text that people wrote for people.
const PROSE_KEYS: &[&str] = &["desc", "description", "nbrDesc", "shutdownMessage", "lastShutdownDescription"];

/// Walks one document.
pub struct Json<'a> {
    sink: &'a mut dyn Sink,
    /// What the document's own objects are.
    kind: Kind,
    /// Strings and keys that were met before.
    texts: HashMap<String, String>,
    keys: HashMap<String, String>,
}

impl<'a> Json<'a> {
    /// `kind` is what `metadata.name` is the name of.
    pub fn new(sink: &'a mut dyn Sink, kind: Kind) -> Self {
        Self { sink, kind, texts: HashMap::new(), keys: HashMap::new() }
    }

    /// Replaces in the whole document. The first levels of some commands are keyed by VRF and neighbor.
    pub fn replace(&mut self, value: &mut Value, keyed_levels: usize) {
        if keyed_levels == 0 {
            return self.value(value, "", "");
        }
        let Value::Object(fields) = value else { return self.value(value, "", "") };
        let all = std::mem::take(fields);
        for (key, mut value) in all {
            if value.is_object() {
                self.replace(&mut value, keyed_levels - 1);
                text::learn(Kind::Router, &key, self.sink);
                fields.insert(text::replace(&key, self.sink), value);
            } else {
                self.value(&mut value, &key, "");
                fields.insert(self.key(&key), value);
            }
        }
    }

    /// `key` is the value's own, `parent` that of the object around it; a list's items have the list's.
    fn value(&mut self, value: &mut Value, key: &str, parent: &str) {
        match value {
            Value::Object(fields) => self.object(fields, key, parent),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, key, parent)),
            Value::String(text) => *text = self.string(text, key, parent),
            Value::Number(number) if is_asn_key(key) || key == "list" => {
                if let Some(asn) = number.as_u64().and_then(|number| number.try_into().ok()) {
                    *number = self.sink.asn(asn).into();
                }
            }
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }

    fn object(&mut self, fields: &mut Map<String, Value>, key: &str, parent: &str) {
        let all = std::mem::take(fields);
        let are_strings = all.values().all(Value::is_string);
        let are_labels = are_strings && matches!(key, "labels" | "matchLabels" | "nodeSelector" | "selector");
        self.learn(&all, key);
        let prefix = network_of(&all);
        for (name, mut value) in all {
            let replaced = match key {
                _ if are_labels => {
                    value = value.as_str().map_or(Value::Null, |text| text::name(Kind::Value, text, self.sink).into());
                    self.label_key(&name)
                }
                "annotations" if !is_common_key(&name) => continue,
                "annotations" => {
                    self.value(&mut value, "", key);
                    self.label_key(&name)
                }
                "peers" if value.is_object() => {
                    self.value(&mut value, "", key);
                    text::replace(&name, self.sink)
                }
                _ if name == "prefix" && prefix.is_some() => {
                    value = prefix
                        .map_or(Value::Null, |(address, length)| self.sink.network(address, length).to_string().into());
                    name
                }
                _ => {
                    self.value(&mut value, &name, if key.is_empty() { parent } else { key });
                    self.key(&name)
                }
            };
            fields.insert(replaced, value);
        }
    }

    /// What an object as a whole says.
    fn learn(&mut self, fields: &Map<String, Value>, key: &str) {
        let text = |key: &str| fields.get(key).and_then(Value::as_str);
        let address = |key: &str| text(key)?.parse().ok();
        if let Some((start, stop)) = address("start").zip(address("stop")) {
            self.sink.range(start, stop);
        }
        // Next hops are listed by address: those of nodes keep their order.
        if let Some(address) = address("ip").or_else(|| address("address")).filter(|_| self.kind == Kind::Node) {
            self.sink.range(address, address);
        }
        if key == "metadata" && self.kind == Kind::Service {
            self.sink.service(text("namespace").unwrap_or_default(), text("name").unwrap_or_default());
        }
    }

    fn string(&mut self, text: &str, key: &str, parent: &str) -> String {
        if let Some(kind) = self.named_by(key, parent) {
            return text::name(kind, text, self.sink);
        }
        if PROSE_KEYS.contains(&key) {
            return REDACTED.to_owned();
        }
        if key == unifi::CONFIG {
            return config::replace(text, self.sink);
        }
        match (key, parent) {
            ("key", _) => return self.label_key(text),
            ("base64", "path-attributes") => return attributes::replace(text, self.sink),
            // A prefix, as it is on the wire: the route tells it too.
            ("base64", _) => return String::new(),
            _ => {}
        }
        if is_router_name_key(key) {
            text::learn(Kind::Router, text, self.sink);
        } else if is_asn_key(key)
            && let Some(asn) = shape::asn_text(text, self.sink)
        {
            return asn;
        } else if matches!(key, "path" | "aspath" | "asPath" | "string") && is_as_path(text) {
            return text::replace_as_path(text, self.sink);
        } else if key == "resourceVersion" || key == "message" && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.to_owned();
        }
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let replaced = text::replace(text, self.sink);
        self.texts.insert(text.to_owned(), replaced.clone());
        replaced
    }

    /// What a string is the name of.
    fn named_by(&self, key: &str, parent: &str) -> Option<Kind> {
        match (key, parent) {
            ("name", "metadata") => Some(self.kind),
            ("name", "bgpInstances") => Some(Kind::Instance),
            ("name", "peers") => Some(Kind::Peer),
            ("name", "peerConfigRef") => Some(Kind::Object),
            ("name", _) => Some(Kind::Name),
            ("values", _) => Some(Kind::Value),
            _ => NAME_KEYS.iter().find(|(known, _)| *known == key).map(|(_, kind)| *kind),
        }
    }

    /// A key of a label or an annotation.
    fn label_key(&mut self, key: &str) -> String {
        if !is_common_key(key) {
            return self.sink.name(Kind::Key, key);
        }
        // `cilium.io/bgp-virtual-router.65010`
        let (head, number) = key.rsplit_once('.').unwrap_or((key, ""));
        number.parse().map_or_else(|_| key.to_owned(), |number| format!("{head}.{}", self.sink.number(number)))
    }

    /// A key of any other object.
    fn key(&mut self, key: &str) -> String {
        if let Some(known) = self.keys.get(key) {
            return known.clone();
        }
        let replaced = if is_plain(key) || is_kept(key) {
            key.to_owned()
        } else if let Some(replaced) = shape::replace(key, self.sink) {
            replaced
        } else if is_common_key(key) || self.sink.known(key).is_none() && is_plain_compound(key) {
            key.to_owned()
        } else {
            self.sink.name(Kind::Key, key)
        };
        self.keys.insert(key.to_owned(), replaced.clone());
        replaced
    }
}

/// `remoteAs`, `localASN`; not `asPathLength`.
fn is_asn_key(key: &str) -> bool {
    let parts = camel_parts(key.rsplit(['-', '_']).next().unwrap_or(key));
    parts.last().is_some_and(|last| ["as", "asn", "asns"].iter().any(|known| last.eq_ignore_ascii_case(known)))
}

fn is_router_name_key(key: &str) -> bool {
    ROUTER_NAME_KEYS.contains(&key) || ROUTER_NAME_ENDINGS.iter().any(|ending| key.ends_with(ending))
}

fn is_as_path(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || b" .{}(),".contains(&byte))
}

/// FRR writes a network as an address and a length beside it.
fn network_of(fields: &Map<String, Value>) -> Option<(std::net::IpAddr, u8)> {
    let address = fields.get("prefix")?.as_str()?.parse().ok()?;
    Some((address, fields.get("prefixLen")?.as_u64()?.try_into().ok()?))
}
