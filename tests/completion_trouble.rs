//! Completion where something is wrong: it ends, is silent, and ends well.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::api::{Answer, Api, nothing};
use crate::support::lab::text;
use crate::support::run::bgp;
use crate::support::tab::{Installed, asked, candidates, offers, script};

#[test]
fn half_lines_and_wrong_ones_are_borne() {
    for line in [
        "peers --context --from",
        "nonsense ",
        "nonsense --from demo ",
        "peers --nonsense=",
        "peers --color purple --from nowhere.json ",
        "why a b c ",
        "peers --cluster-only --router-only n",
        "peers --from - ",
        "-",
        "peers --from=demo --from=demo ",
    ] {
        let printed = asked(line).output();
        assert_eq!((printed.stderr.as_str(), printed.status), ("", 0), "{line}");
        assert!(printed.stdout.lines().last().is_some_and(|last| last.starts_with(':')), "{line}: {}", printed.stdout);
    }
    let with_odd_router = asked("peers --from demo node-1 node-2 ").env("KUBECTL_BGP_ROUTER", "-x");
    with_odd_router.prints("node-3\tnode\n:4\n", "", 0);
    offers("nonsense ", ":4");
    offers("peers --context --from de", "demo :4");
}

#[test]
fn a_kubeconfig_that_does_not_parse_has_no_names() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("kubeconfig");
    std::fs::write(&file, "contexts: [{name: x").expect("a file");
    for line in ["peers --context ", "peers ", "why "] {
        asked(line).kubeconfig(&file).prints(":4\n", "", 0);
    }
    asked("peers --con").kubeconfig(&file).prints("--context\tThe kubeconfig context to use\n:4\n", "", 0);
}

#[test]
fn a_cluster_that_hangs_is_not_waited_for() {
    let api = Api::start(|path| if path.contains("services") { Answer::Hang } else { nothing() });
    asked("routes ").kubeconfig(&api.kubeconfig("{}")).prints(":4\n", "", 0);
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    asked(&format!("peers --server=http://{free} ")).prints(":4\n", "", 0);
}

#[test]
fn what_came_in_time_is_offered() {
    let node = r#"{"kind": "List", "items": [{"metadata": {"name": "worker-1"}}]}"#;
    let api = Api::start(move |path| match path {
        path if path.contains("services") => Answer::Hang,
        path if path.contains("ciliumnodes") => Answer::Status(200, node.to_owned()),
        _ => nothing(),
    });
    let printed = asked("why ").kubeconfig(&api.kubeconfig("{}")).output();
    assert_eq!(printed.stdout, "worker-1\tnode\n:4\n");
}

#[test]
fn a_login_command_that_complains_or_hangs_stays_silent() {
    let api = Api::start(|_| nothing());
    for script in ["echo complaint >&2; exit 1", "sleep 5"] {
        let user =
            format!("{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, \"{script}\"]}}}}");
        asked("peers ").kubeconfig(&api.kubeconfig(&user)).prints(":4\n", "", 0);
    }
}

#[test]
fn a_snapshot_that_never_comes_is_not_waited_for() {
    let folder = TempDir::new().expect("a folder");
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    offers(&format!("peers --from {} ", pipe.display()), ":4");
}

#[test]
fn without_the_program_the_script_offers_nothing() {
    let empty = TempDir::new().expect("a folder");
    let mut command = Command::new("/bin/sh");
    let output =
        command.arg(script("kubectl_complete-bgp")).arg("p").env("PATH", empty.path()).output().expect("sh runs");
    assert_eq!(
        (text(&output.stdout), text(&output.stderr), output.status.code()),
        (":4\n".into(), String::new(), Some(0))
    );
}

#[test]
#[ignore = "needs kubectl"]
fn kubectl_bears_that_the_program_is_gone() {
    let installed = Installed::new();
    std::fs::remove_file(installed.path("kubectl-bgp")).expect("it was there");
    let printed = installed.kubectl("p");
    // Without a plugin kubectl asks no script, and leaves the line to the shell.
    assert_eq!((candidates(&printed).as_str(), printed.status), (":0", 0), "{}", printed.stderr);
}

#[test]
#[ignore = "needs kubectl"]
fn kubectl_bears_an_older_script() {
    let installed = Installed::new();
    let path = installed.path("kubectl_complete-bgp");
    std::fs::remove_file(&path).expect("it was there");
    write_program(&path, "#!/bin/sh\nkubectl-bgp __complete \"$@\"\n");
    let printed = installed.kubectl("peers --from demo node-1 ");
    assert_eq!(candidates(&printed), "node-2 node-3 :4", "{}", printed.stderr);
}

#[test]
fn the_script_is_installed_beside_the_program_on_path() {
    let folder = TempDir::new().expect("a folder");
    let install = |path: &Path| bgp(&["completion", "kubectl", "--install"]).env("PATH", path);
    let path = folder.path().join("kubectl_complete-bgp");
    install(folder.path()).fails(
        "error: kubectl-bgp is not on PATH, so kubectl would not find what completes it\n\
         hint: put it into a folder of PATH; kubectl_complete-bgp belongs there too, and is to be executable\n",
        1,
    );
    write_program(&folder.path().join("kubectl-bgp"), "");
    let earlier = TempDir::new().expect("a folder");
    write_program(&earlier.path().join("kubectl_complete-bgp"), "");
    let both = std::env::join_paths([earlier.path(), folder.path()]).expect("a PATH");
    let shadowed = bgp(&["completion", "kubectl", "--install"]).env("PATH", both).output();
    assert!(shadowed.stderr.contains("which comes earlier on PATH"), "{}", shadowed.stderr);
    let wrote = format!("wrote {}\n", path.display());
    install(folder.path()).fails(&wrote, 0);
    assert_eq!(std::fs::read(&path).expect("a file"), std::fs::read(script("kubectl_complete-bgp")).expect("a file"));
    assert_eq!(path.metadata().expect("a file").permissions().mode() & 0o777, 0o755);
    write_program(&path, "#!/bin/sh\nkubectl-bgp __complete \"$@\"\n");
    install(folder.path()).fails(&wrote, 0);
    write_program(&path, "#!/bin/sh\necho mine\n");
    install(folder.path()).fails(
        &format!(
            "error: {} is there already and does not come from kubectl-bgp\nhint: remove it first, if nobody needs it\n",
            path.display()
        ),
        1,
    );
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), "#!/bin/sh\necho mine\n");
    let of_shell = bgp(&["completion", "bash", "--install"]).output();
    assert_eq!((of_shell.stdout.as_str(), of_shell.status), ("", 2));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = TempDir::new().expect("a folder");
    write_program(&folder.path().join("kubectl-bgp"), "");
    let mut limited = Command::new("/bin/sh");
    // Not even root writes a file beyond this limit.
    limited.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" completion kubectl --install"]);
    limited.arg(env!("CARGO_BIN_EXE_kubectl-bgp")).env("PATH", folder.path());
    let output = limited.output().expect("sh runs");
    let path = folder.path().join("kubectl_complete-bgp");
    let said = text(&output.stderr);
    assert!(said.starts_with(&format!("error: cannot write {}: ", path.display())), "{said}");
    assert_eq!((text(&output.stdout), output.status.code()), (String::new(), Some(1)));
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "something is left behind");
}

fn write_program(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a file");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("its mode");
}
