//! What the cluster needs of its routers, and what each of them lacks of it. Pure: a topology in, values out.
//!
//! [`required`] is what a router must have for the cluster's sessions: what makes it differ. What is already there serves
//! under whatever name it has; [`lacks`] finds what is not there or wrong, and [`comparison`] tells it as differences.
//! [`advice`] is what would be good beyond it.

pub mod advice;
pub mod comparison;
mod dials;
pub mod edit;
mod facts;
mod inbound;
mod lacks;
mod part;
pub mod passwords;
pub mod persisted;
pub mod required;
mod running;
mod sources;
mod tag;
pub mod unowned;
pub mod upload;
mod view;
mod way;

use std::net::IpAddr;

use crate::snapshot::{Missing, Passwords};
use crate::topology::Topology;
use crate::topology::router::Router;
use crate::unifi::{Remark, lint_text};
use comparison::{Comparison, Verdict};
use persisted::Persisted;
use required::Required;

/// What is asked for beyond what is required.
#[derive(Debug, Default)]
pub struct Wishes {
    /// Advice is taken.
    pub harden: bool,
    /// New neighbors come by listen ranges.
    pub dynamic: bool,
    /// Neighbors that no node needs go: those that are named, else those that are known to be ours.
    pub prune: Option<Vec<IpAddr>>,
}

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
pub fn plans<'a>(topology: &'a Topology, passwords: &Passwords, wishes: &Wishes) -> Vec<Plan<'a>> {
    let routers = topology.routers.iter().flatten().enumerate();
    routers.filter_map(|(at, router)| plan(topology, at, router, passwords, wishes)).collect()
}

fn plan<'a>(
    topology: &'a Topology,
    at: usize,
    router: &'a Router,
    passwords: &Passwords,
    wishes: &Wishes,
) -> Option<Plan<'a>> {
    let asked = Required::of_router(topology, at, passwords);
    if asked.sessions.is_empty() && asked.unknown.is_empty() {
        return None;
    }
    let running = running::text(router);
    let comparison = running.clone().and_then(|text| Comparison::of(text, router, &asked, wishes));
    let compared = running.as_ref().ok().zip(comparison.as_ref().ok());
    let wishes = Wishes { dynamic: wishes.dynamic, ..Wishes::default() };
    let asked = asked.without_tags();
    let persisted = compared.and_then(|(running, compared)| Persisted::of(router, running, compared, &asked, &wishes));
    let remarks = match running {
        Ok(text) if router.is_of_file() && !running::is_printed(text) => lint_text(text),
        _ => Vec::new(),
    };
    Some(Plan { router, comparison, persisted, remarks })
}
