use std::fs;
use std::path::Path;

use clap::Parser;
use tempfile::TempDir;

use super::*;
use crate::act::files::Wanted;
use crate::setup::objects::tests::{found, worksheet};
use crate::setup::objects::{self, yaml};
use crate::setup::worksheet::ApiVersion;
use crate::snapshot::Kind;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    delivery: DeliveryFlags,
    #[arg(long)]
    from: bool,
}

fn flags(words: &[&str]) -> DeliveryFlags {
    Line::try_parse_from([&["x"], words].concat()).map_err(|error| error.to_string()).expect("flags").delivery
}

/// A repository with these files.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().expect("a folder");
    fs::create_dir(root.path().join(".git")).expect("a folder");
    for (file, text) in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    root
}

fn manifests() -> Vec<Manifest> {
    objects::of(&worksheet(ApiVersion::V2), &found(&[]))
}

/// The files of a folder with both halves.
fn files(folder: &Path) -> Result<Vec<Wanted>> {
    wanted(folder, &manifests(), Some("router bgp 65001\n"))
}

const RELEASE: &str = "kind: HelmRelease\napiVersion: helm.toolkit.fluxcd.io/v2\nmetadata: {name: cilium}\n";

#[test]
fn modes_are_kubectls() {
    assert_eq!(flags(&[]).dry_run, DryRun::None);
    assert_eq!(flags(&["--dry-run"]).dry_run, DryRun::Client);
    assert_eq!(flags(&["--dry-run=server"]).dry_run, DryRun::Server);
    assert!(Line::try_parse_from(["x", "--dry-run=maybe"]).is_err());
    assert!(Line::try_parse_from(["x", "--apply", "--from"]).is_err());
}

#[test]
fn the_place_is_named_from_the_current_folder() {
    let root = repository(&[("k/cilium/app/hr.yaml", RELEASE), ("k/other/x.txt", "")]);
    let spot = |from: &str| Spot::find(None, &root.path().join(from)).expect("a folder").folder;
    assert_eq!(spot(""), Path::new("k/cilium/app"));
    assert_eq!(spot("k/other"), Path::new("../cilium/app"));
    assert_eq!(spot("k/cilium/app"), Path::new("."));
    let given = Spot::find(Some(Path::new("/somewhere")), root.path()).expect("a folder");
    assert_eq!(given.folder, Path::new("/somewhere"));
}

#[test]
fn of_several_places_none_is_guessed() {
    let root = repository(&[("a/cilium/hr.yaml", RELEASE), ("b/cilium/hr.yaml", RELEASE)]);
    let error = Spot::find(None, root.path()).map(|_| ()).expect_err("two have it");
    assert_eq!(error.message, "error: the repository has several folders that Cilium's manifests may go to");
    assert_eq!(
        error.hints,
        ["--output-dir a/cilium has Cilium's HelmRelease", "--output-dir b/cilium has Cilium's HelmRelease"]
    );
}

#[test]
fn the_kustomization_gets_its_entry() {
    let root = repository(&[("kustomization.yml", "resources:\n- hr.yaml\n")]);
    let wanted = files(root.path()).expect("files");
    let names: Vec<_> = wanted.iter().filter_map(|wanted| wanted.path.file_name()?.to_str()).collect();
    assert_eq!(names, ["networking.yaml", "k8s-bgp.conf", "kustomization.yml"]);
    assert_eq!(wanted[2].text, "resources:\n- hr.yaml\n- networking.yaml\n");
    assert!(!wanted[1].is_secret);
}

#[test]
fn a_kustomization_that_cannot_be_added_to_keeps_everything_as_it_is() {
    for (name, text, why) in [
        ("kustomization.yaml", "resources: a\n", "its `resources` is no plain list"),
        ("Kustomization", "a: [\n", "it cannot be read: line"),
        ("kustomization.yml", "kind: Service\n", "it is a Service, not a kustomization"),
    ] {
        let root = repository(&[(name, text)]);
        let error = files(root.path()).map(|_| ()).expect_err("it is refused");
        assert!(error.message.contains(why), "{error}");
    }
    let root = repository(&[("kustomization.yaml", ""), ("Kustomization", "")]);
    let error = files(root.path()).map(|_| ()).expect_err("there are two");
    assert!(error.message.ends_with("are both there, and kustomize takes neither"), "{error}");
    fs::remove_file(root.path().join("Kustomization")).expect("removed");
    fs::write(root.path().join("kustomization.yaml"), b"\xff").expect("a file");
    assert!(files(root.path()).map(|_| ()).expect_err("no text").message.contains("it cannot be read: "));
}

#[test]
fn a_password_makes_the_file_a_secret() {
    let root = repository(&[]);
    let wanted = wanted(root.path(), &manifests(), Some(" neighbor k8s password x\n")).expect("files");
    assert!(wanted[1].is_secret);
}

#[test]
fn what_another_file_of_the_folder_has_is_not_written_twice() {
    let (config, others): (Vec<_>, Vec<_>) =
        manifests().into_iter().partition(|manifest| manifest.kind == Kind::BgpClusterConfig);
    let root = repository(&[("bgp.yaml", &yaml::print(&config)), ("values.yaml", "a: b\n")]);
    let Elsewhere { own, notes, contradictions } = elsewhere(root.path(), &manifests());
    assert_eq!((own, contradictions), (others, Vec::new()));
    assert!(matches!(&notes[..], [note] if note.ends_with("bgp.yaml has CiliumBGPClusterConfig bgp-cluster already")));
}

#[test]
fn another_file_that_says_otherwise_is_told() {
    let text = yaml::print(&manifests()).replace("65010", "65099");
    let root = repository(&[("bgp.yaml", &text)]);
    let Elsewhere { own, contradictions, .. } = elsewhere(root.path(), &manifests());
    assert!(own.is_empty());
    let said = "bgp.yaml says otherwise of CiliumBGPClusterConfig bgp-cluster than the plan";
    assert!(matches!(&contradictions[..], [what] if what.contains(said)), "{contradictions:?}");
}

#[test]
fn a_password_that_is_not_known_is_no_secret() {
    let root = repository(&[]);
    let wanted = wanted(root.path(), &manifests(), Some("! neighbor k8s password <cut>\n")).expect("files");
    assert!(!wanted[1].is_secret);
}

#[test]
fn a_file_that_says_the_same_stays_as_somebody_wrote_it() {
    let mut all = manifests();
    let root = repository(&[("networking.yaml", &format!("# mine\n{}", yaml::print(&all)))]);
    let first = |all: &[Manifest]| wanted(root.path(), all, None).expect("files").remove(0).text;
    assert!(first(&all).starts_with("# mine\n"));
    all.pop();
    assert!(!first(&all).starts_with("# mine\n"), "it has an object more");
}

#[test]
fn a_password_that_was_there_is_not_shown() {
    let root = repository(&[("k8s-bgp.conf", "neighbor 10.9.0.1 password hunter2\n")]);
    let changes = Changes::of(files(root.path()).expect("files")).expect("they can be written");
    let text: String = changes.iter().map(shown).collect();
    assert!(text.contains("neighbor 10.9.0.1 password ***") && !text.contains("hunter2"), "{text}");
}

#[test]
fn a_kustomization_that_is_no_file_is_not_waited_for() {
    let root = repository(&[]);
    let fifo = root.path().join("kustomization.yaml");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo runs");
    assert!(made.success());
    let error = files(root.path()).map(|_| ()).expect_err("it is refused");
    assert!(error.message.ends_with("kustomization.yaml: it is no regular file"), "{error}");
    fs::remove_file(&fifo).expect("removed");
    fs::write(&fifo, "#".repeat(1 << 20) + "##").expect("a file");
    let error = files(root.path()).map(|_| ()).expect_err("it is refused");
    assert!(error.message.ends_with("kustomization.yaml: it is larger than 1 MiB"), "{error}");
}
