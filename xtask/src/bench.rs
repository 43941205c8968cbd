//! `cargo xtask bench`: ratios measured in one run, written to docs/benchmarks.md.

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::lab::lab;
use crate::run::{self, Result, must, output, program};

/// Runs of each contestant; they take turns, so that all of them see the same machine.
const RUNS: usize = 21;

/// What `peers` lists, as curl has to ask for it.
const LISTS: &[&str] = &[
    "apis/cilium.io/v2/ciliumnodes",
    "apis/cilium.io/v2/ciliumbgpclusterconfigs",
    "apis/cilium.io/v2/ciliumbgppeerconfigs",
    "apis/cilium.io/v2/ciliumbgpnodeconfigs",
    "apis/cilium.io/v2/ciliumbgpnodeconfigoverrides",
    "apis/cilium.io/v2alpha1/ciliumbgppeeringpolicies",
    "api/v1/namespaces/kube-system/configmaps/cilium-config",
    "api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dcilium",
];

/// What `peers` asks the router, as a user would.
const SHOWS: &str = "vtysh -c 'show daemons' -c 'show version' -c 'show bgp vrf all summary json' \
                     -c 'show bgp vrf all neighbors json' -c 'show running-config'; ip -j addr";

pub fn run() -> Result<()> {
    must(program("cargo", &["build", "--locked", "--release", "--quiet"]))?;
    let owner = std::process::id().to_string();
    must(lab(&["up", "--lab", "bench", "--owner", &owner]))?;
    let measured = measure();
    must(lab(&["down", "--lab", "bench"]))?;
    let page = measured?;
    let path = run::root().join("docs/benchmarks.md");
    std::fs::write(&path, &page).map_err(|error| format!("{}: {error}", path.display()))?;
    print!("{page}");
    Ok(())
}

/// One line of the table.
struct Line {
    what: &'static str,
    ours: Duration,
    theirs: Duration,
    target: &'static str,
}

fn measure() -> Result<String> {
    let environment = lab_environment()?;
    let binary = run::root().join("target/release/kubectl-bgp").to_string_lossy().into_owned();
    let curl = curl(&environment)?;
    let with = |name: &str, words: &[&str]| {
        let mut command = Command::new(name);
        command.args(words).envs(environment.iter().map(|(name, value)| (name, value)));
        command
    };
    let state = value(&environment, "LAB_STATE")?;
    let ssh_config = format!("{state}/ssh_config");
    // Without a name for the router, the ClusterConfig is read first.
    let mut found = with(&binary, &["peers", "--ssh-config", &ssh_config]);
    found.env_remove("KUBECTL_BGP_ROUTER");
    let mut contestants = [
        with(&binary, &["peers"]),
        found,
        curl,
        with("ssh", &["-F", &ssh_config, "udm", SHOWS]),
        with(&binary, &["peers", "--cluster-only"]),
        with(&binary, &["peers", "--router-only"]),
        with(&binary, &["--help"]),
        with(&binary, &["peers", "--from", "demo"]),
        with("true", &[]),
    ];
    let [peers, found, curl, ssh, cluster_only, router_only, help, demo, empty] = medians(&mut contestants)?;
    let lines = [
        Line { what: "`peers` / the slower of curl and ssh", ours: peers, theirs: curl.max(ssh), target: "≤ 1.15" },
        Line {
            what: "the same, the router found through the ClusterConfig",
            ours: found,
            theirs: curl.max(ssh),
            target: "≤ 1.15",
        },
        Line {
            what: "`peers --cluster-only` / the same lists by one curl",
            ours: cluster_only,
            theirs: curl,
            target: "",
        },
        Line {
            what: "`peers --router-only` / one cold ssh with the same shows",
            ours: router_only,
            theirs: ssh,
            target: "",
        },
        Line { what: "`--help` / an empty process", ours: help, theirs: empty, target: "≤ 3 ms more" },
        Line { what: "`peers --from demo` / an empty process", ours: demo, theirs: empty, target: "≤ 3 ms more" },
    ];
    let size = std::fs::metadata(&binary).map_err(|error| error.to_string())?.len();
    page(&lines, size)
}

fn page(lines: &[Line], size: u64) -> Result<String> {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("", |(_, model)| model);
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let frr = output(lab(&["vty", "--lab", "bench", "show version"]))?;
    let mut page = format!(
        "# Benchmarks\n\nWritten by `cargo xtask bench`; do not edit. Medians of {RUNS} runs that take turns, in the lab: three nodes, \
         one router, everything on one machine.\n\n- {cores} cores, {model}\n- {}\n- {}\n- stripped release binary: {size} bytes (target ≤ 10 MB)\n\n\
         | what | ours | theirs | ratio | difference | target |\n|---|---|---|---|---|---|\n",
        output(program("rustc", &["--version"]))?,
        frr.split(" (").next().unwrap_or_default(),
    );
    for Line { what, ours, theirs, target } in lines {
        let milliseconds = |duration: &Duration| duration.as_secs_f64() * 1e3;
        let (ours, theirs) = (milliseconds(ours), milliseconds(theirs));
        let _ = writeln!(
            page,
            "| {what} | {ours:.1} ms | {theirs:.1} ms | {:.2} | {:+.1} ms | {target} |",
            ours / theirs,
            ours - theirs
        );
    }
    Ok(page)
}

fn medians<const N: usize>(contestants: &mut [Command; N]) -> Result<[Duration; N]> {
    let mut times: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::new());
    // The first round warms caches and does not count.
    for round in 0..=RUNS {
        for (command, times) in contestants.iter_mut().zip(&mut times) {
            let started = Instant::now();
            let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
            let took = started.elapsed();
            match status {
                Ok(status) if status.success() => {}
                other => return Err(format!("{command:?}: {other:?}")),
            }
            if round > 0 {
                times.push(took);
            }
        }
    }
    Ok(times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    }))
}

/// curl with all lists at once, over connections of its own, with the admin's certificate.
fn curl(environment: &[(String, String)]) -> Result<Command> {
    let state = value(environment, "LAB_STATE")?;
    let kubeconfig = value(environment, "KUBECONFIG")?;
    let kubectl = |path: &str| {
        let mut command = Command::new("kubectl");
        command.args(["--kubeconfig", &kubeconfig, "config", "view", "--raw", "-o", &format!("jsonpath={path}")]);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        output(command)
    };
    let server = kubectl("{.clusters[0].cluster.server}")?;
    let file = |name: &str, path: &str| -> Result<String> {
        let decoded = output({
            let mut command = Command::new("sh");
            command.args(["-c", &format!("printf %s '{}' | base64 -d", kubectl(path)?)]);
            command
        })?;
        let place = format!("{state}/bench-{name}");
        std::fs::write(&place, decoded + "\n").map_err(|error| error.to_string())?;
        Ok(place)
    };
    let ca = file("ca", "{.clusters[0].cluster.certificate-authority-data}")?;
    let cert = file("cert", "{.users[?(@.name==\"admin\")].user.client-certificate-data}")?;
    let key = file("key", "{.users[?(@.name==\"admin\")].user.client-key-data}")?;
    let mut command = Command::new("curl");
    command.args(["-s", "-Z", "--parallel-immediate", "--cacert", &ca, "--cert", &cert, "--key", &key]);
    for list in LISTS {
        let separator = if list.contains('?') { '&' } else { '?' };
        command.args(["-o", "/dev/null", &format!("{server}/{list}{separator}resourceVersion=0")]);
    }
    Ok(command)
}

fn lab_environment() -> Result<Vec<(String, String)>> {
    let exports = output(lab(&["env", "--lab", "bench"]))?;
    let text = output(program("bash", &["-c", &format!("{exports}\nenv -0")]))?;
    let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
    Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn value(environment: &[(String, String)], name: &str) -> Result<String> {
    let found = environment.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.clone()).ok_or_else(|| format!("the lab sets no {name}"))
}
