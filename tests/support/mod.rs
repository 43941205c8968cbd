//! What the tests share.

pub mod api;
pub mod files;
pub mod guide;
pub mod krew;
pub mod lab;
pub mod mapping;
pub mod rights;
pub mod routed;
pub mod run;
pub mod sessions;
pub mod snapshots;
pub mod tab;
pub mod written;
