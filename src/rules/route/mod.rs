//! What the router accepts of the cluster's routes, prefers and installs.

mod broken;
mod kernel;
mod permit;
mod policy;
mod preferred;
mod prefix_list;

use super::Rule;

pub const RULES: &[Rule] = &[
    policy::REQUIRED,
    prefix_list::DENIES,
    prefix_list::UNDEFINED,
    policy::ROUTE_MAP,
    policy::NOT_REAPPLIED,
    prefix_list::DENIES_AGGREGATE,
    preferred::UNRESOLVED,
    preferred::SHADOWED,
    preferred::PREFERRED,
    kernel::REFUSED,
    kernel::NO_ZEBRA,
    preferred::SINGLE_PATH,
    kernel::FEWER,
    kernel::LOST,
];
