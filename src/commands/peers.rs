//! `kubectl bgp peers`: every session with both its ends.

use crate::cli::{GlobalFlags, OutputFlags};
use crate::commands::explained::explain;
use crate::commands::{none_found, nothing_read, report, wanted};
use crate::error::{Error, Exit, Result};
use crate::label_query::LabelQuery;
use crate::observe::observe;
use crate::present::{Printer, peers::Peers};
use crate::rules::finding::Symptom;
use crate::snapshot::{Command, Kind, Needs, Snapshot};
use crate::topology::names::NodeName;
use crate::topology::routes::SessionIndex;
use crate::topology::session::Health;
use crate::topology::{Session, Topology};
use crate::ui::Ui;

const NEEDS: Needs = Needs {
    kinds: &[
        Kind::CiliumNode,
        Kind::BgpClusterConfig,
        Kind::BgpPeerConfig,
        Kind::BgpNodeConfig,
        Kind::BgpNodeConfigOverride,
        Kind::BgpPeeringPolicy,
        Kind::CiliumConfig,
        Kind::AgentPod,
    ],
    commands: &[
        Command::Daemons,
        Command::Version,
        Command::Summary,
        Command::Neighbors,
        Command::RunningConfig,
        Command::Addresses,
    ],
};

/// Shows every BGP session with both its ends
///
/// A row for each selected node and peer, and for each neighbor of the router that no node owns. CLUSTER is what the
/// node's agent says, ROUTER what the router says; <none> means that the end does not have the session, <unknown> that
/// it could not be found out. ADDRESS is the peer's; on a row that only the router knows, the neighbor's.
#[derive(clap::Args)]
pub struct Args {
    /// Only these nodes
    #[arg(value_name = "NODE")]
    nodes: Vec<String>,
    /// Only nodes with these labels, in kubectl's syntax
    #[arg(short = 'l', long = "selector", value_name = "SELECTOR")]
    selector: Option<LabelQuery>,
    #[command(flatten)]
    output: OutputFlags,
    /// Exit with 1 if a session is not established on every end that was asked, with 2 if that could not be found out
    #[arg(long)]
    check: bool,
}

pub fn run(args: &Args, flags: &GlobalFlags, ui: &Ui) -> Result<Exit> {
    let printer = Printer::new(&args.output)?;
    let ask_further = |snapshot: &Snapshot| Topology::of(snapshot, NEEDS).questions_about_sessions(flags.ends.verify);
    let of_check = |error: Error| if args.check { error.undecided() } else { error };
    let topology = Topology::consuming(observe(flags, NEEDS, &ask_further, ui).map_err(of_check)?, NEEDS);
    if topology.nothing_known {
        return Err(of_check(nothing_read(&topology.gaps)));
    }
    report(&topology.gaps, ui);
    let (positions, sessions): (Vec<SessionIndex>, Vec<&Session>) = args.select(&topology).into_iter().unzip();
    if sessions.is_empty() && args.nodes.is_empty() {
        none_found(&topology, ui);
    }
    printer.print(&Peers { sessions: sessions.clone(), asked: topology.asked }, ui.stdout())?;
    if printer.is_table() {
        let is_down = |at: &SessionIndex| topology.sessions[*at].health(topology.asked) == Health::Down;
        explain(&topology, &positions.into_iter().filter(is_down).map(Symptom::Session).collect(), ui);
    }
    args.reject_unknown_nodes(&topology).map_err(of_check)?;
    Ok(if args.check { verdict(&sessions, &topology) } else { Exit::Ok })
}

impl Args {
    /// What is shown, each with its position.
    fn select<'a>(&self, topology: &'a Topology) -> Vec<(SessionIndex, &'a Session)> {
        let labels = |node: &NodeName| topology.nodes.value().and_then(|nodes| nodes.get(node));
        let is_wanted = |(_, session): &(SessionIndex, &Session)| {
            if self.nodes.is_empty() && self.selector.is_none() {
                return true;
            }
            session.node.value().is_some_and(|node| {
                (self.nodes.is_empty() || self.nodes.contains(&node.0))
                    && self
                        .selector
                        .as_ref()
                        .is_none_or(|selector| labels(node).is_some_and(|labels| selector.matches(labels)))
            })
        };
        topology.sessions.iter().enumerate().filter(is_wanted).collect()
    }

    fn reject_unknown_nodes(&self, topology: &Topology) -> Result<()> {
        if self.nodes.is_empty() && self.selector.is_none() {
            return Ok(());
        }
        let Some(known) = topology.nodes.value() else {
            return Err(Error::failure("nodes cannot be told apart without the CiliumNodes of the cluster"));
        };
        let has_row = |node: &NodeName| topology.sessions.iter().any(|session| session.node.value() == Some(node));
        let mut nodes = self.nodes.iter().map(|node| NodeName(node.clone()));
        match nodes.find(|node| !known.contains_key(node) && !has_row(node)) {
            Some(node) => Err(wanted::no_node(&node.0)),
            None => Ok(()),
        }
    }
}

fn verdict(sessions: &[&Session], topology: &Topology) -> Exit {
    let has = |health: Health| sessions.iter().any(|session| session.health(topology.asked) == health);
    if has(Health::Down) {
        Exit::Failure
    } else if topology.end_missing || sessions.is_empty() || has(Health::Undecided) {
        Exit::Undecided
    } else {
        Exit::Ok
    }
}
