//! `kubectl bgp check`: every rule over both ends.

mod choice;
mod report;
mod state;
mod without_node;

use crate::cli::{FileFlags, GlobalFlags, OutputFlags, Timeout};
use crate::error::{Error, Exit, Result};
use crate::observe::{observe, observe_until, read_files};
use crate::present::Printer;
use crate::rules::Severity;
use crate::rules::upgrade::Minor;
use crate::snapshot::{Command, Gap, Kind, Needs, Questions, Snapshot};
use crate::topology::Topology;
use crate::ui::Ui;
use choice::Choice;
use report::Format;
pub use report::REPORTS;
use state::State;

/// Everything: rules are about all of it.
pub const NEEDS: Needs = Needs { kinds: Kind::ALL, commands: Command::ALL };

/// Names what is wrong, with the evidence of both ends and the fix
///
/// Runs every rule on what the cluster and the router say. What is certain is told from what is likely, a cause from what
/// it causes. A rule that lacks evidence says what it needs. -o also takes junit and sarif; -o wide shows all that is known.
/// Exits with 0 if nothing is found that --fail-on names, 1 if something is, 2 if an end or a file could not be read and
/// nothing was found.
#[derive(clap::Args)]
pub struct Args {
    /// Only these rules: codes such as BGP137, or groups such as sessions; repeatable
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    only: Vec<String>,
    /// Not these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    skip: Vec<String>,
    /// Show only findings that are at least this severe; what --fail-on names is always shown
    #[arg(long, value_name = "SEVERITY", default_value = "information")]
    severity: Severity,
    /// Exit with 1 if a finding is at least this severe
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    fail_on: Severity,
    /// Read again every 2 s until nothing is found that --fail-on names, at most this long (30s, 5m); 0 waits for ever
    #[arg(long, value_name = "DURATION")]
    wait: Option<Timeout>,
    /// Also probe what no answer at rest decides: logs of agents, operator and FRR, connects from the agents' pods to their
    /// peers and from the router to Services, and for some seconds who connects to the router
    #[arg(long, conflicts_with_all = ["from", "manifests", "router_config"])]
    probe: bool,
    /// Also say what this version of Cilium changes for the objects that are there
    #[arg(long, value_name = "VERSION")]
    target_cilium: Option<Minor>,
    /// Say instead which VIPs lose paths without this node, and what it could make the router accept if it were hostile
    #[arg(long, value_name = "NODE", conflicts_with_all = ["wait", "list", "explain", "only", "skip", "fail_on", "severity", "target_cilium"])]
    without_node: Option<String>,
    #[command(flatten)]
    files: FileFlags,
    /// List the rules, and read nothing
    #[arg(long, conflicts_with_all = ["explain", "wait"])]
    list: bool,
    /// Explain these rules: codes, or groups; and read nothing
    #[arg(long, value_name = "RULE", value_delimiter = ',', num_args = 1.., conflicts_with = "wait")]
    explain: Vec<String>,
    #[command(flatten)]
    output: OutputFlags,
}

pub fn run(args: &Args, flags: &GlobalFlags, ui: &Ui) -> Result<Exit> {
    let choice = Choice::of(&args.only, &args.skip)?;
    if args.list {
        return report::list(&choice, args.severity, &Printer::new(&args.output)?, ui);
    }
    if !args.explain.is_empty() {
        return report::explain(choice::named(&args.explain)?, &Printer::new(&args.output)?, ui);
    }
    if let Some(node) = &args.without_node {
        let printer = Printer::new(&args.output)?;
        let (snapshot, _) = args.read(flags, &|_| Questions::default(), ui).map_err(Error::undecided)?;
        return without_node::run(node, &Topology::consuming(snapshot, NEEDS), &printer, ui);
    }
    let format = Format::of(&args.output)?;
    let judge = |snapshot: Snapshot, gaps: Vec<Gap>| {
        let mut topology = Topology::consuming(snapshot, NEEDS);
        if args.is_of_files() {
            // What no file can tell is no gap; what could not be read may hold anything.
            topology.end_missing = !gaps.is_empty();
            topology.gaps = gaps;
        }
        State::of(topology, args.target_cilium, |rule| choice.has(rule), format.is_of_each())
    };
    let ask_further = |snapshot: &Snapshot| args.ask_further(snapshot, flags);
    let state = match args.wait {
        None => args.read(flags, &ask_further, ui).map(|(snapshot, gaps)| judge(snapshot, gaps)),
        Some(limit) => args.wait(limit, &|snapshot| judge(snapshot, Vec::new()), flags, ui),
    };
    let state = state.and_then(State::known).map_err(Error::undecided)?;
    crate::commands::report(&state.gaps, ui);
    format.print(&state.diagnosis, args, flags, ui)?;
    Ok(state.verdict(args.fail_on))
}

impl Args {
    fn ask_further(&self, snapshot: &Snapshot, flags: &GlobalFlags) -> Questions {
        let topology = Topology::of(snapshot, NEEDS);
        let routes: Vec<_> = topology.routes.iter().collect();
        let mut further = topology.questions_about_sessions(flags.ends.verify);
        further.extend(topology.questions_about_routes(&routes, flags.ends.verify));
        further.extend(topology.questions_about_kernels());
        if self.probe {
            let sessions: Vec<_> = topology.sessions.iter().collect();
            further.extend(topology.probes(&sessions, &routes));
        }
        further
    }

    fn is_of_files(&self) -> bool {
        !(self.files.manifests.is_empty() && self.files.router_config.is_empty())
    }

    /// Both ends, or what the files say; and what of the files could not be read.
    fn read(
        &self,
        flags: &GlobalFlags,
        ask_further: &dyn Fn(&Snapshot) -> Questions,
        ui: &Ui,
    ) -> Result<(Snapshot, Vec<Gap>)> {
        if self.is_of_files() {
            return read_files(&self.files);
        }
        observe(flags, NEEDS, ask_further, ui).map(|snapshot| (snapshot, Vec::new()))
    }

    /// The first state that is well, or the last one when the time is up.
    fn wait(&self, limit: Timeout, judge: &dyn Fn(Snapshot) -> State, flags: &GlobalFlags, ui: &Ui) -> Result<State> {
        if flags.ends.from.is_some() || self.is_of_files() {
            return Err(Error::usage("--wait reads both ends again, and files do not change"));
        }
        let (mut last, mut said) = (None, String::new());
        let is_well = |snapshot: Snapshot| {
            let state = judge(snapshot);
            let still = state.waits_for(self.fail_on);
            last = Some(state);
            if let Some(text) = still.as_ref().filter(|text| **text != said) {
                ui.progress(text);
                said.clone_from(text);
            }
            still.is_none()
        };
        observe_until(flags, NEEDS, &|snapshot| self.ask_further(snapshot, flags), ui, limit.0, is_well)?;
        last.ok_or_else(|| Error::failure("nothing was read"))
    }
}
