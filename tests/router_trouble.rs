//! A router that answers badly or not at all. The ssh client is a stand-in that prints what no real router can be made
//! to say; the lab's tests use the real one.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::support::api::{Answer, Api, nothing};
use crate::support::run::{Printed, bgp};
use crate::support::snapshots::demo;

/// A folder with an `ssh` that opens a master and answers a script with a shell, in which `vtysh` is `body`.
pub fn router(body: &str) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let vtysh = format!("#!/bin/sh\n{body}\n");
    let ssh = format!(
        "#!/bin/sh\ncase \" $* \" in\n*' -M '*) exit 0 ;;\n*' -O '*) exit 0 ;;\nesac\n\
         while [ \"$1\" != -- ]; do shift; done; shift\nPATH={}:/usr/bin:/bin exec sh -c \"$*\"\n",
        folder.path().display()
    );
    for (name, text) in [("ssh", ssh), ("vtysh", vtysh), ("ip", "#!/bin/sh\necho '[]'\n".to_owned())] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("permissions");
    }
    folder
}

/// A vtysh that answers each command with a file; `edit` may change the files.
pub fn answering(edit: impl Fn(&Path)) -> TempDir {
    let folder = router(
        "dir=$(dirname \"$0\")/answers\nwhile [ $# -gt 0 ]; do shift; f=\"$dir/$(echo \"$1\" | tr ' ' _)\"\n\
         [ -e \"$f\" ] || { echo \"% Unknown command: $1\"; exit 1; }; cat \"$f\"; shift; done",
    );
    let answers = folder.path().join("answers");
    std::fs::create_dir(&answers).expect("a folder");
    let snapshot = demo();
    for document in snapshot.value["routers"][0]["documents"].as_array().expect("documents") {
        let name = document["name"].as_str().expect("a name").replace(' ', "_");
        let text = document["text"].as_str().map_or_else(|| format!("{}\n", document["json"]), str::to_owned);
        std::fs::write(answers.join(name), text).expect("a file");
    }
    edit(&answers);
    folder
}

fn peers(folder: &TempDir, words: &[&str]) -> Printed {
    bgp(&[&["peers", "--router-only", "--router", "udm"], words].concat())
        .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
        .output()
}

const NEIGHBORS: &str = "show_bgp_vrf_all_neighbors_json";

#[test]
fn one_vtysh_answers_everything() {
    let printed = peers(&answering(|_| {}), &[]);
    assert_eq!((printed.stderr.as_str(), printed.status), ("", 0));
    assert_eq!(printed.row("<unknown>")[6], "Established");
}

#[test]
fn half_a_document_is_named_and_the_rest_is_used() {
    let folder = answering(|answers| {
        let path = answers.join(NEIGHBORS);
        let text = std::fs::read_to_string(&path).expect("an answer");
        std::fs::write(&path, &text[..text.len() / 2]).expect("a file");
    });
    let printed = peers(&folder, &[]);
    assert!(
        printed.stderr.starts_with(
            "error: the router udm: `show bgp vrf all neighbors json` gave no answer that makes sense: EOF while"
        ),
        "{}",
        printed.stderr
    );
    let saved = bgp(&["snapshot", "--router-only", "--router", "udm"])
        .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
        .output()
        .json();
    let document = |name: &str| {
        let documents = saved["routers"][0]["documents"].as_array().expect("documents");
        documents.iter().find(|document| document["name"] == name).expect(name).clone()
    };
    assert!(document("show bgp vrf all neighbors json")["text"].is_string(), "what came is kept as it came");
    assert!(document("show bgp vrf all summary json")["json"].is_object());
    assert!(document("show running-config")["text"].as_str().expect("text").contains("router bgp 65001"));
}

#[test]
fn text_before_a_document_and_several_documents_are_no_answer() {
    for edit in [(|text: &str| format!("% A warning\n{text}")) as fn(&str) -> String, |text| format!("{text}{{}}\n")] {
        let folder = answering(|answers| {
            let path = answers.join(NEIGHBORS);
            let text = std::fs::read_to_string(&path).expect("an answer");
            std::fs::write(&path, edit(&text)).expect("a file");
        });
        let printed = peers(&folder, &[]);
        assert!(printed.stderr.contains("gave no answer that makes sense"), "{}", printed.stderr);
        assert_eq!(printed.stdout, "");
    }
}

#[test]
fn a_summary_that_makes_no_sense_does_not_hide_the_neighbors() {
    let folder = answering(|answers| {
        std::fs::write(answers.join("show_bgp_vrf_all_summary_json"), "{\"default\": ").expect("a file");
    });
    assert_eq!(peers(&folder, &[]).row("<unknown>")[6], "Established");
}

#[test]
fn what_a_login_prints_is_not_mistaken_for_an_answer() {
    let folder = answering(|_| {});
    let ssh = folder.path().join("ssh");
    let greeting = std::fs::read_to_string(&ssh)
        .expect("the stand-in")
        .replace("exec sh", "export PATH; echo 'Welcome {'; echo hello >&2; exec sh");
    std::fs::write(&ssh, greeting).expect("a file");
    let printed = peers(&folder, &[]);
    assert_eq!((printed.stderr.as_str(), printed.row("<unknown>")[6]), ("", "Established"));
}

#[test]
fn a_master_that_does_not_answer_ends_in_time() {
    let folder = TempDir::new().expect("a folder");
    let socket = folder.path().join("master");
    let _silent = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    let started = Instant::now();
    let words = ["peers", "--router-only", "--router", "udm", "--router-timeout", "1s", "--ssh-control-path"];
    let printed = bgp(&[&words[..], &[socket.to_str().expect("text")]].concat()).output();
    assert!(printed.stderr.contains("no ssh master answers at "), "{}", printed.stderr);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn an_answer_that_ends_in_the_middle_is_said() {
    let folder = answering(|_| {});
    let ssh = folder.path().join("ssh");
    let cut =
        std::fs::read_to_string(&ssh).expect("the stand-in").replace("exec sh -c \"$*\"", "sh -c \"$*\" | head -c 900");
    std::fs::write(&ssh, cut).expect("a file");
    let printed = peers(&folder, &["--check"]);
    assert!(printed.stderr.contains("the router udm: "), "{}", printed.stderr);
    assert_eq!((printed.stdout.as_str(), printed.status), ("", 2));
}

#[test]
fn a_router_that_is_no_unix_is_named() {
    let folder = router("");
    std::fs::write(
        folder.path().join("ssh"),
        "#!/bin/sh\ncase \" $* \" in *' -M '*|*' -O '*) exit 0 ;; esac\necho 'bad command name sh'\n",
    )
    .expect("a file");
    let printed = peers(&folder, &[]);
    assert_eq!(
        printed.stderr,
        "error: the router udm: it has no shell that runs commands; it said: bad command name sh\n"
    );
    assert_eq!(printed.status, 1);
}

#[test]
fn what_came_before_a_hang_is_used() {
    let folder = answering(|_| {});
    std::fs::write(folder.path().join("ip"), "#!/bin/sh\nsleep 30\n").expect("a file");
    let printed = peers(&folder, &["--router-timeout", "2s"]);
    assert_eq!(printed.row("<unknown>")[6], "Established");
}

#[test]
fn the_printed_script_gives_the_same_as_a_login() {
    let folder = answering(|_| {});
    let script = bgp(&["snapshot", "--print-router-script", "--vtysh", "env vtysh"]).output();
    assert_eq!((script.stderr.as_str(), script.status), ("", 0));
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    std::fs::write(folder.path().join("script.sh"), &script.stdout).expect("a file");
    let answer = std::process::Command::new("sh").arg(folder.path().join("script.sh")).env("PATH", path).output();
    let file = folder.path().join("answer.txt");
    std::fs::write(&file, answer.expect("sh runs").stdout).expect("a file");
    let joined = bgp(&["peers", "--router-only", "--router-output", file.to_str().expect("text")]).output();
    assert_eq!((joined.stdout, joined.stderr), (peers(&folder, &[]).stdout, String::new()));
    std::fs::write(&file, "hello").expect("a file");
    bgp(&["peers", "--router-only", "--router-output", file.to_str().expect("text")]).fails(
        &format!("error: {} is not what the router script printed\nhint: `kubectl bgp snapshot --print-router-script` prints the script\n", file.display()),
        1,
    );
}

#[test]
fn vtysh_may_be_another_command() {
    let folder = answering(|_| {});
    std::fs::rename(folder.path().join("vtysh"), folder.path().join("other")).expect("it was there");
    assert_eq!(peers(&folder, &["--vtysh", "env other"]).row("<unknown>")[6], "Established");
}

#[test]
fn a_router_that_hangs_ends_in_time() {
    let started = Instant::now();
    let printed = peers(&router("sleep 30"), &["--router-timeout", "1s"]);
    assert_eq!(
        printed.stderr,
        "error: the router udm: it is connected, but gave no answer in time\nhint: --router-timeout gives it more time\n"
    );
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(printed.status, 1);
}

#[test]
fn a_router_without_vtysh_is_named() {
    let folder = router("");
    let printed = peers(&folder, &["--vtysh", "no-such-vtysh"]);
    assert!(printed.stderr.starts_with("error: the router udm: it has no vtysh: "), "{}", printed.stderr);
    assert_eq!(printed.status, 1);
}

#[test]
fn targets_that_ssh_would_read_as_options_are_refused() {
    for word in ["-lroot", "-oProxyCommand=a b", "udm;id", "$(id)"] {
        let printed = bgp(&["peers", &format!("--router={word}")]).output();
        let expected = format!(
            "error: invalid value for --router: {word:?} is no ssh target of the form [PEER=][USER@]HOST[:PORT]\n"
        );
        assert_eq!((printed.stderr, printed.status), (expected, 2));
    }
}

#[test]
fn an_annotation_that_is_no_target_is_named_and_not_used() {
    let folder = answering(|_| {});
    let word = "-oProxyCommand=touch owned";
    let api = Api::start(move |path| {
        if path.contains("/ciliumbgpclusterconfigs") {
            let config = json!({"metadata": {"name": "home", "annotations": {"bgp.kubectl.dev/router": word}}, "spec": {"bgpInstances": [
                {"name": "main", "localASN": 65010, "peers": [{"name": "udm", "peerAddress": "10.90.254.1"}]}]}});
            Answer::Status(200, json!({"items": [config]}).to_string())
        } else {
            nothing()
        }
    });
    let printed = bgp(&["peers"])
        .kubeconfig(&api.kubeconfig("{}"))
        .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
        .output();
    assert!(
        printed.stderr.starts_with(
            "warning: the router -oProxyCommand=touch owned: \"-oProxyCommand=touch owned\" is no ssh target"
        ),
        "{}",
        printed.stderr
    );
}

#[test]
fn a_router_alone_has_to_be_named() {
    bgp(&["peers", "--router-only"]).fails(
        "error: --router-only needs to know the router\nhint: name it with --router [USER@]HOST or KUBECTL_BGP_ROUTER\n",
        2,
    );
}
