//! Sessions do what each command was said to do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::{Router, is_whole};
use crate::frr::config::Tree;
use crate::frr::config::canonical::Canonical;
use crate::frr::config::delta::Delta;
use crate::frr::config::impact::{Impact, Sessions};
use crate::support::lab::within;

const NODES: [&str; 3] = ["10.90.3.101", "10.90.3.102", "10.90.3.103"];

/// One case of so many is asked for each time, another one of each version.
const ONE_OF: usize = 5;

/// So much longer than a reset that was asked for takes to be seen, one that was not is waited for.
const LONGER: u32 = 4;

const AT_LEAST: Duration = Duration::from_millis(500);

/// By their nodes.
type Seen = BTreeMap<&'static str, Session>;

type Names = BTreeSet<String>;

#[derive(Clone, Debug, PartialEq)]
struct Session {
    is_up: bool,
    drops: u64,
    accepted: u64,
}

/// How many cases there were, and what is wrong with each that is wrong.
pub fn wrong(router: &Router) -> (usize, Vec<String>) {
    let cases: Vec<&str> = include_str!("impacts.txt").split("--\n").collect();
    let first = usize::from(router.dialect.is_at_least(10, 0));
    let is_asked = |at: &usize| is_whole() || at % ONE_OF == first;
    let asked: Vec<&str> = cases.iter().enumerate().filter(|(at, _)| is_asked(at)).map(|(_, case)| *case).collect();
    let at_first = router.running();
    let quiet = AT_LEAST.max(router.time_of_a_reset() * LONGER);
    eprintln!("a reset is waited for {quiet:?}");
    let wrong = asked.iter().filter_map(|case| router.wrong_of(case, &at_first, quiet)).collect();
    (asked.len(), wrong)
}

impl Router {
    fn seen(&self) -> Seen {
        let all: serde_json::Value =
            serde_json::from_str(&self.lab.ask(&["vty", "show bgp neighbors json"])).unwrap_or_default();
        let of = |node: &'static str| {
            let neighbor = all.get(node)?;
            let accepted = &neighbor["addressFamilyInfo"]["ipv4Unicast"]["acceptedPrefixCounter"];
            Some((
                node,
                Session {
                    is_up: neighbor["bgpState"] == "Established",
                    drops: neighbor["connectionsDropped"].as_u64().unwrap_or_default(),
                    accepted: accepted.as_u64().unwrap_or_default(),
                },
            ))
        };
        NODES.into_iter().filter_map(of).collect()
    }

    /// What is seen when all sessions are up.
    #[track_caller]
    fn healthy(&self, when: &str) -> Seen {
        let mut seen = self.seen();
        let is_healthy = within(Duration::from_secs(240), || {
            seen = self.seen();
            seen.len() == NODES.len() && seen.values().all(|session| session.is_up && session.accepted > 0)
        });
        assert!(is_healthy, "the sessions did not come up {when}");
        seen
    }

    /// How long after its command a reset is there to be seen: that one is seen at all is known by it.
    fn time_of_a_reset(&self) -> Duration {
        let before = self.healthy("at first");
        self.lab.ask(&["vty", "clear bgp *"]);
        let started = Instant::now();
        let mut looked = Duration::ZERO;
        let is_seen = within(Duration::from_secs(10), || {
            looked = started.elapsed();
            went_down(&before, &self.seen()).len() == NODES.len()
        });
        assert!(is_seen, "sessions that were cleared are not seen to go down");
        looked
    }

    /// What is wrong with what a case was said to do. The router is as it was before afterwards.
    fn wrong_of(&self, case: &str, at_first: &Canonical, quiet: Duration) -> Option<String> {
        let (setup, change) = case.split_once("==\n").unwrap_or(("", case));
        let errors_before = if setup.is_empty() { String::new() } else { self.apply(setup) };
        if !setup.is_empty() {
            std::thread::sleep(quiet);
        }
        let seen = self.healthy(&format!("before {case}"));
        let before = if setup.is_empty() { at_first.clone() } else { self.running() };
        let after = before.after(&Tree::parse(change));
        let delta = Delta::between(&before, &after);
        let said = said_to_go_down(&delta, &seen);
        let errors = self.apply(&delta.print());
        // Those that are said to go down are waited for, and then the others.
        within(Duration::from_secs(10), || went_down(&seen, &self.seen()).is_superset(&said));
        std::thread::sleep(quiet);
        let down = went_down(&seen, &self.seen());
        let reached = self.running();

        let back = Delta::between(&reached, at_first);
        let errors_back = self.apply(&back.print());
        self.lab.ask(&["vty", "clear bgp ipv4 unicast * soft"]);
        let is_back = self.running() == *at_first;
        // A reset that came later than it was waited for is still counted.
        let may_go = &said | &said_to_go_down(&back, &seen);
        let late: Names =
            went_down(&seen, &self.healthy(&format!("after {case}"))).difference(&may_go).cloned().collect();

        // That there was a port is kept in mind (`PEER_FLAG_PORT`), whatever the configuration says.
        if case.contains(" port ") {
            self.as_at_first();
        }
        let errors = errors_before + &errors + &errors_back;
        let is_right = said == down && late.is_empty() && reached == after && is_back && errors.is_empty();
        (!is_right).then(|| {
            let is_reached = reached == after;
            format!(
                "{case}  said {said:?}, down {down:?}, late {late:?}, reached {is_reached}, back {is_back} {errors}"
            )
        })
    }
}

/// The nodes whose sessions are not the same any more.
fn went_down(before: &Seen, later: &Seen) -> Names {
    let is_same = |node: &&str| {
        let (before, later) = (&before[*node], later.get(*node));
        later.is_some_and(|later| later.is_up && later.drops == before.drops)
    };
    NODES.into_iter().filter(|node| !is_same(node)).map(str::to_owned).collect()
}

/// The nodes whose sessions the delta says go down.
fn said_to_go_down(delta: &Delta, seen: &Seen) -> Names {
    let names = |sessions: &Sessions| sessions.neighbors.iter().map(|peer| peer.name.clone()).collect::<Vec<_>>();
    let accepted = |name: &str| seen.get(name).map_or(0, |session| session.accepted);
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
