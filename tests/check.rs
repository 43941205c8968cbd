//! `check`: what it prints, what it takes, and how it ends. The rules have tests of their own.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::api::{Answer, Api, nothing, status};
use crate::support::run::{Run, bgp};
use crate::support::snapshots::{Snapshot, demo};

/// The router has shut two of its neighbors down.
fn shut() -> Snapshot {
    let mut snapshot = demo();
    for address in ["10.90.3.101", "10.90.3.102"] {
        snapshot.neighbors()[address]["bgpState"] = json!("Idle");
        let summary = &mut snapshot.command("show bgp vrf all summary json")["json"]["default"];
        summary["ipv4Unicast"]["peers"][address]["state"] = json!("Idle (Admin)");
    }
    snapshot
}

/// By one rule alone: what others find is not the matter here.
fn check(snapshot: &Snapshot, words: &[&str]) -> Run {
    bgp(&[&["check", "--only", "BGP137", "--from", &snapshot.file()], words].concat())
}

#[test]
fn a_finding_says_what_on_what_why_and_the_way_out() {
    let snapshot = shut();
    let file = snapshot.file();
    let expected = "\
✗ sessions
  ✗ BGP137 the router has shut the neighbor down: session node-1/main/udm-pro, node-2/main/udm-pro
      router: neighbor 10.90.3.101 is Idle (Admin)
      router: neighbor 10.90.3.102 is Idle (Admin)
      fix: take the shutdown off the neighbor; put it into the uploaded configuration too
        configure terminal
        router bgp 65001
        no neighbor 10.90.3.101 shutdown
        no neighbor 10.90.3.102 shutdown

1 rule: 1 error
";
    let hint = format!("hint: kubectl bgp why node-1 --from {file} follows it from end to end\n");
    check(&snapshot, &[]).prints(expected, &hint, 1);
}

#[test]
fn success_is_a_line_a_group() {
    check(&demo(), &[]).prints("✔ sessions (1 rule)\n\n1 rule: nothing found\n", "", 0);
}

#[test]
fn wide_says_where_it_was_seen() {
    let printed = check(&shut(), &["-o", "wide"]).output().stdout;
    assert!(printed.contains("      router: neighbor 10.90.3.101 is Idle (Admin) (show bgp vrf all neighbors json)\n"));
}

#[test]
fn json_keeps_its_contract() {
    let list = check(&shut(), &["-o", "json"]).output().json();
    assert_eq!((&list["apiVersion"], &list["kind"]), (&json!("bgp.kubectl.dev/v1alpha1"), &json!("FindingList")));
    let read_at = &list["items"][0]["evidence"][0]["readAt"];
    assert!(read_at.as_str().expect("text").parse::<jiff::Timestamp>().is_ok());
    let seen = |address: &str| {
        let text = format!("neighbor {address} is Idle (Admin)");
        json!({"end": "router", "text": text, "source": "show bgp vrf all neighbors json", "readAt": read_at})
    };
    assert_eq!(
        list["items"],
        json!([{
            "code": "BGP137",
            "rows": ["A37"],
            "severity": "error",
            "title": "the router has shut the neighbor down",
            "subject": "session node-1/main/udm-pro",
            "subjects": ["session node-1/main/udm-pro", "session node-2/main/udm-pro"],
            "cause": true,
            "confidence": "measured",
            "decide": null,
            "evidence": [seen("10.90.3.101"), seen("10.90.3.102")],
            "fix": "take the shutdown off the neighbor; put it into the uploaded configuration too",
            "paste": ["configure terminal", "router bgp 65001", "no neighbor 10.90.3.101 shutdown", "no neighbor 10.90.3.102 shutdown"],
            "excluded": []
        }])
    );
}

#[test]
fn the_other_formats_are_those_of_every_verb() {
    let snapshot = shut();
    let names = "ciliumbgpnodeconfig.cilium.io/node-1\nciliumbgpnodeconfig.cilium.io/node-2\n";
    check(&snapshot, &["-o", "name"]).prints(names, "", 1);
    check(&snapshot, &["-o", "jsonpath={.items[*].code}"]).prints("BGP137", "", 1);
    let table = "\
SEVERITY   CODE     SUBJECT                                            FINDING                                 CAUSE    CONFIDENCE
error      BGP137   session node-1/main/udm-pro, node-2/main/udm-pro   the router has shut the neighbor down   <none>   measured
";
    check(&snapshot, &["--sort-by", ".code"]).prints(table, "", 1);
}

#[test]
fn junit_has_a_case_for_each_rule() {
    let expected = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites name=\"kubectl bgp check\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">
  <testsuite name=\"sessions\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">
    <testcase classname=\"sessions\" name=\"BGP137 the router has shut the neighbor down\">
      <failure type=\"error\" message=\"the router has shut the neighbor down: session node-1/main/udm-pro, node-2/main/udm-pro\">\
✗ BGP137 the router has shut the neighbor down: session node-1/main/udm-pro, node-2/main/udm-pro
    router: neighbor 10.90.3.101 is Idle (Admin) (show bgp vrf all neighbors json)
    router: neighbor 10.90.3.102 is Idle (Admin) (show bgp vrf all neighbors json)
    fix: take the shutdown off the neighbor; put it into the uploaded configuration too
      configure terminal
      router bgp 65001
      no neighbor 10.90.3.101 shutdown
      no neighbor 10.90.3.102 shutdown
</failure>
    </testcase>
  </testsuite>
</testsuites>
";
    check(&shut(), &["-o", "junit", "--color", "always"]).prints(expected, "", 1);
}

#[test]
fn sarif_has_a_result_for_each_subject() {
    let snapshot = shut();
    let log = check(&snapshot, &["-o", "sarif"]).output().json();
    assert_eq!((&log["version"], log["runs"].as_array().map(Vec::len)), (&json!("2.1.0"), Some(1)));
    let run = &log["runs"][0];
    assert_eq!(run["invocations"], json!([{"executionSuccessful": true, "toolExecutionNotifications": []}]));
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "kubectl-bgp");
    assert_eq!(driver["rules"].as_array().map(Vec::len), Some(1));
    let rule = &driver["rules"][0];
    assert_eq!((&rule["id"], &rule["helpUri"]), (&json!("BGP137"), &json!("docs/rules.md#bgp137")));
    assert_eq!(rule["defaultConfiguration"], json!({"level": "error"}));
    for text in ["shortDescription", "fullDescription", "help"] {
        assert!(rule[text]["text"].as_str().is_some_and(|text| !text.is_empty()), "{text}");
    }
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 2);
    for (result, node) in results.iter().zip([1, 2]) {
        let subject = format!("session node-{node}/main/udm-pro");
        assert_eq!(
            (&result["ruleId"], &result["ruleIndex"], &result["level"]),
            (&json!("BGP137"), &json!(0), &json!("error"))
        );
        let text = format!(
            "the router has shut the neighbor down: {subject}\nneighbor 10.90.3.10{node} is Idle (Admin)\nFix: take the shutdown off the neighbor; put it into the uploaded configuration too"
        );
        assert_eq!(result["message"], json!({"text": text}));
        let place = json!([{"name": subject, "fullyQualifiedName": subject, "kind": "resource"}]);
        assert_eq!(result["locations"], json!([{"logicalLocations": place}]));
        assert_eq!(result["partialFingerprints"], json!({"subject/v1": format!("BGP137 {subject}")}));
        assert_eq!(
            result["properties"]["paste"],
            json!(["configure terminal", "router bgp 65001", format!("no neighbor 10.90.3.10{node} shutdown")])
        );
    }
    assert!(include_str!("../docs/rules.md").contains("\n### BGP137\n"), "the anchor that helpUri names");
}

#[test]
fn findings_about_files_say_where_it_stands() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("a pool.yaml");
    let pool = "---\napiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {name: vips}\n\
                spec: {blocks: [{cidr: 10.99.8.200/28}]}\n";
    std::fs::write(&file, pool).expect("a file");
    let check = |words: &[&str]| {
        let folder = folder.path().to_str().expect("a path of text");
        bgp(&[&["check", "--only", "BGP217", "--manifests", folder], words].concat()).output()
    };
    let text = check(&[]).stdout;
    let line = format!("cluster: ciliumloadbalancerippool vips is declared here ({}:2)\n", file.display());
    assert!(text.contains(&line), "{text}");
    let log = check(&["-o", "sarif"]).json();
    assert_eq!(
        log["runs"][0]["results"][0]["locations"][0]["physicalLocation"],
        json!({
            "artifactLocation": {"uri": format!("file://{}/a%20pool.yaml", folder.path().display())},
            "region": {"startLine": 2}
        }),
        "{log}"
    );
}

#[test]
fn what_is_found_decides_the_end() {
    let snapshot = shut();
    let ends = |words: &[&str]| check(&snapshot, words).output().status;
    assert_eq!(ends(&["--fail-on", "error"]), 1);
    assert_eq!(ends(&["--fail-on", "information"]), 1);
    // What fails is shown, whatever else is not.
    assert!(check(&snapshot, &["--severity", "error", "--fail-on", "warning"]).output().stdout.contains("✗ BGP137"));
    let mut half = demo();
    half.value["routers"][0] = json!({
        "target": "root@10.90.254.1", "namedBy": "a flag", "missing": {"reason": "unreachable", "message": "no route"}
    });
    let printed = check(&half, &[]).output();
    assert_eq!((printed.status, printed.stdout.contains("✗")), (2, false), "{}", printed.stdout);
    assert_eq!(printed.stderr, "warning: the router root@10.90.254.1: no route\n");
    assert_eq!(check(&half, &["--cluster-only"]).output().status, 0);
    assert_eq!(bgp(&["check"]).output().status, 2, "neither end is there");
    assert_eq!(bgp(&["check", "--from", "/nonexistent"]).output().status, 2, "it is no finding");
}

#[test]
fn rules_are_chosen_by_code_and_by_group() {
    let codes = |words: &[&str]| {
        let printed = bgp(&[&["check", "--list", "-o", "name"], words].concat()).output();
        assert_eq!((printed.stderr.as_str(), printed.status), ("", 0));
        printed.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let all = codes(&[]);
    assert_eq!(codes(&["--only", "bgp137"]), ["BGP137"]);
    let sessions = codes(&["--only", "Sessions"]);
    assert!(sessions.contains(&"BGP137".to_owned()) && sessions.len() < all.len());
    assert_eq!(codes(&["--skip", "sessions"]).len(), all.len() - sessions.len());
    assert_eq!(codes(&["--only", "sessions,BGP701", "--skip", "BGP137"]).len(), sessions.len());
}

#[test]
fn a_rule_that_is_none_is_refused_before_anything_is_read() {
    let list = "hint: kubectl bgp check --list names them all\n";
    let refuses = |words: &[&str], stderr: &str| {
        let api = Api::start(|_| nothing());
        bgp(&[&["check"], words].concat()).kubeconfig(&api.kubeconfig("{}")).fails(stderr, 2);
        assert!(api.requests.lock().expect("no test panics in there").is_empty());
    };
    let nope = "error: there is no rule or group \"sesions\"\nhint: did you mean sessions?\n";
    refuses(&["--only", "sesions"], &format!("{nope}{list}"));
    refuses(&["--skip", "BGP137,sesions"], &format!("{nope}{list}"));
    refuses(&["--explain", "sesions"], &format!("{nope}{list}"));
    refuses(&["--explain", "x\u{1b}[31m"], &format!("error: there is no rule or group \"x^[[31m\"\n{list}"));
    refuses(&["--only", ""], &format!("error: there is no rule or group \"\"\n{list}"));
    let near = bgp(&["check", "--explain", "BGP1377"]).output();
    assert!(near.stderr.contains("hint: did you mean BGP137"), "{}", near.stderr);
    let row = bgp(&["check", "--explain", "a37"]).output();
    assert!(
        row.stderr.contains("hint: A37, the neighbor is shut down, is told by BGP182 and BGP137"),
        "{}",
        row.stderr
    );
    refuses(&["--only", "BGP137", "--skip", "sessions"], "error: --only and --skip leave no rule\n");
}

#[test]
fn flags_that_make_no_sense_are_refused() {
    let formats = "custom-columns,custom-columns-file,json,jsonpath,jsonpath-as-json,jsonpath-file";
    let refused = |format: &str, more: &str| {
        format!(
            "error: unable to match a printer suitable for the output format \"{format}\", allowed formats are: {more}\n"
        )
    };
    let all = refused("foo", &format!("{formats},junit,name,sarif,wide,yaml"));
    bgp(&["check", "-o", "foo"]).fails(&all, 2);
    for words in [["peers", "-o", "junit"].as_slice(), &["routes", "-o", "junit"], &["check", "--list", "-o", "junit"]]
    {
        bgp(words).fails(&refused("junit", &format!("{formats},name,wide,yaml")), 2);
    }
    bgp(&["check", "--wait", "5s", "--from", "demo"])
        .fails("error: --wait reads both ends again, and files do not change\n", 2);
    for words in [["--wait", "soon"].as_slice(), &["--severity", "bad"], &["--list", "--explain", "BGP137"]] {
        let printed = bgp(&[&["check"], words].concat()).output();
        assert_eq!((printed.stdout.as_str(), printed.status), ("", 2), "{words:?}");
    }
}

#[test]
fn the_rules_are_listed() {
    let table = "\
CODE     SEVERITY   GROUP      TITLE
BGP137   error      sessions   the router has shut the neighbor down
";
    bgp(&["check", "--list", "--only", "BGP137"]).prints(table, "", 0);
    let wide = bgp(&["check", "--list", "--only", "BGP137", "-o", "wide"]).output();
    assert_eq!(wide.row("BGP137").last(), Some(&"A37"));
    assert!(bgp(&["check", "--list"]).output().stdout.lines().count() > 2);
    let list = bgp(&["check", "--list", "--only", "BGP137", "-o", "json"]).output().json();
    assert_eq!(list["kind"], "RuleList");
    let rule = list["items"][0].as_object().expect("a rule");
    let keys: Vec<&str> = rule.keys().map(String::as_str).collect();
    assert_eq!(keys, ["code", "severity", "group", "title", "rows", "what", "matters", "detected", "fix", "sources"]);
    assert!(rule.values().all(|value| value.as_str() != Some("") && *value != Value::Null));
}

#[test]
fn a_rule_is_explained() {
    let expected = "\
BGP137 the router has shut the neighbor down
error, sessions

What it is
  Somebody has put `neighbor ... shutdown` into the router's configuration, for this neighbor or its
  group.

Why it matters
  The node keeps dialling and is refused. What it alone advertises is unreachable; the rest has
  fewer paths.

How it is detected
  FRR says adminShutDown of the neighbor, and its state is Idle (Admin).

How to fix it
  Take the line off the configuration, once the reason for it is gone.

Causes that it tells
  A37 the neighbor is shut down

Sources
  RFC 8203
  FRR bgpd/bgp_fsm.c
";
    bgp(&["check", "--explain", "bgp137"]).prints(expected, "", 0);
    let several = bgp(&["check", "--explain", "BGP137", "BGP701"]).output().stdout;
    assert!(several.starts_with(expected) && several.contains("\n\nBGP701 "));
    let list = bgp(&["check", "--explain", "BGP701,BGP137", "-o", "jsonpath={.items[*].code}"]).output();
    assert_eq!((list.stdout.as_str(), list.status), ("BGP701 BGP137", 0));
}

/// Flux's Kustomization of the BGP objects is suspended, or is not there.
fn kustomizations(suspended: bool) -> Answer {
    let item = json!({"metadata": {"namespace": "flux-system", "name": "cilium-bgp"}, "spec": {"suspend": true}});
    let items = if suspended { json!([item]) } else { json!([]) };
    Answer::Status(200, json!({"kind": "List", "apiVersion": "v1", "items": items}).to_string())
}

/// A cluster where `answer` tells what the n-th list of the Kustomizations, from 1, says.
fn cluster(answer: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Api {
    let asked = AtomicUsize::new(0);
    Api::start(move |path| match path {
        path if path.contains("kustomizations") => answer(asked.fetch_add(1, Ordering::SeqCst) + 1),
        _ => nothing(),
    })
}

fn waits(api: &Api, limit: &str) -> (i32, String, Duration) {
    let started = Instant::now();
    let run = bgp(&["check", "--only", "BGP701", "--cluster-only", "--wait", limit]);
    let printed = run.kubeconfig(&api.kubeconfig("{}")).output();
    (printed.status, printed.stdout, started.elapsed())
}

#[test]
fn a_wait_ends_when_all_is_well() {
    let (status, printed, took) = waits(&cluster(|asked| kustomizations(asked < 3)), "60s");
    assert_eq!((status, printed.as_str()), (0, "✔ GitOps (1 rule)\n\n1 rule: nothing found\n"));
    assert!(took > Duration::from_secs(4) && took < Duration::from_secs(30), "{took:?}");
}

#[test]
fn a_wait_ends_in_time_with_the_last_state() {
    let (status, printed, took) = waits(&cluster(|_| kustomizations(true)), "3s");
    assert_eq!((status, printed.contains("✗ BGP701")), (1, true), "{printed}");
    assert!(took > Duration::from_secs(3) && took < Duration::from_secs(10), "{took:?}");
    // Also in the midst of a reading.
    let hangs = cluster(|asked| if asked == 1 { kustomizations(true) } else { Answer::Hang });
    let (status, printed, took) = waits(&hangs, "3s");
    assert_eq!((status, printed.contains("✗ BGP701")), (1, true), "{printed}");
    assert!(took > Duration::from_secs(3) && took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn a_wait_outlasts_an_end_that_is_away() {
    let asked = AtomicUsize::new(0);
    let api = Api::start(move |path| {
        let now = if path.contains("ciliumnodes") {
            asked.fetch_add(1, Ordering::SeqCst)
        } else {
            asked.load(Ordering::SeqCst)
        };
        if now == 0 { status(401, "Unauthorized", "Unauthorized") } else { nothing() }
    });
    assert_eq!(waits(&api, "60s").0, 0);
    let (status, printed, _) = waits(&Api::start(|_| status(401, "Unauthorized", "Unauthorized")), "1s");
    assert_eq!((status, printed.as_str()), (2, ""));
}

#[test]
fn ctrl_c_ends_a_wait() {
    let api = cluster(|_| kustomizations(true));
    let child = Command::new(env!("CARGO_BIN_EXE_kubectl-bgp"))
        .args(["check", "--only", "BGP701", "--cluster-only", "--wait", "0"])
        .env("KUBECONFIG", api.kubeconfig("{}"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    while api.requests.lock().expect("no test panics in there").is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_secs(1));
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(130), b"".as_slice()));
}

#[test]
fn a_pull_request_is_checked_without_cluster_or_router() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write(
        "bgp.yaml",
        "apiVersion: cilium.io/v2\nkind: CiliumBGPClusterConfig\nmetadata: {name: home}\nspec:\n  bgpInstances:\n  - name: main\n    \
         localASN: 65010\n    peers: [{name: udm, peerASN: 65001, peerAddress: 10.0.0.1, peerConfigRef: {name: udm}}]\n---\n\
         apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {name: services}\nspec: {blocks: [{cidr: 10.9.0.0/24}]}\n",
    );
    let router = |asn: u32, pool: &str| {
        write(
            "frr.conf",
            &format!(
                "router bgp {asn}\n neighbor k8s peer-group\n neighbor k8s remote-as 65010\n address-family ipv4 unicast\n  \
                 neighbor k8s prefix-list vips in\n exit-address-family\nexit\nip prefix-list vips permit {pool} ge 32 le 32\n"
            ),
        );
        let (manifests, config) = (folder.path().join("bgp.yaml"), folder.path().join("frr.conf"));
        let words = [
            "check",
            "--manifests",
            manifests.to_str().expect("text"),
            "--router-config",
            config.to_str().expect("text"),
            "-o",
            "json",
        ];
        let printed = bgp(&words).output();
        let items = printed.json()["items"].as_array().expect("items").clone();
        let errors = items
            .iter()
            .filter(|item| item["severity"] == "error")
            .map(|item| item["code"].as_str().expect("a code").to_owned());
        (errors.collect::<Vec<_>>(), printed.status)
    };
    assert_eq!(router(65001, "10.9.0.0/24"), (vec![], 0));
    assert_eq!(router(65002, "10.9.0.0/24"), (vec!["BGP283".to_owned()], 1));
    assert_eq!(router(65001, "10.8.0.0/24"), (vec!["BGP282".to_owned()], 1));
}

#[test]
fn what_was_not_read_is_not_well() {
    let run = bgp(&["check", "--router-only", "--only", "services,routers", "--from", &demo().file()]).output();
    assert!(run.stdout.contains("? services (no evidence for 18 of 18 rules)"), "{}", run.stdout);
    assert!(run.stdout.contains("✔ routers"), "{}", run.stdout);

    let mut snapshot = demo();
    snapshot.forbid("CiliumNode");
    let run = bgp(&["check", "--only", "sessions", "-o", "junit", "--from", &snapshot.file()]).output();
    assert!(run.stdout.contains("skipped message=\"needs CiliumNode: "), "{}", run.stdout);
}

/// A ClusterConfig and a pool, as a repository has them.
fn repository(broken: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let config = "apiVersion: cilium.io/v2\nkind: CiliumBGPClusterConfig\nmetadata: {name: home}\nspec:\n  bgpInstances:\n  \
                  - name: main\n    localASN: 65010\n    peers:\n    - {name: udm, peerASN: 65001, peerAddress: 10.0.0.1}\n";
    let pool = "apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {name: vips}\nspec: {blocks: [{cidr: 10.9.0.0/24}]}\n";
    std::fs::write(folder.path().join("config.yaml"), config).expect("a file");
    std::fs::write(
        folder.path().join("pool.yaml"),
        if broken { "kind: CiliumLoadBalancerIPPool\nspec: {blocks: [\n" } else { pool },
    )
    .expect("a file");
    folder
}

const UPSTREAM: &str = "router bgp 65001
 neighbor 10.0.1.1 remote-as 65010
 neighbor 192.0.2.1 remote-as 64500
 address-family ipv4 unicast
  neighbor 10.0.1.1 prefix-list vips in
  neighbor 192.0.2.1 prefix-list internet in
 exit-address-family
exit
ip prefix-list vips seq 5 permit 10.9.0.0/24 le 32
ip prefix-list internet seq 5 permit 0.0.0.0/0
";

fn check_files(folder: &tempfile::TempDir, configs: &[&str]) -> Run {
    let mut words = vec!["check".to_owned(), "--only".to_owned(), "files".to_owned()];
    words.extend(["--manifests".to_owned(), folder.path().display().to_string()]);
    for (at, config) in configs.iter().enumerate() {
        let path = folder.path().join(format!("router{at}.conf"));
        std::fs::write(&path, config).expect("a file");
        words.extend(["--router-config".to_owned(), path.display().to_string()]);
    }
    bgp(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn files_are_judged_by_the_nodes_neighbors_alone() {
    let folder = repository(false);
    assert_eq!(check_files(&folder, &[UPSTREAM]).output().status, 0, "an upstream's list is its own");
    let closed = UPSTREAM.replace("permit 10.9.0.0/24 le 32", "permit 10.8.0.0/24 le 32");
    let run = check_files(&folder, &[&closed]).output();
    assert!(run.status == 1 && run.stdout.contains("BGP282"), "{}", run.stdout);

    let other = "router bgp 65002\n neighbor 10.0.2.1 remote-as 65020\n";
    assert_eq!(check_files(&folder, &[UPSTREAM, other]).output().status, 0, "one of two routers is the peer");
    let run = check_files(&folder, &[other]).output();
    assert!(run.status == 1 && run.stdout.contains("BGP283"), "{}", run.stdout);
}

#[test]
fn a_file_that_cannot_be_read_is_no_pass() {
    let run = check_files(&repository(true), &[UPSTREAM]).output();
    assert_eq!(run.status, 2, "{}{}", run.stdout, run.stderr);
}

#[test]
fn what_is_no_configuration_of_bgp_is_refused() {
    let run = check_files(&repository(false), &["hostname udm\n"]).output();
    assert!(run.status != 0 && run.stderr.contains("has no `router bgp`"), "{}", run.stderr);
}

#[test]
fn a_kind_that_may_not_be_read_is_missed_by_the_rules_that_need_it_alone() {
    for (kind, rule) in [
        ("Kustomization", "BGP701"),
        ("HelmRelease", "BGP701"),
        ("Application", "BGP701"),
        ("Gateway", "BGP330"),
        ("NetworkPolicy", "BGP382"),
    ] {
        let mut snapshot = demo();
        snapshot.forbid(kind);
        let printed = bgp(&["check", "--from", &snapshot.file()]).output();
        assert!(!printed.stderr.contains("warning: "), "{}", printed.stderr);
        let says = |line: &str| {
            line.starts_with("? ")
                && line.contains(rule)
                && line.contains(&format!("{kind}: Error from server (Forbidden): no"))
        };
        assert!(printed.stdout.lines().any(says), "{rule}: {}", printed.stdout);
    }
}

#[test]
fn one_object_that_may_not_be_read_is_a_gap() {
    let mut snapshot = demo();
    for object in ["ConfigMap/cilium-config", "DaemonSet/cilium"] {
        snapshot.forbid(object);
    }
    let printed = bgp(&["check", "--from", &snapshot.file()]).output();
    assert_eq!(printed.stderr.matches("warning: DaemonSet/cilium: Error from server (Forbidden): no\n").count(), 1);
    assert_eq!(printed.stderr.matches("warning: ConfigMap/cilium-config: ").count(), 1, "{}", printed.stderr);
    let printed = bgp(&["peers", "--from", &snapshot.file()]).output();
    assert!(
        printed.stderr.starts_with("warning: ConfigMap/cilium-config: Error from server (Forbidden): no\n"),
        "{}",
        printed.stderr
    );
}
