//! `why`: a route's and a session's way, hop by hop.

use serde_json::{Value, json};

use crate::support::run::{Printed, bgp};
use crate::support::snapshots::{Snapshot, demo};

fn why(snapshot: &Snapshot, words: &[&str]) -> Printed {
    let file = snapshot.file();
    bgp(&[&["why", "--from", &file][..], words].concat()).output()
}

/// What is printed before the findings.
fn hops(printed: &Printed) -> &str {
    printed.stdout.split("\n\n").next().expect(&printed.stdout).trim_end()
}

/// The lines of one hop, without its name.
#[track_caller]
fn hop<'a>(printed: &'a Printed, name: &str) -> Vec<&'a str> {
    let mut lines = hops(printed).lines().skip_while(|line| line.split_whitespace().nth(1) != Some(name));
    let first = lines.next().expect(&printed.stdout);
    let rest = lines.take_while(|line| line.starts_with("    ")).map(str::trim);
    std::iter::once(first.split_once(name).expect("the name").1.trim()).chain(rest).collect()
}

#[track_caller]
fn broken(printed: &Printed) -> Vec<&str> {
    let marked = hops(printed).lines().filter(|line| line.starts_with('✗'));
    marked.filter_map(|line| line.split_whitespace().nth(1)).collect()
}

fn paths(snapshot: &mut Snapshot) -> &mut Value {
    &mut snapshot.command("show bgp ipv4 unicast json")["json"]["routes"]
}

fn kernel(snapshot: &mut Snapshot) -> &mut Vec<Value> {
    snapshot.command("ip -j route")["json"].as_array_mut().expect("routes")
}

fn configure(snapshot: &mut Snapshot, change: impl Fn(&str) -> String) {
    let text = &mut snapshot.command("show running-config")["text"];
    *text = json!(change(text.as_str().expect("text")));
}

/// The router has no path of plex, though both nodes sent it.
fn filtered() -> Snapshot {
    let mut snapshot = demo();
    paths(&mut snapshot).as_object_mut().expect("routes").remove("10.99.8.203/32");
    kernel(&mut snapshot).retain(|route| route["dst"] != "10.99.8.203");
    let mut documents = snapshot.value["routers"][0]["documents"].as_array().expect("documents").clone();
    for neighbor in ["10.90.3.101", "10.90.3.102"] {
        let name = format!("show bgp ipv4 unicast neighbors {neighbor} received-routes json");
        let json = json!({"receivedRoutes": {"10.99.8.203/32": {}}});
        documents.push(json!({"name": name, "readAt": "2026-11-23T00:00:00Z", "tookMs": 1, "json": json}));
    }
    snapshot.value["routers"][0]["documents"] = json!(documents);
    snapshot
}

#[test]
fn every_hop_of_a_vip_that_is_well_has_its_proof() {
    bgp(&["why", "plex", "--from", "demo"]).prints(
        "\
Service media/plex, VIP 10.99.8.203, router root@10.90.254.1
✔ allocated    pool services, block 10.99.8.200 to 10.99.8.250
✔ selected     CiliumBGPAdvertisement services through CiliumBGPPeerConfig udm-pro
✔ advertised   node-1, node-2
               not node-3: no ready endpoint there (policy Local)
✔ received     from node-1, node-2
✔ accepted     from node-1, node-2
✔ best         node-1, node-2
✔ installed    node-1, node-2
✔ resolves     next hops 10.90.3.101 on br3, 10.90.3.102 on br3
✔ answers      2 ready endpoints on node-1, node-2 (no connection was tried: --probe)
",
        "",
        0,
    );
}

#[test]
fn the_first_broken_hop_ends_the_way() {
    let printed = bgp(&["why", "default/jellyfin", "--from", "demo"]).output();
    assert_eq!(
        hops(&printed),
        "\
Service default/jellyfin, VIP 10.99.8.201, router root@10.90.254.1
✔ allocated    pool services, block 10.99.8.200 to 10.99.8.250
✔ selected     CiliumBGPAdvertisement services through CiliumBGPPeerConfig udm-pro
✔ advertised   node-3
               not node-1, node-2: no ready endpoint there (policy Local)
✗ received     not from node-3: its session is down, root@10.90.254.1 has no neighbor 10.90.3.103
- not reached: accepted, best, installed, resolves, answers"
    );
    assert_eq!(printed.status, 1);
}

#[test]
fn what_is_broken_for_some_goes_on_for_the_others() {
    let printed = bgp(&["why", "10.99.8.202", "--from", "demo"]).output();
    assert_eq!(broken(&printed), ["received"]);
    assert_eq!(hop(&printed, "received")[0], "from node-1, node-2");
    assert_eq!(hop(&printed, "answers")[0], "2 ready endpoints on node-1, node-2 (no connection was tried: --probe)");
    assert_eq!(printed.status, 1);
}

#[test]
fn what_is_not_selected_says_which_label() {
    let printed = bgp(&["why", "printer", "--from", "demo"]).output();
    assert_eq!(
        hop(&printed, "selected"),
        ["CiliumBGPAdvertisement services does not select it: label bgp is off (wanted: anything but off)"]
    );
    let mut snapshot = demo();
    let families = &mut snapshot.item("CiliumBGPPeerConfig", "udm-pro")["spec"]["families"];
    families[0]["advertisements"] = json!({"matchLabels": {"advertise": "nothing"}});
    assert_eq!(
        hop(&why(&snapshot, &["plex"]), "selected"),
        [
            "CiliumBGPPeerConfig udm-pro does not take CiliumBGPAdvertisement services: its label advertise is bgp (wanted: nothing)"
        ]
    );
    families_of(&mut snapshot)[0].as_object_mut().expect("a family").remove("advertisements");
    assert_eq!(
        hop(&why(&snapshot, &["plex"]), "selected"),
        ["CiliumBGPPeerConfig udm-pro takes no advertisement for ipv4"]
    );
    let entry = |snapshot: &mut Snapshot| {
        snapshot.item("CiliumBGPAdvertisement", "services")["spec"]["advertisements"][0].clone()
    };
    let mut snapshot = demo();
    let mut narrow = entry(&mut snapshot);
    narrow["service"]["addresses"] = json!(["ClusterIP"]);
    snapshot.item("CiliumBGPAdvertisement", "services")["spec"]["advertisements"][0] = narrow;
    assert_eq!(
        hop(&why(&snapshot, &["plex"]), "selected"),
        ["CiliumBGPAdvertisement services selects it, but for ClusterIP alone: LoadBalancerIP is missing"]
    );
}

fn families_of(snapshot: &mut Snapshot) -> &mut Vec<Value> {
    snapshot.item("CiliumBGPPeerConfig", "udm-pro")["spec"]["families"].as_array_mut().expect("families")
}

#[test]
fn the_entry_of_a_filter_that_denies_is_named() {
    let lists = |snapshot: &mut Snapshot, entries: &str| {
        configure(snapshot, |text| {
            let kept = text.lines().filter(|line| !line.starts_with("ip prefix-list k8s-services"));
            format!("{}\n{entries}", kept.collect::<Vec<_>>().join("\n"))
        });
    };
    let accepted = |entries: &str| {
        let mut snapshot = filtered();
        lists(&mut snapshot, entries);
        let printed = why(&snapshot, &["plex"]);
        assert_eq!((broken(&printed), printed.status), (vec!["accepted"], 1), "{}", printed.stdout);
        assert_eq!(hop(&printed, "received"), ["from node-1, node-2"]);
        hop(&printed, "accepted").join("; ")
    };
    let because = |entries: &str| {
        accepted(entries).strip_prefix("not from node-1, node-2: prefix-list k8s-services ").map(str::to_owned)
    };
    assert_eq!(
        because("ip prefix-list k8s-services seq 5 permit 10.99.9.0/24 ge 32 le 32").as_deref(),
        Some("denies it: it permits 10.99.9.0/24 ge 32 le 32")
    );
    let denied =
        because("ip prefix-list k8s-services seq 5 deny 10.99.8.200/29 le 32\nip prefix-list k8s-services permit any");
    let denied = denied.expect("the list");
    assert!(
        denied.starts_with("denies it: line ") && denied.ends_with(", seq 5 deny 10.99.8.200/29 le 32"),
        "{denied}"
    );
    assert_eq!(because("").as_deref(), Some("denies it: it is not defined, which denies everything"));
    assert_eq!(
        because("ip prefix-list k8s-services seq 5 permit any").as_deref(),
        Some("denied it when it came, and permits it now: `clear bgp * soft in` asks it again")
    );
}

#[test]
fn where_nobody_says_what_was_received_it_is_unknown() {
    let mut snapshot = demo();
    paths(&mut snapshot).as_object_mut().expect("routes").remove("10.99.8.203/32");
    let printed = why(&snapshot, &["plex"]);
    assert_eq!(
        hop(&printed, "received"),
        [
            "not known: the router does not say what node-1, node-2 sent, before its filters (soft-reconfiguration inbound would tell)"
        ]
    );
    assert_eq!(broken(&printed), ["accepted"]);
}

#[test]
fn a_path_that_is_better_says_in_what() {
    let mut snapshot = demo();
    let all = paths(&mut snapshot)["10.99.8.203/32"].as_array_mut().expect("paths");
    for path in all.iter_mut() {
        for flag in ["bestpath", "multipath"] {
            path.as_object_mut().expect("a path").remove(flag);
        }
    }
    let mut rival = all[0].clone();
    rival["peerId"] = json!("10.90.3.50");
    rival["nexthops"] = json!([{"ip": "10.90.3.50"}]);
    rival["locPrf"] = json!(200);
    rival["bestpath"] = json!(true);
    all.push(rival);
    let printed = why(&snapshot, &["plex"]);
    assert_eq!(broken(&printed)[0], "best");
    assert_eq!(
        hop(&printed, "best"),
        [
            "10.90.3.50",
            "not node-1: its local preference is 100, that of 10.90.3.50 200",
            "not node-2: its local preference is 100, that of 10.90.3.50 200",
            "nothing asks 10.90.3.50 for it"
        ]
    );
}

#[test]
fn the_kernels_route_of_another_is_named() {
    let mut snapshot = demo();
    kernel(&mut snapshot)
        .push(json!({"dst": "10.99.8.203", "gateway": "10.90.3.77", "dev": "br3", "protocol": "static"}));
    configure(&mut snapshot, |text| format!("ip route 10.99.8.203/32 10.90.3.77\n{text}"));
    let printed = why(&snapshot, &["plex"]);
    assert_eq!(
        hop(&printed, "installed"),
        ["a static route of this prefix wins in the kernel, via 10.90.3.77 (line 1 of the configuration)"]
    );
    assert_eq!(printed.status, 1);
}

#[test]
fn who_made_the_service_is_told_and_its_trap() {
    let mut snapshot = demo();
    let service = snapshot.item("Service", "plex");
    service["metadata"]["labels"] = json!({"gateway.envoyproxy.io/owning-gateway-name": "web",
        "gateway.envoyproxy.io/owning-gateway-namespace": "net"});
    service["spec"]["externalIPs"] = json!(["10.99.8.203"]);
    service["spec"]["internalTrafficPolicy"] = json!("Local");
    let printed = why(&snapshot, &["plex"]);
    assert!(
        printed.stdout.starts_with("Service media/plex (made by Gateway net/web), VIP 10.99.8.203"),
        "{}",
        printed.stdout
    );
    assert_eq!(
        hop(&printed, "selected"),
        [
            "to Cilium it is an external IP: it stands in externalIPs too",
            "spec.addresses of Gateway net/web puts 10.99.8.203 into spec.externalIPs; lbipam.cilium.io/ips asks for it without that"
        ]
    );
}

#[test]
fn a_pending_service_says_why_no_pool_serves_it() {
    let mut snapshot = demo();
    let service = snapshot.item("Service", "vpn");
    service["spec"].as_object_mut().expect("a spec").remove("loadBalancerClass");
    snapshot.items("CiliumLoadBalancerIPPool")[0]["spec"]["serviceSelector"] = json!({"matchLabels": {"pool": "x"}});
    let mut other = snapshot.items("CiliumLoadBalancerIPPool")[0].clone();
    other["metadata"]["name"] = json!("spare");
    other["spec"]["disabled"] = json!(true);
    snapshot.items("CiliumLoadBalancerIPPool").push(other);
    let printed = why(&snapshot, &["vpn"]);
    assert_eq!(
        hop(&printed, "allocated")[1..],
        [
            "pool services: its serviceSelector does not match: label pool is missing (wanted: x)",
            "pool spare: it is disabled"
        ]
    );
    assert_eq!(printed.status, 1);
}

#[test]
fn a_service_that_asks_for_nothing_is_no_failure() {
    let printed = bgp(&["why", "internal", "--from", "demo"]).output();
    assert_eq!(
        hop(&printed, "allocated"),
        ["it is of type ClusterIP, and no advertisement has its addresses: nothing is to be advertised"]
    );
    assert_eq!((printed.stderr.as_str(), printed.status), ("", 0));
}

#[test]
fn what_only_the_router_has_is_followed_there() {
    let mut snapshot = demo();
    paths(&mut snapshot)["10.99.8.99/32"] = json!([{"valid": true, "bestpath": true, "peerId": "10.90.3.101", "path": "65010", "nexthops": [{"ip": "10.90.3.101"}]}]);
    let printed = why(&snapshot, &["10.99.8.99"]);
    assert_eq!(hop(&printed, "allocated"), ["no Service has it"]);
    assert_eq!(hop(&printed, "accepted"), ["from node-1", "nothing asks node-1 for it"]);
    assert!(
        hops(&printed).contains("- not reached: selected, advertised, received, resolves, answers"),
        "{}",
        printed.stdout
    );
}

#[test]
fn a_node_is_the_story_of_its_sessions() {
    let printed = bgp(&["why", "node-3", "--from", "demo"]).output();
    assert_eq!(
        hops(&printed),
        "\
Session node-3/main/udm-pro, peer address 10.90.254.1, router root@10.90.254.1
✔ selected     CiliumBGPClusterConfig home
✔ configured   the operator made the CiliumBGPNodeConfig
               CiliumBGPPeerConfig udm-pro is there
✔ agent        pod cilium-ccccc is ready, Cilium 1.19.0
✔ dials        from 10.90.3.103 to 10.90.254.1
               the router has 10.90.254.1 on br0
✗ neighbor     root@10.90.254.1 has no neighbor 10.90.3.103
✔ timers       the node asks for hold 90s, and dials every 5s
✗ established  the node says active
               the router has no such session
- not reached: asns, password, exchanges"
    );
    assert_eq!(printed.status, 1);
    let same = ["node/node-3", "nodes/node-3", "10.90.3.103"];
    assert!(same.iter().all(|word| bgp(&["why", word, "--from", "demo"]).output().stdout == printed.stdout));
}

#[test]
fn a_session_that_is_up_tells_what_it_exchanges() {
    let printed = bgp(&["why", "node-1", "--from", "demo"]).output();
    assert_eq!((broken(&printed), printed.status), (vec![], 0));
    assert_eq!(
        hop(&printed, "asns"),
        ["the node is AS 65010, and expects AS 65001", "the router is AS 65001, and expects AS 65010"]
    );
    assert_eq!(hop(&printed, "timers"), ["hold 90s, keepalive 30s, as negotiated"]);
    assert_eq!(
        hop(&printed, "exchanges"),
        ["ipv4 unicast: the node advertises 4, received 4", "ipv4 unicast: the router accepted 4, sent 4"]
    );
    let all = bgp(&["why", "udm-pro", "--from", "demo"]).output().stdout;
    assert_eq!(all.matches("\nSession node-").count() + usize::from(all.starts_with("Session node-1/")), 3);
}

/// node-2's session is down, and its neighbor has these fields.
fn down(fields: &Value) -> Snapshot {
    let mut snapshot = demo();
    let neighbor = snapshot.neighbors()["10.90.3.102"].as_object_mut().expect("a neighbor");
    neighbor.insert("bgpState".to_owned(), json!("Active"));
    neighbor.extend(fields.as_object().expect("fields").clone());
    let status = &mut snapshot.item("CiliumBGPNodeConfig", "node-2")["status"]["bgpInstances"][0];
    status["peers"][0]["peeringState"] = json!("active");
    snapshot
}

#[test]
fn what_the_ends_do_not_agree_on_is_the_broken_hop() {
    let first = |fields: Value| {
        let printed = why(&down(&fields), &["node-2"]);
        let name = broken(&printed)[0].to_owned();
        let proofs = hop(&printed, &name).join("; ");
        (name, proofs)
    };
    let said = |name: &str, proofs: &str| (name.to_owned(), proofs.to_owned());
    assert_eq!(
        first(json!({"remoteAs": 65077})),
        said("asns", "the node is AS 65010, and expects AS 65001; the router is AS 65001, and expects AS 65077")
    );
    assert_eq!(
        first(json!({"authenticationEnabled": 1})),
        said("password", "the router has one, the CiliumBGPPeerConfig names none")
    );
    assert_eq!(
        first(json!({"bgpState": "Idle", "adminShutDown": true})),
        said("neighbor", "neighbor 10.90.3.102, line 15 of its configuration; it is shut down there")
    );
    assert_eq!(
        first(json!({"lastResetDueTo": "Waiting for peer OPEN"})),
        said("established", "the node says active; the router says Active (Waiting for peer OPEN)")
    );
}

#[test]
fn an_agent_that_does_not_run_is_the_broken_hop() {
    let mut snapshot = down(&json!({}));
    let pod = snapshot.items("Pod/cilium").iter_mut().find(|pod| pod["spec"]["nodeName"] == "node-2").expect("a pod");
    for condition in pod["status"]["conditions"].as_array_mut().expect("conditions") {
        condition["status"] = json!("False");
    }
    pod["status"]["containerStatuses"] =
        json!([{"name": "cilium-agent", "restartCount": 7, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]);
    let printed = why(&snapshot, &["node-2"]);
    assert_eq!(broken(&printed)[0], "agent");
    assert_eq!(hop(&printed, "agent"), ["pod cilium-bbbbb is not ready, CrashLoopBackOff, Cilium 1.19.0, 7 restarts"]);
}

#[test]
fn a_node_that_nothing_selects_says_which_label() {
    let mut snapshot = demo();
    snapshot.item("CiliumBGPClusterConfig", "home")["spec"]["nodeSelector"] = json!({"matchLabels": {"bgp": "yes"}});
    snapshot.items("CiliumBGPNodeConfig").retain(|config| config["metadata"]["name"] != "node-3");
    let printed = why(&snapshot, &["node-3"]);
    assert!(printed.stdout.starts_with("Node node-3\n"), "{}", printed.stdout);
    assert_eq!(
        hop(&printed, "selected"),
        ["CiliumBGPClusterConfig home does not select it: label bgp is missing (wanted: yes)"]
    );
    assert_eq!(printed.status, 1);
}

#[test]
fn a_prefix_with_several_vips_is_a_list() {
    let printed = bgp(&["why", "10.99.8.200/30", "--from", "demo"]).output();
    let first_cells: Vec<Vec<&str>> = printed
        .stdout
        .lines()
        .map(|line| line.split("   ").map(str::trim).filter(|cell| !cell.is_empty()).take(3).collect())
        .collect();
    assert_eq!(
        first_cells,
        [
            ["SUBJECT", "ADDRESS", "BROKEN"],
            ["service default/authelia", "10.99.8.202", "received"],
            ["service default/grafana", "10.99.8.200", "received"],
            ["service default/jellyfin", "10.99.8.201", "received"],
            ["service media/plex", "10.99.8.203", "<none>"],
        ]
    );
    assert_eq!(printed.status, 1);
    assert!(bgp(&["why", "10.99.8.203/32", "--from", "demo"]).output().stdout.starts_with("Service media/plex"));
}

#[test]
fn an_end_that_is_missing_leaves_its_hops_unknown() {
    let printed = bgp(&["why", "plex", "--cluster-only", "--from", "demo"]).output();
    assert_eq!(hop(&printed, "best"), ["not known: no router was read"]);
    assert_eq!(printed.status, 2);
    let printed = bgp(&["why", "jellyfin", "--cluster-only", "--from", "demo"]).output();
    assert_eq!(hop(&printed, "received"), ["not from node-3: its session is down, active at the node"]);
    assert_eq!(printed.status, 1);
    assert_eq!(bgp(&["why", "printer", "--cluster-only", "--from", "demo"]).output().status, 1);
    let printed = bgp(&["why", "10.99.8.203", "--router-only", "--from", "demo"]).output();
    assert_eq!(hop(&printed, "selected"), ["not known: the cluster was not asked"]);
    assert_eq!(hop(&printed, "accepted"), ["from 10.90.3.101, 10.90.3.102"]);
    assert_eq!(printed.status, 2);
}

#[test]
fn what_does_not_exist_is_named_with_what_looks_like_it() {
    let fails = |word: &str, stderr: &str| bgp(&["why", word, "--from", "demo"]).fails(stderr, 1);
    fails(
        "jellyfinn",
        "Error from server (NotFound): services \"jellyfinn\" not found\nhint: did you mean jellyfin?\n",
    );
    fails("node-7", "Error from server (NotFound): services \"node-7\" not found\nhint: did you mean node-1?\n");
    fails("node/x", "Error from server (NotFound): ciliumnodes.cilium.io \"x\" not found\n");
    fails("peer/x", "error: no session has a peer \"x\"\n");
    fails(
        "10.99.8.99",
        "error: no Service has 10.99.8.99, and no router a route of it\nhint: did you mean 10.99.8.200?\n",
    );
}

#[test]
fn findings_come_after_the_hops_and_the_fix_last() {
    let mut snapshot = down(&json!({"bgpState": "Idle", "adminShutDown": true}));
    for path in paths(&mut snapshot)["10.99.8.203/32"].as_array_mut().expect("paths") {
        path["stale"] = json!(path["peerId"] == "10.90.3.102");
    }
    let printed = why(&snapshot, &["node-2"]);
    assert!(printed.stdout.ends_with("\n      no neighbor 10.90.3.102 shutdown\n"), "{}", printed.stdout);
    let json = why(&snapshot, &["node-2", "-o", "json"]).json();
    assert_eq!(json["findings"][0]["code"], "BGP137");
}

#[test]
fn one_trace_is_an_object_and_several_are_a_list() {
    let one = bgp(&["why", "plex", "--from", "demo", "-o", "json"]).output().json();
    assert_eq!((&one["apiVersion"], &one["kind"]), (&json!("bgp.kubectl.dev/v1alpha1"), &json!("Trace")));
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(&one),
        [
            "apiVersion",
            "kind",
            "subject",
            "services",
            "vip",
            "prefix",
            "node",
            "instance",
            "peer",
            "router",
            "madeBy",
            "broken",
            "hops",
            "findings"
        ]
    );
    assert_eq!(keys(&one["hops"][0]), ["name", "state", "proofs"]);
    assert_eq!(keys(&one["hops"][0]["proofs"][0]), ["end", "text", "source", "readAt"]);
    let names: Vec<&Value> = one["hops"].as_array().expect("hops").iter().map(|hop| &hop["name"]).collect();
    assert_eq!(
        json!(names),
        json!([
            "allocated",
            "selected",
            "advertised",
            "received",
            "accepted",
            "best",
            "installed",
            "resolves",
            "answers"
        ])
    );
    let several = bgp(&["why", "udm-pro", "--from", "demo", "-o", "json"]).output().json();
    assert_eq!((&several["kind"], several["items"].as_array().map(Vec::len)), (&json!("TraceList"), Some(3)));
    assert_eq!(several["items"][2]["subject"], "session node-3/main/udm-pro");
    let unknown = bgp(&["why", "plex", "--cluster-only", "--from", "demo", "-o", "json"]).output().json();
    assert_eq!(
        unknown["hops"][5],
        json!({"name": "best", "state": "unknown", "why": "no router was read", "proofs": []})
    );
    assert_eq!(
        bgp(&["why", "udm-pro", "--from", "demo", "-o", "jsonpath={.items[*].broken}"]).output().stdout,
        "null null neighbor"
    );
}

/// The hops and the verdict of `routes` are judged apart.
#[test]
fn the_hops_agree_with_routes() {
    let mut aggregated = demo();
    aggregated.item("CiliumBGPAdvertisement", "services")["spec"]["advertisements"][0]["service"]["aggregationLengthIPv4"] =
        json!(24);
    let mut stale = demo();
    for path in paths(&mut stale)["10.99.8.203/32"].as_array_mut().expect("paths") {
        path["stale"] = json!(true);
    }
    let mut moved = demo();
    kernel(&mut moved).retain(|route| route["dst"] != "10.99.8.203");
    let mut forbidden = demo();
    forbidden.forbid("EndpointSlice");
    for snapshot in [demo(), filtered(), aggregated, stale, moved, forbidden, down(&json!({}))] {
        let file = snapshot.file();
        let routes = bgp(&["routes", "10.0.0.0/8", "--from", &file, "-o", "json"]).output().json();
        let traces = bgp(&["why", "10.0.0.0/8", "--from", &file, "-o", "json"]).output().json();
        let (routes, traces) = (routes["items"].as_array().expect("items"), traces["items"].as_array().expect("items"));
        assert_eq!(routes.len(), traces.len());
        for (route, trace) in routes.iter().zip(traces) {
            assert_eq!(route["vip"], trace["vip"]);
            let broken = trace["broken"].as_str().filter(|&hop| hop != "answers");
            let is_idle = route["status"].as_str().is_some_and(|status| status.starts_with("not advertised"));
            match route["healthy"].as_bool() {
                Some(true) => assert_eq!(broken, None, "{route} {trace}"),
                Some(false) => assert!(broken.is_some(), "{route} {trace}"),
                None => assert_eq!(broken.is_some(), is_idle, "{route} {trace}"),
            }
        }
    }
}

#[test]
fn the_readme_shows_what_is_printed() {
    let printed = bgp(&["why", "jellyfin", "--from", "demo"]).output();
    let readme = include_str!("../README.md");
    let (_, shown) = readme.split_once("$ kubectl bgp why jellyfin --from demo\n").expect("the section");
    let shown = shown.split("```").next().expect("a block");
    assert!(printed.stdout.starts_with(shown), "{}", printed.stdout);
}
