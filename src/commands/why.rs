//! `kubectl bgp why`: one thing's way, hop by hop.

use std::collections::BTreeSet;
use std::io::Write;

use crate::cli::{GlobalFlags, OutputFlags};
use crate::commands::check::NEEDS;
use crate::commands::wanted::{self, Wanted};
use crate::commands::{nothing_read, report};
use crate::error::{Exit, Result};
use crate::observe::observe;
use crate::present::findings::text::Detail;
use crate::present::traces::{Told, Traces, text};
use crate::present::{self, Printer};
use crate::rules::{Diagnosis, Facts};
use crate::snapshot::Snapshot;
use crate::topology::Topology;
use crate::topology::routes::Route;
use crate::trace::{self, Outcome};
use crate::ui::Ui;

/// Tells why a VIP is reached, or where its way breaks off
///
/// Follows it from the pool of addresses to what answers: allocated, selected, advertised, received, accepted, best,
/// installed, next hop, endpoints; each hop with its proof from the end that knows. What explains it comes after, with the
/// fix last. Exits with 1 if a hop is broken, with 2 if that could not be found out.
#[derive(clap::Args)]
pub struct Args {
    /// A Service's NAME or NAMESPACE/NAME, a VIP, or a prefix
    #[arg(value_name = "SERVICE|VIP|PREFIX")]
    word: String,
    #[command(flatten)]
    output: OutputFlags,
}

pub fn run(args: &Args, flags: &GlobalFlags, ui: &Ui) -> Result<Exit> {
    let printer = Printer::new(&args.output)?;
    let ask_further = |snapshot: &Snapshot| {
        let topology = Topology::of(snapshot, NEEDS);
        let routes: Vec<&Route> = args.routes(&topology, flags).map(|(_, route)| route).collect();
        let mut further = topology.questions_about_sessions(flags.ends.verify);
        further.extend(topology.questions_about_routes(&routes, flags.ends.verify));
        further
    };
    // The documents are not kept beside what is made of them.
    let topology = Topology::of(&observe(flags, NEEDS, &ask_further, ui)?, NEEDS);
    if topology.nothing_known {
        return Err(nothing_read(&topology.gaps).undecided());
    }
    report(&topology.gaps, ui);
    let routes: Vec<usize> = args.routes(&topology, flags).map(|(at, _)| at).collect();
    if routes.is_empty() {
        return Err(wanted::not_found(&args.word, &topology, flags.kube.one_namespace()));
    }
    let diagnosis = Diagnosis::of(&Facts::of(&topology), |_| true);
    let traces = routes.into_iter().filter_map(|at| trace::of_route(&topology, at));
    let told = traces.map(|trace| Told {
        findings: diagnosis
            .findings
            .iter()
            .filter(|finding| trace.symptoms.iter().any(|symptom| finding.explains.contains(symptom)))
            .collect(),
        trace,
    });
    let traces = Traces { topology: &topology, told: told.collect() };
    if printer.is_table() && !args.is_list(&traces) {
        let detail = if printer.is_wide() { Detail::Full } else { Detail::Short };
        present::finish(ui.stdout().write_all(text::render(&traces, detail).as_bytes()))?;
    } else {
        printer.print(&traces, ui.stdout())?;
    }
    Ok(verdict(&traces))
}

impl Args {
    fn routes<'a>(
        &'a self,
        topology: &'a Topology,
        flags: &'a GlobalFlags,
    ) -> impl Iterator<Item = (usize, &'a Route)> {
        let (wanted, namespace) = (Wanted::parse(&self.word), flags.kube.one_namespace());
        let is_wanted = move |route: &Route| match &wanted {
            Wanted::Prefix(_) => wanted.is(route),
            Wanted::Service(..) => wanted.is(route) && wanted::is_in(route, namespace),
        };
        topology.routes.iter().enumerate().filter(move |(_, route)| is_wanted(route))
    }

    /// A prefix with several VIPs in it is a list of them.
    fn is_list(&self, traces: &Traces) -> bool {
        let vips: BTreeSet<_> = traces
            .told
            .iter()
            .filter_map(|told| traces.route(&told.trace))
            .map(|route| (route.vip, route.prefix))
            .collect();
        matches!(Wanted::parse(&self.word), Wanted::Prefix(_)) && vips.len() > 1
    }
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
