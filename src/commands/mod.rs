//! One file a verb: its arguments, and its story.

pub mod check;
pub mod completion;
mod delivery;
mod explained;
pub mod init;
pub mod peers;
pub mod routes;
pub mod snapshot;
pub mod udm_sync;
mod wanted;
pub mod why;

use std::collections::HashSet;
use std::io::Write;

use crate::cli::{Cli, Verb};
use crate::error::{Error, Exit, Result};
use crate::observe;
use crate::present;
use crate::snapshot::Gap;
use crate::topology::Topology;
use crate::ui::Ui;

/// Runs the verb.
pub fn run(cli: &Cli, ui: &Ui) -> Result<Exit> {
    if cli.global.router.print_router_script {
        let script = observe::router_script(&cli.global.router);
        return present::finish(ui.stdout().write_all(script.as_bytes())).map(|()| Exit::Ok);
    }
    match &cli.verb {
        Verb::Check(args) => check::run(args, &cli.global, ui),
        Verb::Completion(args) => completion::run(args, ui),
        Verb::Init(args) => init::run(args, &cli.global, ui),
        Verb::Peers(args) => peers::run(args, &cli.global, ui),
        Verb::Routes(args) => routes::run(args, &cli.global, ui),
        Verb::Snapshot(args) => snapshot::run(args, &cli.global, ui),
        Verb::UdmSync(args) => udm_sync::run(args, &cli.global, ui),
        Verb::Why(args) => why::run(args, &cli.global, ui),
    }
}

/// Says on standard error what is not known. A hint that several gaps have comes after the last of them.
fn report(gaps: &[Gap], ui: &Ui) {
    for (at, Gap { what, missing }) in gaps.iter().enumerate() {
        let message = missing.message.strip_prefix("error: ").unwrap_or(&missing.message);
        ui.warning(&format!("{what}: {message}"));
        let comes_again = |hint: &String| gaps[at + 1..].iter().any(|gap| gap.missing.hints.contains(hint));
        missing.hints.iter().filter(|hint| !comes_again(hint)).for_each(|hint| ui.hint(hint));
    }
}

/// A list without rows says why.
fn none_found(topology: &Topology, ui: &Ui) {
    match &topology.no_bgp_configured {
        Some(missing) => {
            ui.note(&format!("No resources found: {}", missing.message));
            missing.hints.iter().for_each(|hint| ui.hint(hint));
        }
        None => ui.note("No resources found"),
    }
}

/// Nothing could be read: the first reason is the error, the others follow as hints.
fn nothing_read(gaps: &[Gap]) -> Error {
    let Some((first, others)) = gaps.split_first() else {
        return Error::failure(
            "nothing of BGP was found: no object of Cilium's that asks for sessions, and no router's answers",
        )
        .hint("--manifests and --router-config are compared with each other: both are needed");
    };
    let says_it_all = first.what == "the cluster" || first.missing.message.starts_with("Error from server");
    let error = if says_it_all {
        Error::verbatim(first.missing.message.clone())
    } else {
        Error::failure(format!("{}: {}", first.what, first.missing.message))
    };
    let others = others.iter().flat_map(|gap| {
        let too = format!("{} could not be read either: {}", gap.what, gap.missing.message);
        std::iter::once(too).chain(gap.missing.hints.clone())
    });
    let mut said = HashSet::new();
    let hints = first.missing.hints.iter().cloned().chain(others).filter(|hint| said.insert(hint.clone()));
    hints.fold(error, Error::hint)
}
