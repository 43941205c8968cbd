//! `init --apply` on the real API server: what is tried, what is applied and by whom, and what is refused.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use tempfile::TempDir;

use crate::lab_init::init;
use crate::support::lab::{Lab, Said, text, within};
use crate::support::rights::shell;

const PATIENCE: Duration = Duration::from_secs(10);

/// What is new, in the order in which it is applied, and what is there.
const NEW: &[&str] =
    &["CiliumBGPAdvertisement/lb-services", "CiliumBGPPeerConfig/udm-peer", "CiliumBGPClusterConfig/bgp-cluster"];
const KEPT: &[&str] = &["CiliumLoadBalancerIPPool/services", "CiliumL2AnnouncementPolicy/l2"];

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn a_setup_is_applied_with_the_rights_it_takes_and_nothing_of_others_is() {
    let lab = Lab::up(&["--l2-only"]);
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path();

    let tried = init(&lab, folder, &["--apply", "--dry-run=server"]);
    ends_with(&tried, 0);
    says_of_each(&tried, "created", " (server dry run)");
    let tried = init(&lab, folder, &["--apply", "--dry-run"]);
    ends_with(&tried, 0);
    assert!(!text(&tried.stderr).contains("created"), "{}", Said(&tried));
    assert_eq!(applied(&lab), "", "a try changes nothing");
    assert_eq!(fs::read_dir(folder).expect("a folder").count(), 0, "a try writes nothing");

    reads_alone(&lab);
    let refused = init(&lab, folder, &["--apply", "--as", "jane"]);
    ends_with(&refused, 1);
    let said = format!("error: {} was not read: Error from server (Forbidden): ", NEW[0]);
    let hint = "hint: docs/rights/writer.yaml has all rights that --apply takes\n";
    assert!(text(&refused.stderr).contains(&said) && text(&refused.stderr).ends_with(hint), "{}", Said(&refused));
    assert_eq!(applied(&lab), "", "nothing without rights");

    writes_too(&lab);
    let mut done = init(&lab, folder, &["--apply", "--as", "jane"]);
    // The authorizer learns of it a moment later.
    within(PATIENCE, || {
        if !done.status.success() {
            done = init(&lab, folder, &["--apply", "--as", "jane"]);
        }
        done.status.success()
    });
    ends_with(&done, 0);
    says_of_each(&done, "created", "");
    for object in NEW {
        let managers = managers(&lab, object);
        assert!(managers.split(' ').any(|name| name == "kubectl-bgp"), "{object}: {managers}");
    }
    for object in KEPT {
        let managers = managers(&lab, object);
        assert!(!managers.contains("kubectl-bgp"), "{object}: {managers}");
    }
    let again = init(&lab, folder, &["--apply", "--force"]);
    ends_with(&again, 0);
    says_of_each(&again, "unchanged", "");

    let files = Files::of(&lab);
    others_keep_what_is_theirs(&files);
    what_is_ours_is_changed(&files);
}

/// What files say goes before what is in the cluster, unless it is somebody else's there.
struct Files<'a> {
    lab: &'a Lab,
    source: TempDir,
    target: TempDir,
}

impl<'a> Files<'a> {
    fn of(lab: &'a Lab) -> Self {
        let (source, target) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
        let live = source.path().join("live.yaml");
        shell(lab, &format!("kubectl get nodes,ciliumnodes,services -A -o yaml > {}", live.display()));
        Self { lab, source, target }
    }

    fn write(&self, peer_config: &str) -> String {
        let file = self.source.path().join("peer-config.yaml");
        fs::write(&file, peer_config).expect("a file");
        file.display().to_string()
    }

    fn init(&self, peer_config: &str) -> Output {
        self.write(peer_config);
        let source = self.source.path().display().to_string();
        let words = ["--manifests", &source, "--pool", "10.99.8.200-10.99.8.250", "--router-address", "10.90.3.1"];
        let more = ["--router-asn", "65001", "--local-asn", "65010", "--force", "--apply"];
        init(self.lab, self.target.path(), &[&words[..], &more].concat())
    }

    fn apply_as(&self, manager: &str) {
        let file = self.write(&peer_config(30));
        shell(self.lab, &format!("kubectl apply --server-side --field-manager={manager} -f {file}"));
    }

    fn hold(&self) -> String {
        shell(self.lab, "kubectl get ciliumbgppeerconfig filed -o jsonpath={.spec.timers.holdTimeSeconds}")
    }

    fn drop_it(&self) {
        shell(self.lab, "kubectl delete ciliumbgppeerconfig filed");
    }
}

fn others_keep_what_is_theirs(files: &Files) {
    let before = applied(files.lab);
    let (by_hand, in_git) = ("apply the written file as that manager does", "change it where it comes from");
    for (manager, hint) in [("terraform", by_hand), ("kustomize-controller", in_git)] {
        files.apply_as(manager);
        is_refused(&files.init(&peer_config(12)), &format!("the field manager {manager}"), hint);
        files.drop_it();
    }
    files.apply_as("helm");
    let release = "meta.helm.sh/release-name=cilium meta.helm.sh/release-namespace=kube-system";
    shell(files.lab, &format!("kubectl annotate ciliumbgppeerconfig filed {release}"));
    is_refused(&files.init(&peer_config(12)), "Helm's release kube-system/cilium", in_git);
    let labels = "kustomize.toolkit.fluxcd.io/name=cilium kustomize.toolkit.fluxcd.io/namespace=flux-system";
    shell(files.lab, &format!("kubectl label ciliumbgppeerconfig filed {labels}"));
    is_refused(&files.init(&peer_config(12)), "Flux's Kustomization flux-system/cilium", in_git);
    assert_eq!(files.hold(), "30");
    files.drop_it();
    assert_eq!(applied(files.lab), before, "nothing was applied beside it");
}

fn what_is_ours_is_changed(files: &Files) {
    for (hold, word) in [(30, "created"), (12, "configured"), (12, "unchanged")] {
        let done = files.init(&peer_config(hold));
        ends_with(&done, 0);
        assert!(text(&done.stderr).contains(&format!("CiliumBGPPeerConfig/filed {word}\n")), "{}", Said(&done));
        assert_eq!(files.hold(), hold.to_string());
    }
    // A field that the kind does not know is no small matter.
    let odd = files.init(&peer_config(15).replace("timers:", "tmers: {}\n  timers:"));
    ends_with(&odd, 1);
    let said = text(&odd.stderr);
    assert!(said.contains("CiliumBGPPeerConfig/filed was not applied: ") && said.contains("tmers"), "{}", Said(&odd));
    assert_eq!(files.hold(), "12");
}

fn peer_config(hold: u32) -> String {
    format!(
        "apiVersion: cilium.io/v2\nkind: CiliumBGPPeerConfig\nmetadata:\n  name: filed\nspec:\n  timers:\n    \
         holdTimeSeconds: {hold}\n    keepAliveTimeSeconds: 3\n  families:\n  - {{afi: ipv4, safi: unicast, advertisements: \
         {{matchLabels: {{advertise: bgp}}}}}}\n"
    )
}

#[track_caller]
fn is_refused(output: &Output, owner: &str, hint: &str) {
    ends_with(output, 1);
    let said = text(&output.stderr);
    let error = format!("error: CiliumBGPPeerConfig/filed belongs to {owner}: nothing was applied\n");
    assert!(said.contains(&error) && said.contains(&format!("hint: {hint}")), "{}", Said(output));
}

#[track_caller]
fn ends_with(output: &Output, status: i32) {
    assert_eq!(output.status.code(), Some(status), "{}", Said(output));
}

/// The new objects with this word, those that were there unchanged.
#[track_caller]
fn says_of_each(output: &Output, word: &str, dry: &str) {
    let said = text(&output.stderr);
    let new = NEW.iter().map(|object| format!("{object} {word}{dry}"));
    let kept = KEPT.iter().map(|object| format!("{object} unchanged{dry}"));
    let expected: Vec<String> = new.chain(kept).collect();
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("Cilium")).collect();
    assert_eq!(lines, expected, "{}", Said(output));
}

/// The objects of BGP and the pools, by their names.
fn applied(lab: &Lab) -> String {
    let kinds = "ciliumbgpadvertisements,ciliumbgppeerconfigs,ciliumbgpclusterconfigs";
    shell(lab, &format!("kubectl get {kinds} -o name"))
}

fn managers(lab: &Lab, object: &str) -> String {
    let managers = "jsonpath={.metadata.managedFields[*].manager}";
    shell(lab, &format!("kubectl get {object} --show-managed-fields -o '{managers}'"))
}

fn bind(lab: &Lab, file: &str, kind: &str, name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rights").join(file);
    shell(lab, &format!("kubectl apply -f {}", path.display()));
    let binding = if kind == "role" { "-n kube-system create rolebinding" } else { "create clusterrolebinding" };
    shell(lab, &format!("kubectl {binding} {name} --{kind} {name} --user jane"));
}

fn reads_alone(lab: &Lab) {
    bind(lab, "reader.yaml", "clusterrole", "kubectl-bgp-reader");
    bind(lab, "reader.yaml", "role", "kubectl-bgp-reader");
    let may = || lab.kubectl_bgp(&["init", "-o", "json", "--as", "jane"]).stderr;
    assert!(within(PATIENCE, || !text(&may()).contains("forbidden")), "{}", text(&may()));
}

fn writes_too(lab: &Lab) {
    bind(lab, "writer.yaml", "clusterrole", "kubectl-bgp-writer");
}
