//! `Service`, as far as Cilium's load balancer and BGP control plane look at it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Deserializer};

use super::condition::Condition;
use super::l2_policy::L2_CLASS;
use super::{Object, null_is_default};

pub type Service = Object<ServiceSpec, ServiceStatus>;

/// The class that means Cilium's BGP control plane (cilium pkg/k8s/apis/cilium.io/v2/bgp_advert_types.go).
pub const BGP_CLASS: &str = "io.cilium/bgp-control-plane";

/// Which nodes serve it: those whose label of the same key has this value (cilium pkg/annotation).
pub const NODE_ANNOTATION: &str = "service.cilium.io/node";
/// Which nodes serve it, as a label query; it wins over [`NODE_ANNOTATION`].
pub const NODE_SELECTOR_ANNOTATION: &str = "service.cilium.io/node-selector";
/// The only one of a Service's types that Cilium makes frontends for.
pub const TYPE_ANNOTATION: &str = "service.cilium.io/type";

/// Names the proxy that handles a Service instead of the usual one (kubernetes/enhancements 2447).
pub const PROXY_LABEL: &str = "service.kubernetes.io/service-proxy-name";

/// Addresses that are asked for, with a comma between them; the second name is the only one before 1.16.
const IPS_ANNOTATIONS: [&str; 2] = ["lbipam.cilium.io/ips", "io.cilium/lb-ipam-ips"];
/// Services with the same key may have one address.
const SHARING_KEY_ANNOTATIONS: [&str; 2] = ["lbipam.cilium.io/sharing-key", "io.cilium/lb-ipam-sharing-key"];

const HEADLESS_LABEL: &str = "service.kubernetes.io/headless";

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceSpec {
    /// `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName`.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(rename = "clusterIP")]
    pub cluster_ip: String,
    #[serde(rename = "clusterIPs", deserialize_with = "null_is_default")]
    pub cluster_ips: Vec<String>,
    #[serde(rename = "externalIPs", deserialize_with = "null_is_default")]
    pub external_ips: Vec<String>,
    pub load_balancer_class: Option<String>,
    pub external_traffic_policy: Option<String>,
    pub internal_traffic_policy: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub ports: Vec<ServicePort>,
    /// The labels of its pods; empty: somebody else writes its EndpointSlices.
    #[serde(deserialize_with = "null_is_default")]
    pub selector: BTreeMap<String, String>,
    /// The address that was asked for before there were annotations for it.
    #[serde(rename = "loadBalancerIP", deserialize_with = "null_is_default")]
    load_balancer_ip: String,
    /// Who may come in; empty: all.
    #[serde(deserialize_with = "null_is_default")]
    pub load_balancer_source_ranges: Vec<String>,
    /// A client stays with its backend.
    #[serde(rename = "sessionAffinity", deserialize_with = "is_client_ip")]
    pub has_session_affinity: bool,
    #[serde(deserialize_with = "null_is_default")]
    pub ip_families: IpFamilies,
    pub allocate_load_balancer_node_ports: Option<bool>,
}

/// Both are false where the API server has not said yet.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(from = "Vec<Cow<'_, str>>")]
pub struct IpFamilies {
    pub ipv4: bool,
    pub ipv6: bool,
}

impl From<Vec<Cow<'_, str>>> for IpFamilies {
    fn from(names: Vec<Cow<'_, str>>) -> Self {
        let has = |family: &str| names.iter().any(|name| name == family);
        Self { ipv4: has("IPv4"), ipv6: has("IPv6") }
    }
}

fn is_client_ip<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::<Cow<str>>::deserialize(deserializer)?.is_some_and(|affinity| affinity == "ClientIP"))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePort {
    /// Empty for the only port of a Service.
    #[serde(default)]
    pub name: String,
    #[serde(default = "tcp")]
    pub protocol: String,
    #[serde(default)]
    pub port: Option<u16>,
}

pub(super) fn tcp() -> String {
    "TCP".to_owned()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceStatus {
    #[serde(deserialize_with = "null_is_default")]
    pub load_balancer: LoadBalancerStatus,
    /// Those that are not fulfilled.
    #[serde(deserialize_with = "unfulfilled")]
    conditions: Vec<Condition>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LoadBalancerStatus {
    #[serde(deserialize_with = "null_is_default")]
    pub ingress: Vec<Ingress>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Ingress {
    pub ip: String,
    /// `VIP` if absent; Cilium leaves a `Proxy` alone (KEP-1860).
    pub ip_mode: Option<String>,
}

/// LB-IPAM says in `cilium.io/IPAMRequestSatisfied` why a Service has no address.
fn unfulfilled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Condition>, D::Error> {
    let all: Vec<Condition> = null_is_default(deserializer)?;
    Ok(all.into_iter().filter(|condition| condition.status == "False").collect())
}

impl Service {
    /// Whether Cilium gives it addresses: those of other classes are other controllers'.
    pub fn has_ciliums_class(&self) -> bool {
        let class = self.spec.load_balancer_class.as_deref();
        class.is_none_or(|class| [BGP_CLASS, L2_CLASS].contains(&class))
    }

    pub fn is_load_balancer(&self) -> bool {
        self.spec.kind == "LoadBalancer"
    }

    pub fn external_policy_is_local(&self) -> bool {
        self.spec.external_traffic_policy.as_deref() == Some("Local")
    }

    pub fn internal_policy_is_local(&self) -> bool {
        self.spec.internal_traffic_policy.as_deref() == Some("Local")
    }

    /// Cilium makes no frontends for it, whatever addresses it has.
    pub fn is_headless(&self) -> bool {
        self.spec.cluster_ip.eq_ignore_ascii_case("none") || self.metadata.labels.contains_key(HEADLESS_LABEL)
    }

    /// Whether an annotation keeps Cilium from serving this type of address.
    pub fn exposes(&self, kind: &str) -> bool {
        // An annotation that Kubernetes' types do not know is ignored with a warning.
        let only = self.metadata.annotations.get(TYPE_ANNOTATION);
        let known = only.filter(|only| ["ClusterIP", "NodePort", "LoadBalancer"].contains(&only.as_str()));
        known.is_none_or(|only| only == kind)
    }

    /// An address of a load balancer that is an external IP too becomes an external IP's frontend; only where the two
    /// policies differ does the load balancer's stay beside it, for clients inside (cilium
    /// pkg/loadbalancer/reflectors/conversions.go).
    pub fn is_shadowed_by_external_ip(&self, ip: IpAddr) -> bool {
        let policies_differ = self.external_policy_is_local() != self.internal_policy_is_local();
        !policies_differ && self.external_ips().any(|external| external == ip)
    }

    /// The addresses a load balancer gave it, and whether each is one that nodes answer to.
    pub fn load_balancer_ips(&self) -> impl Iterator<Item = (IpAddr, bool)> {
        let ingress = self.status.load_balancer.ingress.iter().filter(|_| self.is_load_balancer());
        ingress.filter_map(|ingress| {
            let is_vip = ingress.ip_mode.as_deref().is_none_or(|mode| mode == "VIP");
            Some((ingress.ip.parse().ok()?, is_vip))
        })
    }

    pub fn cluster_ips(&self) -> impl Iterator<Item = IpAddr> {
        let one = std::iter::once(&self.spec.cluster_ip).filter(|_| self.spec.cluster_ips.is_empty());
        self.spec.cluster_ips.iter().chain(one).filter_map(|ip| ip.parse().ok())
    }

    pub fn external_ips(&self) -> impl Iterator<Item = IpAddr> {
        self.spec.external_ips.iter().filter_map(|ip| ip.parse().ok())
    }

    /// What LB-IPAM says while there is no address.
    pub fn ipam_refusal(&self) -> Option<&Condition> {
        let is_refusal = |condition: &&Condition| {
            condition.kind.ends_with("IPAMRequestSatisfied") || condition.kind.ends_with("lb-ipam-request-satisfied")
        };
        self.status.conditions.iter().find(is_refusal)
    }

    /// The addresses that it asks LB-IPAM for; what is no address is left out.
    pub fn asked_ips(&self) -> impl Iterator<Item = IpAddr> {
        let asked = self.annotation(IPS_ANNOTATIONS).unwrap_or(&self.spec.load_balancer_ip);
        asked.split(',').filter_map(|ip| ip.trim().parse().ok())
    }

    /// It asks for an address in `spec.loadBalancerIP`, perhaps beside the annotation.
    pub fn asks_by_field(&self) -> bool {
        !self.spec.load_balancer_ip.is_empty()
    }

    /// With which other Services it may share its addresses.
    pub fn sharing_key(&self) -> Option<&str> {
        self.annotation(SHARING_KEY_ANNOTATIONS)
    }

    fn annotation(&self, names: [&str; 2]) -> Option<&str> {
        names.into_iter().find_map(|name| self.metadata.annotations.get(name)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(text: &str) -> Service {
        serde_json::from_str(text).expect("Kubernetes' shape")
    }

    #[test]
    fn asked_addresses_are_read_under_every_name() {
        for text in [
            r#"{"metadata": {"annotations": {"lbipam.cilium.io/ips": "10.0.0.1, fd00::1,x"}}, "spec": {"loadBalancerIP": "10.0.0.9"}}"#,
            r#"{"metadata": {"annotations": {"io.cilium/lb-ipam-ips": "10.0.0.1,fd00::1"}}}"#,
        ] {
            let asked: Vec<String> = service(text).asked_ips().map(|ip| ip.to_string()).collect();
            assert_eq!(asked, ["10.0.0.1", "fd00::1"], "{text}");
        }
        assert_eq!(service(r#"{"spec": {"loadBalancerIP": "10.0.0.9"}}"#).asked_ips().count(), 1);
        assert_eq!(service("{}").asked_ips().count(), 0);
    }

    #[test]
    fn only_what_is_not_fulfilled_is_a_refusal() {
        let with = |kind: &str, status: &str| {
            service(&format!(
                r#"{{"status": {{"conditions": [{{"type": "{kind}", "status": "{status}", "reason": "no_pool"}}]}}}}"#
            ))
        };
        for kind in ["cilium.io/IPAMRequestSatisfied", "io.cilium/lb-ipam-request-satisfied"] {
            assert_eq!(with(kind, "False").ipam_refusal().map(|refusal| refusal.reason.as_str()), Some("no_pool"));
            assert!(with(kind, "True").ipam_refusal().is_none());
        }
    }

    #[test]
    fn a_services_settings_are_read() {
        let service = service(
            r#"{"spec": {"sessionAffinity": "ClientIP", "ipFamilies": ["IPv6"], "loadBalancerSourceRanges": ["10.0.0.0/8"],
                "ports": [{"port": 80, "nodePort": 30080}]}}"#,
        );
        assert!(service.spec.has_session_affinity && service.spec.ip_families.ipv6 && !service.spec.ip_families.ipv4);
        assert_eq!((service.spec.ports[0].port, service.spec.ports[0].protocol.as_str()), (Some(80), "TCP"));
    }
}
