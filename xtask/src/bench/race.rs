//! Contestants that take turns.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::{self, Result, output};

/// The median time of each, over several rounds in which they take turns, so that all of them see the same machine.
pub fn medians<const N: usize>(rounds: usize, contestants: &mut [Command; N]) -> Result<[Duration; N]> {
    let mut times: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::new());
    // The first round warms caches and does not count.
    for round in 0..=rounds {
        for (command, times) in contestants.iter_mut().zip(&mut times) {
            let started = Instant::now();
            run_quietly(command)?;
            if round > 0 {
                times.push(started.elapsed());
            }
        }
    }
    Ok(times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    }))
}

pub fn run_quietly(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        other => Err(format!("{command:?}: {other:?}")),
    }
}

/// The most memory that it has at any moment, in bytes.
pub fn peak_memory(command: &Command) -> Result<u64> {
    let file = run::root().join("target/peak-memory");
    let mut timed = Command::new("/usr/bin/time");
    timed.args(["--format", "%M", "--output"]).arg(&file).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => timed.env(name, value),
            None => timed.env_remove(name),
        };
    }
    run_quietly(&mut timed)?;
    let kibibytes = output({
        let mut last = Command::new("tail");
        last.arg("-n1").arg(&file);
        last
    })?;
    kibibytes.parse::<u64>().map(|count| count * 1024).map_err(|_| format!("{kibibytes:?} is no size"))
}
