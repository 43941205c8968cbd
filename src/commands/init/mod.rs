//! `kubectl bgp init`: the setup of both ends, planned from what there is.

mod ask;
mod flags;
mod halves;
mod values;

use std::io::{IsTerminal, Write};

use crate::cli::{FileFlags, GlobalFlags, OutputFlags};
use crate::commands::delivery::DeliveryFlags;
use crate::commands::{nothing_read, report};
use crate::error::{Error, Exit, Result};
use crate::observe::{observe_with_passwords, read_files};
use crate::present::init::{Setup, text};
use crate::present::{self, Printer};
use crate::setup::given::Given;
use crate::setup::ground::Ground;
use crate::setup::intended::begin;
use crate::setup::moving::{self, Exhausted};
use crate::setup::objections::{self, Objection};
use crate::setup::objects::Manifest;
use crate::setup::propose::propose;
use crate::setup::worksheet::Worksheet;
use crate::snapshot::{Command, Gap, Kind, Needs, Passwords, Questions, Snapshot};
use crate::topology::Topology;
use crate::ui::Ui;
use flags::ValueFlags;

pub const NEEDS: Needs = Needs {
    kinds: &[
        Kind::Node,
        Kind::Service,
        Kind::EndpointSlice,
        Kind::CiliumNode,
        Kind::BgpClusterConfig,
        Kind::BgpPeerConfig,
        Kind::BgpAdvertisement,
        Kind::BgpNodeConfig,
        Kind::BgpNodeConfigOverride,
        Kind::BgpPeeringPolicy,
        Kind::LoadBalancerIpPool,
        Kind::L2AnnouncementPolicy,
        Kind::CiliumConfig,
        Kind::AgentPod,
        Kind::CiliumV2,
        Kind::CiliumV2Alpha1,
        Kind::Gateway,
        Kind::Kustomization,
        Kind::Application,
    ],
    commands: &[
        Command::Daemons,
        Command::Summary,
        Command::Neighbors,
        Command::RunningConfig,
        Command::Addresses,
        Command::Ipv4KernelRoutes,
        Command::Ipv6KernelRoutes,
        Command::UnifiModel,
        Command::KernelNeighbors,
    ],
};

/// Plans the BGP setup of both ends, each value with its reason
///
/// Reads the cluster, and the router if it is named with --router or by an object, and proposes every value of the setup: what
/// a flag gives goes before what is in use, and that before what is proposed. Objects that are there are not changed. On a
/// terminal it asks for what neither end tells; elsewhere it says which flags it needs. Writes networking.yaml and k8s-bgp.conf
/// for a Git repository, unless something refuses the setup or -o asks for data. Exits with 0 if nothing refuses it, 1 if
/// something does or the halves do not carry all of it, 2 if a flag is missing.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    values: ValueFlags,
    #[command(flatten)]
    delivery: DeliveryFlags,
    #[command(flatten)]
    files: FileFlags,
    #[command(flatten)]
    output: OutputFlags,
}

pub fn run(args: &Args, flags: &GlobalFlags, ui: &Ui) -> Result<Exit> {
    let printer = Printer::new(&args.output)?;
    args.delivery.check(!printer.is_table(), flags)?;
    if flags.ends.router_only {
        return Err(Error::usage("init plans for a cluster, which --router-only leaves out"));
    }
    let (mut snapshot, passwords, gaps) = args.read(flags, ui)?;
    let mut topology = Topology::of(&snapshot, NEEDS);
    if let Some(gaps) = gaps {
        // What no file can tell is no gap; what could not be read may hold anything.
        topology.gaps = gaps;
    }
    if topology.nothing_known {
        return Err(nothing_read(&topology.gaps));
    }
    report(&topology.gaps, ui);
    let Some(ground) = Ground::of(&topology) else {
        return Err(Error::usage("init plans for a cluster").hint("--manifests reads its objects from files"));
    };
    let mut objections = objections::of_cluster(&ground);
    if objections.iter().any(Objection::is_refusal) {
        tell(&objections, ui);
        return Ok(Exit::Failure);
    }
    let (given, worksheet) = filled_in(args.values.given(), &ground, ui)?;
    let manifests = halves::manifests(&worksheet, &snapshot, &args.files.manifests)?;
    objections.extend(objections::of(&worksheet, &given, &ground));
    objections.extend(objections::effect::find(&worksheet, &manifests));
    objections.sort_by_key(|objection| objection.weight);
    let objects: Vec<_> = manifests.iter().map(Manifest::object).collect();
    let setup = Setup { worksheet: &worksheet, objections: &objections, objects: &objects };
    let is_refused = objections.iter().any(Objection::is_refusal);
    let status = if is_refused { Exit::Failure } else { Exit::Ok };
    if !printer.is_table() {
        printer.print(&setup, ui.stdout())?;
        tell(&objections, ui);
        return Ok(status);
    }
    let table = text::render(&setup, printer.has_headers(), printer.is_wide());
    present::finish(ui.stdout().write_all(table.as_bytes()))?;
    tell(&objections, ui);
    if is_refused {
        ui.note("Nothing was written.");
        return Ok(status);
    }
    let spot = args.delivery.spot()?;
    for (pool, planned) in moving::plans(&ground, &spot.texts()) {
        match planned {
            Ok(planned) => present::finish(ui.stdout().write_all(present::moving::render(&planned).as_bytes()))?,
            Err(Exhausted { width }) => {
                ui.warning(&format!("the pool {pool} has nowhere to move to: no private /{width} is free"));
            }
        }
    }
    let (halves, status) = halves::of(&worksheet, &manifests, &mut snapshot, &passwords, ui)?;
    args.delivery.deliver(&spot, &halves, topology.cluster.as_ref(), flags, ui)?;
    Ok(status)
}

impl Args {
    /// Both ends with the passwords that sessions have, or what the files say with what of them could not be read.
    fn read(&self, flags: &GlobalFlags, ui: &Ui) -> Result<(Snapshot, Passwords, Option<Vec<Gap>>)> {
        if self.files.manifests.is_empty() {
            let (snapshot, passwords) =
                observe_with_passwords(flags, NEEDS, &self.files.router_config, &|_| Questions::default(), ui)?;
            return Ok((snapshot, passwords, None));
        }
        let (mut snapshot, gaps) = read_files(&self.files)?;
        begin(&mut snapshot).map_err(|error| Error::failure(format!("an empty list could not be made: {error}")))?;
        Ok((snapshot, Passwords::default(), Some(gaps)))
    }
}

/// The worksheet; on a terminal the user is asked for what only he knows.
fn filled_in(mut given: Given, ground: &Ground, ui: &Ui) -> Result<(Given, Worksheet)> {
    loop {
        match propose(ground, &given) {
            Ok(worksheet) => return Ok((given, worksheet)),
            Err(questions) if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() => {
                // An answer may make another question needless.
                let Some(first) = questions.first() else { return Err(Error::failure("nothing could be planned")) };
                ask::answer(first, &mut given, &mut std::io::stdin().lock(), &mut ui.stderr())?;
            }
            Err(questions) => return Err(ask::needed(&questions, ground)),
        }
    }
}

/// A closed standard error is no reason to fail.
fn tell(objections: &[Objection], ui: &Ui) {
    let _ = ui.stderr().write_all(text::objections(objections).as_bytes());
}
