//! Nothing is broken yet: what the next restart, the death of a node or the end of L2 will cost.

mod l2;
mod paths;
mod timers;

use super::Rule;

pub const RULES: &[Rule] = &[
    timers::RETRY,
    timers::RESTART,
    timers::HOLD,
    l2::REFUSED_AND_ALIVE,
    paths::ONE_NODE,
    paths::ONE_PATH,
    l2::ON_LINK,
];
