//! `snapshot --redact`: nothing of the original stays, and the diagnosis does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::mapping::Mapping;
use crate::support::run::{Printed, bgp};
use crate::support::snapshots::{Snapshot, demo};

/// The redacted file of a snapshot.
#[track_caller]
fn redacted(snapshot: &Snapshot) -> Snapshot {
    let printed = bgp(&["snapshot", "--redact", "--from", &snapshot.file()]).output();
    assert_eq!(printed.status, 0, "{}", printed.stderr);
    let mut redacted = demo();
    redacted.value = printed.json();
    redacted
}

/// Every reading verb says the same of a snapshot and of its redacted file, but for the names.
#[track_caller]
fn same_diagnosis(snapshot: &Snapshot) -> Snapshot {
    let redacted = redacted(snapshot);
    let mut mapping = Mapping::default();
    // Both went through the same program: secrets are cut and nothing else is missing.
    let (original, other) = (without_dropped(snapshot), &redacted.value);
    mapping.hold(&original["cluster"], &other["cluster"]);
    mapping.hold(&original["routers"], &other["routers"]);
    for words in [
        &["peers"][..],
        &["peers", "--check"],
        &["peers", "--cluster-only"],
        &["peers", "--router-only", "--check"],
        &["routes", "--all-types"],
        &["routes", "--cluster-only"],
        &["routes", "--router-only"],
    ] {
        let print = |snapshot: &Snapshot| bgp(&[words, &["-o", "json", "--from", &snapshot.file()]].concat()).output();
        let (original, other) = (print(snapshot), print(&redacted));
        assert_eq!(original.status, other.status, "{words:?}: {}{}", original.stderr, other.stderr);
        mapping.hold_texts(&original.stderr, &other.stderr);
        if !original.stdout.is_empty() || !other.stdout.is_empty() {
            let original = sorted(&original, &|name| mapping.of(name).to_owned());
            mapping.hold(&original, &sorted(&other, &str::to_owned));
        }
    }
    redacted
}

/// A list in the order of its redacted names.
fn sorted(printed: &Printed, map: &dyn Fn(&str) -> String) -> Value {
    let mut list = printed.json();
    let key = |item: &Value| {
        let fields =
            ["/node", "/instance", "/peer", "/router/vrf", "/router/neighbor", "/vip", "/prefix", "/services/0/name"];
        fields.map(|pointer| item.pointer(pointer).and_then(Value::as_str).map(map))
    };
    list["items"].as_array_mut().expect("items").sort_by_key(key);
    list
}

/// A snapshot without what a redacted file does not have.
fn without_dropped(snapshot: &Snapshot) -> Value {
    let mut value = snapshot.value.clone();
    drop_annotations(&mut value);
    value
}

fn drop_annotations(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(annotations) = fields.get_mut("annotations").and_then(Value::as_object_mut) {
                annotations.retain(|key, _| key.contains("cilium.io/") || key.contains("kubectl.dev/"));
            }
            fields.values_mut().for_each(drop_annotations);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_annotations),
        _ => {}
    }
}

/// Gives everything that has a name another one, in the whole file.
fn rename(value: &mut Value, names: &[(&str, &str)]) {
    let renamed = |text: &str| {
        let words = text.split_inclusive([' ', '\n']).map(|chunk| {
            let word = chunk.trim_end();
            let name = names.iter().find(|(name, _)| *name == word).map_or(word, |(_, name)| name);
            format!("{name}{}", &chunk[word.len()..])
        });
        words.collect::<String>()
    };
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|value| rename(value, names)),
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, names)),
        Value::String(text) => *text = renamed(text),
        _ => {}
    }
}

/// Words of a text as a person would search for them.
fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && !"-_.:".contains(c))
        .map(|word| word.trim_matches(['.', ':']))
        .collect()
}

#[test]
fn nothing_of_the_demo_stays() {
    let snapshot = demo();
    let redacted = redacted(&snapshot).value.to_string();
    let words = words(&redacted);
    for name in [
        "node-1",
        "node-2",
        "node-3",
        "udm",
        "udm-pro",
        "main",
        "k8s",
        "k8s-services",
        "authelia",
        "grafana",
        "jellyfin",
        "printer",
        "plex",
        "sonarr",
        "resolver",
        "resolver-tcp",
        "resolver-udp",
        "dns",
        "media",
        "l2",
        "vm",
        "advertise",
        "ipp",
        "example.com",
        "cilium-aaaaa",
        "lan-br0",
        "n1-br3",
        "65010",
        "65001",
        "authelia-1",
        "vm-dchrxzhkzc",
    ] {
        assert!(!words.contains(name), "{name}");
    }
    for part in ["authelia", "grafana", "jellyfin", "plex", "sonarr", "c6:55:39", "c843:4bff", "root@10.90"] {
        assert!(!redacted.contains(part), "{part}");
    }
    let original = snapshot.value.to_string();
    let networks = ["10.90.", "10.99.", "10.244.", "10.96."];
    // Whole addresses: what stands for one may begin like another.
    let is_own = |word: &&str| networks.iter().any(|network| word.starts_with(network));
    let own: Vec<&str> = self::words(&original).into_iter().filter(is_own).collect();
    assert!(own.len() > 30, "{own:?}");
    let kept: Vec<&&str> = own.iter().filter(|address| words.contains(**address)).collect();
    assert!(kept.is_empty(), "{kept:?}");
    for uid in serde_json::to_string(&snapshot.value).expect("JSON").split("\"uid\":\"").skip(1) {
        assert!(!redacted.contains(&uid[..36]), "{}", &uid[..36]);
    }
}

#[test]
fn the_demo_says_the_same() {
    let redacted = same_diagnosis(&demo());
    assert_eq!(redacted.value["redacted"], true);
    let names = |snapshot: &Snapshot| {
        let documents = snapshot.value["cluster"]["documents"].as_array().expect("documents").iter();
        documents.map(|document| document["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&demo()), names(&redacted));
}

#[test]
fn rows_stay_in_order() {
    let redacted = redacted(&demo());
    let states = |from: &str| {
        let items = bgp(&["peers", "--from", from, "-o", "json"]).output().json()["items"].clone();
        items.as_array().expect("items").iter().map(|item| item["cluster"]["state"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(states("demo"), states(&redacted.file()));
}

#[test]
fn two_runs_do_not_replace_alike_and_a_redacted_file_can_be_redacted() {
    let (first, second) = (redacted(&demo()), redacted(&demo()));
    assert_ne!(first.value["cluster"]["server"], second.value["cluster"]["server"]);
    same_diagnosis(&first);
}

#[test]
fn a_file_without_the_flag_is_not_marked() {
    assert!(bgp(&["snapshot", "--from", "demo"]).output().json().get("redacted").is_none());
}

#[test]
fn secrets_are_cut_all_the_same() {
    let mut snapshot = demo();
    snapshot.command("show running-config")["text"] = json!("router bgp 65001\n neighbor k8s password permit\n");
    snapshot.kind("ConfigMap/cilium-config")["json"]["data"]["etcd-password"] = json!("true");
    let mut redacted = redacted(&snapshot);
    let config = redacted.command("show running-config")["text"].as_str().expect("text").to_owned();
    assert!(config.ends_with(" password <cut>\n"), "{config}");
    assert!(!redacted.value.to_string().contains("etcd-password\":\"true"));
}

#[test]
fn names_that_are_words_of_the_language_break_nothing() {
    for names in [
        ["neighbor", "established", "true", "default", "e", "remote-as", "permit", "ipv4"],
        ["router", "bgp", "name", "spec", "items", "in", "peer-group", "prefix-list"],
        ["a", "aa", "aaa", "a-a", "aa-a", "a.a", "65010", "10.90.3.101"],
        ["cluster", "node", "metadata", "10", "as", "exit", "unicast", "no"],
        ["x.acme.example", "acme.example", "acme", "example", "status", "Established", "IN", "peers"],
    ] {
        let mut snapshot = demo();
        let old = ["node-1", "node-2", "node-3", "authelia", "media", "udm-pro", "k8s", "k8s-services"];
        let pairs: Vec<_> = old.into_iter().zip(names).collect();
        rename(&mut snapshot.value, &pairs);
        let redacted = same_diagnosis(&snapshot);
        let text = redacted.value.to_string();
        assert!(!text.contains("acme"), "{names:?}");
    }
}

#[test]
fn text_that_nobody_needs_is_gone() {
    let mut snapshot = demo();
    snapshot.item("Service", "authelia")["metadata"]["annotations"]["acme.example/owner"] = json!("Alice in Berlin");
    snapshot.item("Service", "authelia")["metadata"]["labels"] = json!({"acme.example/team": "router-people"});
    snapshot.neighbors()["10.90.3.101"]["nbrDesc"] = json!("the first router of Alice");
    let config = "! router of Alice\nrouter bgp 65001\n neighbor 10.90.3.101 description the first router of Alice\n \
                  neighbor 10.90.3.101 remote-as 65010\n";
    snapshot.command("show running-config")["text"] = json!(config);
    let redacted = redacted(&snapshot);
    let text = redacted.value.to_string();
    for gone in ["Alice", "Berlin", "acme", "the first", "router-people", "example/owner"] {
        assert!(!text.contains(gone), "{gone}");
    }
    assert!(text.contains("description redacted\\n neighbor "), "{text}");
}

mod states {
    use super::*;

    #[test]
    fn as_numbers_in_every_form() {
        let mut snapshot = demo();
        let neighbor = &mut snapshot.neighbors()["10.90.3.101"];
        neighbor["remoteAs"] = json!("65010");
        neighbor["localAs"] = json!("0.65001");
        let config = "router bgp 65001\n neighbor k8s remote-as 65010\n!\nroute-map m permit 10\n set community 65001:100 no-export\n \
                      set large-community 65001:65010:7\n set as-path prepend 65001 65001 174\n!\n\
                      bgp as-path access-list up permit ^65010_174$\nbgp community-list standard c permit 3356:65001\n";
        snapshot.command("show running-config")["text"] = json!(config);
        snapshot.command("show bgp ipv4 unicast json")["json"]["routes"]["10.99.8.200/32"][0]["path"] =
            json!("65010 174 {3356,65010}");
        let mut redacted = same_diagnosis(&snapshot);
        let text = redacted.value.to_string();
        for asn in ["65001", "65010", "174", "3356"] {
            assert!(!words(&text).iter().any(|word| word.split([':', '_']).any(|part| part == asn)), "{asn}");
        }
        let config = redacted.command("show running-config")["text"].as_str().expect("text").to_owned();
        assert!(config.contains(":100 no-export") && config.contains("permit 10"), "{config}");
    }

    #[test]
    fn dynamic_neighbors() {
        let mut snapshot = demo();
        snapshot.command("show running-config")["text"] =
            json!("router bgp 65001\n bgp listen range 10.90.3.0/24 peer-group k8s\n neighbor k8s remote-as 65010\n");
        same_diagnosis(&snapshot);
        snapshot.neighbors().as_object_mut().expect("neighbors").remove("10.90.3.101");
        let redacted = same_diagnosis(&snapshot);
        assert!(
            bgp(&["peers", "-o", "json", "--from", &redacted.file()])
                .output()
                .stdout
                .contains("is in the listen range")
        );
    }

    #[test]
    fn vrfs_and_unnumbered_neighbors() {
        let mut snapshot = demo();
        let neighbor = snapshot.neighbors()["10.90.3.101"].clone();
        snapshot.neighbors()["eth7"] = neighbor.clone();
        snapshot.neighbors()["uplink-berlin"] = neighbor.clone();
        for (vrf, address) in [("blue", "10.90.3.103"), ("server", "10.90.3.103"), ("peers", "10.90.3.104")] {
            let members = json!({"vrfId": 7, "vrfName": vrf, address: neighbor});
            snapshot.command("show bgp vrf all neighbors json")["json"][vrf] = members;
            let peers = json!({address: {"state": "Established", "dynamicPeer": true}});
            snapshot.command("show bgp vrf all summary json")["json"][vrf] =
                json!({"ipv4Unicast": {"vrfName": vrf, "peers": peers}});
        }
        let redacted = same_diagnosis(&snapshot);
        let text = redacted.value.to_string();
        assert!(!text.contains("\"blue\"") && !text.contains("berlin"));
    }

    #[test]
    fn neighbors_that_no_node_owns() {
        let mut snapshot = demo();
        let mut neighbor = snapshot.neighbors()["10.90.3.101"].clone();
        neighbor["remoteAs"] = json!(3356);
        neighbor["hostname"] = json!("core1.fra.acme.net");
        snapshot.neighbors()["8.8.4.4"] = neighbor.clone();
        snapshot.neighbors()["2001:db8:7::1"] = neighbor;
        let redacted = same_diagnosis(&snapshot);
        let text = redacted.value.to_string();
        assert!(!text.contains("8.8.4.4") && !text.contains("db8:7::") && !text.contains("acme"));
    }

    #[test]
    fn answers_that_are_missing_or_odd() {
        let mut snapshot = demo();
        snapshot.forbid("CiliumBGPPeerConfig");
        snapshot.kind("CiliumBGPPeerConfig")["missing"]["message"] = json!(
            "Error from server (Forbidden): ciliumbgppeerconfigs.cilium.io is forbidden: User \"alice@acme.example\" cannot list resource"
        );
        snapshot.neighbors()["10.90.3.102"]["remoteAs"] = json!("x");
        snapshot
            .items("CiliumBGPNodeConfig")
            .push(json!({"metadata": {"name": "node-4"}, "spec": {"bgpInstances": 7}}));
        let redacted = same_diagnosis(&snapshot);
        let text = redacted.value.to_string();
        assert!(
            text.contains("Error from server (Forbidden): ciliumbgppeerconfigs.cilium.io is forbidden: User "),
            "{text}"
        );
        assert!(!text.contains("alice") && !text.contains("acme"));
        let mut snapshot = demo();
        let router = &mut snapshot.value["routers"][0];
        *router = json!({"target": "admin7@gw.acme.example:2222", "namedBy": "--router", "peer": "udm-pro", "missing": {"reason": "unreachable",
            "message": "ssh: connect to host gw.acme.example port 2222: Connection refused", "hints": ["ssh -p 2222 admin7@gw.acme.example"]}, "documents": []});
        let text = same_diagnosis(&snapshot).value.to_string();
        assert!(!text.contains("acme") && !text.contains("admin7"), "{text}");
    }

    #[test]
    fn half_a_document() {
        let mut snapshot = demo();
        let document = snapshot.command("show bgp vrf all neighbors json");
        let text = document["json"].to_string();
        document.as_object_mut().expect("a document").remove("json");
        document["text"] = json!(text[..text.len() / 2]);
        let redacted = same_diagnosis(&snapshot).value.to_string();
        // As a number of its own: what was made up may have the digits.
        let has_asn = redacted.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "65010");
        assert!(!redacted.contains("10.90.") && !has_asn, "{redacted}");
    }

    #[test]
    fn further_answers_of_agents_and_routers() {
        let mut snapshot = demo();
        let at = json!("2026-11-23T01:30:17Z");
        let attributes = json!([{"base64": "QAEBAA=="}, {"base64": "QAIGAgEAAP3y"}, {"base64": "QAMECloDZQ=="}]);
        let routes = json!([{"neighbor": "10.90.254.1", "prefix": "10.99.8.200/32", "router-asn": 65010,
            "paths": [{"best": true, "nlri": {"base64": "IApjCMg="}, "path-attributes": attributes}]}]);
        snapshot.value["cluster"]["agents"] = json!([{"node": "node-1", "pod": "cilium-aaaaa", "documents": [
            {"name": "cilium-dbg bgp routes advertised ipv4 unicast -o json", "readAt": at, "tookMs": 1, "exit": 0, "json": routes},
            {"name": "cilium-dbg bgp peers -o json", "readAt": at, "tookMs": 1, "exit": 0, "json": [{"local-asn": 65010, "peer-asn": 65001,
                "peer-address": "10.90.254.1", "session-state": "established", "uptime-nanoseconds": 5_000_000_000_u64,
                "families": [{"afi": "ipv4", "safi": "unicast", "advertised": 4}]}]}]}]);
        let received = json!({"bgpTableVersion": 0, "receivedRoutes": {"10.99.8.200/32": {"addrPrefix": "10.99.8.200", "prefixLen": 32,
            "network": "10.99.8.200/32", "nextHop": "10.90.3.101", "path": "65010", "bgpOriginCode": "i"}}});
        let name = "show bgp ipv4 unicast neighbors 10.90.3.101 received-routes json";
        let documents = snapshot.value["routers"][0]["documents"].as_array_mut().expect("documents");
        documents.push(json!({"name": name, "readAt": at, "tookMs": 1, "exit": 0, "json": received}));
        let before = redacted(&snapshot).value;
        let text = before["cluster"]["agents"].to_string() + &before["routers"][0]["documents"].to_string();
        for gone in ["QAIGAgEAAP3y", "QAMECloDZQ==", "IApjCMg=", "65010", "10.90.", "node-1"] {
            assert!(!text.contains(gone), "{gone}");
        }
        let agents = before["cluster"]["agents"].to_string();
        for kept in [
            "\"path-attributes\":[{\"base64\":\"QAEBAA==\"}",
            "\"uptime-nanoseconds\"",
            "\"router-asn\"",
            "\"peer-address\"",
        ] {
            assert!(agents.contains(kept), "{kept}: {agents}");
        }
        let print = |from: &Snapshot| bgp(&["routes", "-o", "json", "--from", &from.file()]).output().json();
        let mut other = demo();
        other.value = before;
        let known = |list: &Value| list["items"].to_string().matches("true").count();
        assert_eq!(known(&print(&snapshot)), known(&print(&other)));
    }

    #[test]
    fn policies_overrides_and_source_addresses() {
        let mut snapshot = demo();
        snapshot
            .items("CiliumBGPNodeConfigOverride")
            .push(json!({"metadata": {"name": "node-2"}, "spec": {"bgpInstances": [
            {"name": "main", "localASN": 65077, "peers": [{"name": "udm-pro", "localAddress": "10.90.3.77"}]}]}}));
        same_diagnosis(&snapshot);
        let document = snapshot.kind("CiliumBGPPeeringPolicy");
        document.as_object_mut().expect("a document").remove("missing");
        document["json"] = json!({"items": [{"metadata": {"name": "old"}, "spec": {
            "nodeSelector": {"matchLabels": {"kubernetes.io/hostname": "node-2"}},
            "virtualRouters": [{"localASN": 65010, "neighbors": [{"peerAddress": "10.90.254.1/32", "peerASN": 65001}]}]}}]});
        snapshot.item("CiliumBGPNodeConfig", "node-2")["status"] = json!({});
        same_diagnosis(&snapshot);
    }
}
