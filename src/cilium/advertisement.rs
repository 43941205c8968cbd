//! `CiliumBGPAdvertisement`: what nodes advertise, linked to peers by its labels.

use serde::Deserialize;

use super::selector::LabelSelector;
use super::{Object, null_is_default};

pub type Advertisement = Object<AdvertisementSpec>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AdvertisementSpec {
    #[serde(deserialize_with = "null_is_default")]
    pub advertisements: Vec<Entry>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Entry {
    /// `Service`, `PodCIDR`, `CiliumPodIPPool`, `Interface`.
    pub advertisement_type: String,
    pub service: Option<ServiceOptions>,
    /// Absent: nothing is selected.
    pub selector: Option<LabelSelector>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ServiceOptions {
    /// `LoadBalancerIP`, `ClusterIP`, `ExternalIP`.
    #[serde(deserialize_with = "null_is_default")]
    pub addresses: Vec<String>,
    /// Prefix lengths instead of the full one, from 1.18 on.
    #[serde(rename = "aggregationLengthIPv4")]
    pub aggregation_length_ipv4: Option<u8>,
    #[serde(rename = "aggregationLengthIPv6")]
    pub aggregation_length_ipv6: Option<u8>,
}

impl Entry {
    pub fn is_of(&self, kind: &str) -> bool {
        self.advertisement_type == kind
    }
}
