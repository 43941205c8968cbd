//! What the cluster needs of its routers, and what each of them lacks of it. Pure: a topology in, values out.
//!
//! [`required`] is what a router must have for the cluster's sessions: what makes it differ. What is already there serves
//! under whatever name it has; [`lacks`] finds what is not there or wrong, and [`comparison`] tells it as differences.

pub mod comparison;
pub mod edit;
mod inbound;
mod lacks;
pub mod passwords;
pub mod required;
mod running;
pub mod upload;
mod view;

use crate::snapshot::{Missing, Passwords};
use crate::topology::Topology;
use crate::topology::router::Router;
use comparison::Comparison;
use required::Required;

/// A router beside what the cluster needs of it.
pub struct Plan<'a> {
    pub router: &'a Router,
    /// Why it could not be compared, if it could not.
    pub comparison: Result<Comparison, Missing>,
}

/// One plan for each router at which a session of the cluster should end.
pub fn plans<'a>(topology: &'a Topology, passwords: &Passwords) -> Vec<Plan<'a>> {
    let routers = topology.routers.iter().flatten().enumerate();
    routers.filter_map(|(at, router)| plan(topology, at, router, passwords)).collect()
}

fn plan<'a>(topology: &'a Topology, at: usize, router: &'a Router, passwords: &Passwords) -> Option<Plan<'a>> {
    let asked = Required::of_router(topology, at, passwords);
    if asked.sessions.is_empty() && asked.unknown.is_empty() {
        return None;
    }
    let comparison = running::text(router).and_then(|text| Comparison::of(text, router, &asked));
    Some(Plan { router, comparison })
}
