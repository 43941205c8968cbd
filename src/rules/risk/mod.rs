//! Nothing is broken yet: what the next death of a node or of L2 will cost.

use super::Rule;

pub const RULES: &[Rule] = &[];
