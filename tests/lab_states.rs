//! `kubectl bgp peers` and `kubectl bgp routes` agree with the oracles in every state of the lab: `tests/oracle` says what
//! they must show. On the way `kubectl bgp check` is judged: `lab_diagnosis`.

use std::time::Instant;

use crate::lab_diagnosis::{self, Expected, Score};
use crate::support::lab::{Lab, Said, tests_folder, text};

/// The states that the oracles look at, what `peers --check` exits with, and on which FRR: where it is FRR that tells the
/// fault, on both. A fault that is not here has no state that another does not have.
const FAULTS: &[(&str, i32, On)] = &[
    ("healthy", UP, On::Both),
    ("neighbor-missing", DOWN, On::Both),
    ("neighbor-extra", UP, On::Ten),
    ("admin-shutdown-router", DOWN, On::Both),
    ("wrong-asn-router", DOWN, On::Both),
    ("wrong-asn-cluster", DOWN, On::Eight),
    ("md5-router-only", DOWN, On::Ten),
    ("md5-cluster-only", DOWN, On::Eight),
    ("md5-mismatch", DOWN, On::Ten),
    ("md5-ok", UP, On::Eight),
    ("md5-secret-missing", UP, On::Ten),
    ("bgpd-stopped", DOWN, On::Both),
    ("frr-stopped", DOWN, On::Eight),
    ("no-router-bgp", DOWN, On::Ten),
    ("prefix-list-undefined", UP, On::Eight),
    ("requires-policy", UP, On::Ten),
    ("vip-filtered", UP, On::Eight),
    ("af-not-activated", DOWN, On::Both),
    ("maximum-prefix", DOWN, On::Both),
    ("listen-range", UP, On::Eight),
    ("listen-range-node-down", DOWN, On::Ten),
    ("fib-rejected", UP, On::Both),
    ("fib-lost", UP, On::Both),
    ("fib-shadowed", UP, On::Both),
    ("agent-stopped", DOWN, On::Ten),
    ("agent-killed", DOWN, On::Both),
    ("agent-restarted", UP, On::Ten),
    ("agent-not-ready", DOWN, On::Ten),
    ("node-link-down", DOWN, On::Eight),
    ("node-link-down-early", UP, On::Ten),
    ("firewall-179", DOWN, On::Eight),
    ("node-not-selected", DOWN, On::Ten),
    ("node-config-missing", DOWN, On::Eight),
    ("operator-stopped", UP, On::Ten),
    ("status-report-off", UP, On::Eight),
    ("cluster-config-conflict", UP, On::Ten),
    ("peer-config-missing", DOWN, On::Ten),
    ("no-cluster-config", DOWN, On::Eight),
    ("sshd-down", UNDECIDED, On::Eight),
    ("vtysh-missing", UNDECIDED, On::Ten),
    ("vtysh-denied", UNDECIDED, On::Eight),
    ("apiserver-down", UNDECIDED, On::Ten),
    ("endpoint-moved", UP, On::Eight),
    ("endpoint-not-ready", UP, On::Ten),
    ("endpoint-terminating", UP, On::Eight),
    ("policy-local", UP, On::Ten),
    ("service-label-off", UP, On::Eight),
    ("advertisement-narrow", UP, On::Eight),
    ("advertisement-missing", UP, On::Ten),
    ("aggregated", UP, On::Ten),
    ("external-ip", UP, On::Eight),
    ("single-path", UP, On::Both),
    ("node-preferred", UP, On::Ten),
    ("host-announces", UP, On::Both),
    ("node-announces-more", DOWN, On::Eight),
];

const VERBS: [&str; 2] = ["peers", "routes"];

const UP: i32 = 0;
const DOWN: i32 = 1;
const UNDECIDED: i32 = 2;

#[derive(Clone, Copy, PartialEq)]
enum On {
    Both,
    Eight,
    Ten,
}

/// What is not there in a fault, and what standard error says of it.
const MISSING_ENDS: &[(&str, &str)] = &[
    ("sshd-down", "warning: the router udm: it refuses the connection"),
    ("vtysh-missing", "warning: the router udm: it has no vtysh"),
    ("vtysh-denied", "warning: the router udm: "),
    ("apiserver-down", "warning: the cluster: The connection to the server "),
];

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn frr_8_agrees_with_the_oracle_and_every_cause_is_named() {
    every_state_of(8, On::Eight);
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn frr_10_agrees_with_the_oracle_and_every_cause_is_named() {
    every_state_of(10, On::Ten);
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn ipv6_sessions_of_frr_8_agree_with_the_oracle() {
    let mut walk = Walk::of(&["--frr", "8", "--ipv6"]);
    walk.state("healthy", UP);
    walk.over(&["neighbor-missing", "af-not-activated", "agent-killed", "node-not-selected", "endpoint-moved"]);
    // At its IPv6 address no ssh gets in; it has that address all the same.
    walk.lab.set_env("KUBECTL_BGP_ROUTER", "");
    walk.state("found by its addresses", UP);
    walk.end();
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn ipv6_sessions_of_frr_10_agree_with_the_oracle() {
    let mut walk = Walk::of(&["--frr", "10", "--ipv6"]);
    walk.state("healthy", UP);
    walk.over(&["admin-shutdown-router", "bgpd-stopped", "agent-not-ready", "no-cluster-config", "policy-local"]);
    walk.end();
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn two_routers_agree_with_the_oracle() {
    let mut walk = Walk::of(&["--routers", "2"]);
    walk.lab.set_env("KUBECTL_BGP_ROUTER", "udm,udm2");
    walk.state("both named", UP);
    walk.lab.set_env("KUBECTL_BGP_ROUTER", "");
    walk.state("both found by their addresses", UP);
    walk.over(&["admin-shutdown-router", "agent-killed", "vip-filtered", "node-not-selected"]);
    // Of the first router's sessions only the cluster's word is known.
    walk.lab.set_env("KUBECTL_BGP_ROUTER", "udm2");
    walk.state("only the second named", UNDECIDED);
    walk.end();
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn cilium_1_16_agrees_with_the_oracle() {
    let mut walk = Walk::of(&["--crds", "1.16"]);
    walk.state("no status", DOWN);
    // As a dead agent would have left it.
    let status = r#"{"status": {"bgpInstances": [{"name": "main", "localASN": 65010, "peers": [
        {"name": "udm-pro", "peerAddress": "10.90.254.1", "peerASN": 65001, "peeringState": "established",
         "routeCount": [{"afi": "ipv4", "safi": "unicast", "advertised": 4}]}]}]}}"#;
    for node in ["node-1", "node-2", "node-3"] {
        walk.lab.ask(&[
            "kubectl",
            "patch",
            "ciliumbgpnodeconfigs.v2alpha1.cilium.io",
            node,
            "--type",
            "merge",
            "-p",
            status,
        ]);
    }
    walk.state("a status without an agent", DOWN);
    walk.end();
}

/// Looks at all states of the lab with one version of FRR.
fn every_state_of(version: u32, here: On) {
    let frr = ["--frr", &version.to_string()];
    let mut walk = Walk::of(&frr);
    let mut score = Score::of(version);
    let whole = lab_diagnosis::chosen().is_none();
    if whole && here == On::Eight {
        walk.falsify_every_field();
    }
    let (with_ipv6, states): (Vec<_>, Vec<_>) = lab_diagnosis::states().into_iter().partition(|state| state.ipv6);
    for expected in states {
        let oracle = FAULTS.iter().find(|(fault, _, on)| *fault == expected.fault && (*on == On::Both || *on == here));
        let oracle = oracle.filter(|_| whole);
        walk.judge(&expected, oracle.map(|(_, check, _)| *check), &mut score);
    }
    if !with_ipv6.is_empty() {
        walk.start_anew(&[&frr[..], &["--ipv6"]].concat());
    }
    for expected in with_ipv6 {
        walk.judge(&expected, None, &mut score);
    }
    walk.failures.extend(score.end());
    walk.end();
}

/// A lab and its states, one after the other; what differs is collected until the end.
struct Walk {
    lab: Lab,
    options: Vec<String>,
    started: Instant,
    states: Vec<String>,
    failures: Vec<String>,
}

impl Walk {
    fn of(options: &[&str]) -> Self {
        let started = Instant::now();
        let owned = options.iter().map(|&word| word.to_owned()).collect();
        Self { lab: Lab::up(options), options: owned, started, states: Vec::new(), failures: Vec::new() }
    }

    /// The comparison can fail: it notices every falsified field.
    fn falsify_every_field(&mut self) {
        for verb in VERBS {
            self.failures.extend(self.oracle("selftest", verb));
        }
    }

    /// Looks while each of these is broken.
    fn over(&mut self, faults: &[&str]) {
        for fault in faults {
            let check = FAULTS.iter().find(|(known, _, _)| known == fault).expect("a fault of the list").1;
            self.during(fault, |walk| walk.look(fault, check));
        }
    }

    /// Does something while one thing is broken; false if it could not be broken.
    fn during(&mut self, fault: &str, look: impl FnOnce(&mut Self)) -> bool {
        if fault == "healthy" {
            look(self);
            return true;
        }
        let reached = self.change(&["fault", fault]);
        if reached {
            look(self);
        }
        if !self.change(&["heal", fault]) {
            // What follows would say nothing.
            let options = self.options.clone();
            self.start_anew(&options.iter().map(String::as_str).collect::<Vec<_>>());
        }
        reached
    }

    fn start_anew(&mut self, options: &[&str]) {
        self.options = options.iter().map(|&word| word.to_owned()).collect();
        self.lab.start_anew(options);
    }

    /// Judges what `check` says in a state; the oracles look too where they are told what `--check` exits with.
    fn judge(&mut self, expected: &Expected, oracle: Option<i32>, score: &mut Score) {
        let reached = self.during(&expected.fault, |walk| {
            if let Some(check) = oracle {
                walk.look(&expected.fault, check);
            }
            score.judge(expected, &walk.lab);
        });
        if !reached {
            score.unreached(expected);
        }
    }

    fn look(&mut self, fault: &str, check: i32) {
        self.state(fault, check);
        self.missing_end(fault);
    }

    fn change(&mut self, verb: &[&str]) -> bool {
        let changed = self.lab.run(verb);
        if !changed.status.success() {
            self.failures.push(format!("lab {}: {}", verb.join(" "), Said(&changed)));
        }
        changed.status.success()
    }

    fn oracle(&self, script: &str, verb: &str) -> Option<String> {
        let judged = self.lab.command(tests_folder("oracle").join(script)).arg(verb).output().expect("the oracle runs");
        (!judged.status.success()).then(|| format!("{verb}: {}", Said(&judged)))
    }

    /// Compares with the oracles, and the exit status of `--check`.
    fn state(&mut self, name: &str, check: i32) {
        for verb in VERBS {
            let failure = self.oracle("compare", verb).map(|said| format!("{name}: {said}"));
            self.failures.extend(failure);
        }
        let checked = self.lab.kubectl_bgp(&["peers", "--check"]);
        if checked.status.code() != Some(check) {
            self.failures.push(format!("{name}: --check must exit with {check}: {}", Said(&checked)));
        }
        self.states.push(format!("{name} at {} s", self.started.elapsed().as_secs()));
    }

    /// Without one end `peers` prints what it knows, says what is missing, and succeeds.
    fn missing_end(&mut self, fault: &str) {
        let Some((_, says)) = MISSING_ENDS.iter().find(|(known, _)| *known == fault) else { return };
        let plain = self.lab.kubectl_bgp(&["peers"]);
        let (table, notes) = (text(&plain.stdout), text(&plain.stderr));
        if !plain.status.success() || table.lines().count() != 4 || !notes.lines().any(|line| line.starts_with(says)) {
            self.failures
                .push(format!("{fault}: must exit with 0, print three sessions and {says:?}: {}", Said(&plain)));
        }
    }

    fn end(&self) {
        let title = self.options.join(" ");
        println!(
            "{}: {} states in {} s: {}",
            title,
            self.states.len(),
            self.started.elapsed().as_secs(),
            self.states.join(", ")
        );
        assert!(self.failures.is_empty(), "{}: {} failures\n{}", title, self.failures.len(), self.failures.join("\n"));
    }
}
