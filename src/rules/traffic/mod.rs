//! The route is there, and traffic fails or may fail: what stands between a router's next hop and the backend's answer.

mod l2;

use super::Rule;

pub const RULES: &[Rule] = &[l2::BOTH, l2::HOLDER_WITHOUT_BACKEND, l2::NOBODY];
