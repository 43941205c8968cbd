//! `init`: the worksheet, questions that nobody is there to answer, words that make no sense, and the plan as data.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::run::{Printed, bgp};
use crate::support::snapshots::{Snapshot, demo};

/// The built-in snapshot before anything was set up: no BGP objects, no pool, no load balancer; a router without BGP.
pub fn bare() -> Snapshot {
    let mut snapshot = demo();
    for kind in ["ClusterConfig", "PeerConfig", "Advertisement", "NodeConfig"] {
        snapshot.items(&format!("CiliumBGP{kind}")).clear();
    }
    snapshot.items("CiliumLoadBalancerIPPool").clear();
    snapshot.items("Service").retain(|service| service["spec"]["type"] != "LoadBalancer");
    snapshot.command("show running-config")["text"] =
        json!("Building configuration...\n\nCurrent configuration:\n!\nfrr version 8.4.4\n!\nend\n");
    for name in ["show bgp vrf all neighbors json", "show bgp vrf all summary json"] {
        snapshot.command(name)["json"] = json!({});
    }
    snapshot
}

/// The plan as data, which writes nothing.
pub fn planned(snapshot: &Snapshot, words: &[&str]) -> Printed {
    bgp(&[&["init", "--from", &snapshot.file(), "-o", "json"], words].concat()).output()
}

/// A value of the plan, and where it comes from.
#[track_caller]
pub fn value<'a>(plan: &'a Value, name: &str) -> (&'a Value, &'a str) {
    let values = plan["values"].as_array().expect("values");
    let found = values.iter().find(|value| value["name"] == name).expect(name);
    (&found["value"], found["origin"].as_str().expect("an origin"))
}

#[test]
fn a_cluster_without_bgp_gets_a_whole_plan() {
    let printed = planned(&bare(), &[]);
    assert_eq!(printed.status, 0, "{}", printed.stderr);
    let plan = printed.json();
    assert_eq!((&plan["kind"], &plan["refused"]), (&json!("SetupPlan"), &json!(false)));
    assert_eq!((&plan["bgpApiVersion"], &plan["poolApiVersion"]), (&json!("cilium.io/v2"), &json!("cilium.io/v2")));
    assert_eq!(value(&plan, "routerAddress"), (&json!({"name": "udm", "address": "10.90.3.1"}), "proposed"));
    assert_eq!(value(&plan, "routerASN"), (&json!(65001), "proposed"));
    assert_eq!(value(&plan, "localASN"), (&json!(65010), "proposed"));
    assert_eq!(value(&plan, "pool"), (&json!({"name": "lb-pool", "blocks": [{"cidr": "172.29.0.0/24"}]}), "proposed"));
    assert_eq!(value(&plan, "restartTimeSeconds"), (&json!(30), "proposed"));
    let kinds: Vec<_> = plan["objects"].as_array().expect("objects").iter().map(|object| &object["kind"]).collect();
    for kind in ["ClusterConfig", "PeerConfig", "Advertisement"] {
        assert!(kinds.contains(&&json!(format!("CiliumBGP{kind}"))), "{kinds:?}");
    }
    assert!(kinds.contains(&&json!("CiliumLoadBalancerIPPool")), "{kinds:?}");
}

#[test]
fn what_is_there_stays() {
    let plan = planned(&demo(), &[]).json();
    assert_eq!(value(&plan, "routerAddress"), (&json!({"name": "udm-pro", "address": "10.90.254.1"}), "kept"));
    assert_eq!(value(&plan, "clusterConfig"), (&json!("home"), "kept"));
    assert_eq!(plan["objections"], json!([]));
}

#[test]
fn flags_go_first() {
    let words = [
        "--router-address",
        "10.90.254.1",
        "--router-asn",
        "65100",
        "--local-asn",
        "65200",
        "--pool",
        "10.99.0.0/24",
        "--pool",
        "10.99.1.1-10.99.1.9",
        "--node-selector",
        "kubernetes.io/hostname=node-1",
        "--hold-time",
        "30",
        "--restart-time",
        "0",
        "--canary",
        "app=web",
        "--name",
        "mine",
        "--pool-name",
        "own",
    ];
    let printed = planned(&bare(), &words);
    assert_eq!(printed.status, 0, "{}", printed.stderr);
    let plan = printed.json();
    assert_eq!(value(&plan, "routerASN"), (&json!(65100), "given"));
    assert_eq!(value(&plan, "localASN"), (&json!(65200), "given"));
    let blocks = json!([{"cidr": "10.99.0.0/24"}, {"start": "10.99.1.1", "stop": "10.99.1.9"}]);
    assert_eq!(value(&plan, "pool"), (&json!({"name": "own", "blocks": blocks}), "given"));
    let timers = json!({"holdTimeSeconds": 30, "keepAliveTimeSeconds": 10, "connectRetryTimeSeconds": 5});
    assert_eq!(value(&plan, "timers"), (&timers, "given"));
    assert_eq!(value(&plan, "restartTimeSeconds"), (&Value::Null, "given"));
    assert_eq!(value(&plan, "canary").0["matchLabels"], json!({"app": "web"}));
    assert_eq!(value(&plan, "selector").1, "proposed", "for all of them, later");
    let objects = plan["objects"].as_array().expect("objects");
    let advertisement = objects.iter().find(|object| object["kind"] == "CiliumBGPAdvertisement").expect("it is new");
    let first = &advertisement["spec"]["advertisements"][0]["selector"];
    assert_eq!(*first, json!({"matchLabels": {"app": "web"}}));
    assert_eq!(value(&plan, "clusterConfig").0, &json!("mine"));
}

#[test]
fn files_of_a_cluster_before_bgp_have_none_of_it() {
    let folder = TempDir::new().expect("a folder");
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: cilium}\n";
    std::fs::write(folder.path().join("hr.yaml"), release).expect("a file");
    let files = folder.path().display().to_string();
    let words = ["--router-address", "10.90.3.1", "--router-asn", "65001", "--pool", "10.99.8.0/24", "-o", "name"];
    let printed = bgp(&[&["init", "--manifests", &files], &words[..]].concat()).output();
    let names = [
        "ciliumbgpadvertisement.cilium.io/lb-services",
        "ciliumbgppeerconfig.cilium.io/router-peer",
        "ciliumbgpclusterconfig.cilium.io/bgp-cluster",
        "ciliumloadbalancerippool.cilium.io/lb-pool\n",
    ];
    assert_eq!((printed.stdout, printed.status), (names.join("\n"), 0), "{}", printed.stderr);
}

#[test]
fn without_a_terminal_it_says_which_flags_it_needs() {
    let mut snapshot = bare();
    snapshot.value["routers"] = json!([]);
    let printed = bgp(&["init", "--from", &snapshot.file()]).output();
    assert_eq!((printed.stdout.as_str(), printed.status), ("", 2));
    assert!(
        printed.stderr.contains("error: init needs --pool, --router-address, --router-asn\n"),
        "{}",
        printed.stderr
    );
    let hint = "hint: --router-address is the router's IPv4 address that the nodes dial: no router was read that has it; \
                often 10.90.3.1\n";
    assert!(printed.stderr.contains(hint), "{}", printed.stderr);
    let words = ["--pool", "10.99.8.0/24", "--router-address", "10.90.3.1", "--router-asn", "65001"];
    assert_eq!(planned(&snapshot, &words).status, 0);
}

#[test]
fn words_that_make_no_sense_are_refused() {
    for (flag, word, why) in [
        ("--pool", "10.99.8.5/24", "it has bits behind its length: 10.99.8.0/24 is meant, or 10.99.8.5-10.99.8.255"),
        ("--pool", "10.99.8.0/33", "expected a prefix such as 10.99.8.0/24, or FIRST-LAST"),
        ("--pool", "10.99.8.1-fd00::1", "one end is IPv4 and the other IPv6"),
        ("--router-asn", "0", "0 is reserved (RFC 7607)"),
        ("--local-asn", "4294967296", "AS numbers end at 4294967295"),
        ("--router-address", "udm.home", "it is no IP address; nodes dial no names"),
        ("--router-address", "10.90.254.1/24", "it is a prefix: 10.90.254.1 alone is an address"),
        ("--hold-time", "2", "expected 3 to 65535 seconds"),
        ("--node-selector", "a in b", "unable to parse the requirement \"a in b\""),
        ("--name", "Home", "it is no name: expected lower-case letters, digits, `-` and `.`"),
    ] {
        let printed = bgp(&["init", "--from", "demo", flag, word]).output();
        assert_eq!((printed.stdout.as_str(), printed.status), ("", 2), "{flag} {word}");
        assert!(printed.stderr.contains(why) && printed.stderr.contains(flag), "{}", printed.stderr);
    }
}

#[test]
fn both_halves_are_written() {
    let folder = TempDir::new().expect("a folder");
    let place = folder.path().to_str().expect("a path of text");
    let written = bgp(&["init", "--from", &bare().file(), "--output-dir", place]).output();
    assert_eq!(written.status, 0, "{}", written.stderr);
    assert!(written.stdout.starts_with("SETTING"), "{}", written.stdout);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect(name);
    let manifests = read("networking.yaml");
    for line in ["kind: CiliumBGPClusterConfig", "peerASN: 65001", "localASN: 65010", "peerAddress: "] {
        assert!(manifests.contains(line), "{line}: {manifests}");
    }
    let router = read("k8s-bgp.conf");
    for line in ["router bgp 65001", "10.90.3.101", "10.90.3.102", "10.90.3.103", "65010", "172.29.0.0/24"] {
        assert!(router.contains(line), "{line}: {router}");
    }
}

#[test]
fn what_is_refused_is_not_written() {
    let folder = TempDir::new().expect("a folder");
    let place = folder.path().to_str().expect("a path of text");
    let snapshot = bare();
    let words =
        ["init", "--from", &snapshot.file(), "--output-dir", place, "--local-asn", "65001", "--router-asn", "65001"];
    let refused = bgp(&words).output();
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("✗ the AS number is 65001 on both ends"), "{}", refused.stderr);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn a_try_writes_nothing() {
    let folder = TempDir::new().expect("a folder");
    let place = folder.path().to_str().expect("a path of text");
    let tried = bgp(&["init", "--from", &bare().file(), "--output-dir", place, "--dry-run"]).output();
    assert_eq!(tried.status, 0, "{}", tried.stderr);
    assert!(tried.stdout.contains("router bgp 65001"), "{}", tried.stdout);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn a_recording_is_not_tried_on_a_cluster() {
    let folder = TempDir::new().expect("a folder");
    let place = folder.path().to_str().expect("a path of text");
    let tried = bgp(&["init", "--from", "demo", "--output-dir", place, "--dry-run=server"]).output();
    assert_eq!(tried.status, 2, "{}", tried.stderr);
    assert!(tried.stderr.contains("error: --dry-run=server asks a cluster"), "{}", tried.stderr);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}
