//! FRR itself has the last word on `src/frr/config`: it takes every delta without an error, comes to what the model came to,
//! and its sessions do what each command was said to do.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use crate::frr::config::Tree;
use crate::frr::config::canonical::{Canonical, Dialect};
use crate::frr::config::delta::Delta;
use crate::frr::config::generated::Generated;
use crate::frr::config::impact::{Impact, Sessions};
use crate::support::lab::{Lab, text, within};

const PAIRS: u64 = 200;

const NODES: [&str; 3] = ["10.90.3.101", "10.90.3.102", "10.90.3.103"];

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn frr_8_takes_every_delta_and_comes_to_what_it_says() {
    takes_every_delta("8");
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn frr_10_takes_every_delta_and_comes_to_what_it_says() {
    takes_every_delta("10");
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn sessions_of_frr_8_do_what_each_command_is_said_to_do() {
    does_what_is_said("8");
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn sessions_of_frr_10_do_what_each_command_is_said_to_do() {
    does_what_is_said("10");
}

fn takes_every_delta(version: &str) {
    let router = Router(Lab::up(&["--frr", version]));
    let mut rng = fastrand::Rng::with_seed(7);
    let mut wanted = Generated::new(&mut rng);
    let mut failures = Vec::new();
    for pair in 0..PAIRS {
        wanted = wanted.changed(&mut rng);
        if pair % 20 == 0 {
            // A bgpd whose maps, lists and neighbors come and go by the hundred within seconds does not live long.
            router.0.ask(&["frr-conf"]);
            wanted = Generated::new(&mut rng);
        }
        let (now, dialect) = router.running();
        let target = Canonical::of(&Tree::parse(&wanted.text()), &dialect);
        let delta = Delta::between(&now, &target);
        let errors = router.apply(&delta.print());
        let (reached, _) = router.running();
        if reached != target || !errors.is_empty() {
            let left = Delta::between(&reached, &target).print();
            failures.push(format!("{pair}: {errors}{left}of\n{}", delta.print()));
        }
    }
    assert!(failures.is_empty(), "FRR {version}: {} of {PAIRS} failed\n{}", failures.len(), failures.join("\n"));
}

fn does_what_is_said(version: &str) {
    let router = Router(Lab::up(&["--frr", version]));
    let cases = include_str!("lab_config/impacts.txt");
    let wrong: Vec<String> = cases.split("--\n").filter_map(|case| router.measure(case)).collect();
    assert!(wrong.is_empty(), "FRR {version}:\n{}", wrong.join("\n"));
}

struct Router(Lab);

/// What is seen of a node's session.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    is_up: bool,
    drops: u64,
    accepted: u64,
}

impl Router {
    /// The running configuration, and the dialect that it is in.
    fn running(&self) -> (Canonical, Dialect) {
        let running = self.0.ask(&["vty", "show running-config"]);
        let tree = Tree::parse(&running);
        // Debian builds FRR for that many paths.
        let dialect = Dialect { multipath: Some(256), ..Dialect::of(&tree) };
        (Canonical::of(&tree, &dialect), dialect)
    }

    /// What vtysh says that is no progress and no harmless note.
    fn apply(&self, statements: &str) -> String {
        let mut command = self.0.command(crate::support::lab::tests_folder("lab/lab"));
        let script = "cat > /run/delta.conf; HOME=/nonexistent vtysh -f /run/delta.conf 2>&1";
        command.args(["udm", "sh", "-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut vtysh = command.spawn().expect("tests/lab/lab runs");
        vtysh.stdin.take().expect("its input").write_all(statements.as_bytes()).expect("it reads");
        let said = text(&vtysh.wait_with_output().expect("it ends").stdout);
        said.lines().filter(|line| !is_harmless(line.trim())).map(|line| format!("{line}\n")).collect()
    }

    fn seen(&self, node: &str) -> Option<Seen> {
        let all: serde_json::Value = serde_json::from_str(&self.0.ask(&["vty", "show bgp neighbors json"])).ok()?;
        let neighbor = all.get(node)?;
        Some(Seen {
            is_up: neighbor["bgpState"] == "Established",
            drops: neighbor["connectionsDropped"].as_u64().unwrap_or_default(),
            accepted: neighbor["addressFamilyInfo"]["ipv4Unicast"]["acceptedPrefixCounter"]
                .as_u64()
                .unwrap_or_default(),
        })
    }

    fn is_healthy(&self) -> bool {
        NODES.iter().all(|node| self.seen(node).is_some_and(|seen| seen.is_up && seen.accepted > 0))
    }

    /// What is wrong with what a case was said to do. The router is as it was before afterwards.
    fn measure(&self, case: &str) -> Option<String> {
        let (setup, change) = case.split_once("==\n").unwrap_or(("", case));
        let (at_first, dialect) = self.running();
        self.apply(setup);
        assert!(within(Duration::from_secs(240), || self.is_healthy()), "the sessions did not come up before {case}");
        let (before, _) = self.running();
        let after = before.after(&Tree::parse(change));
        let delta = Delta::between(&before, &after);
        let seen: Vec<_> = NODES.map(|node| self.seen(node)).to_vec();
        let errors = self.apply(&delta.print());
        std::thread::sleep(Duration::from_secs(3));
        let later: Vec<_> = NODES.map(|node| self.seen(node)).to_vec();
        let went_down: BTreeSet<&str> = NODES
            .into_iter()
            .zip(seen.iter().zip(&later))
            .filter(|(_, (before, after))| {
                !after
                    .as_ref()
                    .zip(before.as_ref())
                    .is_some_and(|(after, before)| after.is_up && after.drops == before.drops)
            })
            .map(|(node, _)| node)
            .collect();
        let said = said_to_go_down(&delta, &NODES.into_iter().zip(seen).collect::<Vec<_>>());
        let is_reached = self.running().0 == after;
        let way_back = Delta::between(&self.running().0, &at_first).print();
        self.apply(&way_back);
        self.0.ask(&["vty", "clear bgp ipv4 unicast * soft"]);
        let is_back = self.running().0 == at_first;
        let said: BTreeSet<&str> = said.iter().map(String::as_str).collect();
        let is_right = said == went_down && is_reached && is_back && errors.is_empty();
        (!is_right).then(|| {
            format!("{case}  {dialect:?}\n  said {said:?}, down {went_down:?}, reached {is_reached}, back {is_back} {errors}")
        })
    }
}

fn is_harmless(line: &str) -> bool {
    line.is_empty()
        || line.starts_with('[') && (line.ends_with("] sending configuration") || line.ends_with("] done"))
        || line.starts_with("Waiting for children")
        || line.ends_with("does not exist.")
        || line.starts_with("Graceful restart configuration changed")
}

/// The nodes whose sessions the delta says go down.
fn said_to_go_down(delta: &Delta, seen: &[(&str, Option<Seen>)]) -> BTreeSet<String> {
    let names = |sessions: &Sessions| sessions.neighbors.iter().map(|peer| peer.name.clone()).collect::<Vec<_>>();
    let accepted = |name: &str| {
        let seen = seen.iter().find(|(node, _)| *node == name).and_then(|(_, seen)| seen.as_ref());
        seen.map_or(0, |seen| seen.accepted)
    };
    delta
        .commands
        .iter()
        .flat_map(|command| match &command.impact {
            Impact::Resets(sessions) | Impact::Ends(sessions) => names(sessions),
            Impact::EndsAbove { limit, sessions } => {
                names(sessions).into_iter().filter(|name| accepted(name) > u64::from(*limit)).collect()
            }
            Impact::None | Impact::NextStart(_) | Impact::SoftClear(_) => Vec::new(),
            Impact::Unknown => panic!("what {} does is not known", command.text()),
        })
        .collect()
}
