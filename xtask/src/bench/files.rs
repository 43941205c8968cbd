//! Snapshot files of growing size: how time and memory grow with the nodes.

use std::fs::{self, File};
use std::io::BufWriter;
use std::process::Command;

use super::line::{Amount, Line};
use super::ours;
use super::race::{medians, usage};
use super::scale::ROUNDS;
use crate::fleet::{Fleet, Size};
use crate::run::{self, Result};

const NODES: &[usize] = &[100, 300, 1000, 3000, 5000];
const PATHS: usize = 3;

pub fn measure() -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for &nodes in NODES {
        lines.extend(one_size(nodes)?);
    }
    Ok(lines)
}

fn one_size(nodes: usize) -> Result<[Line; 2]> {
    let path = run::root().join("target/bench-snapshot.json");
    let file = File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let vips = 2 * nodes;
    Fleet::new(Size { nodes, vips, paths: PATHS, ipv6: false, seed: 1 })?.write(BufWriter::new(file))?;
    let size = fs::metadata(&path).map_err(|error| error.to_string())?.len();
    let name = path.to_string_lossy();
    let contestants = || {
        let (mut ours, mut jq) = (Command::new(ours()), Command::new("jq"));
        ours.args(["routes", "--from", &name]);
        jq.args([".", &name]);
        [ours, jq]
    };
    let [our_time, jq_time] = medians(ROUNDS, &mut contestants())?;
    let [our_command, _] = contestants();
    let memory = usage(&our_command)?.peak_memory;
    fs::remove_file(&path).map_err(|error| error.to_string())?;
    let what = format!("{nodes} nodes × {vips} VIPs × {PATHS} paths: `routes --from FILE`");
    let time = Line::time(format!("{what} / `jq . FILE`"), our_time, jq_time, "≤ 0.5");
    let memory = Line::new(
        "the same, peak memory / size of the file",
        Amount::Bytes(memory),
        Amount::Bytes(size),
        if nodes == 5000 { "≤ 2" } else { "" },
    );
    Ok([Line { nodes: Some(nodes), ..time }, Line { nodes: Some(nodes), ..memory }])
}
