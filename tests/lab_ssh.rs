//! Every way in which the real ssh does not get in says what it is and what to do; and the ways in which it does.

use std::path::PathBuf;
use std::process::Output;

use tempfile::TempDir;

use crate::support::lab::{Lab, text};

/// A lab and a folder for ssh configurations that differ from the lab's in one thing.
struct Ssh {
    lab: Lab,
    folder: TempDir,
}

impl Ssh {
    fn file(&self, name: &str, contents: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, contents).expect("a file");
        path
    }

    /// The lab's configuration with a line's value replaced.
    fn config(&self, keyword: &str, value: &str) -> String {
        let line = |line: &str| {
            if line.trim_start().starts_with(keyword) { format!("  {keyword} {value}\n") } else { format!("{line}\n") }
        };
        let text: String = self.lab.read("ssh_config").lines().map(line).collect();
        self.file(&format!("config-{keyword}"), &text).display().to_string()
    }

    fn run(&self, words: &[&str]) -> Output {
        self.lab.kubectl_bgp(&[&["peers", "--check"], words].concat())
    }

    /// The router is missing for this reason, the cluster is shown, and a check is undecided.
    #[track_caller]
    fn refuses(&self, words: &[&str], reason: &str, hint: &str) {
        let run = self.run(words);
        let said = text(&run.stderr);
        assert!(said.contains(reason) && said.contains(hint), "{words:?}: {said}");
        assert!(
            text(&run.stdout).contains("established     <unknown>")
                || text(&run.stdout).contains("established   <unknown>")
        );
        assert_eq!(run.status.code(), Some(2), "{words:?}: {said}");
    }

    #[track_caller]
    fn gets_in(&self, words: &[&str]) {
        let run = self.run(words);
        assert_eq!((text(&run.stderr).as_str(), run.status.code()), ("", Some(0)), "{words:?}");
    }
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn what_ssh_says_is_told_apart_and_ways_in_work() {
    let ssh = Ssh { lab: Lab::up(&[]), folder: TempDir::new().expect("a folder") };

    let known = ssh.config("UserKnownHostsFile", &ssh.folder.path().join("known").display().to_string());
    ssh.refuses(&["--ssh-config", &known], "its host key is not known yet", "--accept-new-host-key");
    ssh.gets_in(&["--ssh-config", &known, "--accept-new-host-key"]);
    ssh.gets_in(&["--ssh-config", &known]);
    let line = std::fs::read_to_string(ssh.folder.path().join("known")).expect("it was accepted");
    let other = text(
        &ssh.lab
            .command("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(ssh.folder.path().join("key"))
            .output()
            .expect("ssh-keygen runs")
            .stdout,
    );
    assert_eq!(other, "");
    let public = std::fs::read_to_string(ssh.folder.path().join("key.pub")).expect("a key");
    let host = line.split(' ').next().expect("a host");
    ssh.file("known", &format!("{host} {public}"));
    ssh.refuses(&["--ssh-config", &known], "its host key has changed", "ssh-keygen -R udm");

    let key = ssh.config("IdentityFile", &ssh.folder.path().join("key").display().to_string());
    ssh.refuses(&["--ssh-config", &key], "it refuses the login: ", "ssh-copy-id udm");
    ssh.refuses(&["--router", "no-such-router.invalid"], "the name no-such-router.invalid is not found", "--router");
    ssh.refuses(&["--router", "root@127.0.0.1:1"], "it refuses the connection", "another port is written HOST:PORT");
    let odd = ssh.file("odd", "NoSuchOption yes\n").display().to_string();
    ssh.refuses(&["--ssh-config", &odd], "the ssh configuration cannot be used", "nosuchoption");
    ssh.refuses(&["--router", "udm-viewer"], "this login may not use vtysh there", "frrvty");

    // A port that takes connections and never speaks.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = format!("root@{}", silent.local_addr().expect("an address"));
    ssh.refuses(&["--router", &target, "--router-timeout", "2s"], "it did not answer in time", "--router-timeout");

    let socket = ssh.folder.path().join("master");
    let socket = socket.to_str().expect("text");
    ssh.refuses(&["--ssh-control-path", socket], "no ssh master answers at ", "ssh -M -S ");
    let config = ssh.lab.env()["KUBECTL_BGP_SSH_CONFIG"].clone();
    let master = |words: &[&str]| {
        ssh.lab.command("ssh").args(["-F", &config, "-S", socket]).args(words).status().expect("ssh runs")
    };
    assert!(master(&["-M", "-f", "-N", "udm"]).success());
    ssh.gets_in(&["--ssh-control-path", socket]);
    assert!(master(&["-O", "check", "udm"]).success(), "the user's master stays");
    assert!(master(&["-O", "exit", "udm"]).success());
}

#[test]
fn without_an_ssh_client_that_is_said() {
    let folder = TempDir::new().expect("a folder");
    let run =
        crate::support::run::bgp(&["peers", "--router-only", "--router", "udm"]).env("PATH", folder.path()).output();
    assert_eq!(run.stderr, "error: the router udm: there is no ssh client on PATH\nhint: install OpenSSH's client\n");
    assert_eq!(run.status, 1);
}
