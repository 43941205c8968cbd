//! What the rules judge: the joined model, with what several of them ask of it.

use std::cell::OnceCell;

use crate::cilium::pod;
use crate::snapshot::Kind;
use crate::topology::cluster::{Cluster, Services};
use crate::topology::router::Router;
use crate::topology::routes::{Route, SessionIndex};
use crate::topology::service::AddressKind;
use crate::topology::session::{Health, RouterEnd, Session};
use crate::topology::{Known, Topology};

use super::finding::{Subject, Symptom};
use super::upgrade::Minor;
use super::vips::Vip;

pub struct Facts<'a> {
    pub topology: &'a Topology,
    /// The version of Cilium that an upgrade aims at.
    pub target: Option<Minor>,
    /// The addresses of Services, once they were looked for.
    pub vips: OnceCell<Vec<Vip<'a>>>,
}

/// A session that the cluster asks for, with the router where it ends.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    pub index: SessionIndex,
    pub session: &'a Session,
    /// `None`: no router was read where it could end.
    pub router: Option<&'a Router>,
}

impl<'a> Facts<'a> {
    pub fn of(topology: &'a Topology) -> Self {
        Self { topology, target: None, vips: OnceCell::new() }
    }

    /// The oldest version of Cilium that runs, by the agents' images.
    pub fn cilium_version(&self) -> Option<Minor> {
        let pods = self.cluster()?.agents.value()?.values();
        let versions = pods.filter_map(|pod| pod::minor(pod.spec.agent()?.version()?));
        versions.map(|(major, minor)| Minor(major, minor)).min()
    }

    /// Where a kind's objects were read: a request path.
    pub fn read_from(&self, kind: Kind) -> Option<&'a str> {
        self.cluster()?.source(kind).map(|source| source.source.as_str())
    }

    /// Whether any advertisement has external addresses.
    pub fn advertises_external_ips(&self) -> bool {
        let advertisements = self.cluster().and_then(|cluster| cluster.advertisements.value());
        let entries = advertisements.into_iter().flatten().flat_map(|object| &object.spec.advertisements);
        entries
            .filter_map(|entry| entry.service.as_ref())
            .any(|service| service.addresses.iter().any(|kind| *kind == AddressKind::ExternalIP.to_string()))
    }

    /// `None`: the cluster was not asked.
    pub fn cluster(&self) -> Option<&'a Cluster> {
        self.topology.cluster.as_ref()
    }

    pub fn services(&self) -> Option<&'a Services> {
        self.topology.services.as_ref()
    }

    /// The routers that were asked, read or not.
    pub fn routers(&self) -> &'a [Router] {
        self.topology.routers.as_deref().unwrap_or_default()
    }

    /// The sessions that the cluster asks for.
    pub fn sessions(&self) -> impl Iterator<Item = Case<'a>> + use<'a> {
        let routers = self.routers();
        let all = self.topology.sessions.iter().enumerate();
        all.filter(|(_, session)| session.key.value().is_some()).map(move |(index, session)| Case {
            index,
            session,
            router: session.ends_at.and_then(|at| routers.get(at)),
        })
    }

    /// Of these, the ones that are not established on every end that was asked.
    pub fn down(&self) -> impl Iterator<Item = Case<'a>> + use<'a> {
        let asked = self.topology.asked;
        self.sessions().filter(move |case| matches!(case.session.health(asked), Health::Down))
    }

    /// All that is wrong to the eye, for what stops everything.
    pub fn every_symptom(&self) -> impl Iterator<Item = Symptom> + use<'a> {
        let routes = self.routes().filter(|(_, route)| route.status.healthy == Some(false));
        self.down().map(|case| case.symptom()).chain(routes.map(|(at, _)| Symptom::Route(at)))
    }

    /// The rows of `routes`, each with its position.
    pub fn routes(&self) -> impl Iterator<Item = (usize, &'a Route)> + use<'a> {
        self.topology.routes.iter().enumerate()
    }
}

impl<'a> Case<'a> {
    pub fn subject(&self) -> Subject {
        match self.session.key.value() {
            Some(key) => Subject::Session(key.clone()),
            None => Subject::Cluster,
        }
    }

    pub fn symptom(&self) -> Symptom {
        Symptom::Session(self.index)
    }

    /// What the router says of it.
    pub fn router_end(&self) -> Option<&'a RouterEnd> {
        self.session.router.value()
    }

    /// The router was read, and has no neighbor for it.
    pub fn neighbor_is_absent(&self) -> bool {
        matches!(self.session.router, Known::Absent(_))
            && self.router.is_some_and(|router| router.neighbors.value().is_some())
    }
}
