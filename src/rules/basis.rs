//! What a group of rules cannot tell anything without. A rule that finds nothing where this is missing has not looked.

use super::{Facts, Verdict};
use crate::snapshot::Kind;
use crate::topology::Known;
use crate::topology::cluster::{Cluster, Services};

/// What a group of rules is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The rules say themselves what they lack.
    Own,
    Cluster,
    /// Which sessions the cluster asks for.
    Configs,
    Router,
    Sessions,
    Services,
    Routes,
    Settings,
    PeerConfigs,
}

impl Basis {
    /// Notes what is missing of it.
    pub fn check(self, facts: &Facts, verdict: &mut Verdict) {
        match self {
            Self::Own => {}
            Self::Cluster => {
                cluster(facts, verdict);
            }
            Self::Configs => of_cluster(facts, verdict, Kind::BgpClusterConfig, |cluster| &cluster.cluster_configs),
            Self::Router => router(facts, verdict),
            Self::Sessions => {
                of_cluster(facts, verdict, Kind::CiliumNode, |cluster| &cluster.nodes);
                router(facts, verdict);
            }
            Self::Services => {
                services(facts, verdict);
                of_cluster(facts, verdict, Kind::CiliumNode, |cluster| &cluster.nodes);
                of_cluster(facts, verdict, Kind::BgpPeerConfig, |cluster| &cluster.peer_configs);
                of_cluster(facts, verdict, Kind::BgpAdvertisement, |cluster| &cluster.advertisements);
            }
            Self::Routes => {
                services(facts, verdict);
                router(facts, verdict);
            }
            Self::Settings => of_cluster(facts, verdict, Kind::CiliumConfig, |cluster| &cluster.settings),
            Self::PeerConfigs => of_cluster(facts, verdict, Kind::BgpPeerConfig, |cluster| &cluster.peer_configs),
        }
    }
}

fn cluster<'a>(facts: &Facts<'a>, verdict: &mut Verdict) -> Option<&'a Cluster> {
    let cluster = facts.cluster();
    if cluster.is_none() {
        verdict.needs("the cluster: it was not asked");
    }
    cluster
}

fn of_cluster<T: 'static>(facts: &Facts, verdict: &mut Verdict, kind: Kind, of: fn(&Cluster) -> &Known<T>) {
    if let Some(cluster) = cluster(facts, verdict) {
        verdict.need(kind, of(cluster));
    }
}

fn services(facts: &Facts, verdict: &mut Verdict) {
    if let Some(Services { services, .. }) = facts.services() {
        verdict.need(Kind::Service, services);
    } else {
        cluster(facts, verdict);
    }
}

fn router(facts: &Facts, verdict: &mut Verdict) {
    let routers = facts.routers();
    if routers.is_empty() {
        verdict.needs("a router: none was read");
    } else if let Some(why) = routers.iter().find_map(|router| router.neighbors.why_unknown()) {
        verdict.needs(format!("the router's neighbors: {why}"));
    }
}
