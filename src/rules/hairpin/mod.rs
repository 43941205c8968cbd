//! Pods and nodes that go to a VIP of their own cluster. Settings say what may fail, never what does.

use super::Rule;

pub const RULES: &[Rule] = &[];
