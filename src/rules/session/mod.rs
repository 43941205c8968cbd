//! Sessions that are not established.
//!
//! [`CERTAIN`] rules prove a cause: the configurations of both ends do not fit, or an end is not there. What they leave
//! [`open`] is decided by [`likely`], one cause a session, after exclusion; its last answer is that nothing explains it.

mod absence;
mod absent;
mod address;
mod asn;
mod away;
mod excluded;
mod family;
mod hops;
mod likely;
mod neighbor;
mod open;
pub mod password;
mod probed;
mod silent;
mod source;
mod speakers;
mod unexplained;

use std::collections::BTreeSet;

use crate::topology::routes::SessionIndex;

use super::finding::{Confidence, Symptom};
use super::{Facts, Rule, Verdict, cluster, router};

pub const CERTAIN: &[Rule] = &[
    absent::NO_LINE,
    absent::API_ADDRESS,
    absent::OTHER_ADDRESS,
    absent::OUT_OF_RANGE,
    source::OTHER_SOURCE,
    source::NO_ADDRESS,
    speakers::SECOND_SPEAKER,
    address::NOT_THE_ROUTERS,
    address::OTHER_PORT,
    asn::PEER_ASN,
    asn::REMOTE_AS,
    asn::SAME_AS,
    password::ONE_SIDED,
    password::SECRET_MISSING,
    password::SECRET_THERE,
    hops::NODE_TTL,
    hops::ROUTER_TTL,
    hops::NO_PATH,
    family::NONE_IN_COMMON,
    family::NONE_ACTIVE,
    open::HOLD_TIME,
    open::IDENTIFIER,
    neighbor::SHUT_DOWN,
    neighbor::TOO_MANY_PREFIXES,
    neighbor::BFD,
    away::NODE_AWAY,
    away::AGENT_AWAY,
];

pub const LIKELY: &[Rule] = &[
    likely::HOLD_TIMER,
    likely::NOT_NOTICED,
    likely::AGENT_CLOSED,
    likely::COLLISION,
    likely::NOT_YET,
    probed::TOO_FAR,
    probed::TRANSLATED,
    probed::NO_MD5,
    probed::PORT_DENIED,
    probed::NO_SOURCE,
    silent::PASSWORDS_DIFFER,
    silent::WRONG_SOURCE,
    silent::FIREWALL,
    silent::FOREIGN_ADDRESS,
    unexplained::UNEXPLAINED,
];

/// The sessions that are down and whose cause no rule has proved.
pub fn open(facts: &Facts) -> BTreeSet<SessionIndex> {
    let mut open: BTreeSet<SessionIndex> = facts.down().map(|case| case.index).collect();
    if open.is_empty() {
        return open;
    }
    let mut verdict = Verdict::default();
    for rule in [cluster::RULES, router::RULES, CERTAIN].into_iter().flatten() {
        (rule.judge)(facts, &mut verdict);
    }
    let proved = verdict.findings.iter().filter(|finding| finding.confidence == Confidence::Measured);
    for symptom in proved.flat_map(|finding| &finding.explains) {
        if let Symptom::Session(session) = symptom {
            open.remove(session);
        }
    }
    open
}
