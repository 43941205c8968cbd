//! An API server that is not there, does not answer, or answers badly.

use std::time::{Duration, Instant};

use crate::support::api::{Answer, Api, nothing, status};
use crate::support::run::{Run, bgp};

const NONE: &str = "{}";

fn peers(api: &Api, words: &[&str]) -> Run {
    bgp(&[&["peers", "--cluster-only"], words].concat()).kubeconfig(&api.kubeconfig(NONE))
}

#[test]
fn without_a_kubeconfig_the_next_step_is_said() {
    bgp(&["peers"]).fails(
        "error: no configuration has been provided, try setting KUBECONFIG or --kubeconfig\n\
         hint: KUBECONFIG or ~/.kube/config tells where the cluster is; without one, try --from demo\n",
        1,
    );
}

#[test]
fn a_kubeconfig_that_does_not_parse_is_not_quoted() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("kubeconfig");
    std::fs::write(&path, "users:\n- name: a\n  user: {token: hidden\n bad: [\n").expect("a file");
    let printed = bgp(&["peers"]).kubeconfig(&path).output();
    assert!(
        printed.stderr.starts_with("error: error loading the kubeconfig: it is not the YAML of a kubeconfig at line "),
        "{}",
        printed.stderr
    );
    assert!(!printed.stderr.contains("hidden"));
    assert_eq!(printed.status, 1);
}

#[test]
fn what_the_kubeconfig_lacks_is_named() {
    let api = Api::start(|_| nothing());
    let error = |words: &[&str]| peers(&api, words).output().stderr;
    assert!(error(&["--context", "nope"]).starts_with("error: context \"nope\" does not exist\n"));
    assert!(error(&["--cluster", "nope"]).starts_with("error: cluster \"nope\" does not exist in the kubeconfig\n"));
    assert!(error(&["--user", "nope"]).starts_with("error: auth info \"nope\" does not exist\n"));
    assert!(error(&["--as-user-extra", "nope"]).starts_with("error: --as-user-extra takes KEY=VALUE, not \"nope\"\n"));
}

#[test]
fn a_refused_connection_is_said_as_kubectl_says_it() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    bgp(&["peers", "--cluster-only", "--server", &format!("http://{free}")]).fails(
        &format!("The connection to the server {free} was refused - did you specify the right host or port?\n"),
        1,
    );
}

#[test]
fn expired_credentials_are_said_once() {
    let api = Api::start(|_| status(401, "Unauthorized", "Unauthorized"));
    peers(&api, &[]).fails(
        "error: You must be logged in to the server (Unauthorized)\n\
         hint: the credentials of this context are missing, wrong or expired: log in again, or choose another --context\n",
        1,
    );
}

#[test]
fn who_may_read_nothing_is_told_once_where_the_rights_are() {
    let api = Api::start(|path| status(403, "Forbidden", &format!("{} is forbidden", path.len())));
    let printed = peers(&api, &[]).output();
    assert!(printed.stderr.starts_with("Error from server (Forbidden): "), "{}", printed.stderr);
    assert_eq!(printed.stderr.matches("hint: docs/rights/reader.yaml has all rights").count(), 1, "{}", printed.stderr);
    assert_eq!(printed.stderr.matches(" could not be read either: ").count(), 7, "{}", printed.stderr);
    assert_eq!((printed.stdout.as_str(), printed.status), ("", 1));
}

#[test]
fn without_what_names_the_router_it_is_a_gap_too() {
    let forbidden = |path: &str| path.contains("/ciliumbgpclusterconfigs");
    let api = Api::start(move |path| if forbidden(path) { status(403, "Forbidden", "no") } else { demo_list(path) });
    let printed = bgp(&["peers"]).kubeconfig(&api.kubeconfig(NONE)).output();
    assert!(
        printed.stderr.contains(
            "warning: the router: nothing that could be read names one\n\
             hint: name the router with --router [USER@]HOST\n"
        ),
        "{}",
        printed.stderr
    );
}

#[test]
fn who_may_not_act_as_another_is_not_sent_for_the_others_rights() {
    const REFUSAL: &str =
        "users \"jane\" is forbidden: User \"joe\" cannot impersonate resource \"users\" in API group \"\"";
    let api = Api::start(|_| status(403, "Forbidden", REFUSAL));
    peers(&api, &["--as", "jane"]).fails(
        &format!(
            "Error from server (Forbidden): {REFUSAL}\n\
             hint: --as takes the right impersonate on it; without --as the kubeconfig's own user asks\n"
        ),
        1,
    );
}

#[test]
fn a_login_command_that_fails_is_named() {
    let api = Api::start(|_| nothing());
    let user =
        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: /nonexistent/login, interactiveMode: Never}}";
    let printed = bgp(&["peers", "--cluster-only"]).kubeconfig(&api.kubeconfig(user)).output();
    assert!(printed.stderr.contains("/nonexistent/login"), "{}", printed.stderr);
    assert_eq!((printed.stdout.as_str(), printed.status), ("", 1));
}

#[test]
fn what_a_login_command_knows_is_not_printed() {
    let api = Api::start(|_| nothing());
    let folder = tempfile::TempDir::new().expect("a folder");
    for script in ["echo '{\"token\": \"hidden-1\"}'; exit 1", "echo 'hidden-2: [garbage'"] {
        let login = folder.path().join("login");
        std::fs::write(&login, script).expect("a file");
        let user = format!(
            "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [\"{}\", \"--secret\", \"hidden-3\"], \
             env: [{{name: S, value: hidden-4}}], interactiveMode: Never}}}}",
            login.display()
        );
        let printed = bgp(&["peers", "--cluster-only", "-v", "9"]).kubeconfig(&api.kubeconfig(&user)).output();
        assert!(printed.stderr.contains("error: getting credentials: exec: sh "), "{}", printed.stderr);
        assert!(!printed.stderr.contains("hidden"), "{}", printed.stderr);
    }
}

#[test]
fn a_token_that_no_header_may_have_is_said() {
    let api = Api::start(|_| nothing());
    let printed = bgp(&["peers", "--cluster-only", "--token", "hidden\r"]).kubeconfig(&api.kubeconfig(NONE)).output();
    assert!(printed.stderr.starts_with("error: the token or password has characters"), "{}", printed.stderr);
    assert_eq!(printed.status, 1);
}

#[test]
fn a_server_that_is_no_api_server_is_no_empty_cluster() {
    for body in ["{}", r#"{"kind":"Status","status":"Failure"}"#] {
        let api = Api::start(|_| Answer::Status(200, body.to_owned()));
        let printed = peers(&api, &[]).output();
        assert!(printed.stderr.contains("is no list of CiliumNode"), "{}", printed.stderr);
        assert_eq!((printed.stdout.as_str(), printed.status), ("", 1));
    }
    let login_page = Api::start(|_| Answer::Status(200, "<html>hello</html>".to_owned()));
    let printed = peers(&login_page, &[]).output();
    assert!(printed.stderr.contains("does not answer as an API server does"), "{}", printed.stderr);
    assert_eq!((printed.stdout.as_str(), printed.status), ("", 1));
    let kubeconfig = login_page.kubeconfig("{}");
    let file = login_page.folder().join("nothing.json");
    let words = ["snapshot", "--cluster-only", "-f", file.to_str().expect("text")];
    assert_eq!(bgp(&words).kubeconfig(&kubeconfig).output().status, 1);
}

#[test]
fn a_page_for_a_message_is_cut() {
    let api = Api::start(|_| Answer::Status(500, "x".repeat(1_000_000)));
    let printed = peers(&api, &[]).output();
    assert!(printed.stderr.len() < 20_000, "{} bytes", printed.stderr.len());
}

#[test]
fn an_overload_that_lasts_is_said() {
    let api = Api::start(|_| status(503, "ServiceUnavailable", "not now"));
    let printed = peers(&api, &[]).output();
    assert!(printed.stderr.contains("Error from server (ServiceUnavailable): not now"), "{}", printed.stderr);
}

#[test]
fn tls_that_does_not_fit_is_said() {
    let api = Api::start(|_| nothing());
    let server = format!("https://{}", api.address);
    let printed = bgp(&["peers", "--cluster-only", "--server", &server]).output();
    assert!(printed.stderr.starts_with("Unable to connect to the server: "), "{}", printed.stderr);
    assert_eq!(printed.status, 1);
}

#[test]
fn an_answer_that_does_not_come_ends_in_time() {
    let api = Api::start(|_| Answer::Hang);
    let started = Instant::now();
    peers(&api, &["--request-timeout", "1s"]).fails(
        &format!(
            "Unable to connect to the server: http://{} gave no answer within 1 s\nhint: --request-timeout gives it more time\n",
            api.address
        ),
        1,
    );
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn broken_answers_are_gaps_and_the_rest_is_shown() {
    type Wrong = (fn() -> Answer, &'static str);
    let answers: [Wrong; 5] = [
        (|| Answer::CutShort, "Unable to connect to the server"),
        (|| Answer::Status(200, "<html>".to_owned()), "does not answer as an API server does"),
        (|| status(403, "Forbidden", "nodes are forbidden"), "Error from server (Forbidden): nodes are forbidden"),
        (|| status(500, "InternalError", "etcd is away"), "Error from server (InternalError): etcd is away"),
        (|| Answer::Status(502, "<html>".to_owned()), "Error from server"),
    ];
    for (answer, words) in answers {
        let api = Api::start(move |path| if path.contains("/ciliumnodes") { answer() } else { demo_list(path) });
        let printed = peers(&api, &[]).output();
        assert!(printed.stderr.starts_with("warning: CiliumNode: "), "{words}: {}", printed.stderr);
        assert!(printed.stderr.contains(words), "{words}: {}", printed.stderr);
        assert_eq!(printed.stderr.matches("warning: ").count(), 1, "{}", printed.stderr);
        assert_eq!((printed.row("node-1")[5], printed.status), ("established", 0));
    }
}

#[test]
fn an_overloaded_server_is_asked_again() {
    let refused = std::sync::atomic::AtomicBool::new(false);
    let api = Api::start(move |path| {
        let first = path.contains("/ciliumnodes") && !refused.swap(true, std::sync::atomic::Ordering::SeqCst);
        if first { status(429, "TooManyRequests", "later") } else { demo_list(path) }
    });
    let printed = peers(&api, &[]).output();
    assert!(!printed.stderr.contains("warning: "), "{}", printed.stderr);
    assert_eq!((printed.row("node-1")[5], printed.status), ("established", 0));
}

/// What the built-in snapshot's API server said.
fn demo_list(path: &str) -> Answer {
    let snapshot = crate::support::snapshots::demo();
    let documents = snapshot.value["cluster"]["documents"].as_array().expect("documents");
    let asked = path.split("?resourceVersion").next().and_then(|path| path.split("&resourceVersion").next());
    match documents.iter().find(|document| document["path"].as_str() == asked) {
        Some(document) if document["missing"].is_null() => Answer::Status(200, document["json"].to_string()),
        _ => Answer::Status(404, "404 page not found\n".to_owned()),
    }
}

#[test]
fn v2alpha1_is_asked_where_v2_is_not_served() {
    let api = Api::start(|path| {
        let old = path.replace("/v2alpha1/ciliumbgp", "/v2/ciliumbgp");
        let not_served = path.contains("/v2/ciliumbgp") || path.contains("peeringpolicies");
        if not_served { Answer::Status(404, "404 page not found\n".to_owned()) } else { demo_list(&old) }
    });
    let printed = peers(&api, &[]).output();
    assert!(!printed.stderr.contains("warning: "), "{}", printed.stderr);
    assert_eq!(printed.row("node-1")[5], "established");
}

/// A cluster without Cilium's BGP kinds; `config` is its cilium-config.
fn without_bgp(nodes: bool, config: &'static str) -> Api {
    Api::start(move |path| match path {
        path if path.contains("ciliumnodes") && nodes => nothing(),
        path if path.contains("cilium-config") && !config.is_empty() => Answer::Status(200, config.to_owned()),
        path if path.contains("cilium-config") => status(404, "NotFound", "configmaps \"cilium-config\" not found"),
        path if path.contains("/pods") => nothing(),
        _ => Answer::Status(404, "404 page not found\n".to_owned()),
    })
}

#[test]
fn why_there_is_nothing_is_told_apart() {
    let said = |api: &Api| {
        let printed = peers(api, &[]).output();
        assert_eq!((printed.stdout.as_str(), printed.status), ("", 0));
        printed.stderr
    };
    assert!(said(&without_bgp(false, "")).starts_with("No resources found: this cluster does not run Cilium"));
    let off = said(&without_bgp(true, r#"{"data": {"enable-ipv4": "true"}}"#));
    assert!(off.contains("BGP control plane is off") && off.contains("bgpControlPlane.enabled=true"), "{off}");
    let on = said(&without_bgp(true, r#"{"data": {"enable-bgp-control-plane": "true"}}"#));
    assert!(on.contains("kinds are not served") && on.contains("rollout restart deployment cilium-operator"), "{on}");
    let empty = said(&Api::start(|_| nothing()));
    assert!(empty.starts_with("No resources found: this cluster has no CiliumBGPClusterConfig"), "{empty}");
}

#[test]
fn a_check_of_nothing_is_undecided() {
    assert_eq!(peers(&Api::start(|_| nothing()), &["--check"]).output().status, 2);
}
