//! What a virtual router advertises to one of its neighbors, as entries of an Advertisement.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::found::{Found, selector};
use super::{list, text, value};
use crate::cilium::selector::LabelSelector;
use crate::snapshot::Kind;

const LOAD_BALANCER: &str = "LoadBalancerIP";

/// The entries, and what of the policy they do not say.
pub fn entries(policy: &Value, router: &Value, neighbor: &Value, found: &Found) -> (Vec<Value>, Vec<String>) {
    let mut with = Attributes { policy, neighbor, found, notes: Vec::new() };
    let mut entries = services(router, &mut with);
    if router["exportPodCIDR"] == true {
        let attributes = with.of_all("PodCIDR");
        entries.push(entry("PodCIDR", None, None, attributes));
    }
    if let Some(pools) = router.get("podIPPoolSelector").filter(|selector| selector.is_object()) {
        entries.extend(pod_pools(pools, &with));
    }
    (entries, with.notes)
}

/// Without a selector there are none. The attributes of load balancer pools are for their addresses alone.
fn services(router: &Value, with: &mut Attributes) -> Vec<Value> {
    let Some(selector) = router.get("serviceSelector").filter(|selector| selector.is_object()) else {
        return Vec::new();
    };
    let default = [json!(LOAD_BALANCER)];
    let addresses =
        if router["serviceAdvertisements"].is_array() { list(router, "/serviceAdvertisements") } else { &default };
    if addresses.is_empty() {
        return Vec::new();
    }
    let entry = |addresses: Vec<&Value>, attributes| {
        entry("Service", Some(json!({"addresses": addresses})), Some(selector.clone()), attributes)
    };
    let (pooled, others): (Vec<&Value>, Vec<&Value>) = addresses.iter().partition(|address| **address == LOAD_BALANCER);
    let attributes = if pooled.is_empty() { None } else { with.of_all("CiliumLoadBalancerIPPool") };
    if attributes.is_none() || others.is_empty() {
        return vec![entry(addresses.iter().collect(), attributes)];
    }
    vec![entry(pooled, attributes), entry(others, None)]
}

/// Attributes of some of the pools are an entry of their own, which has these pools alone.
fn pod_pools(pools: &Value, with: &Attributes) -> Vec<Value> {
    let of = |attribute: &Value| !is_empty(&attribute["selector"]);
    let (some, all): (Vec<_>, Vec<_>) = with.named("CiliumPodIPPool").partition(|attribute| of(attribute));
    let mut entries = vec![entry("CiliumPodIPPool", None, Some(pools.clone()), merged(&all))];
    for attribute in some {
        let both = both(pools, &attribute["selector"]);
        entries.push(entry("CiliumPodIPPool", None, Some(both), merged(&[attribute])));
    }
    entries
}

fn entry(kind: &str, service: Option<Value>, selector: Option<Value>, attributes: Option<Value>) -> Value {
    let mut entry = Map::new();
    entry.insert("advertisementType".to_owned(), kind.into());
    entry.extend(service.map(|service| ("service".to_owned(), service)));
    entry.extend(selector.map(|selector| ("selector".to_owned(), selector)));
    entry.extend(attributes.map(|attributes| ("attributes".to_owned(), attributes)));
    entry.into()
}

/// A neighbor's `advertisedPathAttributes`.
struct Attributes<'a> {
    policy: &'a Value,
    neighbor: &'a Value,
    found: &'a Found,
    notes: Vec<String>,
}

impl<'a> Attributes<'a> {
    fn named<'k>(&self, kind: &'k str) -> impl Iterator<Item = &'a Value> + use<'a, 'k> {
        list(self.neighbor, "/advertisedPathAttributes").iter().filter(move |one| text(one, "/selectorType") == kind)
    }

    /// Attributes that all routes of a type have. A policy selects by the labels of pools and nodes, an Advertisement by
    /// those of Services or not at all: what is for some of them cannot be said there.
    fn of_all(&mut self, kind: &str) -> Option<Value> {
        let mut all = Vec::new();
        let labels = self.labels(kind);
        for attribute in self.named(kind) {
            let selector = selector(attribute, "/selector").unwrap_or_default();
            let selected = labels.iter().filter(|labels| selector.matches(labels)).count();
            if is_empty(&attribute["selector"]) || selected == labels.len() && selected > 0 {
                all.push(attribute);
            } else if selected > 0 || labels.is_empty() {
                self.notes.push(not_carried_over(kind, attribute, &selector));
            }
        }
        merged(&all)
    }

    /// What a selector of a type looks at.
    fn labels(&self, kind: &str) -> Vec<BTreeMap<String, String>> {
        if kind == "PodCIDR" {
            return self.found.selected(self.policy).iter().map(|node| node.labels.clone()).collect();
        }
        let pools = self.found.of_kind(Kind::LoadBalancerIpPool);
        let pairs = |pool: &Value| {
            let pairs = pool.pointer("/metadata/labels").and_then(Value::as_object).into_iter().flatten();
            pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
        };
        pools.map(pairs).collect()
    }
}

fn not_carried_over(kind: &str, attribute: &Value, selector: &LabelSelector) -> String {
    let what = merged(&[attribute]).unwrap_or_default();
    let of = match kind {
        "PodCIDR" => "the pod CIDRs of nodes",
        _ => "the addresses of pools",
    };
    format!(
        "The attributes {what} were for {of} with {selector} alone, which no selector of an Advertisement can say: they are \
         left out. Label those Services and give them an entry of their own."
    )
}

fn is_empty(selector: &Value) -> bool {
    let parts = ["/matchLabels", "/matchExpressions"];
    let has = |part: &&str| {
        selector.pointer(part).is_some_and(|part| *part != json!({}) && *part != json!([]) && !part.is_null())
    };
    !parts.iter().any(has)
}

/// What both of two selectors select.
fn both(one: &Value, other: &Value) -> Value {
    let of = |value: &Value| selector(value, "").unwrap_or_default();
    let (mut one, other) = (of(one), of(other));
    for (key, value) in other.match_labels {
        let requirement = crate::cilium::selector::Requirement { key, operator: "In".to_owned(), values: vec![value] };
        one.match_expressions.push(requirement);
    }
    one.match_expressions.extend(other.match_expressions);
    value(&one)
}

/// All communities, and the highest preference.
fn merged(attributes: &[&Value]) -> Option<Value> {
    let mut merged = Map::new();
    let mut communities = Map::new();
    for attribute in attributes {
        let all = attribute.pointer("/communities").and_then(Value::as_object).into_iter().flatten();
        for (kind, values) in all {
            let known = communities.entry(kind.clone()).or_insert_with(|| json!([]));
            let new: Vec<Value> =
                list(values, "").iter().filter(|value| !list(known, "").contains(value)).cloned().collect();
            known.as_array_mut().into_iter().for_each(|known| known.extend(new.clone()));
        }
    }
    let preferences = attributes.iter().filter_map(|attribute| attribute.get("localPreference"));
    let highest = preferences.filter(|preference| !preference.is_null()).max_by_key(|preference| preference.as_u64());
    if !communities.is_empty() {
        merged.insert("communities".to_owned(), communities.into());
    }
    merged.extend(highest.map(|highest| ("localPreference".to_owned(), highest.clone())));
    (!merged.is_empty()).then(|| merged.into())
}
