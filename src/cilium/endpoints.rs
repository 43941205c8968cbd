//! `EndpointSlice`: where a Service's backends are.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

use super::null_is_default;
use super::service::{ServicePort, tcp};

/// What Cilium's Ingress and Gateway controllers put in place of endpoints: this address with this port (cilium
/// pkg/loadbalancer/reflectors/conversions.go).
const PLACEHOLDER: &str = "192.192.192.192";
const PLACEHOLDER_PORT: u16 = 9999;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointSlice {
    #[serde(default)]
    pub metadata: SliceMetadata,
    /// `IPv4` or `IPv6`; Cilium leaves `FQDN` alone.
    #[serde(default)]
    pub address_type: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub ports: Vec<EndpointPort>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub endpoints: Vec<Endpoint>,
}

/// There are as many slices as Services: only what is used is kept.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SliceMetadata {
    pub name: String,
    pub namespace: String,
    #[serde(deserialize_with = "null_is_default")]
    pub labels: SliceLabels,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SliceLabels {
    #[serde(rename = "kubernetes.io/service-name")]
    pub service: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct EndpointPort {
    #[serde(default, deserialize_with = "null_is_default")]
    name: String,
    #[serde(default = "tcp")]
    protocol: String,
    #[serde(default)]
    port: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Endpoint {
    /// Of the addresses only this is used, and there are many.
    #[serde(rename = "addresses", deserialize_with = "has_placeholder")]
    is_at_placeholder: bool,
    pub node_name: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub conditions: Conditions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Conditions {
    ready: Option<bool>,
    terminating: Option<bool>,
}

impl Endpoint {
    /// Ready if nothing says otherwise; one that is terminating and still ready counts, as for kube-proxy (cilium
    /// pkg/loadbalancer/reflectors/conversions.go).
    pub fn is_ready(&self) -> bool {
        self.conditions.ready.unwrap_or(true)
    }

    /// Its pod is being deleted.
    pub fn is_terminating(&self) -> bool {
        self.conditions.terminating.unwrap_or(false)
    }
}

fn has_placeholder<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let addresses: Vec<Cow<str>> = null_is_default(deserializer)?;
    Ok(addresses.iter().any(|address| address == PLACEHOLDER))
}

impl EndpointSlice {
    /// Whether an endpoint stands for Cilium's own Envoy, which serves the Service itself.
    pub fn is_placeholder(&self, endpoint: &Endpoint) -> bool {
        endpoint.is_at_placeholder && self.ports.iter().any(|port| port.port == Some(PLACEHOLDER_PORT))
    }

    /// Whether its endpoints are backends of one of these ports: the protocol must be the same, and the names where
    /// both have one (cilium pkg/loadbalancer/writer/writer.go).
    pub fn serves(&self, ports: &[ServicePort]) -> bool {
        // Several ports of one number and protocol are one backend with several names.
        let names = |of: &EndpointPort| {
            let same = self.ports.iter().filter(move |port| (port.port, &port.protocol) == (of.port, &of.protocol));
            same.map(|port| port.name.as_str()).filter(|name| !name.is_empty()).collect::<Vec<_>>()
        };
        self.ports.iter().filter(|port| port.port.is_some()).any(|port| {
            let names = names(port);
            ports.iter().any(|wanted| {
                wanted.protocol == port.protocol
                    && (wanted.name.is_empty() || names.is_empty() || names.contains(&wanted.name.as_str()))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(ports: &str) -> EndpointSlice {
        serde_json::from_str(&format!(r#"{{"addressType": "IPv4", "ports": {ports}}}"#)).expect("a slice")
    }

    fn wanted(name: &str, protocol: &str) -> Vec<ServicePort> {
        vec![ServicePort { name: name.into(), protocol: protocol.into(), port: None }]
    }

    #[test]
    fn the_placeholder_is_an_address_with_a_port() {
        let endpoint = serde_json::from_str(&format!(r#"{{"addresses": ["{PLACEHOLDER}"]}}"#)).expect("an endpoint");
        assert!(slice(r#"[{"port": 9999}]"#).is_placeholder(&endpoint));
        assert!(!slice(r#"[{"port": 9998}]"#).is_placeholder(&endpoint));
    }

    #[test]
    fn ports_are_matched_by_protocol_and_name() {
        let named = slice(r#"[{"name": "http", "port": 80, "protocol": "TCP"}]"#);
        assert!(named.serves(&wanted("http", "TCP")));
        assert!(named.serves(&wanted("", "TCP")), "a Service's port without a name takes any");
        assert!(!named.serves(&wanted("https", "TCP")));
        assert!(!named.serves(&wanted("http", "UDP")));
        let unnamed = slice(r#"[{"port": 80}]"#);
        assert!(unnamed.serves(&wanted("http", "TCP")), "and so does an endpoint's");
        assert!(!slice("null").serves(&wanted("", "TCP")));
        assert!(!slice(r#"[{"name": "http"}]"#).serves(&wanted("http", "TCP")), "without a number it is no port");
    }
}
