//! One binary for all integration tests: the real program, run as a user runs it.

mod lab_peers;
mod lab_requests;
mod support;
