//! Services and their addresses, as routes name them.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::cilium::service::Service;

/// A Service that has an address.
#[derive(Clone, Debug)]
pub struct ServiceRef {
    pub namespace: String,
    pub name: String,
    /// The traffic policy that counts for the address.
    pub policy: Policy,
    pub labels: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Policy {
    Cluster,
    Local,
}

/// What an advertised prefix is, in Cilium's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum AddressKind {
    LoadBalancerIP,
    ExternalIP,
    ClusterIP,
    PodCIDR,
    CiliumPodIPPool,
}

impl ServiceRef {
    pub fn of(service: &Service, policy: Policy) -> Self {
        Self {
            namespace: service.metadata.namespace.clone(),
            name: service.metadata.name.clone(),
            policy,
            labels: service.metadata.labels.clone(),
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl fmt::Display for AddressKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
