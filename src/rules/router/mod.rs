//! The router as a whole.

mod daemon;
mod instance;
mod resets;

pub use daemon::needs_config;

use crate::topology::router::Router;
use crate::topology::routes::fault::{Fault, Lost};

use super::facts::Case;
use super::finding::Symptom;
use super::{Facts, Rule};

pub const RULES: &[Rule] = &[
    daemon::BGPD_AWAY,
    daemon::NO_INSTANCE,
    daemon::TOO_OLD,
    instance::SHUT_DOWN,
    instance::SAME_ROUTER_ID,
    instance::LISTEN_LIMIT,
    resets::RESET_TOGETHER,
];

/// The sessions of the cluster that end at a router.
fn ending_at<'a>(facts: &Facts<'a>, router: &Router) -> impl Iterator<Item = Case<'a>> + use<'a> {
    let name = router.name.clone();
    facts.sessions().filter(move |case| case.router.is_some_and(|router| router.name == name))
}

/// What is down or missing because a router as a whole does not speak BGP.
fn all_symptoms(facts: &Facts, router: &Router) -> Vec<Symptom> {
    let sessions = facts.down().filter(|case| case.router.is_some_and(|other| other.name == router.name));
    let routes = facts.routes().filter(|(_, route)| {
        let is_down = matches!(
            route.status.fault(),
            Some(Fault::NoBgp(_) | Fault::Lost { reason: Lost::Down(_), .. } | Fault::Stale { .. })
        );
        is_down && route.router.as_deref() == Some(router.name.as_str())
    });
    sessions.map(|case| case.symptom()).chain(routes.map(|(at, _)| Symptom::Route(at))).collect()
}
