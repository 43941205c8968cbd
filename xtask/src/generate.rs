//! `cargo xtask generate`: a snapshot of any size.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use crate::fleet::{Fleet, Size};
use crate::run::Result;

#[derive(clap::Args)]
pub struct Args {
    #[arg(long, default_value_t = 100)]
    nodes: usize,
    /// LoadBalancer Services, each with a VIP (with --ipv6 one of each family)
    #[arg(long, default_value_t = 200)]
    vips: usize,
    /// Nodes that advertise each VIP
    #[arg(long, default_value_t = 3)]
    paths: usize,
    /// A second session for each node, and dual-stack Services
    #[arg(long)]
    ipv6: bool,
    /// Which nodes advertise which VIP
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to write it; standard output otherwise
    #[arg(short, long)]
    output: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<()> {
    let Args { nodes, vips, paths, ipv6, seed, output } = args;
    let fleet = Fleet::new(Size { nodes: *nodes, vips: *vips, paths: *paths, ipv6: *ipv6, seed: *seed })?;
    let to: Box<dyn Write> = match output {
        Some(path) => Box::new(File::create(path).map_err(|error| format!("{}: {error}", path.display()))?),
        None => Box::new(io::stdout().lock()),
    };
    fleet.write(BufWriter::new(to))
}
