//! kubectl-bgp: both ends of every BGP session between Cilium and its router.
//!
//! Data flows one way: [`observe`] reads the cluster and the routers into a [`snapshot`], [`topology`] joins both ends,
//! [`rules`] judge, [`plan`] says what a router lacks, [`setup`] what both ends need for a move to BGP, [`trace`] follows one thing hop
//! by hop, [`present`] prints; [`act`] alone changes something. A command in
//! [`commands`] tells that story for one verb; [`complete`] answers a TAB. [`cilium`] and [`frr`] hold the shapes of each end and
//! know nothing of each other; [`unifi`] is what a UniFi gateway adds to FRR.

mod act;
mod cilium;
mod cli;
mod commands;
mod complete;
mod connect;
mod error;
mod frr;
mod gitops;
mod interrupt;
mod label_query;
mod log;
mod observe;
mod plan;
mod present;
#[cfg(test)]
mod reference;
mod rules;
mod setup;
mod shell;
mod snapshot;
mod topology;
mod trace;
mod ui;
mod unifi;
#[cfg(test)]
#[path = "../tests/support/written.rs"]
mod written;
mod yaml;

use std::process::ExitCode;

use clap::Parser;

use crate::ui::Ui;

fn main() -> ExitCode {
    if let Some(exit) = complete::asked() {
        return exit;
    }
    let cli = cli::Cli::parse();
    log::start(cli.global.verbosity);
    let ui = Ui::new(&cli.global);
    match commands::run(&cli, &ui) {
        Ok(exit) => exit.into(),
        Err(error) => {
            ui.error(&error);
            error.exit.into()
        }
    }
}
