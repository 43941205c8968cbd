//! The real krew, its index's own check, and the real kubectl, with the archives of `cargo xtask package`.

use std::path::Path;

use crate::support::krew::{Krew, archive};
use crate::support::run::bgp;

#[test]
#[ignore = "needs krew and an archive"]
fn the_index_would_take_the_manifest() {
    let krew = Krew::new();
    krew.write_manifest(&krew.path("bgp.yaml"), "v0.1.0");
    krew.done("validate-krew-manifest", "-manifest bgp.yaml");
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugin-manifest/bgp.yaml");
    krew.done("validate-krew-manifest", &format!("-skip-install -manifest {}", committed.display()));
}

#[test]
#[ignore = "needs krew and an archive"]
fn a_manifest_and_an_archive_install_what_kubectl_runs() {
    let krew = Krew::new();
    krew.write_manifest(&krew.path("bgp.yaml"), "v0.1.0");
    krew.kubectl(&format!("krew install --manifest bgp.yaml --archive {}", archive().display()));
    runs(&krew);
    for file in ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT", "man/kubectl-bgp.1", "completions/_kubectl-bgp"] {
        assert!(krew.path("krew/store/bgp/v0.1.0").join(file).is_file(), "{file}");
    }
}

#[test]
#[ignore = "needs krew and an archive"]
fn an_archive_with_another_checksum_is_refused() {
    let krew = Krew::new();
    let manifest = krew.path("bgp.yaml");
    krew.write_manifest(&manifest, "v0.1.0");
    let text = std::fs::read_to_string(&manifest).expect("text");
    let wrong = |line: &str| {
        if line.contains("sha256: ") { format!("    sha256: {}", "f".repeat(64)) } else { line.to_owned() }
    };
    std::fs::write(&manifest, text.lines().map(wrong).collect::<Vec<_>>().join("\n")).expect("a file");
    let printed = krew.run("kubectl", &["krew", "install", "--manifest", "bgp.yaml"]);
    assert_eq!(printed.status, 1);
    assert!(printed.stderr.contains("checksum does not match"), "{}", printed.stderr);
    assert_eq!(krew.linked(), None);
}

#[test]
#[ignore = "needs krew and an archive"]
fn an_own_index_installs_upgrades_and_removes() {
    let krew = Krew::new();
    let publish = |version| {
        krew.write_manifest(&krew.path("index/plugins/bgp.yaml"), version);
        krew.done("git", "-C index add .");
        krew.done("git", &format!("-C index commit --quiet -m {version}"));
    };
    krew.done("git", "init --quiet index");
    publish("v0.1.0");
    krew.kubectl(&format!("krew index add own file://{}", krew.path("index").display()));
    krew.kubectl("krew install own/bgp");
    assert_eq!(krew.linked().as_deref(), Some("v0.1.0"));
    runs(&krew);
    krew.kubectl("bgp completion kubectl --install");
    completes(&krew);

    publish("v0.1.1");
    krew.kubectl("krew upgrade");
    assert_eq!(krew.linked().as_deref(), Some("v0.1.1"));
    runs(&krew);
    completes(&krew);

    krew.kubectl("krew uninstall bgp");
    assert_eq!(krew.linked(), None);
    let left = krew.path("krew/bin/kubectl_complete-bgp");
    assert_eq!(krew.done(left.to_str().expect("text"), "peers --from de"), ":4\n");
    // kubectl has no such command any more, and offers nothing for it.
    assert!(!krew.run("kubectl", &["__complete", "bgp", "pee"]).stdout.contains("peers"));
}

#[track_caller]
fn runs(krew: &Krew) {
    let expected = bgp(&["peers", "--from", "demo"]).output().stdout;
    assert_eq!(krew.kubectl("bgp peers --from demo"), expected);
}

#[track_caller]
fn completes(krew: &Krew) {
    assert_eq!(krew.kubectl("__complete bgp peers --from de"), "demo\tthe snapshot that is built in\n:4\n");
}
