//! kubectl's flags, colours and streams.

use std::io::Read;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::api::{Answer, Api, nothing};
use crate::support::run::bgp;
use crate::support::snapshots::{DEMO_EXPLAINED, demo};

#[test]
fn flags_work_before_and_after_the_verb() {
    let after = bgp(&["peers", "--from", "demo", "--color", "never"]).output().stdout;
    assert_eq!(bgp(&["--from", "demo", "--color", "never", "peers"]).output().stdout, after);
}

#[test]
fn every_flag_of_kubectl_is_taken() {
    for flags in [
        &["--kubeconfig", "/x"][..],
        &["--context", "x", "--cluster", "x", "--user", "x"],
        &["-n", "x"],
        &["--namespace", "x"],
        &["-A"],
        &["--all-namespaces"],
        &["-s", "https://x", "--tls-server-name", "x", "--insecure-skip-tls-verify", "--certificate-authority", "/x"],
        &["--token", "x", "--client-certificate", "/x", "--client-key", "/x", "--username", "x", "--password", "x"],
        &["--as", "x", "--as-group", "a", "--as-group", "b", "--as-uid", "x", "--as-user-extra", "a=b"],
        &["--request-timeout", "0", "--disable-compression", "--cache-dir", "/x"],
        &["-v", "0"],
        &["--v=0"],
    ] {
        let run = bgp(&[flags, &["peers", "--from", "demo"]].concat()).output();
        assert_eq!((run.status, run.stderr.as_str()), (0, DEMO_EXPLAINED), "{flags:?}");
        let run = bgp(&[&["peers", "--from", "demo"], flags].concat()).output();
        assert_eq!((run.status, run.stderr.as_str()), (0, DEMO_EXPLAINED), "{flags:?}");
    }
}

#[test]
fn usage_says_kubectl_bgp() {
    let help = bgp(&["peers", "--help"]).output();
    assert!(help.stdout.contains("Usage: kubectl bgp peers [OPTIONS] [NODE]..."), "{}", help.stdout);
    let wrong = bgp(&["peers", "--nope"]).output();
    assert!(wrong.stderr.starts_with("error: unexpected argument '--nope' found"), "{}", wrong.stderr);
    assert_eq!(wrong.status, 2);
}

#[test]
fn who_asks_and_for_whom_reaches_the_server() {
    let api = Api::start(|_| nothing());
    let user = "{token: from-the-file}";
    let words =
        ["peers", "--cluster-only", "--as", "alice", "--as-group", "ops", "--as-uid", "7", "--as-user-extra", "a=b"];
    bgp(&words).kubeconfig(&api.kubeconfig(user)).output();
    let requests = api.requests.lock().expect("no test panics in there").join("\n").to_lowercase();
    for header in [
        "authorization: bearer from-the-file",
        "impersonate-user: alice",
        "impersonate-group: ops",
        "impersonate-uid: 7",
        "impersonate-extra-a: b",
        concat!("user-agent: kubectl-bgp/", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(requests.contains(header), "{header} in {requests}");
    }
}

#[test]
fn a_login_command_of_the_kubeconfig_is_run() {
    let api = Api::start(|_| nothing());
    let login = api.folder().join("login");
    let credential = r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"from-a-command"}}"#;
    std::fs::write(&login, format!("echo '{credential}'\n")).expect("a file");
    let user = format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [\"{}\"], interactiveMode: Never}}}}",
        login.display()
    );
    bgp(&["peers", "--cluster-only"]).kubeconfig(&api.kubeconfig(&user)).output();
    let requests = api.requests.lock().expect("no test panics in there");
    assert!(
        requests.iter().all(|head| head.to_lowercase().contains("authorization: bearer from-a-command")),
        "{requests:?}"
    );
}

#[test]
fn flags_win_over_the_kubeconfig() {
    let (wrong, right) = (Api::start(|_| nothing()), Api::start(|_| nothing()));
    let server = format!("http://{}", right.address);
    let words = ["peers", "--cluster-only", "--server", &server, "--token", "from-a-flag"];
    bgp(&words).kubeconfig(&wrong.kubeconfig("{token: from-the-file}")).output();
    assert!(wrong.requests.lock().expect("no test panics in there").is_empty());
    let requests = right.requests.lock().expect("no test panics in there");
    assert!(
        requests.iter().all(|head| head.to_lowercase().contains("authorization: bearer from-a-flag")),
        "{requests:?}"
    );
}

#[test]
fn the_log_tells_requests_and_no_credentials() {
    let api = Api::start(|_| nothing());
    let kubeconfig = api.kubeconfig("{token: hidden-token}");
    let said = |level: &str| bgp(&["peers", "--cluster-only", "-v", level]).kubeconfig(&kubeconfig).output().stderr;
    assert!(!said("3").contains("GET "));
    assert!(said("4").contains("GET /apis/cilium.io/v2/ciliumnodes: "), "{}", said("4"));
    let all = said("9");
    assert!(all.lines().count() > said("4").lines().count() && !all.contains("hidden"), "{all}");
}

#[test]
fn a_credential_on_the_command_line_replaces_the_kubeconfigs() {
    for user in [
        "{username: a, password: b}",
        "{token: from-the-file}",
        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: /nonexistent, interactiveMode: Never}}",
    ] {
        for (flags, header) in [
            (&["--token", "from-a-flag"][..], "authorization: bearer from-a-flag"),
            (&["--username", "u", "--password", "p"], "authorization: basic dtpw"),
        ] {
            let api = Api::start(|_| nothing());
            let words = [&["peers", "--cluster-only"], flags].concat();
            bgp(&words).kubeconfig(&api.kubeconfig(user)).output();
            let requests = api.requests.lock().expect("no test panics in there");
            assert!(
                !requests.is_empty() && requests.iter().all(|head| head.to_lowercase().contains(header)),
                "{user} {requests:?}"
            );
        }
    }
}

#[test]
fn a_login_command_that_hangs_does_not_hold_the_program() {
    let api = Api::start(|_| nothing());
    let user =
        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: sleep, args: [\"20\"], interactiveMode: Never}}";
    let started = std::time::Instant::now();
    let printed =
        bgp(&["peers", "--cluster-only", "--request-timeout", "1s"]).kubeconfig(&api.kubeconfig(user)).output();
    assert!(printed.stderr.starts_with("error: getting credentials: "), "{}", printed.stderr);
    assert!(started.elapsed() < std::time::Duration::from_secs(10));
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let stdout = |words: &[&str], variable: &str| {
        let run = bgp(&[&["peers", "--from", "demo"], words].concat());
        if variable.is_empty() { run } else { run.env(variable, "1") }.output().stdout
    };
    let escape = '\u{1b}';
    assert!(!stdout(&[], "").contains(escape));
    assert!(stdout(&["--color", "always"], "").contains("\u{1b}[32mestablished\u{1b}[39m"));
    assert!(stdout(&[], "CLICOLOR_FORCE").contains(escape));
    assert!(!stdout(&["--color", "never"], "CLICOLOR_FORCE").contains(escape));
    assert!(!stdout(&["-o", "json", "--color", "always"], "").contains(escape));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut snapshot = demo();
    // More than a pipe holds.
    snapshot.value["cluster"]["documents"][0]["json"] = json!({"items": vec!["x".repeat(1000); 1000]});
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-bgp"))
        .args(["snapshot", "--from", &snapshot.file()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut first = [0; 1];
    child.stdout.take().expect("a pipe").read_exact(&mut first).expect("a byte");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((String::from_utf8_lossy(&output.stderr).as_ref(), output.status.code()), ("", Some(0)));
}

#[test]
fn a_signal_ends_a_program_that_cannot_write() {
    let mut snapshot = demo();
    snapshot.value["cluster"]["documents"][0]["json"] = json!({"items": vec!["x".repeat(1000); 1000]});
    // Read live, so that signals are waited for; the pipe is never read.
    let items = snapshot.value["cluster"]["documents"][0]["json"].to_string();
    let api = Api::start(move |_| Answer::Status(200, items.clone()));
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-bgp"))
        .args(["snapshot", "--cluster-only"])
        .env("KUBECONFIG", api.kubeconfig("{}"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(child.try_wait().expect("a child").is_none(), "it waits for its reader");
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs");
    let end = || {
        std::thread::sleep(std::time::Duration::from_millis(100));
        child.try_wait().expect("a child")
    };
    let ended = std::iter::repeat_with(end).take(200).find_map(|ended| ended);
    let _ = child.kill();
    assert_eq!(ended.and_then(|status| status.code()), Some(130));
}

#[test]
fn a_full_disk_is_a_failure() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-bgp"))
        .args(["peers", "--from", "demo"])
        .stdout(full)
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: cannot write the output: "));
}
