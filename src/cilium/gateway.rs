//! `Gateway` of the Gateway API, as far as its addresses go.

use serde::Deserialize;

use super::{Object, null_is_default};

pub type Gateway = Object<GatewaySpec, GatewayStatus>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GatewaySpec {
    pub gateway_class_name: String,
    /// The addresses that are asked for.
    #[serde(deserialize_with = "null_is_default")]
    pub addresses: Vec<GatewayAddress>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct GatewayStatus {
    /// Those that it has; names are made to lead there.
    #[serde(deserialize_with = "null_is_default")]
    pub addresses: Vec<GatewayAddress>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct GatewayAddress {
    /// `IPAddress` if absent, `Hostname`, or an implementation's own.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Absent: any address.
    #[serde(deserialize_with = "null_is_default")]
    pub value: String,
}

impl GatewayAddress {
    pub fn is_ip(&self) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind == "IPAddress")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_ips_unless_they_say_so() {
        let text = r#"{"metadata": {"name": "web", "namespace": "home"}, "spec": {"gatewayClassName": "envoy", "addresses":
            [{"value": "10.99.8.202"}, {"type": "Hostname", "value": "web.home"}, {"type": "IPAddress"}]},
            "status": {"addresses": null}}"#;
        let gateway: Gateway = serde_json::from_str(text).expect("the Gateway API's shape");
        let ips: Vec<&str> =
            gateway.spec.addresses.iter().filter(|address| address.is_ip()).map(|address| &*address.value).collect();
        assert_eq!(ips, ["10.99.8.202", ""]);
        assert!(gateway.status.addresses.is_empty());
    }
}
