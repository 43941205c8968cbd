//! What `udm-sync` advises, and what it does only if asked for: `--harden`, `--prune`, `--dynamic`.

use serde_json::{Value, json};

use crate::support::run::bgp;
use crate::support::sessions::{configure, healthy, peer_config};
use crate::support::snapshots::Snapshot;
use crate::udm_sync_states::{asked, changed, compared, is_same, lines, mends, paste, pool, re_address, running};

const ACTIVE: &str = "  neighbor k8s soft-reconfiguration inbound\n";

/// What is advised about something.
#[track_caller]
fn advice(snapshot: &Snapshot, about: &str) -> Option<Value> {
    let document = compared(snapshot).json();
    let advice = document["advice"].as_array().expect("advice");
    advice.iter().find(|one| one["about"] == about).cloned()
}

#[track_caller]
fn advised(snapshot: &Snapshot, about: &str) -> Vec<String> {
    changed(&advice(snapshot, about).unwrap_or_else(|| panic!("nothing is advised about {about}")))
}

fn describe(snapshot: &mut Snapshot, address: &str, description: &str) {
    configure(snapshot, &format!(" neighbor {address} peer-group k8s\n"), |line| {
        format!("{line} neighbor {address} description {description}\n")
    });
}

/// A neighbor that no node needs.
fn left(snapshot: &mut Snapshot, address: &str, description: &str) {
    configure(snapshot, " neighbor 10.90.3.101 peer-group k8s\n", |line| {
        format!("{line} neighbor {address} peer-group k8s\n")
    });
    if !description.is_empty() {
        describe(snapshot, address, description);
    }
}

#[test]
fn advice_is_done_once_and_is_no_difference() {
    let mut snapshot = healthy();
    let hardened = asked(&snapshot, &["--harden"]);
    assert_eq!((&hardened.json()["verdict"], hardened.status), (&json!("same"), 0));
    assert_eq!(
        changed(&hardened.json()),
        [
            "+bgp router-id 10.90.255.2",
            "+neighbor 10.90.3.101 description kubectl-bgp home-efd4b9f2/node-1",
            "+neighbor 10.90.3.102 description kubectl-bgp home-efd4b9f2/node-2",
            "+neighbor 10.90.3.103 description kubectl-bgp home-efd4b9f2/node-3",
            "+neighbor k8s maximum-prefix 200",
            "+neighbor k8s prefix-list k8s-nothing out",
            "-no bgp ebgp-requires-policy",
            "+ip prefix-list k8s-nothing seq 5 deny any",
            "-ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 le 32",
            "+ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 ge 32 le 32",
        ]
    );
    let changes = hardened.json()["changes"].as_array().expect("changes").clone();
    assert!(changes.iter().all(|one| one["part"] == "hardening" && one["reason"]["why"].is_string()), "{changes:?}");
    let effects: Vec<&str> = changes.iter().filter_map(|one| one["impacts"][0]["effect"].as_str()).collect();
    assert!(
        !effects.contains(&"resets") && !effects.contains(&"ends") && effects.contains(&"endsAbove"),
        "{effects:?}"
    );
    assert_eq!(hardened.json()["advice"], json!([]));
    assert_eq!(paste(&mut snapshot, &["--harden"]), 0);
    assert_eq!(
        (changed(&asked(&snapshot, &["--harden"]).json()), &compared(&snapshot).json()["advice"]),
        (vec![], &json!([]))
    );
}

#[test]
fn what_waits_for_a_clear_gets_one() {
    let mut snapshot = healthy();
    // The list is as narrow as it should be: only the policy waits.
    configure(&mut snapshot, "ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 le 32", |_| {
        "ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 ge 32 le 32".to_owned()
    });
    pool(&mut snapshot, &json!([{"cidr": "10.99.8.0/24"}]));
    let hardened = asked(&snapshot, &["--harden"]).json();
    let waiting: Vec<Value> = { hardened["changes"].as_array().expect("changes").iter() }
        .filter(|one| one["impacts"][0]["effect"] == "softClear")
        .map(|one| one["before"].clone())
        .collect();
    assert_eq!(waiting, ["no bgp ebgp-requires-policy"]);
    let frr = bgp(&["udm-sync", "--from", &snapshot.file(), "--harden", "-o", "frr"]).output();
    assert!(frr.stdout.ends_with("end\nclear bgp ipv4 unicast * soft in\n"), "{}", frr.stdout);
}

#[test]
fn what_differs_and_what_is_only_good_are_told_apart() {
    let mut snapshot = healthy();
    re_address(&mut snapshot, "node-2", "10.90.3.112");
    let document = asked(&snapshot, &["--harden"]).json();
    let changes = document["changes"].as_array().expect("changes");
    let required: Vec<&Value> = changes.iter().filter(|one| one["part"] == "required").collect();
    assert_eq!((required.len(), &document["verdict"]), (2, &json!("differs")));
    assert_eq!(paste(&mut snapshot, &["--harden"]), 1);
    // The neighbor of the old address stays, and has the group's settings.
    assert_eq!(changed(&asked(&snapshot, &["--harden"]).json()), Vec::<String>::new());
}

#[test]
fn what_is_there_by_another_name_is_done() {
    let mut snapshot = healthy();
    configure(&mut snapshot, ACTIVE, |line| {
        format!("{line}  neighbor k8s route-map silence out\n  neighbor k8s maximum-prefix 500 80 restart 5\n")
    });
    configure(&mut snapshot, "\nend\n", |end| format!("\nroute-map silence deny 10\nexit\n{end}"));
    assert_eq!((advice(&snapshot, "outboundFilter"), advice(&snapshot, "maximumPrefix")), (None, None));
    assert_eq!(advice(&snapshot, "softReconfiguration"), None);
    // A map that lets everything out is no filter, and a list that denies everything is there already.
    configure(&mut snapshot, "route-map silence deny 10\n", |_| {
        "route-map silence permit 10\nexit\nip prefix-list none seq 7 deny any\n".to_owned()
    });
    assert_eq!(advised(&snapshot, "outboundFilter"), ["+neighbor k8s prefix-list none out"]);
    // Below what the pools may give sessions would end.
    configure(&mut snapshot, "maximum-prefix 500 80 restart 5", |_| "maximum-prefix 20 restart 5".to_owned());
    let told = advised(&snapshot, "maximumPrefix");
    assert_eq!(told, ["-neighbor k8s maximum-prefix 20 restart 5", "+neighbor k8s maximum-prefix 200 restart 5"]);
}

#[test]
fn without_a_filter_any_node_can_inject_any_route() {
    let mut snapshot = healthy();
    configure(&mut snapshot, "  neighbor k8s prefix-list k8s-services in\n", |_| String::new());
    configure(&mut snapshot, "ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 le 32\n", |_| String::new());
    pool(&mut snapshot, &json!([{"cidr": "10.99.8.0/24"}]));
    is_same(&snapshot);
    let lines = [
        "+neighbor k8s prefix-list k8s-services in",
        "+ip prefix-list k8s-services seq 5 permit 10.99.8.0/24 ge 32 le 32",
    ];
    assert_eq!(advised(&snapshot, "inboundFilter"), lines);
    // A map that lets everything in is no filter either, and stays.
    configure(&mut snapshot, ACTIVE, |line| format!("{line}  neighbor k8s route-map all in\n"));
    configure(&mut snapshot, "\nend\n", |end| {
        format!("\nroute-map all permit 10\n set local-preference 200\nexit\n{end}")
    });
    assert_eq!(advised(&snapshot, "inboundFilter"), lines);
    // What else nodes advertise would be kept out.
    let entries = &mut snapshot.item("CiliumBGPAdvertisement", "services")["spec"]["advertisements"];
    entries.as_array_mut().expect("entries").push(json!({"advertisementType": "PodCIDR"}));
    let told = advice(&snapshot, "inboundFilter").expect("advice");
    assert_eq!(told["changes"], json!([]));
    assert!(told["why"].as_str().is_some_and(|why| why.contains("it advertises PodCIDR too")), "{told}");
}

#[test]
fn filters_are_no_wider_than_the_pools() {
    let mut snapshot = healthy();
    let list = "ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 le 32";
    configure(&mut snapshot, list, |_| "ip prefix-list k8s-services seq 10 permit any".to_owned());
    pool(&mut snapshot, &json!([{"cidr": "10.99.8.0/24"}, {"cidr": "10.99.20.0/24"}]));
    assert_eq!(
        advised(&snapshot, "inboundFilter"),
        [
            "-ip prefix-list k8s-services seq 10 permit any",
            "+ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 ge 32 le 32",
            "+ip prefix-list k8s-services seq 15 permit 10.99.20.0/24 ge 32 le 32",
        ]
    );
    // It has the nodes' own addresses in it.
    configure(&mut snapshot, "seq 10 permit any", |_| "seq 10 permit 10.0.0.0/8 le 32".to_owned());
    assert_eq!(advised(&snapshot, "inboundFilter").len(), 3);
    // Another neighbor has the list too.
    configure(&mut snapshot, ACTIVE, |line| format!("{line}  neighbor 192.0.2.9 prefix-list k8s-services in\n"));
    configure(&mut snapshot, " neighbor k8s remote-as 65010\n", |line| {
        format!("{line} neighbor 192.0.2.9 remote-as 64999\n")
    });
    assert_eq!(advice(&snapshot, "inboundFilter").expect("advice")["changes"], json!([]));
    assert_eq!(advice(&snapshot, "requiresPolicy"), None, "that neighbor has no filter on its way out");
    configure(&mut snapshot, "seq 10 permit 10.0.0.0/8 le 32", |_| {
        "seq 10 permit 10.99.8.0/24 ge 32\nip prefix-list k8s-services seq 15 permit 10.99.20.0/24 ge 32\n\
         ip prefix-list k8s-services seq 20 permit 10.98.0.0/16 le 32"
            .to_owned()
    });
    assert_eq!(advice(&snapshot, "inboundFilter"), None, "another cluster's pools are its own");
}

#[test]
fn in_a_shared_group_advice_is_for_our_neighbors_alone() {
    let mut snapshot = healthy();
    left(&mut snapshot, "10.80.0.1", "");
    let told = advised(&snapshot, "outboundFilter");
    assert_eq!(told.iter().filter(|line| line.starts_with("+neighbor 10.90.3.10")).count(), 3, "{told:?}");
    let told = advised(&snapshot, "maximumPrefix");
    assert!(told.len() == 3 && told.iter().all(|line| !line.contains("k8s")), "{told:?}");
}

#[test]
fn estimates_say_what_they_come_from() {
    let mut snapshot = healthy();
    configure(&mut snapshot, ACTIVE, |_| String::new());
    let why = |snapshot: &Snapshot, about: &str| advice(snapshot, about).expect("advice")["why"].to_string();
    assert!(why(&snapshot, "softReconfiguration").contains("about 2 kB of memory (12 prefixes that are accepted now"));
    pool(&mut snapshot, &json!([{"cidr": "10.99.0.0/16"}]));
    configure(&mut snapshot, "10.99.8.0/24 le 32", |_| "10.99.0.0/16 ge 32".to_owned());
    let told = why(&snapshot, "maximumPrefix");
    assert!(told.contains("1000 would be ten times the 4 that one brings now, and 1000 at least"), "{told}");
    let file = snapshot.file();
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("frr.conf");
    std::fs::write(&path, snapshot.command("show running-config")["text"].as_str().expect("text")).expect("a file");
    let config = path.to_str().expect("a path of text");
    let printed = bgp(&["udm-sync", "--from", &file, "--router-config", config, "-o", "json"]).output();
    let document = printed.json();
    let of = |about: &str| {
        let mut advice = document["advice"].as_array().expect("advice").iter();
        advice.find(|one| one["about"] == about).expect("advice").clone()
    };
    for (about, said) in [("routerId", "is not known"), ("maximumPrefix", "how many it brings is not known")] {
        assert!(of(about)["why"].as_str().is_some_and(|why| why.contains(said)), "{document}");
        assert_eq!(of(about)["changes"], json!([]), "a file does not say it");
    }
}

#[test]
fn neighbors_go_only_if_they_are_ours_or_named() {
    let mut snapshot = healthy();
    left(&mut snapshot, "10.90.3.111", "kubectl-bgp home-efd4b9f2/node-9");
    left(&mut snapshot, "10.90.3.112", "kubectl-bgp home-00000000/node-9");
    left(&mut snapshot, "10.90.3.113", "a spare one");
    is_same(&snapshot);
    let text = bgp(&["udm-sync", "--from", &snapshot.file()]).output().stdout;
    for said in [
        "10.90.3.111 in the peer-group k8s, which was made for node-9, is needed by no node; --prune drops it",
        "10.90.3.112 in the peer-group k8s, which was made for node-9 of home-00000000, is needed by no node; it stays",
        "10.90.3.113 in the peer-group k8s is needed by no node; it stays",
    ] {
        assert!(text.contains(said), "{text}");
    }
    let pruned = asked(&snapshot, &["--prune"]);
    let gone =
        ["-neighbor 10.90.3.111 peer-group k8s", "-neighbor 10.90.3.111 description kubectl-bgp home-efd4b9f2/node-9"];
    assert_eq!((changed(&pruned.json()), pruned.status), (gone.map(str::to_owned).to_vec(), 1));
    let change = &pruned.json()["changes"][0];
    assert_eq!(
        (&change["part"], &change["impacts"][0]),
        (&json!("pruned"), &json!({"effect": "ends", "sessions": ["10.90.3.111"]}))
    );
    assert_eq!(change["reason"]["why"], "it was made for node-9, and no node needs it");
    assert_eq!(pruned.json()["unowned"].as_array().map(Vec::len), Some(2), "others stay");
    let frr = bgp(&["udm-sync", "--from", &snapshot.file(), "--prune", "-o", "frr"]).output();
    assert_eq!(frr.stdout, "configure terminal\nrouter bgp 65001\n no neighbor 10.90.3.111\nexit\nend\n");
    let named = changed(&asked(&snapshot, &["--prune=10.90.3.112,10.90.3.113"]).json());
    assert!(named.len() == 4 && !named.iter().any(|line| line.contains("10.90.3.111")), "{named:?}");
    assert_eq!(paste(&mut snapshot, &["--prune=10.90.3.111,10.90.3.112,10.90.3.113"]), 1);
    assert_eq!(asked(&snapshot, &["--prune"]).status, 0);
}

#[test]
fn what_is_needed_or_not_there_is_not_dropped() {
    let mut snapshot = healthy();
    describe(&mut snapshot, "10.90.3.101", "kubectl-bgp home-efd4b9f2/node-1");
    assert_eq!(changed(&asked(&snapshot, &["--prune"]).json()), Vec::<String>::new());
    let needed = asked(&snapshot, &["--prune=10.90.3.101"]);
    assert_eq!((changed(&needed.json()), needed.status), (vec![], 2));
    assert_eq!(needed.json()["notCompared"][0]["why"], "neighbor 10.90.3.101 is needed and stays");
    let other = asked(&snapshot, &["--prune=10.90.3.199"]);
    assert_eq!(
        (other.stderr.as_str(), other.status),
        ("warning: no router that was compared has a neighbor 10.90.3.199\n", 0)
    );
    // It may be the new address of the node that is not known.
    left(&mut snapshot, "10.90.3.111", "kubectl-bgp home-efd4b9f2/node-1");
    snapshot.item("CiliumNode", "node-1")["spec"]["addresses"] = json!([]);
    let unknown = asked(&snapshot, &["--prune"]);
    assert_eq!((changed(&unknown.json()), unknown.status), (vec![], 2), "{}", unknown.stdout);
}

#[test]
fn a_new_address_takes_the_place_of_the_old_one() {
    let mut snapshot = healthy();
    describe(&mut snapshot, "10.90.3.102", "kubectl-bgp home-efd4b9f2/node-2");
    re_address(&mut snapshot, "node-2", "10.90.3.112");
    let both = changed(&asked(&snapshot, &["--prune"]).json());
    assert_eq!(
        both,
        [
            "+neighbor 10.90.3.112 peer-group k8s",
            "+neighbor 10.90.3.112 description kubectl-bgp home-efd4b9f2/node-2",
            "-neighbor 10.90.3.102 peer-group k8s",
            "-neighbor 10.90.3.102 description kubectl-bgp home-efd4b9f2/node-2",
        ]
    );
    assert_eq!(paste(&mut snapshot, &["--prune"]), 1);
    is_same(&snapshot);
}

#[test]
fn ranges_take_new_nodes_and_leave_the_others() {
    let mut snapshot = healthy();
    is_same(&snapshot);
    assert_eq!(changed(&asked(&snapshot, &["--dynamic"]).json()), Vec::<String>::new(), "nothing is converted");
    configure(&mut snapshot, " neighbor 10.90.3.103 peer-group k8s\n", |_| {
        " neighbor 10.90.3.9 remote-as 64999\n".to_owned()
    });
    let ranged = asked(&snapshot, &["--dynamic"]);
    assert_eq!(changed(&ranged.json()), ["+bgp listen range 10.90.3.0/24 peer-group k8s"]);
    let why = "whoever dials from there as AS 65010 is taken, but for 10.90.3.9 with a line of its own";
    assert_eq!(ranged.json()["changes"][0]["reason"], json!({"nodes": ["node-3"], "why": why}));
    assert_eq!(paste(&mut snapshot, &["--dynamic"]), 1);
    is_same(&snapshot);
    re_address(&mut snapshot, "node-1", "10.77.0.1");
    let far = asked(&snapshot, &["--dynamic"]);
    assert_eq!(changed(&far.json())[0], "+neighbor 10.77.0.1 peer-group k8s");
    let why = "in no net of the router's that is free for a range";
    assert_eq!(far.json()["changes"][0]["reason"]["why"], why);
}

#[test]
fn a_range_needs_a_group_with_an_as() {
    let mut snapshot = healthy();
    running(&mut snapshot, "router bgp 65001\n bgp router-id 10.90.254.1\nexit\n");
    assert_eq!(
        changed(&asked(&snapshot, &["--dynamic"]).json()),
        [
            "+neighbor k8s peer-group",
            "+neighbor k8s remote-as 65010",
            "+bgp listen range 10.90.3.0/24 peer-group k8s",
            "+neighbor k8s prefix-list k8s-services in",
            "+ip prefix-list k8s-services seq 5 permit 10.99.8.200/29 ge 32 le 32",
            "+ip prefix-list k8s-services seq 10 permit 10.99.8.208/28 ge 32 le 32",
            "+ip prefix-list k8s-services seq 15 permit 10.99.8.224/28 ge 32 le 32",
            "+ip prefix-list k8s-services seq 20 permit 10.99.8.240/29 ge 32 le 32",
            "+ip prefix-list k8s-services seq 25 permit 10.99.8.248/31 ge 32 le 32",
            "+ip prefix-list k8s-services seq 30 permit 10.99.8.250/32",
        ]
    );
    assert_eq!(paste(&mut snapshot, &["--dynamic"]), 1);
    is_same(&snapshot);
    // Another group has a part of the net: neither is sure to be asked.
    running(
        &mut snapshot,
        "router bgp 65001\n neighbor lab peer-group\n neighbor lab remote-as 65099\n bgp listen range 10.90.3.128/28 peer-group lab\nexit\n",
    );
    let told = changed(&asked(&snapshot, &["--dynamic"]).json());
    assert!(!told.iter().any(|line| line.contains("listen range")), "{told:?}");
}

#[test]
fn a_range_takes_as_many_as_there_are_nodes() {
    let mut snapshot = healthy();
    for node in 1..=3 {
        configure(&mut snapshot, &format!(" neighbor 10.90.3.10{node} peer-group k8s\n"), |_| String::new());
    }
    configure(&mut snapshot, " neighbor k8s remote-as 65010\n", |line| {
        format!("{line} bgp listen limit 2\n bgp listen range 10.90.0.0/16 peer-group k8s\n")
    });
    assert_eq!(lines(&snapshot), ["-bgp listen limit 2"], "FRR's own is 100");
    mends(&mut snapshot);
    let told = advice(&snapshot, "listenRange").expect("advice");
    assert_eq!(told["changes"], json!([]), "another range would end sessions");
    assert!(told["why"].as_str().is_some_and(|why| why.contains("the nodes are in 10.90.3.0/24")), "{told}");
    peer_config(&mut snapshot)["authSecretRef"] = json!("bgp-auth");
    is_same(&snapshot);
}
