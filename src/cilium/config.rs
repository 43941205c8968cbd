//! The ConfigMap `cilium-config`: what the agents were started with, as far as they were restarted since.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::null_is_default;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    #[serde(deserialize_with = "null_is_default")]
    data: BTreeMap<String, String>,
}

impl Settings {
    /// VIPs without any endpoint are advertised: the default (from 1.19 on it can be switched off).
    pub fn no_endpoints_are_routable(&self) -> bool {
        self.flag("enable-no-service-endpoints-routable", true)
    }

    /// Whether the agents handle addresses of this family.
    pub fn family_is_enabled(&self, ipv4: bool) -> bool {
        self.flag(if ipv4 { "enable-ipv4" } else { "enable-ipv6" }, true)
    }

    /// The Services that the agents handle carry this name in [`super::service::PROXY_LABEL`]; empty: those without one.
    pub fn proxy_name(&self) -> &str {
        self.data.get("k8s-service-proxy-name").map_or("", String::as_str)
    }

    /// As Go's strconv.ParseBool; anything else leaves the default.
    fn flag(&self, key: &str, default: bool) -> bool {
        match self.data.get(key).map(String::as_str) {
            Some("1" | "t" | "T" | "true" | "TRUE" | "True") => true,
            Some("0" | "f" | "F" | "false" | "FALSE" | "False") => false,
            _ => default,
        }
    }
}
