//! `kubectl bgp routes`: what it shows of a snapshot.

use serde_json::{Value, json};

use crate::support::run::{Printed, bgp};
use crate::support::snapshots::{DEMO_EXPLAINED, Snapshot, demo};

fn routes(snapshot: &Snapshot, more: &[&str]) -> Printed {
    let file = snapshot.file();
    bgp(&[&["routes", "--from", &file][..], more].concat()).output()
}

/// EXPECTED, ACCEPTED, BEST, FIB and STATUS of a VIP.
fn counts(printed: &Printed, vip: &str) -> Vec<String> {
    let line = printed.stdout.lines().find(|line| line.contains(vip)).expect(&printed.stdout);
    let cells: Vec<&str> = line.split("   ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    cells[4..].iter().map(|&cell| cell.to_owned()).collect()
}

fn paths(snapshot: &mut Snapshot) -> &mut Value {
    &mut snapshot.command("show bgp ipv4 unicast json")["json"]["routes"]
}

fn kernel(snapshot: &mut Snapshot) -> &mut Vec<Value> {
    snapshot.command("ip -j route")["json"].as_array_mut().expect("routes")
}

fn remove_path(snapshot: &mut Snapshot, prefix: &str, neighbor: &str) {
    let all = paths(snapshot)[prefix].as_array_mut().expect("paths");
    all.retain(|path| path["peerId"] != neighbor);
}

#[test]
fn every_vip_is_a_row_with_the_first_broken_hop() {
    bgp(&["routes", "--from", "demo"]).prints(
        "\
NAMESPACE   SERVICE                     VIP           POLICY    EXPECTED   ACCEPTED   BEST     FIB      STATUS
default     authelia                    10.99.8.202   Cluster   3          2          2        2        session down: node-3
default     grafana                     10.99.8.200   Cluster   3          2          2        2        session down: node-3
default     jellyfin                    10.99.8.201   Local     1          0          0        0        session down: node-3
default     printer                     10.99.8.207   Cluster   0          0          0        0        not advertised: no advertisement selects it
default     vpn                         <pending>     Cluster   <none>     <none>     <none>   <none>   pending: loadBalancerClass example.com/cloud
dns         resolver-tcp,resolver-udp   10.99.8.205   Cluster   3          2          2        2        session down: node-3
media       plex                        10.99.8.203   Local     2          2          2        2        ok
media       sonarr                      10.99.8.206   Local     0          0          0        0        not advertised: no ready endpoint
",
        DEMO_EXPLAINED,
        0,
    );
}

#[test]
fn names_vips_and_prefixes_select_rows() {
    let vips = |words: &[&str]| {
        let printed = bgp(&[&["routes", "--from", "demo", "--no-headers"][..], words].concat()).output();
        assert_eq!(printed.status, 0, "{words:?}: {}", printed.stderr);
        let vip = |line: &str| line.split_whitespace().nth(2).expect("a VIP").rsplit('.').next().map(str::to_owned);
        printed.stdout.lines().filter_map(vip).collect::<Vec<_>>()
    };
    assert_eq!(vips(&["authelia"]), ["202"]);
    assert_eq!(vips(&["default/authelia", "svc/plex"]), ["202", "203"]);
    assert_eq!(vips(&["10.99.8.205"]), ["205"]);
    assert_eq!(vips(&["resolver-udp"]), ["205"], "the second Service of a VIP");
    assert_eq!(vips(&["10.99.8.200/30"]), ["202", "200", "201", "203"]);
    assert_eq!(vips(&["-n", "media"]), ["203", "206"]);
    assert_eq!(vips(&["-n", "media", "-A"]).len(), 8);
    assert_eq!(vips(&["-l", "bgp=off"]), ["207"]);
    assert_eq!(vips(&["--node", "node-2", "-n", "media"]), ["203"]);
    assert_eq!(vips(&["--node", "node-3"]), ["202", "200", "201", "205"]);
}

#[test]
fn what_does_not_exist_is_named_with_what_looks_like_it() {
    let fails = |words: &[&str], stderr: &str| {
        bgp(&[&["routes", "--from", "demo"][..], words].concat()).fails(stderr, 1);
    };
    fails(
        &["authelya"],
        "Error from server (NotFound): services \"authelya\" not found\nhint: did you mean authelia?\n",
    );
    fails(&["plex", "-n", "default"], "Error from server (NotFound): services \"plex\" not found\n");
    fails(&["internal"], "error: the Service default/internal has no address that is or should be advertised\n");
    fails(
        &["10.99.8.99"],
        "error: no Service has 10.99.8.99, and no router a route of it\nhint: did you mean 10.99.8.200?\n",
    );
    fails(&["--node", "node-9"], "Error from server (NotFound): ciliumnodes.cilium.io \"node-9\" not found\n");
}

#[test]
fn what_no_service_owns_is_a_row() {
    let mut snapshot = demo();
    let from_node_1 = json!([{"valid": true, "bestpath": true, "peerId": "10.90.3.101", "path": "65010", "nexthops": [{"ip": "10.90.3.101"}]}]);
    paths(&mut snapshot)["0.0.0.0/0"] = from_node_1.clone();
    paths(&mut snapshot)["10.99.8.99/32"] = from_node_1.clone();
    paths(&mut snapshot)["10.244.1.0/24"] = from_node_1.clone();
    let mut foreign = from_node_1;
    foreign[0]["peerId"] = json!("192.0.2.1");
    paths(&mut snapshot)["203.0.113.0/24"] = foreign;
    let printed = routes(&snapshot, &[]);
    assert!(printed.stdout.contains("<none>      <none>                      0.0.0.0/0       <none>    0          1          1        0        default route from node-1\n"), "{}", printed.stdout);
    assert!(printed.stdout.contains("no Service has it, from node-1"), "{}", printed.stdout);
    assert!(printed.stdout.contains("unexpected from node-1: no advertisement has it"), "{}", printed.stdout);
    assert!(!printed.stdout.contains("203.0.113.0/24"), "a route that no node sent is not the cluster's");
}

#[test]
fn pod_cidrs_are_shown_when_asked_for() {
    let mut snapshot = demo();
    let advertisements = &mut snapshot.item("CiliumBGPAdvertisement", "services")["spec"]["advertisements"];
    advertisements.as_array_mut().expect("entries").push(json!({"advertisementType": "PodCIDR"}));
    assert!(!routes(&snapshot, &[]).stdout.contains("10.244"), "they are asked for with --all-types");
    let printed = routes(&snapshot, &["--all-types"]);
    assert!(printed.stdout.contains("10.244.1.0/24   <none>    PodCIDR          1          0"), "{}", printed.stdout);
    assert!(printed.stdout.contains("not accepted from node-1"), "{}", printed.stdout);
}

#[test]
fn the_kernel_has_the_last_word() {
    let mut snapshot = demo();
    kernel(&mut snapshot).retain(|route| route["dst"] != "10.99.8.203");
    assert_eq!(
        counts(&routes(&snapshot, &[]), "10.99.8.203")[3..],
        ["0", "lost in the router's kernel: zebra says that it is installed"]
    );

    snapshot.command("show ip route bgp json")["json"]["10.99.8.203/32"][0]["failed"] = json!(true);
    assert_eq!(counts(&routes(&snapshot, &[]), "10.99.8.203")[4], "the router's kernel refused it");

    kernel(&mut snapshot)
        .push(json!({"dst": "10.99.8.203", "gateway": "10.90.3.101", "dev": "br3", "protocol": "static"}));
    assert_eq!(counts(&routes(&snapshot, &[]), "10.99.8.203")[3..], ["0", "a static route wins on the router"]);

    kernel(&mut snapshot).last_mut().expect("the route")["protocol"] = json!("bgp");
    assert_eq!(counts(&routes(&snapshot, &[]), "10.99.8.203")[3..], ["1", "the router's kernel has 1 of 2 next hops"]);

    let both = json!({"dst": "10.99.8.203", "protocol": "186", "nexthops": [{"gateway": "10.90.3.101", "flags": []}, {"gateway": "10.90.3.102", "flags": ["dead", "linkdown"]}]});
    *kernel(&mut snapshot).last_mut().expect("the route") = both;
    assert_eq!(counts(&routes(&snapshot, &[]), "10.99.8.203")[3], "1", "a dead next hop is not forwarded by");

    snapshot.command("ip -j route").as_object_mut().expect("a document").remove("json");
    snapshot.command("ip -j route")["missing"] = json!({"reason": "failed", "message": "sh: ip: not found"});
    let printed = routes(&snapshot, &[]);
    assert_eq!(counts(&printed, "10.99.8.203")[3..], ["<unknown>", "<unknown>"]);
    assert!(
        printed.stderr.starts_with("warning: the router root@10.90.254.1: sh: ip: not found\n"),
        "{}",
        printed.stderr
    );
}

#[test]
fn paths_that_are_not_used_say_why() {
    let mut snapshot = demo();
    paths(&mut snapshot)["10.99.8.203/32"][1]["valid"] = json!(false);
    for flag in ["bestpath", "multipath"] {
        paths(&mut snapshot)["10.99.8.203/32"][1].as_object_mut().expect("a path").remove(flag);
    }
    let neighbor = paths(&mut snapshot)["10.99.8.203/32"][1]["peerId"]
        .as_str()
        .expect("a neighbor")
        .replace("10.90.3.10", "node-");
    assert_eq!(counts(&routes(&snapshot, &[]), "10.99.8.203")[..3], ["2", "2", "1"]);
    assert_eq!(counts(&routes(&snapshot, &[]), "10.99.8.203")[4], format!("next hop does not resolve: {neighbor}"));

    paths(&mut snapshot)["10.99.8.203/32"][1]["valid"] = json!(true);
    assert_eq!(counts(&routes(&snapshot, &[]), "10.99.8.203")[4], "1 of 2 paths used");

    for path in paths(&mut snapshot)["10.99.8.203/32"].as_array_mut().expect("paths") {
        path["stale"] = json!(true);
    }
    assert_eq!(counts(&routes(&snapshot, &[]), "10.99.8.203")[4], "stale from node-1, node-2");
}

#[test]
fn a_node_that_should_not_advertise_is_named() {
    let mut snapshot = demo();
    for slice in snapshot.items("EndpointSlice") {
        if slice["metadata"]["name"] == "plex-1" {
            slice["endpoints"][1]["conditions"]["ready"] = json!(false);
        }
    }
    assert_eq!(counts(&routes(&snapshot, &[]), "10.99.8.203"), ["1", "2", "2", "2", "also from node-2, unexpected"]);
}

#[test]
fn what_was_asked_further_tells_where_a_prefix_was_lost() {
    let mut snapshot = demo();
    remove_path(&mut snapshot, "10.99.8.203/32", "10.90.3.102");
    assert_eq!(counts(&routes(&snapshot, &[]), "10.99.8.203")[4], "not accepted from node-2");

    let document =
        |name: &str, json: Value| json!({"name": name, "readAt": "2026-11-23T00:00:00Z", "tookMs": 1, "json": json});
    let received = "show bgp ipv4 unicast neighbors 10.90.3.102 received-routes json";
    let documents =
        |snapshot: &mut Snapshot| snapshot.value["routers"][0]["documents"].as_array_mut().expect("documents").clone();
    let mut all = documents(&mut snapshot);
    all.push(document(received, json!({"receivedRoutes": {"10.99.8.203/32": {}}})));
    snapshot.value["routers"][0]["documents"] = json!(all);
    assert_eq!(counts(&routes(&snapshot, &[]), "10.99.8.203")[4], "filtered by prefix-list k8s-services: node-2");

    snapshot.command(received)["json"] = json!({"receivedRoutes": {}});
    assert_eq!(counts(&routes(&snapshot, &[]), "10.99.8.203")[4], "not received from node-2");

    let advertised = json!([{"neighbor": "10.90.254.1", "prefix": "10.99.8.203/32", "paths": [
        {"path-attributes": [{"base64": "QAEBAA=="}, {"base64": "QAIGAgEAAP3y"}, {"base64": "QAMECloDZg=="}]}]}]);
    let question = "cilium-dbg bgp routes advertised ipv4 unicast -o json";
    snapshot.value["cluster"]["agents"] =
        json!([{"node": "node-2", "pod": "cilium-b", "documents": [document(question, advertised)]}]);
    assert_eq!(counts(&routes(&snapshot, &[]), "10.99.8.203")[4], "advertised by node-2, not received by the router");
    let node = &routes(&snapshot, &["plex", "-o", "json"]).json()["items"][0]["nodes"][1];
    assert_eq!(
        (&node["advertised"], &node["received"], &node["accepted"]),
        (&json!(true), &json!(false), &json!(false))
    );
    assert_eq!(node["attributes"]["nextHop"], "10.90.3.102");

    snapshot.value["cluster"]["agents"][0]["documents"][0]["json"] = json!([]);
    assert_eq!(counts(&routes(&snapshot, &[]), "10.99.8.203")[4], "not advertised by node-2");

    snapshot.value["cluster"]["agents"][0]["documents"][0]["json"] = json!({"garbage": 1});
    let printed = routes(&snapshot, &[]);
    assert_eq!(counts(&printed, "10.99.8.203")[4], "not received from node-2");
    assert!(printed.stderr.starts_with("warning: the agent on node-2: `cilium-dbg bgp routes advertised ipv4 unicast -o json` gave no answer that makes sense: "), "{}", printed.stderr);
}

#[test]
fn aggregates_cover_their_vips() {
    let mut snapshot = demo();
    let entry = &mut snapshot.item("CiliumBGPAdvertisement", "services")["spec"]["advertisements"][0];
    entry["service"]["aggregationLengthIPv4"] = json!(24);
    let mut all = paths(&mut snapshot).clone();
    let aggregate = all["10.99.8.202/32"].take();
    *paths(&mut snapshot) = json!({"10.99.8.0/24": aggregate});
    let json = routes(&snapshot, &["authelia", "plex", "-o", "json"]).json();
    assert_eq!((&json["items"][0]["prefix"], &json["items"][0]["accepted"]), (&json!("10.99.8.0/24"), &json!(2)));
    assert_eq!(json["items"][1]["prefix"], "10.99.8.203/32", "a Service with policy Local is never aggregated");
    let printed = routes(&snapshot, &[]);
    assert!(!printed.stdout.contains("10.99.8.0/24"), "the aggregate is no row of its own: {}", printed.stdout);
}

#[test]
fn a_missing_kind_makes_unknown_what_follows_from_it() {
    let mut snapshot = demo();
    snapshot.forbid("EndpointSlice");
    let printed = routes(&snapshot, &[]);
    assert_eq!(counts(&printed, "10.99.8.203"), ["<unknown>", "2", "2", "2", "<unknown>"]);
    assert_eq!(counts(&printed, "10.99.8.202")[0], "3", "policy Cluster does not depend on endpoints");
    assert!(
        printed.stderr.starts_with("warning: EndpointSlice: Error from server (Forbidden): no\n"),
        "{}",
        printed.stderr
    );

    let mut snapshot = demo();
    snapshot.forbid("CiliumBGPAdvertisement");
    assert_eq!(counts(&routes(&snapshot, &[]), "10.99.8.202"), ["<unknown>", "2", "2", "2", "<unknown>"]);

    let mut snapshot = demo();
    snapshot.forbid("ConfigMap/cilium-config");
    let printed = routes(&snapshot, &[]);
    assert_eq!(
        printed.stderr.replace(DEMO_EXPLAINED, ""),
        "warning: ConfigMap/cilium-config: Error from server (Forbidden): no\n\
         hint: Cilium's defaults are taken to say what should be advertised\n"
    );
    assert_eq!(counts(&printed, "10.99.8.203")[4], "ok");

    let mut snapshot = demo();
    snapshot.forbid("Service");
    let printed = routes(&snapshot, &[]);
    assert!(
        printed.stdout.contains("<unknown>   <unknown>   10.99.8.202/32   <unknown>   <unknown>   2"),
        "{}",
        printed.stdout
    );
    bgp(&["routes", "authelia", "--from", &snapshot.file()]).fails(
        "warning: Service: Error from server (Forbidden): no\n\
             error: what authelia is cannot be told without the cluster's Services\n\
             hint: an address or a prefix can be asked for without them\n",
        2,
    );
}

#[test]
fn one_end_alone_shows_what_it_knows() {
    let printed = bgp(&["routes", "--from", "demo", "--cluster-only", "--no-headers", "sonarr", "plex"]).output();
    assert_eq!(
        printed.stdout,
        "media   plex     10.99.8.203   Local   2     <unknown>   <unknown>   <unknown>   <unknown>\n\
         media   sonarr   10.99.8.206   Local   0     <unknown>   <unknown>   <unknown>   not advertised: no ready endpoint\n"
    );
    let printed = bgp(&["routes", "--from", "demo", "--router-only", "--no-headers", "10.99.8.203"]).output();
    assert_eq!(
        printed.stdout,
        "<unknown>   <unknown>   10.99.8.203/32   <unknown>   <unknown>   2     2     2     <unknown>\n"
    );
}

#[test]
fn several_routers_have_a_row_each() {
    let mut snapshot = demo();
    let mut second = snapshot.value["routers"][0].clone();
    second["target"] = json!("root@10.90.254.2");
    second["peer"] = json!("10.90.254.2");
    second["missing"] = json!({"reason": "unreachable", "message": "it refuses the connection"});
    second["documents"] = json!([]);
    snapshot.value["routers"].as_array_mut().expect("routers").push(second);
    for config in snapshot.items("CiliumBGPNodeConfig") {
        let peers = &mut config["spec"]["bgpInstances"][0]["peers"];
        let mut other = peers[0].clone();
        other["name"] = json!("second");
        other["peerAddress"] = json!("10.90.254.2");
        peers.as_array_mut().expect("peers").push(other);
    }
    let printed = routes(&snapshot, &["plex"]);
    assert_eq!(
        printed.stdout,
        "\
NAMESPACE   SERVICE   VIP           POLICY   ROUTER             EXPECTED   ACCEPTED    BEST        FIB         STATUS
media       plex      10.99.8.203   Local    root@10.90.254.1   2          2           2           2           ok
media       plex      10.99.8.203   Local    root@10.90.254.2   2          <unknown>   <unknown>   <unknown>   <unknown>
"
    );
}

#[test]
fn the_keys_of_a_route_list_are_a_contract() {
    let json = bgp(&["routes", "plex", "--from", "demo", "-o", "json"]).output().json();
    assert_eq!((&json["apiVersion"], &json["kind"]), (&json!("bgp.kubectl.dev/v1alpha1"), &json!("RouteList")));
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>().join(" ");
    let item = &json["items"][0];
    assert_eq!(
        keys(item),
        "vip prefix type services router status healthy expected accepted best fib nodes paths kernel"
    );
    assert_eq!(keys(&item["services"][0]), "namespace name policy");
    assert_eq!(
        keys(&item["nodes"][0]),
        "node instance peer neighbor expected advertised received accepted best installed"
    );
    assert_eq!(
        keys(&item["paths"][0]),
        "neighbor node valid best multipath stale asPath origin metric localPreference weight communities nextHops"
    );
    assert_eq!(keys(&item["paths"][0]["nextHops"][0]), "address node");
    assert_eq!(keys(&item["kernel"]), "known protocol metric nextHops uptimeSeconds source readAt");
    assert_eq!(keys(&item["kernel"]["nextHops"][0]), "address node interface weight alive");
    bgp(&["routes", "resolver-tcp", "plex", "--from", "demo", "-o", "name"]).prints(
        "service/resolver-tcp\nservice/resolver-udp\nservice/plex\n",
        "",
        0,
    );
}
