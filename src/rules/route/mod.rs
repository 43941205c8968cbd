//! What the router accepts of the cluster's routes, prefers and installs.

mod broken;
mod foreign;
mod kernel;
mod nets;
mod next_hop;
mod permit;
mod policy;
mod preferred;
mod prefix_list;
mod refused;
mod shadowed;
mod stale;
mod unasked;
mod unexplained;
mod vtysh;

use super::Rule;

pub const RULES: &[Rule] = &[
    policy::REQUIRED,
    prefix_list::DENIES,
    prefix_list::UNDEFINED,
    policy::ROUTE_MAP,
    policy::NOT_REAPPLIED,
    prefix_list::DENIES_AGGREGATE,
    refused::OWN_AS,
    refused::OWN_ADDRESS,
    next_hop::UNRESOLVED,
    stale::DEAD_COUNTS,
    shadowed::SHADOWED,
    preferred::PREFERRED,
    unexplained::UNEXPLAINED,
    kernel::REFUSED,
    kernel::NO_ZEBRA,
    unasked::LOCAL_EVERYWHERE,
    unasked::TOO_EARLY,
    stale::STALE,
    preferred::SINGLE_PATH,
    kernel::FEWER,
    foreign::FOREIGN,
    nets::ON_LINK,
    nets::SENDS,
    unasked::UNASKED,
    kernel::LOST,
];
