//! Where a Service's backends are.

use std::collections::{BTreeSet, HashMap};

use super::{Services, values};
use crate::cilium::endpoints::EndpointSlice;
use crate::cilium::service::Service;

/// The EndpointSlices by namespace and Service.
pub struct Backends<'a>(HashMap<(&'a str, &'a str), Vec<&'a EndpointSlice>>);

/// A Service's backends of one address family.
#[derive(Default)]
pub struct Endpoints<'a> {
    /// Nodes with one that is ready.
    pub ready_on: BTreeSet<&'a str>,
    /// How many are ready, also where their nodes are not known.
    pub ready: usize,
    /// Nodes with one that is not ready.
    pub unready_on: BTreeSet<&'a str>,
    /// How many are not ready because they are ending.
    pub terminating: usize,
    /// The slices that they stand in.
    pub slices: Vec<&'a str>,
    /// There is one, ready or not.
    pub any: bool,
    /// Cilium's own Envoy serves the Service.
    pub placeholder: bool,
}

impl<'a> Backends<'a> {
    pub fn of(services: &'a Services) -> Self {
        let mut slices: HashMap<_, Vec<&EndpointSlice>> = HashMap::new();
        for slice in values(&services.endpoint_slices) {
            if let Some(service) = &slice.metadata.labels.service {
                slices.entry((slice.metadata.namespace.as_str(), service.as_str())).or_default().push(slice);
            }
        }
        Self(slices)
    }

    pub fn endpoints(&self, service: &Service, ipv4: bool) -> Endpoints<'a> {
        let key = (service.metadata.namespace.as_str(), service.metadata.name.as_str());
        let slices = self.0.get(&key).map_or(&[][..], Vec::as_slice);
        let family = if ipv4 { "IPv4" } else { "IPv6" };
        let mut found = Endpoints::default();
        for slice in slices {
            found.placeholder |= slice.endpoints.iter().any(|endpoint| slice.is_placeholder(endpoint));
            if slice.address_type != family || !slice.serves(&service.spec.ports) {
                continue;
            }
            found.slices.push(&slice.metadata.name);
            for endpoint in slice.endpoints.iter().filter(|endpoint| !slice.is_placeholder(endpoint)) {
                found.any = true;
                found.ready += usize::from(endpoint.is_ready());
                found.ready_on.extend(endpoint.node_name.as_deref().filter(|_| endpoint.is_ready()));
                found.unready_on.extend(endpoint.node_name.as_deref().filter(|_| !endpoint.is_ready()));
                found.terminating += usize::from(!endpoint.is_ready() && endpoint.is_terminating());
            }
        }
        found
    }
}
