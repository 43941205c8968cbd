//! README tells the truth: every output that it shows is what the program prints, every command is run.

use std::fmt::Write;
use std::path::Path;

use crate::support::lab::{Lab, Said};
use crate::support::run::bgp;
use crate::support::written::is_current;

/// Commands that need more than a running lab, and what runs them instead.
const ELSEWHERE: &[(&str, &str)] = &[
    ("cargo run --locked -- peers --from demo", "outputs_are_what_is_printed: the same program and words"),
    ("cargo xtask test", "what CI runs"),
    ("cargo install --locked --path .", "CI's stage of the installation, unoptimized"),
    ("cargo xtask package", "CI's stage of packages"),
    (
        concat!(
            "kubectl krew install --manifest=target/package/bgp.yaml --archive=target/package/kubectl-bgp_v",
            env!("CARGO_PKG_VERSION"),
            "_linux_amd64.tar.gz"
        ),
        "CI's stage of packages, with the real krew",
    ),
    ("kubectl bgp init --router root@GATEWAY --dry-run", "lab_init::*, with the lab's router"),
    (
        "kubectl bgp init --router root@GATEWAY --pool 10.99.8.0/24 --local-asn 65010",
        "lab_init::*, with the lab's router",
    ),
    ("kubectl bgp init --canary app=demo", "init::flags_go_first: where nothing is advertised yet"),
    ("kubectl bgp completion kubectl --install", "completion::the_script_is_installed_beside_the_program"),
    ("source <(kubectl-bgp completion bash)", "completion_keys::bash_*"),
    ("source <(kubectl-bgp completion zsh)", "completion_keys::zsh_*"),
    ("kubectl-bgp completion fish | source", "completion_keys::fish_*"),
    ("ssh -M -S ~/.ssh/kbgp -fN root@GATEWAY", "lab_ssh::*, with a socket of its own"),
    ("kubectl bgp peers --ssh-control-path ~/.ssh/kbgp", "lab_ssh::*, with a socket of its own"),
];

/// What the picture shows.
const PICTURE: &[&[&str]] =
    &[&["peers", "--from", "demo"], &["routes", "--from", "demo"], &["why", "jellyfin", "--from", "demo"]];

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    std::fs::read_to_string(path).expect("README.md is there")
}

/// The lines of each fenced block.
fn blocks(text: &str) -> Vec<Vec<&str>> {
    let mut blocks = Vec::new();
    let mut open: Option<Vec<&str>> = None;
    for line in text.lines() {
        match &mut open {
            None if line.starts_with("```") => open = Some(Vec::new()),
            Some(_) if line == "```" => blocks.extend(open.take()),
            Some(lines) => lines.push(line),
            None => {}
        }
    }
    assert!(open.is_none(), "a block has no end");
    blocks
}

/// The commands of blocks without output, without their comments.
fn commands(text: &str) -> Vec<String> {
    let blocks = blocks(text).into_iter().filter(|lines| !lines.first().is_some_and(|line| line.starts_with("$ ")));
    let lines = blocks.flatten().filter(|line| !line.trim().is_empty());
    lines.map(|line| line.split(" # ").next().unwrap_or(line).trim().to_owned()).collect()
}

fn is_elsewhere(command: &str) -> bool {
    ELSEWHERE.iter().any(|(line, _)| *line == command)
}

#[test]
fn outputs_are_what_is_printed() {
    let text = readme();
    let mut shown = 0;
    for block in blocks(&text) {
        let Some(command) = block[0].strip_prefix("$ kubectl bgp ") else { continue };
        let words: Vec<&str> = command.split(' ').collect();
        let printed = bgp(&words).output();
        let expected = block[1..].join("\n");
        assert_eq!(printed.stdout.trim_end(), expected, "{command}");
        shown += 1;
    }
    assert!(shown >= 4, "README shows {shown} outputs only");
}

#[test]
fn every_command_is_run() {
    let commands = commands(&readme());
    let unknown: Vec<&String> =
        commands.iter().filter(|command| !command.starts_with("kubectl ") && !is_elsewhere(command)).collect();
    assert!(unknown.is_empty(), "nothing runs {unknown:#?}");
    let gone: Vec<_> = ELSEWHERE.iter().filter(|(line, _)| !commands.iter().any(|command| command == line)).collect();
    assert!(gone.is_empty(), "README has no longer {gone:#?}");
}

#[test]
fn links_lead_to_files() {
    let text = readme();
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let files: Vec<&str> = targets.filter(|target| !target.contains("://")).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let missing: Vec<&&str> = files.iter().filter(|file| !root.join(file).exists()).collect();
    assert!(files.len() > 5 && missing.is_empty(), "there is no {missing:?}");
}

#[test]
fn the_picture_is_current() {
    let mut screen = String::new();
    for words in PICTURE {
        let printed = bgp(&[*words, &["--color", "always"]].concat()).output();
        let _ = writeln!(screen, "\u{1b}[1m$ kubectl bgp {}\u{1b}[0m\n{}", words.join(" "), printed.stdout);
    }
    is_current("docs/demo.svg", &anstyle_svg::Term::new().render_svg(screen.trim_end()));
}

/// In the order in which they stand, in one folder, by the shell and the real kubectl, on a healthy cluster and router.
#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn commands_run_as_they_stand() {
    let lab = Lab::up(&[]);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::TempDir::new().expect("a folder");
    std::os::unix::fs::symlink(root.join("docs"), folder.path().join("docs")).expect("a link");
    std::fs::create_dir(folder.path().join("k8s")).expect("a folder");
    for manifest in ["bgp.yaml", "services.yaml"] {
        let from = root.join("tests/lab/manifests").join(manifest);
        std::fs::copy(from, folder.path().join("k8s").join(manifest)).expect("a file");
    }
    let running = lab.ask(&["vty", "show running-config"]);
    std::fs::write(folder.path().join("k8s-bgp.conf"), running).expect("a file");
    let mut ran = 0;
    for command in commands(&readme()).iter().filter(|command| !is_elsewhere(command)) {
        let output = lab.command("sh").args(["-c", command]).current_dir(folder.path()).output().expect("sh runs");
        assert!(output.status.success(), "{command}: {}\n{}", output.status, Said(&output));
        ran += 1;
    }
    assert!(ran > 15, "only {ran} commands ran");
}
