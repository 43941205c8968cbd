//! One binary for all integration tests: the real program, run as a user runs it.

mod cluster_trouble;
mod joined_states;
mod kubectl_manners;
mod lab_peers;
mod lab_requests;
mod peers;
mod router_trouble;
mod snapshot;
mod support;
