//! Sessions that are not established.

mod neighbor;

use super::Rule;

pub const RULES: &[Rule] = &[neighbor::SHUT_DOWN];
