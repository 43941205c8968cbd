//! `kubectl bgp why`: one thing's way, hop by hop.

mod subjects;

use std::io::Write;

use crate::cli::{GlobalFlags, OutputFlags};
use crate::commands::check::NEEDS;
use crate::commands::{nothing_read, report};
use crate::error::{Error, Exit, Result};
use crate::observe::observe;
use crate::present::findings::text::Detail;
use crate::present::traces::{Told, Traces, text};
use crate::present::{self, Printer};
use crate::rules::{Diagnosis, Facts};
use crate::snapshot::{Questions, Snapshot};
use crate::topology::Topology;
use crate::trace::Outcome;
use crate::ui::Ui;
use subjects::Subjects;

/// Tells why a VIP is reached or a session is up, or where the way there breaks off
///
/// Of a Service, VIP or prefix, from the pool of addresses to what answers: allocated, selected, advertised, received,
/// accepted, best, installed, next hops, endpoints. Of a node or a peer, the story of each session from both ends. Each hop
/// has its proof from the end that knows; what explains the broken one comes after, the fix last. A prefix with several VIPs
/// is a list. Exits with 1 if a hop is broken, with 2 if that could not be found out.
#[derive(clap::Args)]
pub struct Args {
    /// A Service's NAME or NAMESPACE/NAME, a VIP, a prefix, a node or a peer; service/NAME, node/NAME and peer/NAME tell
    /// them apart
    #[arg(value_name = "SERVICE|VIP|PREFIX|NODE|PEER")]
    word: String,
    /// Also probe what no answer at rest decides: logs of agents, operator and FRR, connects from the agents' pods to their
    /// peers and from the router to the Service, and for some seconds who connects to the router
    #[arg(long, conflicts_with = "from")]
    probe: bool,
    #[command(flatten)]
    output: OutputFlags,
}

pub fn run(args: &Args, flags: &GlobalFlags, ui: &Ui) -> Result<Exit> {
    let printer = Printer::new(&args.output)?;
    let ask_further = |snapshot: &Snapshot| {
        let topology = Topology::of(snapshot, NEEDS);
        match Subjects::of(&args.word, &topology, flags) {
            Ok(subjects) => {
                let mut questions = subjects.questions(&topology, flags.ends.verify);
                if args.probe {
                    questions.extend(subjects.probes(&topology));
                }
                questions
            }
            Err(_) => Questions::default(),
        }
    };
    let topology = Topology::consuming(observe(flags, NEEDS, &ask_further, ui).map_err(Error::undecided)?, NEEDS);
    if topology.nothing_known {
        return Err(nothing_read(&topology.gaps).undecided());
    }
    report(&topology.gaps, ui);
    let subjects = Subjects::of(&args.word, &topology, flags)?;
    let diagnosis = Diagnosis::of(&Facts::of(&topology), |_| true);
    let told = subjects.traces(&topology).into_iter().map(|trace| Told {
        findings: diagnosis.findings.iter().filter(|finding| trace.is_explained_by(finding)).collect(),
        trace,
    });
    let traces = Traces { topology: &topology, told: told.collect() };
    if printer.is_table() && !subjects.are_many() {
        let detail = if printer.is_wide() { Detail::Full } else { Detail::Short };
        present::finish(ui.stdout().write_all(text::render(&traces, detail).as_bytes()))?;
    } else {
        printer.print(&traces, ui.stdout())?;
    }
    Ok(verdict(&traces))
}

fn verdict(traces: &Traces) -> Exit {
    let has = |outcome: Outcome| traces.told.iter().any(|told| told.trace.outcome() == outcome);
    if has(Outcome::Broken) {
        Exit::Failure
    } else if has(Outcome::Undecided) {
        Exit::Undecided
    } else {
        Exit::Ok
    }
}
