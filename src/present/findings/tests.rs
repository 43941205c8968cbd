//! How findings look, on some that no rule would report together.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::hint::Read;
use super::{hint, junit, line_of_file, sarif, text};
use crate::rules::{self, Diagnosis, End, Finding, Judged, Rule, Severity, Subject};
use crate::topology::names::{InstanceName, NodeName, PeerName};
use crate::topology::session::{Key, Source};

fn rule(code: &str) -> &'static Rule {
    rules::all().find(|rule| rule.code == code).expect("a rule of that code")
}

fn session(node: u32) -> Subject {
    Subject::Session(Key {
        node: NodeName(format!("node-{node}")),
        instance: InstanceName("main".to_owned()),
        peer: PeerName("udm".to_owned()),
    })
}

fn source(text: &str) -> Source {
    Source { source: text.to_owned(), read_at: Timestamp::UNIX_EPOCH }
}

fn shut() -> Finding {
    Finding::of(rule("BGP137"), session(1))
        .title("it is shut")
        .seen(End::Router, Some(&source("show bgp neighbors json")), "neighbor 10.0.0.1 is Idle (Admin)")
        .fix("open it")
        .paste("no neighbor 10.0.0.1 shutdown")
}

fn following(name: &str) -> Finding {
    let mut finding = Finding::of(rule("BGP701"), Subject::service("default", name)).title(format!("{name} is gone"));
    finding.caused_by = Some("BGP137");
    finding
}

fn judged(needs: &[(&str, &[&str])]) -> Vec<Judged> {
    let judged = |(code, needs): &(&str, &[&str])| Judged {
        rule: rule(code),
        needs: needs.iter().map(ToString::to_string).collect(),
    };
    needs.iter().map(judged).collect()
}

fn diagnosis(findings: Vec<Finding>) -> Diagnosis {
    Diagnosis { findings, judged: judged(&[("BGP137", &[]), ("BGP701", &[])]) }
}

fn short(diagnosis: &Diagnosis, least: Severity) -> String {
    anstream::adapter::strip_str(&text::render(diagnosis, least, text::Detail::Short)).to_string()
}

fn full(diagnosis: &Diagnosis) -> String {
    let text = text::render(diagnosis, Severity::Information, text::Detail::Full);
    anstream::adapter::strip_str(&text).to_string()
}

#[test]
fn success_is_short() {
    let expected = "✔ GitOps (1 rule)\n✔ sessions (1 rule)\n\n2 rules: nothing found\n";
    assert_eq!(short(&diagnosis(Vec::new()), Severity::Information), expected);
}

#[test]
fn what_follows_stands_under_its_cause() {
    let found = diagnosis(vec![shut(), following("a"), following("b")]);
    let expected = "\
✔ GitOps (1 rule)
✗ sessions
  ✗ BGP137 it is shut: session node-1/main/udm
      router: neighbor 10.0.0.1 is Idle (Admin)
      fix: open it
        no neighbor 10.0.0.1 shutdown
      so: BGP701 a is gone: service default/a
      so: BGP701 b is gone: service default/b

2 rules: 1 error
";
    assert_eq!(short(&found, Severity::Information), expected);
}

#[test]
fn without_its_cause_a_consequence_names_it() {
    let expected = "\
✗ GitOps
  ✗ BGP701 a is gone: service default/a
      because of BGP137
✔ sessions (1 rule)

2 rules: 1 error; 1 less severe not shown
";
    let found = diagnosis(vec![shut().severity(Severity::Warning), following("a")]);
    assert_eq!(short(&found, Severity::Error), expected);
}

#[test]
fn many_of_a_kind_are_counted() {
    let mut finding = shut().inferred("kubectl bgp check --probe");
    finding.also.extend((2..=9).map(session));
    finding.evidence.clear();
    let mut finding = (1..=6).fold(finding, |finding, at| finding.seen(End::Router, None, format!("seen {at}")));
    finding.fix.paste = (1..=10).map(|at| format!("line {at}")).collect();
    let found = diagnosis(std::iter::once(finding).chain((1..=6).map(|at| following(&format!("s{at}")))).collect());
    let text = short(&found, Severity::Information);
    let lines: Vec<&str> = text.lines().skip(2).collect();
    assert_eq!(
        lines,
        [
            "  ✗ BGP137 it is shut (likely): session node-1/main/udm, node-2/main/udm, node-3/main/udm and 6 more",
            "      router: seen 1",
            "      router: seen 2",
            "      router: seen 3",
            "      router: seen 4",
            "      seen: ... 2 more with -o wide",
            "      to be sure: kubectl bgp check --probe",
            "      fix: open it",
            "        line 1",
            "        line 2",
            "        line 3",
            "        line 4",
            "        line 5",
            "        line 6",
            "        line 7",
            "        line 8",
            "        ... 2 more with -o wide",
            "      so: BGP701 s1 is gone: service default/s1",
            "      so: BGP701 s2 is gone: service default/s2",
            "      so: BGP701 s3 is gone: service default/s3",
            "      so: BGP701 s4 is gone: service default/s4",
            "      so: ... 2 more with -o wide",
            "",
            "2 rules: 1 error",
        ]
    );
    let text = full(&found);
    assert!(text.contains("node-9/main/udm") && text.contains("line 10") && text.contains("s6 is gone"), "{text}");
    assert!(!text.contains("-o wide"), "{text}");
}

#[test]
fn where_it_was_seen_is_told_if_it_is_a_line_of_a_file_or_everything_is() {
    let found = diagnosis(vec![
        shut()
            .seen(End::Cluster, Some(&source("apps/bgp.yaml:12")), "peer udm")
            .excluded(["not the AS".to_owned(), "not a password".to_owned()]),
    ]);
    let text = short(&found, Severity::Information);
    assert!(text.contains("router: neighbor 10.0.0.1 is Idle (Admin)\n"), "{text}");
    assert!(text.contains("cluster: peer udm (apps/bgp.yaml:12)\n") && !text.contains("excluded"), "{text}");
    let text = full(&found);
    assert!(text.contains("is Idle (Admin) (show bgp neighbors json)\n"), "{text}");
    assert!(text.contains("excluded: not the AS; not a password\n"), "{text}");
}

#[test]
fn a_long_headline_gives_its_subjects_a_line() {
    let found = diagnosis(vec![shut().title("it is shut ".repeat(10).trim())]);
    assert!(short(&found, Severity::Information).contains(" it is shut\n      on: session node-1/main/udm\n"));
}

#[test]
fn what_is_missing_is_said_once() {
    let findings = Vec::new();
    let refused = ["the router's routes: refused", "the router's neighbors: refused"];
    let judged = judged(&[("BGP137", &refused), ("BGP701", &["the router's routes: refused", "the Services"])]);
    let expected = "\
? GitOps (no evidence for 1 of 1 rule)
? sessions (no evidence for 1 of 1 rule)

? BGP137 and BGP701 need the router's neighbors and the router's routes: refused
? BGP701 needs the Services

0 of 2 rules could tell: nothing found
";
    assert_eq!(short(&Diagnosis { findings, judged }, Severity::Information), expected);
}

#[test]
fn nothing_that_was_seen_reaches_the_terminal_as_control() {
    let evil = "x\u{1b}[31m\u{202e}\nnext";
    let finding = shut().title(evil).seen(End::Cluster, None, evil).fix(evil).paste(evil).inferred(evil);
    let found = Diagnosis { findings: vec![finding], judged: judged(&[("BGP137", &[evil])]) };
    for text in [short(&found, Severity::Information), full(&found)] {
        assert!(text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{text:?}");
    }
}

#[test]
fn the_next_step_is_about_the_first_finding() {
    let next = |subject, read: Read| {
        let found = diagnosis(vec![Finding::of(rule("BGP137"), subject)]);
        hint::next_step(&found.told(Severity::Information), &read).expect("a hint")
    };
    assert_eq!(next(session(1), Read::Live), "kubectl bgp why node-1 follows it from end to end");
    assert_eq!(
        next(Subject::service("default", "web"), Read::Snapshot("demo")),
        "kubectl bgp why default/web --from demo follows it from end to end"
    );
    assert_eq!(
        next(Subject::Prefix("10.0.0.1/32".parse().expect("a prefix")), Read::Live),
        "kubectl bgp why 10.0.0.1 follows it from end to end"
    );
    let explained = "kubectl bgp check --explain BGP137 says more about it";
    assert_eq!(next(Subject::Cluster, Read::Live), explained);
    assert_eq!(next(session(1), Read::Files), explained);
    // Nothing that a shell would read otherwise.
    assert_eq!(next(Subject::service("default", "$(reboot)"), Read::Live), explained);
    assert_eq!(next(session(1), Read::Snapshot("a b")), explained);
    assert!(hint::next_step(&[], &Read::Live).is_none());
}

#[test]
fn junit_fails_skips_and_tells() {
    let warning = following("a<b").severity(Severity::Warning);
    let judged = judged(&[("BGP137", &[]), ("BGP601", &["a \"target\""]), ("BGP701", &["more"])]);
    let xml = junit::render(&Diagnosis { findings: vec![shut(), warning], judged }, Severity::Error, Severity::Warning);
    let expected = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites name=\"kubectl bgp check\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\">
  <testsuite name=\"GitOps\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">
    <testcase classname=\"GitOps\" name=\"BGP701 Git's BGP objects do not reach the cluster\">
      <system-out>! BGP701 a&lt;b is gone: service default/a&lt;b
    because of BGP137
needs more
</system-out>
    </testcase>
  </testsuite>
  <testsuite name=\"sessions\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">
    <testcase classname=\"sessions\" name=\"BGP137 the router has shut the neighbor down\">
      <failure type=\"error\" message=\"it is shut: session node-1/main/udm\">✗ BGP137 it is shut: session node-1/main/udm
    router: neighbor 10.0.0.1 is Idle (Admin) (show bgp neighbors json)
    fix: open it
      no neighbor 10.0.0.1 shutdown
</failure>
    </testcase>
  </testsuite>
  <testsuite name=\"upgrade\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\">
    <testcase classname=\"upgrade\" name=\"BGP601 the version of Cilium that is aimed at changes something for these objects\">
      <skipped message=\"needs a &quot;target&quot;\"/>
    </testcase>
  </testsuite>
</testsuites>
";
    assert_eq!(xml, expected);
}

#[test]
fn sarif_points_at_lines_of_files() {
    let finding = shut().seen(End::Cluster, Some(&source("./apps/bgp.yaml:12")), "peer udm").seen(
        End::Router,
        Some(&source("frr.conf:3")),
        "neighbor {x}",
    );
    let log = sarif::render(&diagnosis(vec![finding, following("a")]), Severity::Information).expect("SARIF");
    let log: Value = serde_json::from_str(&log).expect("JSON");
    let result = &log["runs"][0]["results"][0];
    let line = |file: &str, line: u32| json!({"artifactLocation": {"uri": file}, "region": {"startLine": line}});
    assert_eq!(result["locations"][0]["physicalLocation"], line("apps/bgp.yaml", 12));
    assert_eq!(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "session node-1/main/udm");
    assert_eq!(
        result["relatedLocations"],
        json!([{"physicalLocation": line("frr.conf", 3), "message": {"text": "neighbor {{x}}"}}])
    );
    assert_eq!(result["partialFingerprints"], json!({"subject/v1": "BGP137 session node-1/main/udm"}));
    let rules = &log["runs"][0]["tool"]["driver"]["rules"];
    let of = |at: usize| {
        let place = log["runs"][0]["results"][at]["ruleIndex"].as_u64().expect("a place");
        &rules[usize::try_from(place).expect("a small one")]["id"]
    };
    assert_eq!((of(0), of(1)), (&json!("BGP137"), &json!("BGP701")));
    assert_eq!(log["runs"][0]["results"][1]["properties"]["cause"], "BGP137");
}

#[test]
fn a_line_of_a_file_is_told_from_requests_and_commands() {
    let line = |text: &str| {
        let finding = Finding::of(rule("BGP137"), Subject::Cluster).seen(End::Router, Some(&source(text)), "");
        line_of_file(&finding.evidence[0]).map(|(file, line)| (file.to_owned(), line))
    };
    assert_eq!(line("a/b.yaml:7"), Some(("a/b.yaml".to_owned(), 7)));
    assert_eq!(line("my apps/b.yaml:7"), Some(("my apps/b.yaml".to_owned(), 7)));
    for other in [
        "/api/v1/services",
        "show bgp ipv6 unicast fd00::1:7",
        "show bgp ipv6 unicast fd00::7",
        "fd00::7",
        ":7",
        "a.yaml:0",
        "a.yaml:x",
    ] {
        assert_eq!(line(other), None, "{other}");
    }
}

#[test]
fn subjects_of_several_kinds_say_which() {
    let mut finding = Finding::of(rule("BGP137"), Subject::service("a", "b"));
    finding.also = BTreeSet::from([Subject::Router("r".to_owned()), Subject::service("c", "d")]);
    assert_eq!(super::subjects(&finding, 3), "service a/b, router r, service c/d");
}
