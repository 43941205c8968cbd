//! Kubernetes' `NetworkPolicy`: who may talk to pods, and to whom pods may talk.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::Deserialize;

use super::selector::LabelSelector;
use super::{Object, null_is_default};

pub type NetworkPolicy = Object<NetworkPolicySpec>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NetworkPolicySpec {
    /// Empty: all pods of its namespace.
    #[serde(deserialize_with = "null_is_default")]
    pub pod_selector: LabelSelector,
    #[serde(deserialize_with = "null_is_default")]
    policy_types: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub ingress: Vec<IngressRule>,
    #[serde(deserialize_with = "null_is_default")]
    pub egress: Vec<EgressRule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct IngressRule {
    /// Empty: everybody.
    #[serde(deserialize_with = "null_is_default")]
    from: Vec<PolicyPeer>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EgressRule {
    /// Empty: everywhere.
    #[serde(deserialize_with = "null_is_default")]
    to: Vec<PolicyPeer>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PolicyPeer {
    ip_block: Option<IpBlock>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IpBlock {
    cidr: String,
}

impl NetworkPolicySpec {
    /// Whether pods that it selects take only what some policy's rule lets in; the default without types.
    pub fn is_of_ingress(&self) -> bool {
        self.policy_types.is_empty() || self.policy_types.iter().any(|kind| kind == "Ingress")
    }

    /// Whether it selects every pod with these labels, whatever others they have; no if that is not certain.
    pub fn surely_selects(&self, labels: &BTreeMap<String, String>) -> bool {
        let selector = &self.pod_selector;
        selector.match_expressions.is_empty()
            && selector.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
    }

    /// Whether it can select a pod with these labels and any others.
    pub fn may_select(&self, labels: &BTreeMap<String, String>) -> bool {
        let contradicts = |(key, value): (&String, &String)| labels.get(key).is_some_and(|other| other != value);
        !self.pod_selector.match_labels.iter().any(contradicts)
    }

    /// Whether a rule lets in somebody from outside of the cluster, on any port.
    pub fn admits_outsiders(&self) -> bool {
        self.ingress.iter().any(|rule| rule.from.is_empty() || rule.from.iter().any(|peer| peer.ip_block.is_some()))
    }

    /// The blocks of addresses that rules let pods out to.
    pub fn egress_blocks(&self) -> impl Iterator<Item = IpNet> {
        let peers = self.egress.iter().flat_map(|rule| &rule.to);
        peers.filter_map(|peer| peer.ip_block.as_ref()?.cidr.parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(spec: &str) -> NetworkPolicySpec {
        serde_json::from_str(spec).expect("Kubernetes' shape")
    }

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn outsiders_come_in_where_a_rule_names_nobody_or_addresses() {
        assert!(!policy(r#"{"podSelector": {}, "policyTypes": ["Ingress"]}"#).admits_outsiders());
        assert!(!policy(r#"{"ingress": [{"from": [{"podSelector": {}}]}]}"#).admits_outsiders());
        assert!(policy(r#"{"ingress": [{"ports": [{"port": 80}]}]}"#).admits_outsiders());
        assert!(policy(r#"{"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}"#).admits_outsiders());
    }

    #[test]
    fn a_service_shows_only_some_of_its_pods_labels() {
        let service = labels(&[("app", "web")]);
        let some = policy(r#"{"podSelector": {"matchLabels": {"app": "web"}}}"#);
        assert!(some.surely_selects(&service) && some.may_select(&service) && some.is_of_ingress());
        let more =
            policy(r#"{"podSelector": {"matchLabels": {"app": "web", "tier": "front"}}, "policyTypes": ["Egress"]}"#);
        assert!(!more.surely_selects(&service) && more.may_select(&service) && !more.is_of_ingress());
        assert!(!policy(r#"{"podSelector": {"matchLabels": {"app": "db"}}}"#).may_select(&service));
        let expression = r#"{"podSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}"#;
        assert!(!policy(expression).surely_selects(&service) && policy(expression).may_select(&service));
    }

    #[test]
    fn blocks_of_egress_are_prefixes() {
        let text = r#"{"egress": [{"to": [{"ipBlock": {"cidr": "10.99.8.202/32"}}, {"ipBlock": {"cidr": "x"}}]}]}"#;
        assert_eq!(policy(text).egress_blocks().map(|block| block.to_string()).collect::<Vec<_>>(), ["10.99.8.202/32"]);
    }
}
