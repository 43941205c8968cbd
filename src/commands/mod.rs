//! One file a verb: its arguments, and its story.

pub mod peers;
pub mod snapshot;

use crate::cli::{Cli, Verb};
use crate::error::{Exit, Result};
use crate::topology::{Gap, Topology};
use crate::ui::Ui;

/// Runs the verb.
pub fn run(cli: &Cli, ui: &Ui) -> Result<Exit> {
    match &cli.verb {
        Verb::Peers(args) => peers::run(args, &cli.global, ui),
        Verb::Snapshot(args) => snapshot::run(args, &cli.global, ui),
    }
}

/// Says on standard error what is not known.
fn report_gaps(topology: &Topology, ui: &Ui) {
    for Gap { what, missing } in &topology.gaps {
        let message = missing.message.strip_prefix("error: ").unwrap_or(&missing.message);
        ui.warning(&format!("{what}: {message}"));
        missing.hints.iter().for_each(|hint| ui.hint(hint));
    }
}
