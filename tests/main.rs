//! One binary for all integration tests: the real program, run as a user runs it.

#![allow(clippy::disallowed_macros, reason = "tests print what they saw")]

mod agent_trouble;
mod check;
mod cluster_trouble;
mod completion;
mod completion_keys;
mod completion_trouble;
mod frr;
mod generated;
mod joined_states;
mod krew;
mod krew_manifest;
mod kubectl_formats;
mod kubectl_manners;
mod lab_config;
mod lab_diagnosis;
mod lab_expected;
mod lab_harden;
mod lab_persisted;
mod lab_requests;
mod lab_rights;
mod lab_ssh;
mod lab_states;
mod lab_sync;
mod lab_upload;
mod pasted;
mod peers;
mod probes;
mod readme;
mod redact;
mod router_trouble;
mod routes;
mod rules_cluster;
mod rules_routes;
mod rules_services;
mod rules_sessions;
mod snapshot;
mod support;
mod udm_sync;
mod udm_sync_breadth;
mod udm_sync_persisted;
mod udm_sync_states;
mod udm_sync_wishes;
mod udm_sync_write;
mod why;
