//! FRR's own shapes: what its show commands print, what it logs, and its configuration language.

pub mod as_number;
pub mod config;
pub mod log;
pub mod show;
