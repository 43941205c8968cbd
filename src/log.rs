//! `-v`: what the program and its client do, on standard error. Off unless asked for: kube logs errors that are reported
//! anyway.

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

/// Levels as kubectl counts them. No level prints headers or bodies, which hold credentials.
pub fn start(verbosity: u8) {
    let own = Targets::new().with_target("kubectl_bgp", Level::DEBUG);
    let targets = match verbosity {
        0..=3 => return,
        4..=5 => own,
        6..=7 => own.with_target("kube_client", Level::DEBUG),
        8.. => own.with_default(Level::DEBUG),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    tracing_subscriber::registry().with(lines).with(targets).init();
}
