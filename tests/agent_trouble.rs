//! Agents that may not be asked, answer nonsense, or never answer. The WebSocket is the test's own: no real API server can
//! be made to break off in its middle.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::api::{Answer, Api, status};
use crate::support::run::{Printed, bgp};
use crate::support::snapshots::demo;

const PEERS: &str = r#"[{"local-asn": 65010, "peer-asn": 65001, "peer-address": "10.90.254.1",
    "session-state": "established", "uptime-nanoseconds": 301000000000,
    "families": [{"afi": "ipv4", "safi": "unicast", "advertised": 4}]}]"#;

/// An API server with the built-in snapshot's objects and no status in any node's config; `exec` answers for the agents.
fn api(exec: fn(&str) -> Answer) -> Api {
    let mut snapshot = demo();
    for config in snapshot.items("CiliumBGPNodeConfig") {
        config["status"] = json!({});
    }
    let objects = snapshot.objects();
    Api::start(move |path| {
        if path.contains("/exec?") {
            return exec(path);
        }
        objects
            .get(path)
            .map_or_else(|| status(404, "NotFound", "not served"), |body| Answer::Status(200, body.clone()))
    })
}

fn peers(api: &Api, words: &[&str]) -> Printed {
    let words = [&["peers", "--cluster-only", "--no-headers"], words].concat();
    bgp(&words).kubeconfig(&api.kubeconfig("{}")).output()
}

fn execs(api: &Api) -> usize {
    api.requests.lock().expect("no test panics in here").iter().filter(|head| head.contains("/exec?")).count()
}

#[test]
fn who_may_not_exec_gets_one_named_gap() {
    let api = api(|_| status(403, "Forbidden", "pods \"cilium\" is forbidden"));
    let printed = peers(&api, &[]);
    assert_eq!(
        printed.stderr,
        "warning: the agents on node-1, node-2 and 1 more: running commands in the agents' pods is forbidden\n\
         hint: the rights get and create on pods/exec in kube-system allow it (docs/rights/agents.yaml); --no-exec does without\n"
    );
    assert_eq!(printed.row("node-1")[5], "<unknown>");
    assert_eq!(printed.status, 0);
}

#[test]
fn agents_are_not_asked_when_told_so() {
    let api = api(|_| status(403, "Forbidden", "no"));
    let printed = peers(&api, &["--no-exec"]);
    assert_eq!((printed.stderr.as_str(), execs(&api)), ("", 0));
    assert_eq!(printed.row("node-1")[5], "<unknown>");
}

#[test]
fn an_agent_that_never_answers_costs_its_time_limit() {
    let api = api(|_| Answer::Hang);
    let started = Instant::now();
    let printed = peers(&api, &["--agent-timeout", "1s"]);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(
        printed.stderr,
        "warning: the agents on node-1, node-2 and 1 more: it gave no answer in time\n\
         hint: --agent-timeout gives it more time\n"
    );
    assert_eq!(execs(&api), 3);
}

#[test]
fn an_agent_that_is_asked_is_believed() {
    let api = api(|path| {
        assert!(path.contains("container=cilium-agent") && path.contains("command=cilium-dbg"), "{path}");
        Answer::Exec { stdout: PEERS, stderr: "", exit: 0 }
    });
    let printed = peers(&api, &[]);
    assert_eq!(printed.stderr, "");
    assert_eq!(printed.row("node-2")[5..9], ["established", "<unknown>", "5m1s", "4"]);
}

#[test]
fn an_agent_that_fails_says_why() {
    let api =
        api(|_| Answer::Exec { stdout: "", stderr: "Error: cannot get peers list: connection refused\n", exit: 1 });
    let printed = peers(&api, &[]);
    assert_eq!(
        printed.stderr,
        "warning: the agents on node-1, node-2 and 1 more: cilium-dbg said: Error: cannot get peers list: connection refused\n"
    );
}

#[test]
fn an_agent_that_answers_garbage_is_named() {
    let api = api(|_| Answer::Exec { stdout: "\u{1b}[31mhello", stderr: "", exit: 0 });
    let printed = peers(&api, &[]);
    assert!(
        printed.stderr.starts_with("warning: the agents on node-1, node-2 and 1 more: `cilium-dbg bgp peers -o json` gave no answer that makes sense: "),
        "{}",
        printed.stderr
    );
    assert!(!printed.stderr.contains('\u{1b}'));
}

#[test]
fn an_answer_that_breaks_off_is_no_answer() {
    let api = api(|_| Answer::ExecCutShort { stdout: "[{\"local-asn\": 65010" });
    let printed = peers(&api, &[]);
    assert_eq!(printed.stderr, "warning: the agents on node-1, node-2 and 1 more: its answer broke off\n");
}
