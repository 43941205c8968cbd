//! Candidates: what fits where the cursor is, from the command line's definition, a snapshot, the kubeconfig and a cluster.

use serde_json::json;

use crate::support::api::{Answer, Api, nothing};
use crate::support::run::bgp;
use crate::support::snapshots::demo;
use crate::support::tab::{Installed, asked, candidates, offers, script};

/// Lines after `kubectl bgp`, and what fits at their end.
const PLACES: &[(&str, &str)] = &[
    ("p", "peers :4"),
    ("routes --fro", "--from :4"),
    ("check --fail-on ", "information warning error :4"),
    ("peers -o js", "json jsonpath= jsonpath-as-json= jsonpath-file= :4"),
    ("check -o s", "sarif :4"),
    ("completion ", "bash zsh fish kubectl :4"),
    ("peers --from de", "demo :4"),
    ("peers --from ./", "json :8"),
    ("snapshot -f ", ":0"),
    ("peers --from demo node-1 ", "node-2 node-3 :4"),
    ("udm-sync --prune --har", "--harden :4"),
    ("why --from demo ud", "udm-pro :4"),
    ("routes --from demo dns/", "dns/resolver-tcp dns/resolver-udp :4"),
    ("routes --from demo -n media ", "plex sonarr 10.99.8.203 10.99.8.206 :4"),
    ("why --from=demo 10.99.8.202", "10.99.8.202 :4"),
    ("routes --from=demo -n ", "default dns media :4"),
    ("peers --from demo --router r", "root@10.90.254.1 :4"),
    ("check --without-node node-3 --from demo --without-node=node-", "node-1 node-2 :4"),
];

#[test]
fn what_fits_is_offered() {
    for (line, expected) in PLACES {
        offers(line, expected);
    }
}

#[test]
#[ignore = "needs kubectl"]
fn kubectl_hands_it_on() {
    let installed = Installed::new();
    for (line, expected) in PLACES {
        let printed = installed.kubectl(line);
        assert_eq!((candidates(&printed).as_str(), printed.status), (*expected, 0), "{line}: {}", printed.stderr);
        // kubectl speaks of its own work there, and the plugin says nothing.
        let is_kubectls =
            |line: &str| line.starts_with("[Debug]") || line.starts_with("Completion ended with directive");
        assert!(printed.stderr.lines().all(is_kubectls), "{line}: {}", printed.stderr);
    }
}

#[test]
fn rules_are_offered_by_code_and_group_with_what_they_say() {
    let printed = asked("check --explain BGP137").output();
    assert_eq!(printed.stdout, "BGP137\tthe router has shut the neighbor down\n:4\n");
    offers("check --only session", "sessions :4");
    offers("check --skip sessions,BGP137,BGP13", &{
        let all = candidates(&asked("check --skip BGP13").output());
        let others = all.split(' ').filter(|word| *word != "BGP137");
        others
            .map(|word| if word == ":4" { word.to_owned() } else { format!("sessions,BGP137,{word}") })
            .collect::<Vec<_>>()
            .join(" ")
    });
    offers("check --explain BGP137 BGP137", ":4");
}

#[test]
fn flags_are_offered_once_unless_they_repeat() {
    offers("peers --no-headers --no-h", ":4");
    offers("routes --node node-1 --node", "--node :4");
    offers("peers -- --no-h", ":4");
    let printed = asked("peers -").output();
    assert!(printed.stdout.contains("\n-o\t") && printed.stdout.contains("\n--output\t"), "{}", printed.stdout);
}

#[test]
fn the_clusters_names_are_offered() {
    let api = Api::start(|path| match path.split('?').next().unwrap_or_default() {
        "/apis/cilium.io/v2/ciliumnodes" => list(json!([{"metadata": {"name": "worker-1"}}])),
        "/apis/cilium.io/v2/ciliumbgpclusterconfigs" => list(json!([{
            "metadata": {"name": "bgp", "annotations": {"bgp.kubectl.dev/router": "admin@gateway:2222"}},
            "spec": {"bgpInstances": [{"name": "main", "peers": [{"name": "gateway", "peerAddress": "192.0.2.1"}]}]}
        }])),
        "/api/v1/services" => list(json!([
            {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"type": "LoadBalancer"},
                "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.80"}]}}},
            {"metadata": {"name": "db", "namespace": "shop"}, "spec": {"type": "ClusterIP"}},
        ])),
        _ => nothing(),
    });
    let config = api.kubeconfig("{}");
    let offered = |line: &str| {
        let printed = asked(line).kubeconfig(&config).output();
        assert_eq!((printed.stderr.as_str(), printed.status), ("", 0), "{line}");
        candidates(&printed)
    };
    assert_eq!(offered("peers w"), "worker-1 :4");
    assert_eq!(offered("why "), "shop/web 192.0.2.80 worker-1 gateway :4");
    assert_eq!(offered("why we"), "web :4");
    assert_eq!(offered("why sh"), "shop/web :4");
    assert_eq!(offered("routes -n shop w"), "web :4");
    assert_eq!(offered("routes --namespace "), "shop :4");
    assert_eq!(offered("peers --router "), "admin@gateway:2222 :4");
    assert_eq!(offered("peers --context t"), "test :4");
    assert_eq!(offered("peers --context nope "), ":4");
    assert_eq!(offered("peers --kubeconfig /nonexistent --context "), ":4");
    let by_flag = asked(&format!("peers --kubeconfig {} --context ", config.display())).output();
    assert_eq!(candidates(&by_flag), "test :4");
    let requests = api.requests.lock().expect("no test panics in there").len();
    offered("peers --");
    offered("check --explain ");
    assert_eq!(api.requests.lock().expect("no test panics in there").len(), requests, "the cluster was asked");
}

fn list(items: serde_json::Value) -> Answer {
    Answer::Status(200, json!({"kind": "List", "apiVersion": "v1", "items": items}).to_string())
}

#[test]
fn a_snapshots_odd_names_are_left_out() {
    let mut snapshot = demo();
    snapshot.item("CiliumNode", "node-1")["metadata"]["name"] = json!("$(touch x)");
    snapshot.item("CiliumNode", "node-2")["metadata"]["name"] = json!("a b");
    offers(&format!("peers --from {} ", snapshot.file()), "node-3 :4");
}

#[test]
fn the_scripts_are_the_ones_of_the_repository() {
    let scripts = [
        ("bash", "kubectl-bgp.bash"),
        ("zsh", "_kubectl-bgp"),
        ("fish", "kubectl-bgp.fish"),
        ("kubectl", "kubectl_complete-bgp"),
    ];
    for (shell, file) in scripts {
        let text = std::fs::read_to_string(script(file)).expect("a script");
        bgp(&["completion", shell]).prints(&text, "", 0);
    }
}
