//! Real key presses: a half-typed line is finished with TABs, and Enter must run what stands there then.

use crate::support::lab::text;
use crate::support::tab::Installed;

/// What the finished line prints.
const SAID: &str = "ciliumnode.cilium.io/node-2";

/// Types a line in a shell; `{TAB}` presses it and gives the shell time. Returns all that the terminal showed.
#[track_caller]
fn typed(shell: &str, profile: &str, line: &str) -> String {
    let installed = Installed::new();
    let enter = "send \"\\r\"";
    let keys: Vec<String> = line.split("{TAB}").map(|part| format!("send -- {{{part}}}")).collect();
    let keys = keys.join("\nsend \"\\t\"\nsleep 1\n");
    let script = format!(
        "set timeout 30\nspawn -noecho {shell}\nsleep 1\nsend -- {{{profile}}}\n{enter}\nsleep 1\n{keys}\n{enter}\n\
         expect {{ {SAID} {{ puts SEEN }} }}\n"
    );
    let output = installed
        .command("expect")
        .args(["-c", &script])
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .output()
        .expect("expect runs");
    text(&output.stdout)
}

#[track_caller]
fn finishes(shell: &str, profile: &str, line: &str) {
    let shown = typed(shell, profile, line);
    assert!(shown.contains("SEEN"), "{shown}");
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
