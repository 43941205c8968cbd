//! docs/benchmarks.md: a section a group, each with when and with what it was measured.

use super::line::Line;
use super::{Group, ours};
use crate::run::{Result, output, program};

/// What stands under a heading.
pub struct Section {
    title: &'static str,
    text: String,
}

/// The sections, in the order of the groups; absent: never measured.
pub struct Page(Vec<(&'static str, Option<String>)>);

const GROUPS: [Group; 4] = [Group::Small, Group::Sync, Group::Scale, Group::Files];

const HEADING: &str = "\n## ";

impl Group {
    fn title(self) -> &'static str {
        match self {
            Self::Small => "Three nodes and one router",
            Self::Sync => "udm-sync where nothing differs",
            Self::Scale => "A thousand nodes",
            Self::Files => "Snapshot files",
        }
    }

    /// What is compared.
    fn setting(self) -> &'static str {
        match self {
            Self::Small => "In the lab.",
            Self::Sync => SYNC,
            Self::Scale => SCALE,
            Self::Files => FILES,
        }
    }
}

impl Section {
    /// Of what was measured, or why that could not be.
    pub fn new(group: Group, with: &str, lines: std::result::Result<Vec<Line>, String>) -> Self {
        let measured = match lines {
            Ok(lines) => {
                let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
                format!("{TABLE}{lines}")
            }
            Err(why) => format!("Not measured: {why}.\n"),
        };
        Self { title: group.title(), text: format!("{}\n\nMeasured {with}.\n\n{measured}", group.setting()) }
    }
}

impl Page {
    /// What a page says already.
    pub fn read(text: &str) -> Self {
        let known = |title: &str| {
            let mut sections = text.split(HEADING).skip(1);
            sections.find_map(|section| section.strip_prefix(title)?.strip_prefix("\n\n")).map(str::to_owned)
        };
        Self(GROUPS.map(|group| (group.title(), known(group.title()))).to_vec())
    }

    pub fn with(mut self, sections: Vec<Section>) -> Self {
        for section in sections {
            let place = self.0.iter_mut().find(|(title, _)| *title == section.title);
            place.into_iter().for_each(|(_, text)| *text = Some(section.text.clone()));
        }
        self
    }

    pub fn print(&self) -> String {
        let mut page = HEAD
            .replace("SMALL", &super::small::ROUNDS.to_string())
            .replace("LARGE", &super::scale::ROUNDS.to_string());
        for (title, text) in &self.0 {
            let text = text.as_deref().unwrap_or("Not measured yet.\n");
            page += &[HEADING, title, "\n\n", text].concat();
        }
        page
    }
}

/// When, on what, and by which programs.
pub fn measured_with(frr: Option<&str>) -> Result<String> {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("", |(_, model)| model);
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').nth(1).unwrap_or("unknown");
    let size = std::fs::metadata(ours()).map_err(|error| error.to_string())?.len();
    let day = output(program("date", &["+%Y-%m-%d"]))?;
    let rustc = output(program("rustc", &["--version"]))?;
    let jq = output(program("jq", &["--version"]))?;
    let frr = frr.map(|frr| format!("{frr}, ")).unwrap_or_default();
    Ok(format!(
        "on {day}, {cores} cores, {model}, load average {load}; {rustc}, {frr}{jq}, stripped release binary of {size} bytes (target ≤ 10 MB)"
    ))
}

const HEAD: &str = "# Benchmarks

Written by `cargo xtask bench`; do not edit. Medians of SMALL runs that take turns; with 1,000 nodes or a file, of LARGE. Everything
on one machine. All lines of a section are from one run; `cargo xtask bench --only GROUP` measures one section anew.
";

const TABLE: &str =
    "| what | ours | theirs | ratio | difference | ours, each node | target |\n|---|---|---|---|---|---|---|\n";

const SYNC: &str = "\
The lab's router has all that the cluster needs. `udm-sync` reads the cluster and, over one ssh connection of its own, the
router, and compares them. `frr-reload.py --test`, from FRR's package frr-pythontools, is run on the router over one ssh
connection of its own too, and is given a file that lies there: the one that the router was started with, and what FRR made of
it.";

const SCALE: &str = "\
In the lab. Three nodes are real and the others are objects whose agents answer `exec` from a file, without a router.
*Asking every agent* is what cilium-cli's `cilium bgp peers` does: a list of the pods, then `cilium bgp peers -o json` in all of them at once. A thousand real nodes would serve that with their
own processors; here it is done by the same ones, so a second line counts nothing but the processor time of the client and
the API server, spread over all cores. Bytes are those on the wire to the API server and back, requests those in its audit
log.";

const FILES: &str = "The files are written by `cargo xtask generate`; `jq . FILE` reads and prints the same file.";
