//! What the tests share.

pub mod api;
pub mod lab;
pub mod run;
pub mod snapshots;
