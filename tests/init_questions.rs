//! What `init` asks at a terminal, and a Ctrl-C there.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use crate::init::bare;
use crate::support::lab::text;

/// `init` of a cluster whose router nobody read, in a shell at a terminal: what was typed at which question, and what the
/// terminal showed. The shell tells the status, whether the terminal is as it was, and what it
/// reads afterwards.
fn typed(folder: &Path, answers: &[(&str, &str)]) -> String {
    let mut snapshot = bare();
    snapshot.value["routers"] = json!([]);
    let program = env!("CARGO_BIN_EXE_kubectl-bgp");
    let line = format!("{program} init --from {} --output-dir {}", snapshot.file(), folder.display());
    let shell = folder.with_extension("sh");
    let lines = [
        "before=$(stty -g)",
        &line,
        "status=$?",
        "[ \"$before\" = \"$(stty -g)\" ] && terminal=same || terminal=other",
        "echo \"STATUS $status $terminal\"",
        "read -r word",
        "echo \"READ $word\"\n",
    ];
    fs::write(&shell, lines.join("\n")).expect("a script");
    let dialog: Vec<String> = answers
        .iter()
        .map(|(question, keys)| format!("expect {{\n-exact {{{question}}} {{ send -- \"{keys}\" }}\n}}"))
        .collect();
    let script = [
        "set timeout 20",
        // A Ctrl-C is for the program; the shell goes on.
        &format!("spawn -noecho bash -c {{trap : INT; . {}}}", shell.display()),
        "expect_after {\ntimeout { puts TIMEOUT; exit 1 }\neof { puts EOF; exit 1 }\n}",
        &dialog.join("\n"),
        "expect -re {STATUS [0-9]+ [a-z]+\r\n}",
        "send \"usable\\r\"",
        "expect READ",
        "expect eof { exit 0 }",
    ];
    let mut expect = Command::new("expect");
    expect.args(["-c", &script.join("\n")]).env("TERM", "xterm").env("NO_COLOR", "1").env("KUBECONFIG", "/nonexistent");
    let output = expect.env_remove("KUBECTL_BGP_ROUTER").output().expect("expect runs");
    let shown = text(&output.stdout).replace('\r', "");
    assert!(output.status.success(), "{shown}\n{}", text(&output.stderr));
    let _ = fs::remove_file(shell);
    shown
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
#[ignore = "needs bash and expect"]
fn what_neither_end_tells_is_asked_for() {
    let folder = TempDir::new().expect("a folder");
    let answers = [
        ("--pool [172.29.0.0/24]: ", "172.29.0.5/24\\r"),
        ("--pool [172.29.0.0/24]: ", "172.29.0.0/24\\r"),
        ("--router-address [10.90.3.1]: ", "\\r"),
        ("--router-asn [65001]: ", "65001\\r"),
    ];
    let shown = typed(folder.path(), &answers);
    for line in [
        "\"172.29.0.5/24\": it has bits behind its length: 172.29.0.0/24 is meant, or 172.29.0.5-172.29.0.255\n",
        "STATUS 0 same\n",
        "READ usable\n",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    assert_eq!(names(folder.path()), ["k8s-bgp.conf", "networking.yaml"]);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect(name);
    let (manifests, router) = (read("networking.yaml"), read("k8s-bgp.conf"));
    for line in ["cidr: \"172.29.0.0/24\"", "peerAddress: \"10.90.3.1\"", "peerASN: 65001"] {
        assert!(manifests.contains(line), "{line}\n{manifests}");
    }
    assert!(router.contains("\nrouter bgp 65001\n"), "{router}");
}

#[test]
#[ignore = "needs bash and expect"]
fn a_ctrl_c_at_a_question_leaves_nothing_behind() {
    for answers in [
        &[("--pool [172.29.0.0/24]: ", "\\003")][..],
        &[("--pool [172.29.0.0/24]: ", "172.29.0.0/24\\r"), ("--router-address [10.90.3.1]: ", "\\003")],
    ] {
        let folder = TempDir::new().expect("a folder");
        let shown = typed(folder.path(), answers);
        assert!(shown.contains("STATUS 130 same\n") && shown.contains("READ usable\n"), "{shown}");
        assert!(!shown.contains("error:") && !shown.contains("panicked"), "{shown}");
        assert_eq!(names(folder.path()), [""; 0]);
    }
}

/// Ctrl-D.
#[test]
#[ignore = "needs bash and expect"]
fn the_end_of_what_is_typed_is_no_answer() {
    let folder = TempDir::new().expect("a folder");
    let shown = typed(folder.path(), &[("--pool [172.29.0.0/24]: ", "\\004")]);
    assert!(shown.contains("error: no answer: --pool is needed\n") && shown.contains("STATUS 2 same\n"), "{shown}");
    assert_eq!(names(folder.path()), [""; 0]);
}
