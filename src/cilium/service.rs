//! `Service`, as far as Cilium's load balancer and BGP control plane look at it.

use std::net::IpAddr;

use serde::{Deserialize, Deserializer};

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
}

#[derive(Debug, Deserialize)]
pub struct ServicePort {
    /// Empty for the only port of a Service.
    #[serde(default)]
    pub name: String,
    #[serde(default = "tcp")]
    pub protocol: String,
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
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Condition {
    #[serde(rename = "type")]
    pub kind: String,
    pub status: String,
    pub reason: String,
    pub message: String,
}

fn unfulfilled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Condition>, D::Error> {
    let all: Vec<Condition> = null_is_default(deserializer)?;
    Ok(all.into_iter().filter(|condition| condition.status == "False").collect())
}

impl Service {
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
}
