//! docs/benchmarks.md.

use std::fmt::Write as _;
use std::time::Duration;

use super::ours;
use crate::run::{Result, output, program};

/// One line of the table.
pub struct Line {
    pub what: String,
    pub ours: Amount,
    pub theirs: Amount,
    /// Over how many nodes ours is divided, where it is to grow with them.
    pub nodes: Option<usize>,
    pub target: &'static str,
}

#[derive(Clone, Copy)]
pub enum Amount {
    Time(Duration),
    Bytes(u64),
    Requests(usize),
}

impl Line {
    pub fn new(what: impl Into<String>, ours: Amount, theirs: Amount, target: &'static str) -> Self {
        Self { what: what.into(), ours, theirs, nodes: None, target }
    }

    pub fn time(what: impl Into<String>, ours: Duration, theirs: Duration, target: &'static str) -> Self {
        Self::new(what, Amount::Time(ours), Amount::Time(theirs), target)
    }
}

impl Amount {
    /// Milliseconds, bytes, or a count.
    #[allow(clippy::cast_precision_loss, reason = "nobody reads that many digits")]
    fn number(self) -> f64 {
        match self {
            Self::Time(time) => time.as_secs_f64() * 1e3,
            Self::Bytes(bytes) => bytes as f64,
            Self::Requests(count) => count as f64,
        }
    }

    fn print(self, number: f64) -> String {
        match self {
            Self::Time(_) => format!("{number:.1} ms"),
            Self::Bytes(_) if number.abs() < 1e6 => format!("{:.1} kB", number / 1e3),
            Self::Bytes(_) => format!("{:.1} MB", number / 1e6),
            Self::Requests(_) => format!("{number} requests"),
        }
    }

    fn each(self, nodes: usize) -> String {
        let each = self.number() / f64::from(u32::try_from(nodes).unwrap_or(u32::MAX));
        match self {
            Self::Time(_) => format!("{:.1} µs", each * 1e3),
            Self::Bytes(_) | Self::Requests(_) => self.print(each),
        }
    }
}

pub fn page(lines: &[Line], frr: &str) -> Result<String> {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("", |(_, model)| model);
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let size = std::fs::metadata(ours()).map_err(|error| error.to_string())?.len();
    let mut page = format!(
        "# Benchmarks\n\nWritten by `cargo xtask bench`; do not edit. Medians of {} runs that take turns; with 1,000 nodes or a \
         file, of {}. Everything on one machine.\n\n\
         - {cores} cores, {model}\n- {}\n- {frr}\n- {}\n- stripped release binary: {size} bytes (target ≤ 10 MB)\n\n{}\n\n\
         | what | ours | theirs | ratio | difference | ours, each node | target |\n|---|---|---|---|---|---|---|\n",
        super::small::ROUNDS,
        super::scale::ROUNDS,
        output(program("rustc", &["--version"]))?,
        output(program("jq", &["--version"]))?,
        SETTING,
    );
    for Line { what, ours, theirs, nodes, target } in lines {
        let (mine, other) = (ours.number(), theirs.number());
        let difference = mine - other;
        let sign = if difference < 0.0 { "-" } else { "+" };
        let _ = writeln!(
            page,
            "| {what} | {} | {} | {} | {sign}{} | {} | {target} |",
            ours.print(mine),
            theirs.print(other),
            ratio(mine / other),
            ours.print(difference.abs()),
            nodes.map(|nodes| ours.each(nodes)).unwrap_or_default(),
        );
    }
    Ok(page)
}

/// Three digits where two decimals would hide them.
fn ratio(ratio: f64) -> String {
    if ratio < 0.1 { format!("{ratio:.4}") } else { format!("{ratio:.2}") }
}

const SETTING: &str = "\
The first lines are three nodes and one router, in the lab. With 1,000 nodes three are as before and the others are objects
whose agents answer `exec` from a file, without a router. *Asking every agent* is what cilium-cli's `cilium bgp peers` does:
a list of the pods, then `cilium bgp peers -o json` in all of them at once. A thousand real nodes would serve that with their
own processors; here it is done by the same ones, so a second line counts nothing but the processor time of the client and
the API server, spread over all cores. Bytes are those on the wire to the API server and back, requests those in its audit
log. The files are written by `cargo xtask generate`; `jq . FILE` reads and prints the same file.";
