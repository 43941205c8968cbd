//! What the cluster needs of its routers, and what each of them lacks of it. Pure: a topology in, values out.
//!
//! [`required`] is what a router must have for the cluster's sessions: what makes it differ. What is already there serves
//! under whatever name it has; [`lacks`] finds what is not there or wrong, and [`comparison`] tells it as differences.

pub mod comparison;
pub mod edit;
mod inbound;
mod lacks;
pub mod persisted;
pub mod required;
mod running;
mod view;

use crate::snapshot::Missing;
use crate::topology::Topology;
use crate::topology::router::Router;
use crate::unifi::{Remark, lint_text};
use comparison::{Comparison, Verdict};
use persisted::Persisted;
use required::Required;

/// A router beside what the cluster needs of it.
pub struct Plan<'a> {
    pub router: &'a Router,
    /// Why it could not be compared, if it could not.
    pub comparison: Result<Comparison, Missing>,
    /// What it comes back with. Nothing where it could not be compared, and of a file.
    pub persisted: Option<Persisted>,
    /// What UniFi would not take of a file that stands for a router.
    pub remarks: Vec<Remark>,
}

impl Plan<'_> {
    /// Of what runs, and of what it comes back with.
    pub fn verdict(&self) -> Verdict {
        let running = self.comparison.as_ref().map_or(Verdict::Undecided, Comparison::verdict);
        if self.persisted.as_ref().is_some_and(Persisted::differs) { Verdict::Differs } else { running }
    }
}

/// One plan for each router at which a session of the cluster should end.
pub fn plans(topology: &Topology) -> Vec<Plan<'_>> {
    let routers = topology.routers.iter().flatten().enumerate();
    routers.filter_map(|(at, router)| plan(topology, at, router)).collect()
}

fn plan<'a>(topology: &'a Topology, at: usize, router: &'a Router) -> Option<Plan<'a>> {
    let asked = Required::of_router(topology, at);
    if asked.sessions.is_empty() && asked.unknown.is_empty() {
        return None;
    }
    let running = running::text(router);
    let comparison = running.clone().and_then(|text| Comparison::of(text, router, &asked));
    let compared = running.as_ref().ok().zip(comparison.as_ref().ok());
    let persisted = compared.and_then(|(running, compared)| Persisted::of(router, running, compared, &asked));
    let is_upload = |text: &&&str| router.is_of_file() && !running::is_printed(text);
    let remarks = running.as_ref().ok().filter(is_upload).map(|text| lint_text(text)).unwrap_or_default();
    Some(Plan { router, comparison, persisted, remarks })
}
