//! What vtysh's show commands and the router's kernel print, FRR 7.5 to 10.x. Every key may be missing.

pub mod addresses;
pub mod daemons;
pub mod detail;
pub mod kernel;
pub mod neigh;
pub mod neighbors;
pub mod paths;
pub mod received;
pub mod rib;
pub mod settings;
pub mod summary;
pub mod watch;
