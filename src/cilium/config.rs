//! The ConfigMap `cilium-config`: what the agents were started with, as far as they were restarted since.

use std::collections::BTreeMap;

use ipnet::IpNet;
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

    /// `enable-bgp-control-plane` is left out when it is off.
    pub fn bgp_is_enabled(&self) -> bool {
        self.flag("enable-bgp-control-plane", false)
    }

    /// Whether agents write the status of node configs (1.17+; before, there is none to write).
    pub fn bgp_status_is_reported(&self) -> bool {
        self.flag("enable-bgp-control-plane-status-report", true)
    }

    /// Where the Secrets of sessions are.
    pub fn bgp_secrets_namespace(&self) -> Option<&str> {
        self.text("bgp-secrets-namespace")
    }

    /// Keys of the BGP speaker before the control plane; one that is set keeps the control plane off (to 1.16).
    pub fn legacy_bgp_keys(&self) -> impl Iterator<Item = &'static str> {
        ["bgp-announce-lb-ip", "bgp-announce-pod-cidr"].into_iter().filter(|key| self.flag(key, false))
    }

    pub fn l2_is_enabled(&self) -> bool {
        self.flag("enable-l2-announcements", false)
    }

    /// To 1.15 also `strict`, `partial` and `probe`, which replace all or some of it.
    pub fn replaces_kube_proxy(&self) -> bool {
        let partly = matches!(self.text("kube-proxy-replacement"), Some("strict" | "partial" | "probe"));
        partly || self.flag("kube-proxy-replacement", false)
    }

    /// `snat`, `dsr`, `hybrid` (dsr for TCP), `annotation`.
    pub fn load_balancer_mode(&self) -> &str {
        self.text("bpf-lb-mode").unwrap_or("snat")
    }

    /// `opt`, `ipip`, `geneve`.
    pub fn dsr_dispatch(&self) -> &str {
        self.text("bpf-lb-dsr-dispatch").unwrap_or("opt")
    }

    /// Some replies go straight from the backend's node to the client.
    pub fn uses_dsr(&self) -> bool {
        matches!(self.load_balancer_mode(), "dsr" | "hybrid")
    }

    /// `random`, `maglev`: the same backend on every node.
    pub fn load_balancer_algorithm(&self) -> &str {
        self.text("bpf-lb-algorithm").unwrap_or("random")
    }

    /// Ranges of clients hold for every address of a Service, not for the load balancer's alone.
    pub fn source_ranges_are_for_all_types(&self) -> bool {
        self.flag("bpf-lb-source-range-all-types", false)
    }

    /// Whether sockets translate addresses of Services before a packet exists; replacing kube-proxy brings it along.
    pub fn socket_lb_is_enabled(&self) -> bool {
        self.replaces_kube_proxy() || self.flag("bpf-lb-sock", false)
    }

    /// Only for what runs on the node itself, not in pods.
    pub fn socket_lb_is_for_hosts_only(&self) -> bool {
        self.flag("bpf-lb-sock-hostns-only", false)
    }

    /// Sockets leave external IPs alone, unless this guard is off (1.16+).
    pub fn external_ip_mitigation_is_off(&self) -> bool {
        self.flag("disable-external-ip-mitigation", false)
    }

    pub fn bpf_masquerade_is_enabled(&self) -> bool {
        self.flag("enable-bpf-masquerade", false)
    }

    pub fn wireguard_is_enabled(&self) -> bool {
        self.flag("enable-wireguard", false)
    }

    /// A route for each pod: what leaves it goes through the host's stack first.
    pub fn endpoint_routes_are_enabled(&self) -> bool {
        self.flag("enable-endpoint-routes", false)
    }

    /// `veth`, `netkit`, `netkit-l2`.
    pub fn datapath_mode(&self) -> &str {
        self.text("datapath-mode").unwrap_or("veth")
    }

    pub fn gateway_api_is_enabled(&self) -> bool {
        self.flag("enable-gateway-api", false)
    }

    /// Devices or their prefixes with `+`; none: the agent chooses.
    pub fn devices(&self) -> impl Iterator<Item = &str> {
        let separators = |c: char| c == ',' || c.is_whitespace();
        self.text("devices").unwrap_or_default().split(separators).filter(|device| !device.is_empty())
    }

    /// `tunnel`, `native`; unknown where the key is not set.
    pub fn routing_mode(&self) -> Option<&str> {
        self.text("routing-mode")
    }

    /// `vxlan`, `geneve`.
    pub fn tunnel_protocol(&self) -> Option<&str> {
        self.text("tunnel-protocol")
    }

    /// From 1.17 on it can be switched off.
    pub fn lb_ipam_is_enabled(&self) -> bool {
        self.flag("enable-lb-ipam", true)
    }

    /// Who gives addresses to Services without a class: `lbipam`, `nodeipam`, `none` (1.17+).
    pub fn default_service_ipam(&self) -> &str {
        self.text("default-lb-service-ipam").unwrap_or("lbipam")
    }

    /// Ranges of pods and of Services, as far as Cilium was told. Elsewhere they are the API server's alone.
    pub fn pod_ranges(&self) -> impl Iterator<Item = IpNet> {
        self.prefixes(["cluster-pool-ipv4-cidr", "cluster-pool-ipv6-cidr"])
    }

    pub fn service_ranges(&self) -> impl Iterator<Item = IpNet> {
        self.prefixes(["ipv4-service-range", "ipv6-service-range"])
    }

    fn prefixes(&self, keys: [&'static str; 2]) -> impl Iterator<Item = IpNet> {
        let separators = |c: char| c == ',' || c.is_whitespace();
        let words = keys.into_iter().filter_map(|key| self.text(key)).flat_map(move |text| text.split(separators));
        words.filter_map(|word| word.parse().ok())
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.data.get(key).map(|value| value.trim()).filter(|value| !value.is_empty())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        Settings { data: pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect() }
    }

    #[test]
    fn what_is_left_out_is_ciliums_default() {
        let none = settings(&[]);
        assert!(!none.bgp_is_enabled() && none.bgp_status_is_reported() && none.lb_ipam_is_enabled());
        assert_eq!((none.load_balancer_mode(), none.default_service_ipam()), ("snat", "lbipam"));
        assert_eq!((none.routing_mode(), none.devices().count()), (None, 0));
    }

    #[test]
    fn replacing_kube_proxy_brings_socket_lb() {
        for value in ["true", "strict", "partial"] {
            assert!(settings(&[("kube-proxy-replacement", value)]).socket_lb_is_enabled(), "{value}");
        }
        assert!(!settings(&[("kube-proxy-replacement", "disabled")]).replaces_kube_proxy());
        assert!(settings(&[("bpf-lb-sock", "true")]).socket_lb_is_enabled());
    }

    #[test]
    fn lists_may_have_commas_or_spaces() {
        let some = settings(&[("devices", "eth0,bond+ eth1"), ("bgp-announce-lb-ip", "true")]);
        assert_eq!(some.devices().collect::<Vec<_>>(), ["eth0", "bond+", "eth1"]);
        let ranges =
            settings(&[("cluster-pool-ipv4-cidr", "10.0.0.0/8 10.244.0.0/16"), ("ipv4-service-range", "auto")]);
        assert_eq!((ranges.pod_ranges().count(), ranges.service_ranges().count()), (2, 0));
        assert_eq!(some.legacy_bgp_keys().collect::<Vec<_>>(), ["bgp-announce-lb-ip"]);
    }
}
