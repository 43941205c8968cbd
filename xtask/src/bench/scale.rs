//! A thousand nodes: one pass of lists against a question to every agent.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::environment::Environment;
use super::line::{Amount, Line};
use super::race::{Usage, medians, usage};
use crate::lab::lab;
use crate::run::{Result, must, output};

pub const ROUNDS: usize = 5;

const NODES: usize = 1000;

/// How often the nodes' pods are looked at until all are ready.
const PATIENCE: u32 = 60;

pub fn measure(environment: &Environment) -> Result<Vec<Line>> {
    must(lab(&["scale", "--lab", "bench", &NODES.to_string()]))?;
    let ours = || environment.ours(&["peers", "--cluster-only"]);
    let theirs = || environment.command("ask-all", &[]);
    let count =
        || -> Result<usize> { Ok(output(ours())?.lines().filter(|line| line.contains(" established ")).count()) };
    let mut established = count()?;
    // A pod that is not ready yet is not believed.
    for _ in 0..PATIENCE {
        if established == NODES {
            break;
        }
        std::thread::sleep(Duration::from_secs(2));
        established = count()?;
    }
    if established != NODES {
        return Err(format!("{established} sessions are established, not {NODES}"));
    }
    let [our_time, curl, their_time] = medians(ROUNDS, &mut [ours(), environment.curl()?, theirs()])?;
    let wire = Wire::of(environment)?;
    let (mine, other) = (wire.costs(&ours())?, wire.costs(&theirs())?);
    let without_agents = (other.client.cpu + other.api_server) / cores();
    let answers: Value = serde_json::from_str(&output(theirs())?).map_err(|error| error.to_string())?;
    let answered = answers.as_object().map_or(0, serde_json::Map::len);
    let what = format!("1,000 nodes: `peers --cluster-only` / asking every agent ({answered} answered)");
    Ok(vec![
        Line { nodes: Some(NODES), ..Line::time(what, our_time, their_time, "≥ 30 times faster: ≤ 0.033") },
        Line::time("the same / asking every agent, if the agents' end took no time", our_time, without_agents, ""),
        Line::time("the same / the same lists by one curl", our_time, curl, ""),
        Line::new("the same, requests", Amount::Requests(mine.requests), Amount::Requests(other.requests), ""),
        Line::new("the same, bytes on the wire", Amount::Bytes(mine.bytes), Amount::Bytes(other.bytes), ""),
        Line::new(
            "the same, peak memory",
            Amount::Bytes(mine.client.peak_memory),
            Amount::Bytes(other.client.peak_memory),
            "ours ≤ 150 MB",
        ),
    ])
}

fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1))
}

/// What one run costs.
struct Costs {
    requests: usize,
    bytes: u64,
    client: Usage,
    /// The API server's processor time.
    api_server: Duration,
}

/// The link over which this host, and nobody else, reaches the API server; and the API server itself.
struct Wire {
    counters: String,
    audit_log: String,
    own_address: String,
    process: String,
}

impl Wire {
    fn of(environment: &Environment) -> Result<Self> {
        let state = environment.value("LAB_STATE")?;
        let options = text(&format!("{state}/options"))?;
        let index = options.lines().find_map(|line| line.strip_prefix("INDEX=")).ok_or("the lab has no index")?;
        let link = format!("kbl{index}-cp");
        let addresses = output(environment.command("ip", &["-j", "-4", "addr", "show", &link]))?;
        let addresses: Value = serde_json::from_str(&addresses).map_err(|error| error.to_string())?;
        let own_address = addresses[0]["addr_info"][0]["local"].as_str().ok_or("the link has no address")?.to_owned();
        let counters = format!("/sys/class/net/{link}/statistics");
        let process = format!("/proc/{}/stat", text(&format!("{state}/apiserver.pid"))?);
        Ok(Self { counters, audit_log: format!("{state}/audit.log"), own_address, process })
    }

    fn costs(&self, command: &Command) -> Result<Costs> {
        let mut log = File::open(&self.audit_log).map_err(|error| error.to_string())?;
        log.seek(SeekFrom::End(0)).map_err(|error| error.to_string())?;
        let (bytes, api_server) = (self.bytes()?, self.api_server()?);
        let client = usage(command)?;
        let (bytes, api_server) = (self.bytes()? - bytes, self.api_server()?.saturating_sub(api_server));
        // A request is logged when it has ended.
        std::thread::sleep(Duration::from_secs(2));
        let mut written = String::new();
        log.read_to_string(&mut written).map_err(|error| error.to_string())?;
        let events = written.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let own = events.filter(|event| event["sourceIPs"][0] == *self.own_address);
        let requests: HashSet<String> = own.map(|event| event["auditID"].to_string()).collect();
        Ok(Costs { requests: requests.len(), bytes, client, api_server })
    }

    fn bytes(&self) -> Result<u64> {
        let read = |name: &str| -> Result<u64> {
            text(&format!("{}/{name}", self.counters))?.parse().map_err(|_| "an odd counter".to_owned())
        };
        Ok(read("rx_bytes")? + read("tx_bytes")?)
    }

    /// User and system time so far, the 14th and 15th fields, in hundredths of a second.
    fn api_server(&self) -> Result<Duration> {
        let stat = text(&self.process)?;
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        Ok(fields
            .skip(11)
            .take(2)
            .filter_map(|ticks| ticks.parse().ok())
            .map(|ticks: u64| Duration::from_millis(ticks * 10))
            .sum())
    }
}

fn text(path: &str) -> Result<String> {
    fs::read_to_string(path).map(|text| text.trim().to_owned()).map_err(|error| format!("{path}: {error}"))
}
