//! What probes ask, what they find, and what they leave alone. The API server and the router of the first tests are
//! stand-ins; the lab's are real.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::router_trouble::answering;
use crate::support::api::{Answer, Api, nothing, status};
use crate::support::lab::{Lab, Said, tests_folder, text, within};
use crate::support::run::{Printed, bgp};
use crate::support::snapshots::demo;

const LOG: &str = "2026-11-23T08:20:18Z level=INFO msg=\"Policy imported\" subsys=daemon\n\
    2026-11-23T08:21:38Z level=WARN msg=\"sent notification\" Topic=Peer Key=10.90.254.1 \
    Data=\"as number mismatch expected 65099, received 65001\" subsys=bgp-control-plane\n";

const MISMATCH: &str = "as number mismatch expected 65099, received 65001";

/// An API server with the built-in snapshot's objects, where node 3's session is down.
fn api(log: fn() -> Answer, exec: fn(&str) -> Answer) -> Api {
    let objects = demo().objects();
    Api::start(move |path| match path.split('?').next().unwrap_or_default() {
        path if path.ends_with("/log") => log(),
        resource if resource.ends_with("/exec") => exec(path),
        _ => objects.get(path).map_or_else(nothing, |body| Answer::Status(200, body.clone())),
    })
}

fn refused(_: &str) -> Answer {
    Answer::Exec { stdout: "route []\nbash 1 bash: connect: Connection refused \n", stderr: "", exit: 0 }
}

fn logged() -> Answer {
    Answer::Status(200, LOG.to_owned())
}

fn probed(api: &Api, words: &[&str]) -> Printed {
    let words = [&["snapshot", "--probe", "--cluster-only"], words].concat();
    bgp(&words).kubeconfig(&api.kubeconfig("{}")).output()
}

fn requests(api: &Api, words: &str) -> Vec<String> {
    let heads = api.requests.lock().expect("no test panics in here");
    heads.iter().filter(|head| head.contains(words)).filter_map(|head| head.lines().next()).map(str::to_owned).collect()
}

/// The text of a document.
#[track_caller]
fn document<'a>(documents: &'a Value, name: &str) -> &'a str {
    let found = documents.as_array().expect("documents").iter().find(|document| document["name"] == name);
    let document = found.unwrap_or_else(|| panic!("no {name} in {documents:#}"));
    document["text"].as_str().or(document["missing"]["message"].as_str()).unwrap_or_default()
}

#[test]
fn only_the_agents_of_sessions_that_are_down_are_asked() {
    let api = api(logged, refused);
    let printed = probed(&api, &[]);
    assert_eq!((printed.stderr.as_str(), printed.status), ("", 0));
    let agents = printed.json()["cluster"]["agents"].take();
    assert_eq!(agents.as_array().expect("agents").len(), 1);
    assert_eq!(agents[0]["node"], "node-3");
    let connect = document(&agents[0]["documents"], "connect to 10.90.254.1:179");
    assert_eq!(connect, "route []\nbash 1 bash: connect: Connection refused \n");
    let log = document(&agents[0]["documents"], "log of cilium-agent");
    assert!(log.contains(MISMATCH) && !log.contains("Policy imported"), "{log}");
    let [asked] = requests(&api, "/log?").try_into().expect("one log");
    for word in ["/pods/cilium-ccccc/log?", "container=cilium-agent", "tailLines=5000", "limitBytes=8388608"] {
        assert!(asked.contains(word), "{asked}");
    }
    let [asked] = requests(&api, "/exec?").try_into().expect("one command");
    assert!(asked.contains("/pods/cilium-ccccc/exec?") && asked.contains("command=bash"), "{asked}");
}

#[test]
fn nothing_is_probed_unless_told() {
    let api = api(logged, refused);
    let words = ["snapshot", "--cluster-only"];
    bgp(&words).kubeconfig(&api.kubeconfig("{}")).output().json();
    assert_eq!((requests(&api, "/log?").len(), requests(&api, "/exec?").len()), (0, 0));
    bgp(&["snapshot", "--probe", "--from", "demo"]).fails(
        "error: the argument '--probe' cannot be used with '--from <FILE>'\n\n\
         Usage: kubectl bgp snapshot --probe\n\nFor more information, try '--help'.\n",
        2,
    );
}

#[test]
fn without_exec_logs_are_read_all_the_same() {
    let api = api(logged, |_| status(403, "Forbidden", "no"));
    let printed = probed(&api, &["--no-exec"]);
    assert_eq!(printed.stderr, "");
    assert_eq!((requests(&api, "/log?").len(), requests(&api, "/exec?").len()), (1, 0));
    assert!(document(&printed.json()["cluster"]["agents"][0]["documents"], "log of cilium-agent").contains(MISMATCH));
}

#[test]
fn what_may_not_be_asked_is_named() {
    let api = api(|| status(403, "Forbidden", "pods \"x\" is forbidden"), |_| status(403, "Forbidden", "no"));
    let printed = probed(&api, &[]);
    assert_eq!(
        printed.stderr,
        "warning: the agent on node-3: running commands in the agents' pods is forbidden\n\
         hint: the rights get and create on pods/exec in kube-system allow it (docs/rights/agents.yaml); --no-exec does without\n\
         warning: the agent on node-3: reading the logs of Cilium's pods is forbidden\n\
         hint: the right get on pods/log in kube-system allows it (docs/rights/agents.yaml)\n"
    );
    assert_eq!(printed.status, 0);
}

#[test]
fn a_log_that_never_comes_costs_its_time_limit() {
    let api = api(|| Answer::Hang, refused);
    let started = Instant::now();
    let printed = probed(&api, &["--agent-timeout", "1s"]);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert!(printed.stderr.contains("the agent on node-3: its log did not come in time"), "{}", printed.stderr);
}

#[test]
fn a_router_is_watched_and_tells_its_log() {
    let folder = answering(|answers| {
        let log = answers.join("frr.log");
        let line = "2026/11/23 07:22:38 BGP: [HTQD2-0R1WR][EC 33554451] bgp_process_packet: BGP OPEN receipt failed for peer: 10.90.3.103";
        std::fs::write(&log, format!("2026/11/23 07:22:37 ZEBRA: x\n{line}\n")).expect("a file");
        let logging =
            format!("Logging configuration for bgpd:\nFile logging: level informational, filename {}\n", log.display());
        std::fs::write(answers.join("show_logging"), logging).expect("a file");
    });
    let api = api(logged, refused);
    // Shorter than it takes: waiting on purpose does not count.
    let words = ["snapshot", "--probe", "--router", "udm", "--router-timeout", "5s"];
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let printed = bgp(&words).kubeconfig(&api.kubeconfig("{}")).env("PATH", path).output();
    let documents = &printed.json()["routers"][0]["documents"];
    let watch = document(documents, "watch of TCP port 179");
    assert_eq!(watch.lines().filter(|line| line.starts_with("TCPMD5NotFound ")).count(), 2, "{watch}");
    let log = document(documents, "log of FRR");
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines[0].starts_with("clock 20") && lines[1].ends_with("/answers/frr.log"), "{log}");
    assert!(lines.len() == 3 && lines[2].ends_with("for peer: 10.90.3.103"), "{log}");
    assert!(document(documents, "kernel settings").contains("ipv4/conf/all/rp_filter:"));
    // The stand-in's `ip` knows no way anywhere, so it is not known where the packets would have gone.
    let vip = document(documents, "connect to 10.99.8.202:80");
    assert!(vip.starts_with("bash "), "{vip}");
}

#[test]
fn a_redacted_file_says_the_same_of_its_probes() {
    let mut snapshot = demo();
    let text =
        |name: &str, text: &str| json!({"name": name, "readAt": "2026-11-23T08:22:05Z", "tookMs": 1, "text": text});
    let route = r#"[{"dst":"10.90.254.1","gateway":"10.90.3.1","dev":"eth0","prefsrc":"10.90.3.103","flags":[]}]"#;
    let ended = "level=WARN msg=\"received notification\" Key=10.90.254.1 Code=6 Subcode=9 Data=\"\\x06\\x03\" subsys=bgp-control-plane";
    snapshot.value["cluster"]["agents"] = json!([{"node": "node-3", "pod": "cilium-ccccc", "documents": [
        text("connect to 10.90.254.1:179", &format!("route {route}\nbash 0 heard 142 79 \n")),
        text("log of cilium-agent", &format!("{LOG}{ended}\n")),
    ]}]);
    let documents = snapshot.value["routers"][0]["documents"].as_array_mut().expect("documents");
    let refused = "bgp_process_packet: BGP OPEN receipt failed for peer: 10.90.3.103";
    let bad = "10.90.3.103 bad OPEN, remote AS is 65010, expected 65077";
    documents.push(text(
        "log of FRR",
        &format!("clock 2026/11/23 07:22:38 1795422125\nfrom /var/log/acme.log\n2026/11/23 07:22:38 BGP: {refused}\n2026/11/23 07:22:38 BGP: {bad}\n"),
    ));
    documents.push(text(
        "watch of TCP port 179",
        "TCPMD5NotFound 0\n 7 ESTAB 0 0 10.90.254.1:179 10.90.3.103:4000\n 7 1: 01FE5A0A:00B3 67035A0A:0FA0 01 0\nTCPMD5NotFound 4\n",
    ));
    documents.push(text("connect to 10.99.8.202:80", "bash 124 "));
    let printed = bgp(&["snapshot", "--redact", "--from", &snapshot.file()]).output();
    for original in [
        "10.90.3.103",
        "10.90.254.1",
        "10.99.8.202",
        "65010",
        "65099",
        "65077",
        "01FE5A0A",
        "67035A0A",
        "acme",
        "node-3",
    ] {
        assert!(!printed.stdout.contains(original), "{original} stays");
    }
    let redacted = printed.json();
    let agent = &redacted["cluster"]["agents"][0]["documents"];
    let log = document(agent, "log of cilium-agent");
    assert!(log.contains("as number mismatch expected ") && log.contains(", received "), "{log}");
    assert!(log.contains(r#"Code=6 Subcode=9 Data="\x06\x03""#), "{log}");
    let of_router = &redacted["routers"][0]["documents"];
    let log = document(of_router, "log of FRR");
    assert!(log.contains("BGP: bgp_process_packet: BGP OPEN receipt failed for peer: "), "{log}");
    let watch: Vec<&str> = document(of_router, "watch of TCP port 179").lines().collect();
    assert_eq!((watch[0], watch[3]), ("TCPMD5NotFound 0", "TCPMD5NotFound 4"));
    // Both notations of a socket are still the same one.
    let node = log.lines().find_map(|line| line.split("for peer: ").nth(1)).expect("the neighbor");
    assert!(watch[1].ends_with(&format!(" {node}:4000")), "{watch:?}");
    let octets: std::net::Ipv4Addr = node.parse().expect("an address");
    let hexadecimal: String = octets.octets().iter().rev().map(|octet| format!("{octet:02X}")).collect();
    assert!(watch[2].contains(&format!(" {hexadecimal}:0FA0 01 ")), "{watch:?}");
    let names = |documents: &Value| documents.to_string().matches("\"name\":\"connect to ").count();
    assert_eq!((names(agent), names(of_router)), (1, 1));
}

/// What a lab's probes said of node 3.
struct Probe {
    snapshot: Value,
}

impl Probe {
    fn of(lab: &Lab) -> Self {
        let output = lab.kubectl_bgp(&["snapshot", "--probe"]);
        assert!(output.status.success(), "{}", Said(&output));
        Self { snapshot: serde_json::from_slice(&output.stdout).expect("JSON") }
    }

    #[track_caller]
    fn agent(&self, name: &str) -> &str {
        let agents = self.snapshot["cluster"]["agents"].as_array().expect("agents");
        let agent = agents.iter().find(|agent| agent["node"] == "node-3").expect("node 3's agent");
        document(&agent["documents"], name)
    }

    #[track_caller]
    fn connect(&self) -> &str {
        self.agent("connect to 10.90.254.1:179").lines().last().expect("an outcome")
    }

    #[track_caller]
    fn router(&self, name: &str) -> &str {
        document(&self.snapshot["routers"][0]["documents"], name)
    }

    /// By how much a counter rose.
    #[track_caller]
    fn rise(&self, counter: &str) -> u64 {
        let words = self.router("watch of TCP port 179").lines().filter_map(|line| line.split_once(' '));
        let values: Vec<u64> =
            words.filter(|(name, _)| *name == counter).map(|(_, value)| value.parse().expect("a count")).collect();
        values[1] - values[0]
    }
}

/// How often the router lost each session.
fn drops(lab: &Lab) -> Vec<Value> {
    let neighbors: Value = serde_json::from_str(&lab.ask(&["vty", "show bgp neighbors json"])).expect("JSON");
    let nodes = ["10.90.3.101", "10.90.3.102", "10.90.3.103"];
    nodes.iter().map(|node| neighbors[node]["connectionsDropped"].clone()).collect()
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn the_silent_pictures_are_told_apart_on_frr_8() {
    the_silent_pictures_are_told_apart("8");
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn the_silent_pictures_are_told_apart_on_frr_10() {
    the_silent_pictures_are_told_apart("10");
}

fn the_silent_pictures_are_told_apart(frr: &str) {
    let lab = Lab::up(&["--frr", frr]);
    let before = drops(&lab);
    let healthy = Probe::of(&lab);
    assert!(healthy.snapshot["cluster"].get("agents").is_none(), "no session is down");
    assert_eq!(healthy.router("connect to 10.99.8.202:80"), "bash 0 ");
    assert_eq!(drops(&lab), before, "a session that is up was disturbed");

    let in_state = |fault: &str, look: &dyn Fn(&Probe)| {
        lab.ask(&["fault", fault]);
        let before = drops(&lab);
        look(&Probe::of(&lab));
        assert_eq!(drops(&lab), before, "{fault}: a session that is up was disturbed");
        lab.ask(&["heal", fault]);
    };
    in_state("neighbor-missing", &|probe| {
        assert_eq!(probe.connect(), "bash 0 heard 1 0 ", "taken and closed");
        assert!(probe.router("watch of TCP port 179").contains("10.90.3.103:"), "the node was there");
    });
    in_state("wrong-asn-router", &|probe| {
        assert!(probe.connect().starts_with("bash 0 heard ") || probe.connect() == "held 0", "{}", probe.connect());
        assert!(probe.router("log of FRR").contains("OPEN receipt failed for peer: 10.90.3.103"));
    });
    in_state("wrong-asn-cluster", &|probe| {
        assert!(probe.agent("log of cilium-agent").contains(MISMATCH));
    });
    in_state("md5-router-only", &|probe| {
        assert_eq!(probe.connect().trim_end(), "bash 124", "no answer");
        assert!(probe.rise("TCPMD5NotFound") > 0);
    });
    in_state("firewall-179", &|probe| {
        assert_eq!(probe.connect().trim_end(), "bash 124", "no answer");
        assert_eq!(probe.rise("TCPMD5NotFound"), 0);
        assert!(!probe.router("watch of TCP port 179").contains("SYN-RECV"));
    });
    in_state("no-router-bgp", &|probe| {
        assert!(probe.connect().contains("Connection refused"), "{}", probe.connect());
    });
    in_state("maximum-prefix", &|probe| {
        let log = probe.router("log of FRR");
        assert!(log.contains("%MAXPFXEXCEED: No. of IPv4 Unicast prefix received from 10.90.3.103"), "{log}");
    });

    // Its pod is there again, and what it logged before it ended.
    lab.ask(&["operator", "stop"]);
    lab.ask(&["kubectl", "delete", "ciliumbgpnodeconfig", "node-3"]);
    lab.ask(&["kubectl", "apply", "-f", &tests_folder("lab/manifests/operator.yaml").display().to_string()]);
    let probe = Probe::of(&lab);
    let log = document(&probe.snapshot["cluster"]["documents"], "log of cilium-operator");
    assert!(log.contains("BGP control plane operator started"), "{log}");
    leaves_nothing_behind(&lab);
}

/// A probe that is interrupted leaves neither a connection, nor a script that runs on for longer than it watches.
fn leaves_nothing_behind(lab: &Lab) {
    let folder = tempfile::Builder::new().prefix("t").tempdir_in("/tmp").expect("a folder");
    for signal in ["INT", "TERM"] {
        let mut command = lab.command(env!("CARGO_BIN_EXE_kubectl-bgp"));
        command.args(["snapshot", "--probe"]).env("TMPDIR", folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut running = command.spawn().expect("the program runs");
        assert!(within(Duration::from_secs(10), || is_watched(lab)), "it never watched");
        let killed = Command::new("kill").args(["-s", signal, &running.id().to_string()]).status();
        assert!(killed.is_ok_and(|status| status.success()), "kill -s {signal}");
        assert!(within(Duration::from_secs(2), || running.try_wait().expect("a child").is_some()), "it runs on");
        assert_eq!(running.wait().expect("it has ended").code(), Some(130));
        let left = || std::fs::read_dir(folder.path()).expect("the folder").count();
        assert!(within(Duration::from_secs(2), || left() == 0), "a control folder is left");
        assert!(within(Duration::from_secs(10), || !is_watched(lab)), "the router's script runs on");
    }
}

/// Whether the router runs a script that sleeps between two looks.
fn is_watched(lab: &Lab) -> bool {
    text(&lab.run(&["udm", "ps", "-eo", "args"]).stdout).lines().any(|line| line.trim() == "sleep 1")
}
