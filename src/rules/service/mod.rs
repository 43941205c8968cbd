//! Services that have no address, or whose address nothing advertises.

mod agents;
mod class;
mod endpoints;
mod idle;
mod ipam;
mod nothing;
mod peer_config;
mod pending;
mod pools;
mod selected;

use super::Rule;

pub const RULES: &[Rule] = &[
    nothing::NOTHING,
    selected::NO_SELECTOR,
    selected::NOT_SELECTED,
    selected::NOT_OF_SERVICES,
    peer_config::TAKES_NONE,
    peer_config::NO_FAMILY,
    selected::OTHER_ADDRESSES,
    class::CLASS,
    endpoints::LOCAL,
    endpoints::CLUSTER,
    pending::PENDING,
    pending::ASKED,
    pools::UNALIGNED,
    pools::FOREIGN,
    agents::SILENT,
    endpoints::PLACEHOLDER,
    class::NO_FRONTEND,
    pools::CONFLICTS,
];
