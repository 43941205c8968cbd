//! `kubectl bgp udm-sync`: what the cluster needs of its routers, and what they have of it.

mod external_diff;
mod write;

use std::io::Write;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::cli::{GlobalFlags, OutputFlags};
use crate::commands::{none_found, nothing_read, report};
use crate::error::{Error, Exit, Result};
use crate::observe::observe_with_passwords;
use crate::plan::comparison::{Comparison, Verdict};
use crate::plan::persisted::{Keeper, State};
use crate::plan::{Plan, Wishes, plans};
use crate::present::udm_sync::{Differences, frr, sentence, text};
use crate::present::{self, Printer};
use crate::snapshot::{Command, Gap, Kind, Needs, Questions};
use crate::topology::cluster::Cluster;
use crate::topology::{Session, Topology};
use crate::ui::Ui;
use crate::unifi::CONSOLE;

const NEEDS: Needs = Needs {
    kinds: &[
        Kind::CiliumNode,
        Kind::BgpClusterConfig,
        Kind::BgpPeerConfig,
        Kind::BgpAdvertisement,
        Kind::BgpNodeConfig,
        Kind::BgpNodeConfigOverride,
        Kind::BgpPeeringPolicy,
        Kind::LoadBalancerIpPool,
    ],
    commands: &[
        Command::Daemons,
        Command::Summary,
        Command::Neighbors,
        Command::RunningConfig,
        Command::StartupConfig,
        Command::SplitConfig,
        Command::Addresses,
        Command::UnifiModel,
    ],
};

/// A format of this verb alone: the lines for vtysh.
pub const FRR: &str = "frr";

/// Shows what is missing or wrong in the router's configuration, line by line
///
/// Compares what the cluster needs of its routers with what they run, by meaning: a neighbor for each node, its AS, address
/// families, filters that let the LoadBalancer pools in. Each line has its reason and what it does to sessions; what else the
/// router has is left alone. What the router comes back with is told apart: what UniFi has stored (if the environment has a
/// key for its API in `UNIFI_API_KEY`), or what FRR starts from. -o also takes frr: the lines to paste into vtysh; --write
/// FILE makes the whole configuration to upload. KUBECTL_EXTERNAL_DIFF shows the lines with another program. Nothing is
/// changed. Exits with 0 if nothing is missing or wrong, 1 if something is, in what runs or in what comes back, 2 if that could
/// not be found out.
#[derive(clap::Args)]
pub struct Args {
    /// FRR's configuration to read instead of a router: a file such as frr.conf or the one uploaded to a UniFi gateway, or
    /// `-`; repeatable
    #[arg(long, value_name = "FILE", conflicts_with_all = ["router_output", "router_only"])]
    router_config: Vec<PathBuf>,
    /// Add what is only good: filters on both ways, a limit of prefixes, a fixed router-id, descriptions. It is no reason to
    /// exit with 1
    #[arg(long)]
    harden: bool,
    /// Drop neighbors that no node needs: those with a description that says they were made for a node of this cluster, or
    /// else those that are named here
    #[arg(long, value_name = "ADDRESS", num_args = 0.., require_equals = true, value_delimiter = ',')]
    prune: Option<Vec<IpAddr>>,
    /// Take new nodes in by `bgp listen range` of the router's nets that they are on, instead of a neighbor for each
    #[arg(long)]
    dynamic: bool,
    /// Write the router's BGP configuration as it should be, with comments, for upload; with its passwords, readable by its
    /// owner only. `-`: standard output, without passwords
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Replace FILE whatever is in it
    #[arg(long, requires = "write")]
    force: bool,
    #[command(flatten)]
    output: OutputFlags,
}

pub fn run(args: &Args, flags: &GlobalFlags, ui: &Ui) -> Result<Exit> {
    let is_frr = args.output.output.as_deref() == Some(FRR);
    let printer = if is_frr { None } else { Some(Printer::beside(&[FRR], &args.output)?) };
    if flags.ends.router_only || flags.ends.cluster_only && args.router_config.is_empty() {
        return Err(Error::usage("udm-sync compares both ends"));
    }
    let is_stdout = args.write.as_deref().is_some_and(write::is_stdout);
    if is_stdout && args.output.output.is_some() {
        return Err(Error::usage("-o and --write - both go to standard output"));
    }
    let read = observe_with_passwords(flags, NEEDS, &args.router_config, &Questions::about_stored, ui)
        .map_err(Error::undecided)?;
    let (snapshot, passwords) = read;
    let mut topology = Topology::consuming(snapshot, NEEDS);
    if !args.router_config.is_empty() {
        // What no file can tell is no gap.
        topology.gaps.retain(|gap| !gap.what.starts_with("the router "));
    }
    if topology.nothing_known {
        return Err(nothing_read(&topology.gaps).undecided());
    }
    report(&topology.gaps, ui);
    report(&passwords.gaps, ui);
    if !topology.cluster.as_ref().is_some_and(Cluster::knows_sessions) {
        return Err(Error::failure("what the cluster needs of its routers is not known").undecided());
    }
    if topology.sessions.iter().all(|session| session.profile.is_none()) {
        none_found(&topology, ui);
        return Ok(Exit::Undecided);
    }
    let wishes = args.wishes();
    let plans = plans(&topology, &passwords, &wishes);
    not_there(&plans, &wishes, ui);
    let placeless = placeless(&topology, ui);
    match printer {
        _ if is_stdout => {}
        None => print_frr(&plans, ui)?,
        Some(printer) if printer.is_table() && !printer.is_sorted() => {
            let lines = if external_diff::show(&plans, ui)? { text::Lines::Elsewhere } else { text::Lines::Here };
            present::finish(ui.stdout().write_all(text::render(&plans, lines, printer.is_wide()).as_bytes()))?;
        }
        Some(printer) => printer.print(&Differences(&plans), ui.stdout())?,
    }
    advise(&plans, &topology.gaps, is_frr, args.write.is_some(), ui);
    if let Some(file) = &args.write {
        write::run(file, args.force, &plans, &passwords, ui).map_err(Error::undecided)?;
    }
    Ok(verdict(&plans, placeless))
}

impl Args {
    fn wishes(&self) -> Wishes {
        Wishes { harden: self.harden, dynamic: self.dynamic, prune: self.prune.clone() }
    }
}

/// Whether a session ends at no router that was read.
fn placeless(topology: &Topology, ui: &Ui) -> bool {
    let is_placeless = |session: &&Session| session.profile.is_some() && session.ends_at.is_none();
    let mut placeless = topology.sessions.iter().filter(is_placeless).filter_map(|session| session.key.value());
    let Some(first) = placeless.next() else { return false };
    let more = match placeless.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    ui.warning(&format!(
        "no router that was read is the peer of session {}/{}/{}{more}",
        first.node, first.instance, first.peer
    ));
    ui.hint("name the router with --router [PEER=][USER@]HOST");
    true
}

/// A neighbor that is to go may be a slip of the finger.
fn not_there(plans: &[Plan], wishes: &Wishes, ui: &Ui) {
    let compared: Vec<&Comparison> = plans.iter().filter_map(|plan| plan.comparison.as_ref().ok()).collect();
    for address in wishes.prune.iter().flatten() {
        if !compared.iter().any(|comparison| comparison.neighbors.contains(address)) {
            ui.warning(&format!("no router that was compared has a neighbor {address}"));
        }
    }
}

fn print_frr(plans: &[Plan], ui: &Ui) -> Result<()> {
    present::finish(ui.stdout().write_all(frr::render(plans).as_bytes()))?;
    if frr::has_passwords(plans) {
        ui.warning("a password is not among the lines: its statement is a comment");
        ui.hint("--write FILE writes the whole configuration with it, for you alone");
    }
    Ok(())
}

/// What stands in no line.
fn advise(plans: &[Plan], told: &[Gap], is_frr: bool, is_written: bool, ui: &Ui) {
    for plan in plans {
        let comparison = plan.comparison.iter().filter(|_| is_frr);
        for reason in comparison.flat_map(|comparison| comparison.by_hand.iter().chain(&comparison.undecided)) {
            ui.warning(&format!("no line is for this: {reason}"));
        }
        match &plan.comparison {
            Err(missing) if told.iter().any(|gap| gap.missing.message == missing.message) => {}
            Err(missing) => {
                ui.warning(&format!("the router {} could not be compared: {}", plan.router.name, missing.message));
                missing.hints.iter().for_each(|hint| ui.hint(hint));
            }
            Ok(comparison) if !is_written && !comparison.changes.is_empty() && plan.router.is_unifi() => {
                ui.hint("what is typed into vtysh is gone after the next provision: put it into the uploaded configuration too");
            }
            Ok(_) => {}
        }
        keep(plan, is_frr, ui);
    }
}

/// What makes a router come back with what it runs, and why that is not known.
fn keep(plan: &Plan, is_frr: bool, ui: &Ui) {
    let Some(persisted) = &plan.persisted else { return };
    if let Some(missing) = &persisted.trouble {
        ui.warning(&format!("the router {}: {}", plan.router.name, missing.message));
        missing.hints.iter().for_each(|hint| ui.hint(hint));
    }
    if !persisted.differs() {
        return;
    }
    let running = plan.comparison.as_ref().map_or(Verdict::Undecided, Comparison::verdict);
    if is_frr {
        ui.warning(&format!("{}: {}", plan.router.name, sentence(persisted, running)));
    }
    match persisted.keeper {
        // What is wrong itself is not to be kept.
        _ if running != Verdict::Same => {}
        Keeper::Frr if matches!(&persisted.state, State::Read(copy) if copy.is_passed_over) => {}
        Keeper::Frr => ui.hint("`write memory` in vtysh saves what runs"),
        Keeper::Unifi => ui.hint(&format!("put it into the uploaded configuration: {CONSOLE}")),
    }
}

fn verdict(plans: &[Plan], placeless: bool) -> Exit {
    let verdicts = || plans.iter().map(Plan::verdict);
    if verdicts().any(|verdict| verdict == Verdict::Differs) {
        Exit::Failure
    } else if placeless || plans.is_empty() || verdicts().any(|verdict| verdict == Verdict::Undecided) {
        Exit::Undecided
    } else {
        Exit::Ok
    }
}
