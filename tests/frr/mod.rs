//! The configuration language of the program itself, which is asked directly: no verb speaks all of it.

#![allow(dead_code, unused_imports, reason = "other parts of the program use the rest")]

#[path = "../../src/frr/as_number.rs"]
pub mod as_number;
#[path = "../../src/frr/config/mod.rs"]
pub mod config;
