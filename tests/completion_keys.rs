//! Real key presses: a half-typed line is finished with TABs, and Enter must run what stands there then.

use crate::support::lab::text;
use crate::support::tab::Installed;

/// What the finished line prints.
const SAID: &str = "ciliumbgpnodeconfig.cilium.io/node-2";

/// Types a line in a shell, `{TAB}` for the key, and waits for what it prints. What is typed too early waits in the
/// terminal, so that the pauses only spare the shells the haste.
#[track_caller]
fn finishes(shell: &str, profile: &str, line: &str) {
    const ENTER: &str = "send \"\\r\"";
    let keys: Vec<String> = line.split("{TAB}").map(|part| format!("send -- {{{part}}}")).collect();
    let script = [
        "set timeout 30",
        &format!("spawn -noecho {shell}"),
        "sleep 1",
        &format!("send -- {{{profile}}}"),
        ENTER,
        "sleep 1",
        &keys.join("\nsend \"\\t\"\nsleep 1\n"),
        ENTER,
        &format!("expect {SAID}"),
    ];
    let installed = Installed::new();
    let mut expect = installed.command("expect");
    let output = expect.args(["-c", &script.join("\n")]).env("TERM", "xterm").output().expect("expect runs");
    let shown = text(&output.stdout);
    assert!(shown.contains(SAID), "{shown}");
}

const OWN_NAME: &str = "kubectl-bgp pee{TAB}--from=de{TAB} -o nam{TAB}node-2";
const THROUGH_KUBECTL: &str = "kubectl bgp pee{TAB}--from de{TAB}-o nam{TAB}node-2";

#[test]
#[ignore = "needs bash and expect"]
fn bash_finishes_a_line() {
    finishes("bash --norc --noprofile -i", "source <(kubectl-bgp completion bash)", OWN_NAME);
}

#[test]
#[ignore = "needs zsh and expect"]
fn zsh_finishes_a_line() {
    let profile = "autoload -Uz compinit; compinit -D; source <(kubectl-bgp completion zsh)";
    finishes("zsh -f -i", profile, OWN_NAME);
}

#[test]
#[ignore = "needs fish and expect"]
fn fish_finishes_a_line() {
    finishes("fish --no-config -i", "kubectl-bgp completion fish | source", OWN_NAME);
}

#[test]
#[ignore = "needs bash, bash-completion, expect and kubectl"]
fn bash_finishes_a_line_of_kubectl() {
    let profile = "source /usr/share/bash-completion/bash_completion; source <(kubectl completion bash)";
    finishes("bash --norc --noprofile -i", profile, THROUGH_KUBECTL);
}

#[test]
#[ignore = "needs zsh, expect and kubectl"]
fn zsh_finishes_a_line_of_kubectl() {
    let profile = "autoload -Uz compinit; compinit -D; source <(kubectl completion zsh)";
    finishes("zsh -f -i", profile, THROUGH_KUBECTL);
}

#[test]
#[ignore = "needs fish, expect and kubectl"]
fn fish_finishes_a_line_of_kubectl() {
    finishes("fish --no-config -i", "kubectl completion fish | source", THROUGH_KUBECTL);
}
