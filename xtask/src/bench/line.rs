//! A line of docs/benchmarks.md.

use std::time::Duration;

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

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, ours, theirs, nodes, target } = self;
        let (mine, other) = (ours.number(), theirs.number());
        let difference = mine - other;
        let sign = if difference < 0.0 { "-" } else { "+" };
        write!(
            f,
            "| {what} | {} | {} | {} | {sign}{} | {} | {target} |",
            ours.print(mine),
            theirs.print(other),
            ratio(mine / other),
            ours.print(difference.abs()),
            nodes.map(|nodes| ours.each(nodes)).unwrap_or_default(),
        )
    }
}

/// Three digits where two decimals would hide them.
fn ratio(ratio: f64) -> String {
    if ratio < 0.1 { format!("{ratio:.4}") } else { format!("{ratio:.2}") }
}
