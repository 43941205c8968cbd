//! A thousand nodes: one pass of lists against a question to every agent.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::process::Command;

use serde_json::Value;

use super::environment::Environment;
use super::page::{Amount, Line};
use super::race::{medians, peak_memory, run_quietly};
use crate::lab::lab;
use crate::run::{Result, must, output};

pub const ROUNDS: usize = 7;

const NODES: usize = 1000;

pub fn measure(environment: &Environment) -> Result<Vec<Line>> {
    must(lab(&["scale", "--lab", "bench", &NODES.to_string()]))?;
    let mut ours = environment.ours(&["peers", "--cluster-only"]);
    let mut theirs = environment.command("ask-all", &[]);
    let [our_time, their_time] =
        medians(ROUNDS, &mut [environment.ours(&["peers", "--cluster-only"]), environment.command("ask-all", &[])])?;
    let established = String::from_utf8_lossy(&ours.output().map_err(|error| error.to_string())?.stdout)
        .lines()
        .filter(|line| line.contains(" established "))
        .count();
    if established != NODES {
        return Err(format!("{established} sessions are established, not {NODES}"));
    }
    let wire = Wire::of(environment)?;
    let (our_requests, our_bytes) = wire.costs(&mut ours)?;
    let (their_requests, their_bytes) = wire.costs(&mut theirs)?;
    let [our_memory, their_memory] = [peak_memory(&ours)?, peak_memory(&theirs)?];
    let what = "1,000 nodes: `peers --cluster-only` / asking every agent";
    Ok(vec![
        Line { nodes: Some(NODES), ..Line::time(what, our_time, their_time, "≥ 30 times faster: ≤ 0.033") },
        Line::new("the same, requests", Amount::Requests(our_requests), Amount::Requests(their_requests), ""),
        Line::new("the same, bytes on the wire", Amount::Bytes(our_bytes), Amount::Bytes(their_bytes), ""),
        Line::new("the same, peak memory", Amount::Bytes(our_memory), Amount::Bytes(their_memory), "ours ≤ 150 MB"),
    ])
}

/// The link over which this host, and nobody else, reaches the API server.
struct Wire {
    counters: String,
    audit_log: String,
    own_address: String,
}

impl Wire {
    fn of(environment: &Environment) -> Result<Self> {
        let state = environment.value("LAB_STATE")?;
        let options = fs::read_to_string(format!("{state}/options")).map_err(|error| error.to_string())?;
        let index = options.lines().find_map(|line| line.strip_prefix("INDEX=")).ok_or("the lab has no index")?;
        let link = format!("kbl{index}-cp");
        let addresses = output(environment.command("ip", &["-j", "-4", "addr", "show", &link]))?;
        let addresses: Value = serde_json::from_str(&addresses).map_err(|error| error.to_string())?;
        let own_address = addresses[0]["addr_info"][0]["local"].as_str().ok_or("the link has no address")?.to_owned();
        let counters = format!("/sys/class/net/{link}/statistics");
        Ok(Self { counters, audit_log: format!("{state}/audit.log"), own_address })
    }

    /// How many requests it makes, and how many bytes go to and fro for them.
    fn costs(&self, command: &mut Command) -> Result<(usize, u64)> {
        let mut log = File::open(&self.audit_log).map_err(|error| error.to_string())?;
        log.seek(SeekFrom::End(0)).map_err(|error| error.to_string())?;
        let before = self.bytes()?;
        run_quietly(command)?;
        let bytes = self.bytes()? - before;
        // The log is written in batches.
        std::thread::sleep(std::time::Duration::from_secs(2));
        let mut written = String::new();
        log.read_to_string(&mut written).map_err(|error| error.to_string())?;
        let mut requests: Vec<Value> = written
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|event| event["sourceIPs"][0] == *self.own_address)
            .map(|event| event["auditID"].clone())
            .collect();
        requests.sort_by_key(Value::to_string);
        requests.dedup();
        Ok((requests.len(), bytes))
    }

    fn bytes(&self) -> Result<u64> {
        let read = |name: &str| {
            let text = fs::read_to_string(format!("{}/{name}", self.counters)).map_err(|error| error.to_string())?;
            text.trim().parse::<u64>().map_err(|error| error.to_string())
        };
        Ok(read("rx_bytes")? + read("tx_bytes")?)
    }
}
