//! Where the objects that findings are about stand, if they were read from files.

use std::collections::BTreeMap;

use super::Facts;
use super::finding::{End, Evidence, Finding, Subject};
use crate::cilium::{Metadata, Object};
use crate::snapshot::{DECLARED_AT, Kind};
use crate::topology::Known;
use crate::topology::cluster::{Cluster, Named};
use crate::topology::session::Source;

/// Lines of files, by what stands there.
pub struct Declared {
    objects: BTreeMap<Subject, Source>,
    /// By the names of instance and peer.
    peers: BTreeMap<(String, String), Source>,
}

impl Declared {
    pub fn of(facts: &Facts) -> Self {
        let mut declared = Self { objects: BTreeMap::new(), peers: BTreeMap::new() };
        if let Some(cluster) = facts.cluster() {
            declared.add_cluster(cluster);
        }
        if let Some((cluster, services)) = facts.cluster().zip(facts.services()) {
            let source = cluster.source(Kind::Service);
            for service in services.services.value().into_iter().flatten() {
                let Metadata { namespace, name, .. } = &service.metadata;
                declared
                    .objects
                    .extend(line(&service.metadata, source).map(|at| (Subject::service(namespace, name), at)));
            }
        }
        declared
    }

    fn add_cluster(&mut self, cluster: &Cluster) {
        let source = |kind| cluster.source(kind);
        self.add_list("ciliumbgpclusterconfig", &cluster.cluster_configs, source(Kind::BgpClusterConfig));
        self.add_list("ciliumbgppeeringpolicy", &cluster.policies, source(Kind::BgpPeeringPolicy));
        self.add_list("ciliumbgpadvertisement", &cluster.advertisements, source(Kind::BgpAdvertisement));
        self.add_list("ciliumloadbalancerippool", &cluster.pools, source(Kind::LoadBalancerIpPool));
        self.add_list("ciliuml2announcementpolicy", &cluster.l2_policies, source(Kind::L2AnnouncementPolicy));
        self.add_list("gateway.gateway.networking.k8s.io", &cluster.gateways, source(Kind::Gateway));
        self.add_list("networkpolicy", &cluster.network_policies, source(Kind::NetworkPolicy));
        self.add_named("ciliumbgppeerconfig", &cluster.peer_configs, source(Kind::BgpPeerConfig));
        self.add_named("ciliumbgpnodeconfigoverride", &cluster.overrides, source(Kind::BgpNodeConfigOverride));
        for config in cluster.cluster_configs.value().into_iter().flatten() {
            let Some(at) = line(&config.metadata, source(Kind::BgpClusterConfig)) else { continue };
            for instance in &config.spec.bgp_instances {
                let names = instance.peers.iter().map(|peer| (instance.name.clone(), peer.name.clone()));
                self.peers.extend(names.map(|names| (names, at.clone())));
            }
        }
    }

    fn add_list<Spec, Status>(
        &mut self,
        kind: &'static str,
        all: &Known<Vec<Object<Spec, Status>>>,
        read: Option<&Source>,
    ) {
        self.add(kind, all.value().into_iter().flatten().map(|object| &object.metadata), read);
    }

    fn add_named<Spec, Status>(
        &mut self,
        kind: &'static str,
        all: &Named<Object<Spec, Status>>,
        read: Option<&Source>,
    ) {
        self.add(kind, all.value().into_iter().flatten().map(|(_, object)| &object.metadata), read);
    }

    fn add<'m>(&mut self, kind: &'static str, all: impl Iterator<Item = &'m Metadata>, read: Option<&Source>) {
        self.objects.extend(all.filter_map(|metadata| {
            let name = match metadata.namespace.as_str() {
                "" => metadata.name.clone(),
                namespace => format!("{namespace}/{}", metadata.name),
            };
            Some((Subject::object(kind, &name), line(metadata, read)?))
        }));
    }

    /// Adds the line to what was seen.
    pub fn tell(&self, finding: &mut Finding) {
        let at = match &finding.subject {
            Subject::Session(key) => self.peers.get(&(key.instance.to_string(), key.peer.to_string())),
            subject => self.objects.get(subject),
        };
        if let Some(at) = at {
            let seen = format!("{} is declared here", finding.subject);
            finding.evidence.push(Evidence { end: End::Cluster, text: seen, source: Some(at.clone()) });
        }
    }
}

fn line(metadata: &Metadata, read: Option<&Source>) -> Option<Source> {
    let source = metadata.annotations.get(DECLARED_AT)?.clone();
    Some(Source { source, read_at: read?.read_at })
}
