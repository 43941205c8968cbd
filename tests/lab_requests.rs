//! What `kubectl bgp peers` asks for, by the API server's audit log and sshd's log, and what it leaves behind.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::lab::{Lab, Said, text, within};

/// All that `peers` asks the API server, with what it answers where everything is served.
const REQUESTS: &[&str] = &[
    "200 get /api/v1/namespaces/kube-system/configmaps/cilium-config?resourceVersion=0",
    "200 list /api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dcilium&resourceVersion=0",
    "200 list /apis/cilium.io/v2/ciliumbgpclusterconfigs?resourceVersion=0",
    "200 list /apis/cilium.io/v2/ciliumbgpnodeconfigoverrides?resourceVersion=0",
    "200 list /apis/cilium.io/v2/ciliumbgpnodeconfigs?resourceVersion=0",
    "200 list /apis/cilium.io/v2/ciliumbgppeerconfigs?resourceVersion=0",
    "200 list /apis/cilium.io/v2/ciliumnodes?resourceVersion=0",
    // Gone from 1.19 on.
    "404 list /apis/cilium.io/v2alpha1/ciliumbgppeeringpolicies?resourceVersion=0",
];

/// What `routes` asks for beyond that.
const MORE_FOR_ROUTES: &[&str] = &[
    "200 list /api/v1/services?resourceVersion=0",
    "200 list /apis/cilium.io/v2/ciliumbgpadvertisements?resourceVersion=0",
    "200 list /apis/discovery.k8s.io/v1/endpointslices?resourceVersion=0",
];

/// What `udm-sync` asks for beyond `peers`, and what it does not need.
const MORE_FOR_SYNC: &[&str] = &[
    "200 list /apis/cilium.io/v2/ciliumbgpadvertisements?resourceVersion=0",
    "200 list /apis/cilium.io/v2/ciliumloadbalancerippools?resourceVersion=0",
];
const NOT_FOR_SYNC: &[&str] = &["/configmaps/", "/pods?"];

/// What `init` asks for beyond `routes`: the nodes, what is served and announced, and who else manages objects here.
const MORE_FOR_INIT: &[&str] = &[
    "200 get /apis/cilium.io/v2?resourceVersion=0",
    "200 get /apis/cilium.io/v2alpha1?resourceVersion=0",
    "200 list /api/v1/nodes?resourceVersion=0",
    "200 list /apis/cilium.io/v2/ciliumloadbalancerippools?resourceVersion=0",
    "200 list /apis/cilium.io/v2alpha1/ciliuml2announcementpolicies?resourceVersion=0",
    "404 list /apis/argoproj.io/v1alpha1/applications?resourceVersion=0",
    "404 list /apis/gateway.networking.k8s.io/v1/gateways?resourceVersion=0",
    "404 list /apis/kustomize.toolkit.fluxcd.io/v1/kustomizations?resourceVersion=0",
];

/// The kinds that have two versions.
const VERSIONED: &[&str] =
    &["ciliumbgpclusterconfigs", "ciliumbgpnodeconfigoverrides", "ciliumbgpnodeconfigs", "ciliumbgppeerconfigs"];

/// How long an end may take after a signal, and what it leaves behind to vanish.
const SOON: Duration = Duration::from_secs(2);

/// How often a run is ended by a signal, at moments from its start to its end.
const SIGNALS: u32 = 30;

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn each_kind_is_asked_for_once_and_the_router_once() {
    let mut lab = Lab::up(&[]);
    let asked = asked_by(&lab, &["peers"]);
    assert_eq!(asked.sorted(), REQUESTS);
    asked.assert_one_login("named by KUBECTL_BGP_ROUTER");
    assert_eq!(asked_by(&lab, &["peers", "-o", "wide"]).sorted(), REQUESTS, "-o wide");
    assert_eq!(asked_by(&lab, &["peers", "node-2"]).sorted(), REQUESTS, "a node");
    let asked = asked_by(&lab, &["routes"]);
    let mut of_routes: Vec<&str> = [REQUESTS, MORE_FOR_ROUTES].concat();
    of_routes.sort_unstable();
    assert_eq!(asked.sorted(), of_routes, "no agent is asked where both ends agree");
    asked.assert_one_login("for routes");
    let asked = asked_by(&lab, &["udm-sync"]);
    let mut of_sync: Vec<&str> = [REQUESTS, MORE_FOR_SYNC].concat();
    of_sync.retain(|request| !NOT_FOR_SYNC.iter().any(|part| request.contains(part)));
    of_sync.sort_unstable();
    assert_eq!(asked.sorted(), of_sync, "for udm-sync");
    asked.assert_one_login("for udm-sync");
    asks_as_init(&lab, "for init");
    let verified = asked_by(&lab, &["routes", "--verify"]);
    assert_eq!(verified.execs(), 3, "one for each agent");
    assert_eq!((verified.logins, verified.sessions), (1, 2), "received routes over the same connection");

    let named = lab.env()["KUBECTL_BGP_ROUTER"].clone();
    lab.set_env("KUBECTL_BGP_ROUTER", "");
    let found = asked_by(&lab, &["peers"]);
    assert_eq!(found.sorted(), REQUESTS, "the router is found in the cluster");
    found.assert_one_login("found in the cluster");
    lab.set_env("KUBECTL_BGP_ROUTER", &named);

    assert_eq!(asked_by(&lab, &["peers", "--router-only"]).sorted(), [""; 0]);
    let alone = asked_by(&lab, &["peers", "--cluster-only"]);
    assert_eq!(
        (alone.sorted(), alone.logins, alone.sessions),
        (REQUESTS.iter().map(ToString::to_string).collect(), 0, 0)
    );

    add_nodes(&lab, 20);
    let asked = asked_by(&lab, &["peers"]);
    assert_eq!(asked.rows, 23, "20 more nodes");
    assert_eq!(asked.sorted(), REQUESTS, "20 more nodes");
    asked.assert_one_login("20 more nodes");
    asks_as_init(&lab, "for init, 20 more nodes");

    leaves_nothing_behind(&lab);
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn v2alpha1_is_asked_for_only_where_v2_is_not_served() {
    let lab = Lab::up(&["--crds", "1.16"]);
    // Nobody has read every kind yet: the API server answers 429 until it has filled its cache.
    asked_by(&lab, &["peers", "--no-exec"]);
    let asked = asked_by(&lab, &["peers", "--no-exec"]);
    let of =
        |kind: &str| asked.requests.iter().filter(|request| request.contains(&format!("/{kind}?"))).collect::<Vec<_>>();
    for kind in VERSIONED {
        let expected = [("404", "v2"), ("200", "v2alpha1")]
            .map(|(code, version)| format!("{code} list /apis/cilium.io/{version}/{kind}?resourceVersion=0"));
        assert_eq!(of(kind), expected.each_ref());
    }
    assert_eq!(of("ciliumnodes"), ["200 list /apis/cilium.io/v2/ciliumnodes?resourceVersion=0"]);
    assert_eq!(
        of("ciliumbgppeeringpolicies"),
        ["200 list /apis/cilium.io/v2alpha1/ciliumbgppeeringpolicies?resourceVersion=0"]
    );
    assert_eq!(asked.requests.len(), REQUESTS.len() + VERSIONED.len(), "{:#?}", asked.requests);
    asked.assert_one_login("1.16");
    assert_eq!(asked_by(&lab, &["peers"]).execs(), 3, "one for each agent, as none reports a status");
}

/// As data, which writes nothing.
#[track_caller]
fn asks_as_init(lab: &Lab, when: &str) {
    let asked = asked_by(lab, &["init", "-o", "json"]);
    let mut expected: Vec<&str> = [REQUESTS, MORE_FOR_ROUTES, MORE_FOR_INIT].concat();
    expected.sort_unstable();
    assert_eq!(asked.sorted(), expected, "{when}");
    asked.assert_one_login(when);
}

/// What one run asked for.
struct Asked {
    /// Status, verb and path, in the order of arrival.
    requests: Vec<String>,
    logins: usize,
    /// Remote commands, shells and subsystems.
    sessions: usize,
    rows: usize,
}

impl Asked {
    fn sorted(&self) -> Vec<String> {
        let mut sorted = self.requests.clone();
        sorted.sort();
        sorted
    }

    fn execs(&self) -> usize {
        self.requests.iter().filter(|request| request.contains("/exec?")).count()
    }

    fn assert_one_login(&self, when: &str) {
        assert_eq!((self.logins, self.sessions), (1, 1), "logins and sessions: {when}");
    }
}

fn asked_by(lab: &Lab, arguments: &[&str]) -> Asked {
    let (audited, logged) = (lab.read("audit.log").len(), lab.read("sshd.log").len());
    let output = lab.kubectl_bgp(arguments);
    assert!(output.status.success(), "{}", Said(&output));
    // Both logs are written after the answer.
    std::thread::sleep(Duration::from_millis(500));
    let (audit, log) = (lab.read("audit.log"), lab.read("sshd.log"));
    let said = |words: &str| log[logged..].lines().filter(|line| line.contains(words)).count();
    Asked {
        requests: requests(&audit[audited..]),
        logins: said("Accepted publickey"),
        sessions: said("Starting session: "),
        rows: text(&output.stdout).lines().count().saturating_sub(1),
    }
}

fn requests(audit: &str) -> Vec<String> {
    let events = audit.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let text = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
    let mut requests: Vec<(String, String)> = events
        .filter(|event| text(event, "userAgent").starts_with("kubectl-bgp/"))
        // An exec is told twice, when it begins and when it ends.
        .filter(|event| text(event, "stage") == "ResponseComplete")
        .map(|event| {
            let (verb, path) = (text(&event, "verb"), text(&event, "requestURI"));
            (text(&event, "requestReceivedTimestamp"), format!("{} {verb} {path}", event["responseStatus"]["code"]))
        })
        .collect();
    requests.sort();
    requests.into_iter().map(|(_, request)| request).collect()
}

/// Nodes that the `ClusterConfig` selects and no agent runs on.
fn add_nodes(lab: &Lab, count: usize) {
    let nodes: Vec<Value> = (0..count)
        .map(|n| {
            serde_json::json!({
                "apiVersion": "cilium.io/v2", "kind": "CiliumNode",
                "metadata": {"name": format!("more-{n}"), "labels": {"kubernetes.io/os": "linux"}},
                "spec": {"addresses": [{"type": "InternalIP", "ip": format!("10.90.3.{}", 200 + n)}]},
            })
        })
        .collect();
    let file = lab.state().join("more-nodes.json");
    std::fs::write(&file, serde_json::json!({"apiVersion": "v1", "kind": "List", "items": nodes}).to_string())
        .expect("a file");
    lab.ask(&["kubectl", "apply", "-f", &file.display().to_string()]);
}

/// Neither a run nor one that a signal ended leaves an ssh master or a control folder.
fn leaves_nothing_behind(lab: &Lab) {
    // Control folders of our own, so that other runs on this machine do not count.
    let folder = tempfile::Builder::new().prefix("t").tempdir_in("/tmp").expect("a folder");
    let run = || {
        // Not by kubectl, whose own start would get many of the signals.
        let mut command = lab.command(env!("CARGO_BIN_EXE_kubectl-bgp"));
        command.arg("peers").env("TMPDIR", folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let started = Instant::now();
    let status = run().status().expect("the program runs");
    let took = started.elapsed();
    assert!(status.success(), "{status}");
    assert_eq!(left_in(folder.path()), [""; 0], "after a run");

    let mut ends: BTreeMap<String, u32> = BTreeMap::new();
    let (mut left, mut known) = (Vec::new(), Vec::new());
    for n in 0..SIGNALS {
        let signal = ["INT", "TERM", "HUP"][n as usize % 3];
        let moment = took * n / SIGNALS;
        let mut running = run().spawn().expect("the program runs");
        std::thread::sleep(moment);
        let killed = Command::new("kill").args(["-s", signal, &running.id().to_string()]).status();
        assert!(killed.is_ok_and(|status| status.success()), "kill -s {signal}");
        let ended = within(SOON, || running.try_wait().expect("it can be waited for").is_some());
        assert!(ended, "it runs on {SOON:?} after SIG{signal} at {moment:?}");
        let status = running.wait().expect("it has ended");
        *ends.entry(format!("{status}")).or_default() += 1;
        let mut leftovers = Vec::new();
        let nothing_new = within(SOON, || {
            leftovers = left_in(folder.path());
            leftovers.retain(|leftover| !known.contains(leftover));
            leftovers.is_empty()
        });
        if !nothing_new {
            left.push(format!("SIG{signal} at {moment:?}, {status}: {}", leftovers.join("; ")));
            // The next try is not blamed for it.
            known.append(&mut leftovers);
        }
    }
    println!("{SIGNALS} signals within {took:?}: {ends:?}");
    assert!(left.is_empty(), "left behind:\n{}", left.join("\n"));
    assert!(ends.keys().all(|end| end.contains("130") || end.contains("signal") || end.ends_with(": 0")), "{ends:?}");
}

/// Control folders, and processes that use one.
fn left_in(folder: &Path) -> Vec<String> {
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let processes = names(Path::new("/proc")).into_iter().filter_map(|process| {
        let command = text(&std::fs::read(process.join("cmdline")).ok()?).replace('\0', " ");
        command.contains(&*folder.to_string_lossy()).then_some(command)
    });
    names(folder).into_iter().map(|left| left.display().to_string()).chain(processes).collect()
}
