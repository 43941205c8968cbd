//! `udm-sync` on the built-in snapshot: the router has no neighbor for the third node.

use serde_json::json;

use crate::support::guide::GUIDE;
use crate::support::run::bgp;
use crate::support::sessions::{configure, healthy};
use crate::support::snapshots::demo;

const TEXT: &str = "  router bgp 65001
+  neighbor 10.90.3.103 peer-group k8s                                 # node-3
+  neighbor 10.90.3.103 description kubectl-bgp home-efd4b9f2/node-3   # node-3: whose it is

✗ root@10.90.254.1 differs in 2 lines; no session goes down
  - stored: not read: UNIFI_API_KEY was not set
";

/// What would be good beyond it, of the guide's router.
const ADVICE: &str = "  advice, taken with --harden:
  - prefix-list k8s-services seq 10 lets in nets, and not only hosts of the pools (1 line, no session goes down)
  - nodes take no routes, and nothing filters what the router sends them: up to 4 prefixes now (2 lines, no session goes down)
  - every neighbor has filters then, and a new one without need not exchange everything (1 line, no session goes down)
  - nothing limits what a node brings: 200 would be twice the 51 prefixes that the pools can give, in full hundreds; one brings 4 at most now (1 line, no session goes down that sent 200 prefixes at most)
  - the router goes by its highest address when it starts, and another id resets all sessions (1 line, no session goes down)
";

const LINES: &str = "configure terminal
router bgp 65001
 neighbor 10.90.3.103 peer-group k8s
 neighbor 10.90.3.103 description kubectl-bgp home-efd4b9f2/node-3
exit
end
";

const KEEP: &str =
    "hint: what is typed into vtysh is gone after the next provision: put it into the uploaded configuration too\n";

#[test]
fn the_missing_neighbor_is_the_only_line() {
    let descriptions = "  - a neighbor that does not say whose it is has to be named to --prune when its node is gone (2 lines, no session goes down)\n";
    bgp(&["udm-sync", "--from", "demo"]).prints(&format!("{TEXT}{ADVICE}{descriptions}"), KEEP, 1);
}

#[test]
fn lines_for_vtysh_are_lines_alone() {
    bgp(&["udm-sync", "--from", "demo", "-o", "frr"]).prints(LINES, KEEP, 1);
    let same = bgp(&["udm-sync", "--from", &healthy().file(), "-o", "frr"]).output();
    assert_eq!((same.stdout.as_str(), same.status), ("", 0));
}

#[test]
fn a_router_that_has_it_all_is_the_same() {
    let same = "✔ root@10.90.254.1 has what the cluster needs: 3 of 3 sessions have their neighbor\n  \
                - stored: not read: UNIFI_API_KEY was not set\n";
    let printed = bgp(&["udm-sync", "--from", &healthy().file()]).output();
    assert_eq!((printed.stderr.as_str(), printed.status), ("", 0));
    assert!(printed.stdout.starts_with(&format!("{same}{ADVICE}")), "{}", printed.stdout);
}

#[test]
fn a_file_stands_for_the_router() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("k8s-bgp.conf");
    let file = path.to_str().expect("a path of text");
    let compare = |text: &str| {
        std::fs::write(&path, text).expect("a file");
        bgp(&["udm-sync", "--from", "demo", "--router-config", file]).output()
    };
    let same = compare(GUIDE);
    let said = format!("✔ {file} has what the cluster needs: 3 of 3 sessions have their neighbor\n  advice");
    assert_eq!((same.stdout.starts_with(&said), same.stderr.as_str(), same.status), (true, "", 0));
    let abbreviated = GUIDE.replace("neighbor", "neigh").replace("soft-reconfiguration inbound", "soft in");
    assert_eq!(compare(&abbreviated).status, 0);
    // FRR takes a member when its group is there.
    let early = GUIDE.replace(" neighbor k8s peer-group\n", "");
    let refused = compare(&format!("{early}router bgp 65001\n neighbor k8s peer-group\n"));
    assert_eq!(refused.status, 1);
    assert!(
        refused.stdout.contains("line 4 is not taken by FRR: the peer-group is not there yet"),
        "{}",
        refused.stdout
    );
    assert_eq!(compare("interface eth0\n").status, 2);
}

#[test]
fn machines_read_what_people_do() {
    let printed = bgp(&["udm-sync", "--from", "demo", "-o", "json"]).output();
    assert_eq!(printed.status, 1);
    let mut document = printed.json();
    let advice = document["advice"].take();
    let change = |after: &str, why: Option<&str>| {
        json!({
            "part": "required", "within": ["router bgp 65001"], "before": null, "after": after,
            "reason": {"nodes": ["node-3"], "why": why}, "impacts": [{"effect": "none", "sessions": []}]
        })
    };
    let expected = json!({
        "apiVersion": "bgp.kubectl.dev/v1alpha1", "kind": "RouterDiff", "router": "root@10.90.254.1", "asn": 65001,
        "verdict": "differs", "why": null, "sessions": 3, "served": 2,
        "changes": [
            change("neighbor 10.90.3.103 peer-group k8s", None),
            change("neighbor 10.90.3.103 description kubectl-bgp home-efd4b9f2/node-3", Some("whose it is")),
        ],
        "byHand": [], "notCompared": [], "passwords": [], "refused": [], "unowned": [], "advice": null,
        "persisted": {
            "copy": "stored", "file": null, "verdict": "unknown", "why": "UNIFI_API_KEY was not set", "enabled": null,
            "lost": null, "besideRunning": null, "changes": [], "byHand": [], "notCompared": []
        },
        "remarks": []
    });
    assert_eq!(document, expected);
    let about: Vec<&str> = advice.as_array().expect("advice").iter().filter_map(|one| one["about"].as_str()).collect();
    assert_eq!(
        about,
        ["inboundFilter", "outboundFilter", "requiresPolicy", "maximumPrefix", "routerId", "description"]
    );
    let limit = json!({
        "part": "hardening", "within": ["router bgp 65001", "address-family ipv4 unicast"],
        "before": null, "after": "neighbor k8s maximum-prefix 200",
        "reason": {
            "nodes": ["node-1", "node-2", "node-3"],
            "why": "twice the 51 prefixes that the pools can give, in full hundreds"
        },
        "impacts": [{"effect": "endsAbove", "sessions": ["10.90.3.101", "10.90.3.102", "10.90.3.103"]}]
    });
    assert_eq!(advice[3]["changes"], json!([limit]));
    let table = bgp(&["udm-sync", "--from", "demo", "--sort-by", ".router"]).output();
    assert_eq!(
        table.stdout,
        "ROUTER             AS      VERDICT   LINES   IMPACT\nroot@10.90.254.1   65001   differs   2       no session goes down\n"
    );
}

#[test]
fn a_dead_bgpd_is_not_compared() {
    let mut snapshot = demo();
    snapshot.command("show daemons")["text"] = json!(" zebra staticd\n");
    let running = snapshot.command("show running-config")["text"].as_str().expect("text").to_owned();
    let (head, rest) = running.split_once("router bgp 65001\n").expect("an instance");
    let (_, lists) = rest.split_once("\nexit\n!\n").expect("an end");
    snapshot.command("show running-config")["text"] = json!(format!("{head}{lists}"));
    let printed = bgp(&["udm-sync", "--from", &snapshot.file()]).output();
    assert_eq!((printed.stdout.as_str(), printed.status), ("", 2));
    assert!(printed.stderr.contains("warning: the router root@10.90.254.1: bgpd is not running"), "{}", printed.stderr);
    snapshot.drop_command("show daemons");
    let printed = bgp(&["udm-sync", "--from", &snapshot.file()]).output();
    assert_eq!((printed.stdout.as_str(), printed.status), ("", 2));
    assert!(printed.stderr.contains("whether bgpd runs is not known"), "{}", printed.stderr);
}

#[test]
fn a_configuration_that_is_cut_short_is_not_compared() {
    let mut snapshot = healthy();
    configure(&mut snapshot, "end\n", |_| String::new());
    let printed = bgp(&["udm-sync", "--from", &snapshot.file()]).output();
    assert_eq!((printed.stdout.as_str(), printed.status), ("", 2));
    assert!(printed.stderr.contains("ends before its `end`"), "{}", printed.stderr);
}

#[test]
fn another_as_is_another_router() {
    let mut snapshot = demo();
    configure(&mut snapshot, "router bgp 65001\n", |_| "router bgp 65002\n".to_owned());
    let printed = bgp(&["udm-sync", "--from", &snapshot.file(), "-o", "json"]).output();
    assert_eq!((&printed.json()["verdict"], printed.status), (&json!("unknown"), 2));
    let why = "wrong router: the AS of root@10.90.254.1 is 65002, and the cluster's peer udm-pro is AS 65001";
    assert_eq!(printed.json()["why"], why);
    configure(&mut snapshot, " neighbor k8s remote-as 65010\n", |line| format!("{line} neighbor k8s local-as 65001\n"));
    let told = bgp(&["udm-sync", "--from", &snapshot.file(), "-o", "json"]).output();
    assert_eq!(told.json()["changes"].as_array().map(Vec::len), Some(2), "its neighbors know it as the peer's AS");
}

#[test]
fn both_ends_are_needed() {
    for flags in [&["--cluster-only"][..], &["--router-only"]] {
        let printed = bgp(&[&["udm-sync", "--from", "demo"], flags].concat()).output();
        assert_eq!((printed.stdout.as_str(), printed.status), ("", 2));
    }
    let mut snapshot = demo();
    snapshot.forbid("CiliumNode");
    assert_eq!(bgp(&["udm-sync", "--from", &snapshot.file()]).output().status, 2);
    let mut snapshot = demo();
    snapshot.items("CiliumBGPClusterConfig").clear();
    snapshot.items("CiliumBGPNodeConfig").clear();
    let printed = bgp(&["udm-sync", "--from", &snapshot.file()]).output();
    assert_eq!((printed.stdout.as_str(), printed.status), ("", 2), "no node is selected");
}
