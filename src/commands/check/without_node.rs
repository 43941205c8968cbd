//! `kubectl bgp check --without-node NODE`: what the loss of a node would mean.

use std::io::Write;

use crate::commands::{report, wanted};
use crate::error::{Error, Exit, Result};
use crate::present::without_node::{NodeLoss, exposures};
use crate::present::{self, Printer};
use crate::topology::Topology;
use crate::topology::names::NodeName;
use crate::ui::Ui;

pub fn run(node: &str, topology: &Topology, printer: &Printer, ui: &Ui) -> Result<Exit> {
    report(&topology.gaps, ui);
    let node = NodeName(node.to_owned());
    let known = topology.nodes.value();
    let peers = || topology.sessions.iter().any(|session| session.node.value() == Some(&node));
    let Some(known) = known else {
        return Err(Error::usage("what a node takes along cannot be told without the CiliumNodes of the cluster"));
    };
    if !known.contains_key(&node) && !peers() {
        let error = wanted::no_node(&node.0);
        let names = known.keys().map(|name| name.0.as_str());
        let near = names.filter(|name| strsim::jaro_winkler(name, &node.0) > 0.8).take(3);
        return Err(near.fold(error, |error, near| error.hint(format!("did you mean {near}?"))).undecided());
    }
    let loss = NodeLoss { losses: topology.losses(&node), exposures: topology.exposures(&node) };
    if printer.is_table() && loss.losses.is_empty() {
        ui.note(&format!("No route has a path from {node}"));
    }
    printer.print(&loss, ui.stdout())?;
    if printer.is_table() {
        present::finish(ui.stdout().write_all(format!("\n{}", exposures(&loss.exposures)).as_bytes()))?;
    }
    Ok(if topology.end_missing { Exit::Undecided } else { Exit::Ok })
}
