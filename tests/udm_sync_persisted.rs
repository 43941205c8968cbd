//! `udm-sync` beside what a router comes back with: what UniFi has stored, or what FRR starts from.

use serde_json::{Value, json};

use crate::support::guide::GUIDE;
use crate::support::run::{Printed, bgp};
use crate::support::sessions::{configure, healthy, peer_config};
use crate::support::snapshots::{Snapshot, demo};

const THIRD: &str = " neighbor 10.90.3.103 peer-group k8s\n";
const STORED: &str = "stored BGP configuration";
const FILE: &str = "cat /etc/frr/frr.conf";
const SPLIT: &str = "cat /etc/frr/bgpd.conf";
const CONSOLE: &str = "hint: put it into the uploaded configuration: Settings > Policy Engine > BGP \
     (Network 9.x: Settings > Routing > BGP)\n";
const LISTED: &str = "  neighbor k8s prefix-list k8s-services in\n";
const WRONG: &str = "✗ stored (k8s.conf): is wrong: what runs will be lost at the next provision";

/// A gateway with this answer of its API.
fn unifi(answer: &Value) -> Snapshot {
    let mut snapshot = healthy();
    add(&mut snapshot, STORED, json!({"json": answer}));
    snapshot
}

fn stored(config: &str) -> Snapshot {
    unifi(&json!([{"enabled": true, "frr_bgpd_config": config, "uploaded_file_name": "k8s.conf"}]))
}

/// A router that is no gateway, whose files were read so.
fn frr(file: &Value, split: &Value) -> Snapshot {
    let mut snapshot = healthy();
    ["ubnt-device-info model", "ubnt-device-info firmware"].iter().for_each(|command| snapshot.drop_command(command));
    add(&mut snapshot, FILE, file.clone());
    add(&mut snapshot, SPLIT, split.clone());
    snapshot
}

fn holds(config: &str) -> Value {
    json!({"exit": 0, "text": config})
}

fn none() -> Value {
    json!({"exit": 2, "text": "", "stderr": "cat: No such file or directory"})
}

fn add(snapshot: &mut Snapshot, name: &str, answer: Value) {
    let mut document = json!({"name": name, "readAt": snapshot.value["takenAt"].clone(), "tookMs": 1});
    document.as_object_mut().expect("an object").extend(answer.as_object().expect("an object").clone());
    snapshot.value["routers"][0]["documents"].as_array_mut().expect("documents").push(document);
}

fn sync(snapshot: &Snapshot) -> Printed {
    bgp(&["udm-sync", "--from", &snapshot.file()]).output()
}

fn persisted(snapshot: &Snapshot) -> Value {
    bgp(&["udm-sync", "-o", "json", "--from", &snapshot.file()]).output().json()["persisted"].clone()
}

#[track_caller]
fn says(snapshot: &Snapshot, line: &str, status: i32) -> Printed {
    let printed = sync(snapshot);
    assert!(printed.stdout.lines().any(|said| said.trim_start() == line), "{line}\n{}", printed.stdout);
    assert_eq!(printed.status, status, "{}", printed.stdout);
    printed
}

#[test]
fn a_copy_that_means_what_runs_is_the_same() {
    says(&stored(GUIDE), "✔ stored (k8s.conf): the same as what runs", 0);
    says(
        &stored(&GUIDE.replace('\n', "\r\n").replace("neighbor", "neigh")),
        "✔ stored (k8s.conf): the same as what runs",
        0,
    );
    let with_head =
        format!("frr version 8.4.4\nfrr defaults traditional\nhostname other\nlog syslog\n{GUIDE}line vty\n");
    says(&frr(&holds(&with_head), &none()), "✔ startup (/etc/frr/frr.conf): the same as what runs", 0);
    says(&frr(&none(), &holds(GUIDE)), "✔ startup (/etc/frr/bgpd.conf): the same as what runs", 0);
}

#[test]
fn what_the_copy_lacks_is_lost() {
    let without = GUIDE.replace(THIRD, "");
    let lacks = "✗ stored (k8s.conf): lacks 1 line that will be lost at the next provision";
    let printed = says(&stored(&without), lacks, 1);
    let expected = "✔ root@10.90.254.1 has what the cluster needs: 3 of 3 sessions have their neighbor\n  \
         ✗ stored (k8s.conf): lacks 1 line that will be lost at the next provision\n      router bgp 65001\n    \
         +  neighbor 10.90.3.103 peer-group k8s   # node-3\n  advice, ";
    assert!(printed.stdout.starts_with(expected), "{}", printed.stdout);
    assert_eq!(printed.stderr, CONSOLE);
    let on_frr = frr(&holds(&without), &none());
    let lacks = "✗ startup (/etc/frr/frr.conf): lacks 1 line that will be lost when FRR restarts";
    assert_eq!(says(&on_frr, lacks, 1).stderr, "hint: `write memory` in vtysh saves what runs\n");
    let lines = bgp(&["udm-sync", "-o", "frr", "--from", &on_frr.file()]).output();
    assert_eq!((lines.stdout.as_str(), lines.status), ("", 1), "what runs lacks nothing");
    assert!(lines.stderr.contains("lacks 1 line that will be lost when FRR restarts"), "{}", lines.stderr);
    let table = bgp(&["udm-sync", "--sort-by", ".router", "--from", &on_frr.file()]).output();
    assert!(table.stdout.contains("differs"), "{}", table.stdout);
}

#[test]
fn what_both_lack_is_told_once() {
    let mut snapshot = demo();
    add(&mut snapshot, STORED, json!({"json": [{"frr_bgpd_config": GUIDE.replace(THIRD, "")}]}));
    let printed = says(&snapshot, "✗ stored: lacks what the router lacks", 1);
    assert_eq!(printed.stdout.matches("10.90.3.103 peer-group k8s").count(), 1, "{}", printed.stdout);
    let mut snapshot = demo();
    add(&mut snapshot, STORED, json!({"json": [{"frr_bgpd_config": GUIDE}]}));
    says(&snapshot, "✔ stored: has what the cluster needs: it comes at the next provision", 1);
    let mut snapshot = demo();
    let both = GUIDE.replace(THIRD, "").replace(" neighbor 10.90.3.102 peer-group k8s\n", "");
    add(&mut snapshot, STORED, json!({"json": [{"frr_bgpd_config": both}]}));
    let lacks = "✗ stored: lacks 1 line that will be lost at the next provision; 1 line that does not run either";
    says(&snapshot, lacks, 1);
}

#[test]
fn other_things_change_nothing() {
    let more = format!("{GUIDE}ip prefix-list other seq 5 permit 10.0.0.0/8\n");
    let other = "has what the cluster needs; 1 line of other things will change at the next provision";
    says(&stored(&more), &format!("✔ stored (k8s.conf): {other}"), 0);
    let mut snapshot = stored(GUIDE);
    configure(&mut snapshot, "!\nend\n", |end| format!("!\nip prefix-list other seq 5 permit 10.0.0.0/8\n{end}"));
    says(&snapshot, &format!("✔ stored (k8s.conf): {other}"), 0);
    let not_bgp = format!("{GUIDE}interface eth0\n description uplink\n");
    says(&stored(&not_bgp), "✔ stored (k8s.conf): the same as what runs", 0);
}

#[test]
fn what_is_no_use_at_all_is_told_as_it_is() {
    let provision = "what runs will be lost at the next provision";
    says(&unifi(&json!([])), &format!("✗ stored: UniFi Network has no BGP configuration: {provision}"), 1);
    let off = json!([{"enabled": false, "frr_bgpd_config": GUIDE}]);
    says(&unifi(&off), "✗ stored: it is switched off: BGP ends at the next provision", 1);
    let other_as = GUIDE.replace("router bgp 65001", "router bgp 65002");
    says(&stored(&other_as), &format!("✗ stored (k8s.conf): its AS is 65002, and not 65001: {provision}"), 1);
    let nothing =
        "there is no /etc/frr/frr.conf and there is no /etc/frr/bgpd.conf: what runs will be lost when FRR restarts";
    says(&frr(&none(), &none()), &format!("✗ startup: {nothing}"), 1);
    // It has no BGP, so bgpd starts without.
    let lacking = sync(&frr(&holds("hostname udm\n"), &holds(GUIDE)));
    assert!(lacking.stdout.contains("✗ startup (/etc/frr/frr.conf): lacks "), "{}", lacking.stdout);
}

#[test]
fn what_was_not_read_is_one_quiet_line() {
    let unread = "- stored: not read: UNIFI_API_KEY was not set";
    assert_eq!(says(&healthy(), unread, 0).stderr, "");
    let refused = "UniFi Network's API refuses UNIFI_API_KEY (HTTP 401)";
    let mut snapshot = healthy();
    add(
        &mut snapshot,
        STORED,
        json!({"missing": {"reason": "unauthorized", "message": refused, "hints": ["make one"]}}),
    );
    let printed = says(&snapshot, &format!("- stored: not read: {refused}"), 0);
    assert_eq!(printed.stderr, format!("warning: the router root@10.90.254.1: {refused}\nhint: make one\n"));
    let denied = json!({"exit": 1, "text": "", "stderr": "cat: /etc/frr/frr.conf: Permission denied"});
    let line = "- startup: not read: this login may not read /etc/frr/frr.conf";
    assert_eq!(says(&frr(&denied, &holds(GUIDE)), line, 0).stderr, "");
    let mut old = frr(&none(), &none());
    [FILE, SPLIT].iter().for_each(|name| old.drop_command(name));
    says(&old, "- startup: not read: /etc/frr/frr.conf was not asked for", 0);
    says(
        &unifi(&json!([{}, {}])),
        "- stored: not read: UniFi Network's API has 2 BGP configurations, and which of them counts is not known",
        0,
    );
}

#[test]
fn what_unifi_would_not_take_is_a_hint() {
    let list = "ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 le 32\n";
    let first = format!("{list}{}", GUIDE.replace(list, ""));
    let why = "prefix-list k8s-services stands before `router bgp`: UniFi drops it without a word, and a list that is named \
               and not there denies everything";
    says(&stored(&first), &format!("- stored, line 1: {why}"), 0);
    let json = bgp(&["udm-sync", "-o", "json", "--from", &stored(&first).file()]).output().json();
    assert_eq!(json["remarks"], json!([{"line": 1, "why": why}]));
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("k8s-bgp.conf");
    std::fs::write(&file, &first).expect("a file");
    let words = ["udm-sync", "--from", "demo", "--router-config", file.to_str().expect("text")];
    let printed = bgp(&words).output();
    assert!(printed.stdout.contains(&format!("- for an upload to UniFi, line 1: {why}")), "{}", printed.stdout);
    assert_eq!((printed.stderr.as_str(), printed.status), ("", 0));
    let printed_by_frr = format!("Building configuration...\n\n{first}end\n");
    std::fs::write(&file, printed_by_frr).expect("a file");
    assert!(!bgp(&words).output().stdout.contains("upload"), "nobody uploads that");
}

#[test]
fn what_no_line_mends_in_the_copy_is_told() {
    let with_map = stored(&GUIDE.replace(LISTED, &format!("{LISTED}  neighbor k8s route-map none in\n")));
    let printed = says(&with_map, WRONG, 1);
    let why = "route-map none denies";
    let by_hand = format!("    ✗ by hand: node-1, node-2, node-3: {why}");
    assert!(printed.stdout.lines().any(|line| line.starts_with(&by_hand)), "{}", printed.stdout);
    let copy = persisted(&with_map);
    assert_eq!((&copy["verdict"], &copy["changes"]), (&json!("differs"), &json!([])));
    assert!(copy["byHand"][0]["why"].as_str().is_some_and(|said| said.starts_with(why)), "{copy}");
    says(&stored(&GUIDE.replace("65001\n", "65001\n bgp shutdown\n")), WRONG, 1);
    // What holds of both is told once, of what runs.
    let mut both = with_map;
    configure(&mut both, LISTED, |line| format!("{line}  neighbor k8s route-map none in\n"));
    let printed = says(&both, "✗ stored (k8s.conf): is wrong as what runs is", 1);
    assert!(printed.stdout.contains(why) && !printed.stdout.contains(&by_hand), "{}", printed.stdout);
}

#[test]
fn what_cannot_be_compared_in_the_copy_is_not_the_same() {
    let snapshot = stored(&GUIDE.replace(LISTED, &format!("{LISTED}  neighbor k8s filter-list paths in\n")));
    let line = "? stored (k8s.conf): could not be compared altogether; in 1 line it is not what runs";
    let printed = says(&snapshot, line, 0);
    let why = "looks at more than the prefix";
    let not_compared =
        |line: &str| line.starts_with("    ? not compared: node-1, node-2, node-3: ") && line.ends_with(why);
    assert!(printed.stdout.lines().any(not_compared), "{}", printed.stdout);
    let copy = persisted(&snapshot);
    assert_eq!(copy["verdict"], "unknown");
    assert!(copy["notCompared"][0]["why"].as_str().is_some_and(|said| said.ends_with(why)), "{copy}");
}

/// A session that is up has shown what runs, and nothing of a copy that says otherwise.
#[test]
fn sessions_that_are_up_say_nothing_of_another_copy() {
    const GROUP: &str = " neighbor k8s remote-as 65010\n";
    let with = |statement: &str| GUIDE.replace(GROUP, &format!("{GROUP} neighbor k8s {statement}\n"));
    let wrong = "✗ stored (k8s.conf): is wrong in 1 line: what runs will be lost at the next provision";
    says(&stored(&with("ttl-security hops 1")), wrong, 1);
    let mut far = stored(GUIDE);
    far.command("ip -j addr")["json"][2]["addr_info"][0]["prefixlen"] = json!(30);
    peer_config(&mut far)["ebgpMultihop"] = json!(4);
    // They are up, so something lets them.
    says(&far, "✔ stored (k8s.conf): the same as what runs", 0);
    configure(&mut far, GROUP, |line| format!("{line} neighbor k8s ebgp-multihop 4\n"));
    let lacks = "✗ stored (k8s.conf): lacks 1 line that will be lost at the next provision";
    let printed = says(&far, lacks, 1);
    assert!(printed.stdout.contains("neighbor k8s ebgp-multihop 4   # "), "{}", printed.stdout);
}

#[test]
fn write_memory_is_told_only_where_it_helps() {
    let without = GUIDE.replace(THIRD, "");
    let lacks = "✗ startup (/etc/frr/frr.conf): lacks 1 line that will be lost when FRR restarts";
    let mut passed_over = frr(&holds(&without), &none());
    configure(&mut passed_over, "router bgp 65001\n", |line| format!("no service integrated-vtysh-config\n{line}"));
    let printed = says(&passed_over, lacks, 1);
    assert!(printed.stdout.contains("`write memory` writes /etc/frr/bgpd.conf"), "{}", printed.stdout);
    assert_eq!(printed.stderr, "");
    let mut wrong = frr(&holds(&without), &none());
    configure(&mut wrong, " neighbor 10.90.3.102 peer-group k8s\n", |_| String::new());
    let printed = sync(&wrong);
    assert!(printed.status == 1 && printed.stdout.contains("✗ startup ("), "{}", printed.stdout);
    assert!(!printed.stderr.contains("write memory"), "{}", printed.stderr);
}

#[test]
fn machines_read_the_copy_too() {
    assert_eq!(
        persisted(&stored(GUIDE)),
        json!({"copy": "stored", "file": "k8s.conf", "verdict": "same", "why": null, "enabled": true, "lost": 0,
               "besideRunning": 0, "changes": [], "byHand": [], "notCompared": []})
    );
    let lacking = persisted(&frr(&holds(&GUIDE.replace(THIRD, "")), &none()));
    assert_eq!(
        (&lacking["copy"], &lacking["verdict"], &lacking["lost"]),
        (&json!("startup"), &json!("differs"), &json!(1))
    );
    assert_eq!(lacking["changes"][0]["after"], "neighbor 10.90.3.103 peer-group k8s");
    let unread = persisted(&healthy());
    assert_eq!((&unread["verdict"], &unread["why"]), (&json!("unknown"), &json!("UNIFI_API_KEY was not set")));
}

/// They stand within strings of JSON, line by line.
#[test]
fn secrets_and_names_of_the_copy_are_cut() {
    let config = format!(
        "{GUIDE}router bgp 65001\n neighbor 192.0.2.9 remote-as 64999\n neighbor 192.0.2.9 password s3cret\n! neighbor k8s password s3cret\n"
    );
    for snapshot in [stored(&config), frr(&holds(&config), &holds(&config))] {
        let copied = bgp(&["snapshot", "--from", &snapshot.file()]).output();
        assert!(copied.stdout.contains("password <cut>") && !copied.stdout.contains("s3cret"), "{}", copied.stdout);
        assert!(copied.stdout.contains("10.90.3.103 peer-group k8s"), "{}", copied.stdout);
        let redacted = bgp(&["snapshot", "--redact", "--from", &snapshot.file()]).output();
        assert!(!redacted.stdout.contains("10.90.3.103") && !redacted.stdout.contains("s3cret"), "{}", redacted.stdout);
        assert!(
            !redacted.stdout.contains("neighbor k8s") && !redacted.stdout.contains("k8s.conf"),
            "{}",
            redacted.stdout
        );
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("redacted.json");
        std::fs::write(&file, &redacted.stdout).expect("a file");
        let said = bgp(&["udm-sync", "--from", file.to_str().expect("text")]).output();
        let copy = said.stdout.lines().find(|line| line.contains("✔ stored: ") || line.contains("✔ startup ("));
        let copy = copy.unwrap_or_else(|| panic!("{}", said.stdout));
        assert!(copy.contains("has what the cluster needs; 2 lines of other things"), "{}", said.stdout);
    }
}
