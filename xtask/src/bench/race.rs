//! Contestants that take turns.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::{self, Result};

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

fn run_quietly(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        other => Err(format!("{command:?}: {other:?}")),
    }
}

/// What one run of a program takes.
pub struct Usage {
    /// The most memory that it has at any moment, in bytes.
    pub peak_memory: u64,
    pub cpu: Duration,
}

pub fn usage(command: &Command) -> Result<Usage> {
    let file = run::root().join("target/usage");
    let mut timed = Command::new("/usr/bin/time");
    timed.args(["--format", "%M %U %S", "--output"]).arg(&file).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => timed.env(name, value),
            None => timed.env_remove(name),
        };
    }
    run_quietly(&mut timed)?;
    let line = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
    let numbers: Vec<f64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [_, user, system] = numbers[..] else { return Err(format!("{line:?} is no usage")) };
    let kibibytes: u64 = line.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default();
    Ok(Usage { peak_memory: kibibytes * 1024, cpu: Duration::from_secs_f64(user + system) })
}
