//! FRR's own shapes: what its show commands print, and its configuration language.

pub mod config;
pub mod show;
