//! Who applies a folder of the repository, what to do that it does so, and what stands in the way.

use std::path::Path;

use serde_json::Value;

use super::place::{is_within, plain};
use crate::gitops::{Application, FileObject, FluxObject};
use crate::shell;

/// What applies a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reconciler {
    /// Flux's Kustomization; the namespace is empty if nothing says it.
    Flux { namespace: String, name: String },
    /// Argo CD's Application.
    Argo { namespace: String, name: String },
    /// Nothing that was seen.
    Nobody,
}

/// Finds what applies the folder: of several the one whose own folder is the nearest. What the cluster has is believed first.
pub fn reconciler(folder: &str, manifests: &[FileObject], flux: &[FluxObject], argo: &[Application]) -> Reconciler {
    let of_flux = |metadata: (&str, &str)| {
        let (namespace, name) = metadata;
        Reconciler::Flux { namespace: namespace.to_owned(), name: name.to_owned() }
    };
    let of_argo =
        |namespace: &str, name: &str| Reconciler::Argo { namespace: namespace.to_owned(), name: name.to_owned() };
    let live_flux = flux.iter().filter_map(|object| {
        Some((plain(object.spec.path.as_deref()?), of_flux((&object.metadata.namespace, &object.metadata.name))))
    });
    let live_argo = argo.iter().flat_map(|object| {
        let by = of_argo(&object.metadata.namespace, &object.metadata.name);
        object.spec.paths().map(move |of| (plain(of), by.clone())).collect::<Vec<_>>()
    });
    nearest(folder, live_flux.chain(live_argo))
        .or_else(|| nearest(folder, manifests.iter().flat_map(written)))
        .unwrap_or(Reconciler::Nobody)
}

fn nearest(folder: &str, all: impl Iterator<Item = (String, Reconciler)>) -> Option<Reconciler> {
    let above = all.filter(|(path, _)| is_within(folder, path));
    above.max_by_key(|(path, _)| path.len()).map(|(_, by)| by)
}

/// A Kustomization or an Application as a file has it, with the folders that it applies.
fn written(manifest: &FileObject) -> Vec<(String, Reconciler)> {
    let text = |pointer: &str| manifest.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
    if manifest.is("kustomize.toolkit.fluxcd.io", "Kustomization") {
        return vec![(plain(&text("/spec/path")), Reconciler::Flux { namespace, name })];
    }
    if !manifest.is("argoproj.io", "Application") {
        return Vec::new();
    }
    let spec = &manifest.value["spec"];
    let sources = spec["sources"].as_array().into_iter().flatten().chain(Some(&spec["source"]));
    let paths = sources.filter_map(|source| source["path"].as_str());
    let by = Reconciler::Argo { namespace, name };
    paths.map(|of| (plain(of), by.clone())).collect()
}

/// The commands that bring written files into the cluster, in their order. The files are named from the root, and so is the
/// folder; `root` is as the user may type it. Without a reconciler kubectl applies the folder's kustomization, else the files.
pub fn commands(by: &Reconciler, root: &str, folder: &str, files: &[String], has_kustomization: bool) -> Vec<String> {
    let git = |words: &[&str]| shell::command([&["git", "-C", root], words].concat());
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let mut commands = vec![
        git(&[&["add", "--"], &files[..]].concat()),
        git(&["commit", "-m", "feat(cilium): add BGP configuration for LoadBalancer IPs"]),
        git(&["push"]),
    ];
    let within = |option, namespace: &str| {
        if namespace.is_empty() { Vec::new() } else { vec![option, shell::name(namespace).to_owned()] }
    };
    match by {
        Reconciler::Flux { namespace, name } => {
            let words = ["flux", "reconcile", "kustomization", shell::name(name), "--with-source"].map(str::to_owned);
            commands.push(shell::command(words.into_iter().chain(within("-n".to_owned(), namespace))));
        }
        Reconciler::Argo { namespace, name } => {
            let words = ["argocd", "app", "sync", shell::name(name)].map(str::to_owned);
            commands.push(shell::command(words.into_iter().chain(within("--app-namespace".to_owned(), namespace))));
        }
        Reconciler::Nobody if !has_kustomization => {
            let manifests = files.iter().filter(|file| Path::new(file).extension().is_some_and(|is| is == "yaml"));
            let paths = manifests.map(|file| format!("{root}/{file}"));
            commands.extend(paths.map(|path| shell::command(["kubectl", "apply", "--server-side", "-f", &path])));
        }
        Reconciler::Nobody => {
            let folder = if folder.is_empty() { root.to_owned() } else { format!("{root}/{folder}") };
            commands.push(shell::command(["kubectl", "apply", "--server-side", "-k", &folder]));
        }
    }
    commands
}

/// What of the way from Git to the cluster may surprise, each as a sentence.
///
/// `live` is what the cluster has of Flux's Kustomizations, `objects` the text of what is written.
pub fn traps(
    by: &Reconciler,
    folder: &str,
    manifests: &[FileObject],
    live: &[FluxObject],
    objects: &str,
) -> Vec<String> {
    let mut traps = Vec::new();
    let beside = |manifest: &&FileObject| manifest.folder() == folder && super::place::is_release(manifest);
    if manifests.iter().any(|manifest| beside(&manifest)) {
        traps.push(
            "the folder has Cilium's HelmRelease too: on a new cluster nothing of it is applied, because Cilium's operator \
             makes the kinds of these objects and one unknown kind fails all; there they want a Kustomization of their own \
             with dependsOn and wait"
                .to_owned(),
        );
    }
    let Reconciler::Flux { namespace, name } = by else { return traps };
    let own = manifests.iter().find(|manifest| written(manifest).iter().any(|(_, other)| is_same(other, by)));
    let spec = own.map_or(&Value::Null, |own| &own.value["spec"]);
    if spec["prune"] == false {
        traps.push(format!(
            "the Kustomization {name} has prune: false: an object whose file is removed stays in the cluster"
        ));
    }
    let is_it = |one: &&FluxObject| {
        one.metadata.name == *name && (namespace.is_empty() || one.metadata.namespace == *namespace)
    };
    if spec["suspend"] == true || live.iter().filter(is_it).any(|one| one.spec.suspend) {
        traps.push(format!("the Kustomization {name} is suspended: nothing is applied until it is resumed"));
    }
    for field in ["namePrefix", "nameSuffix"] {
        if spec[field].is_string() {
            traps.push(format!(
                "the Kustomization {name} has a {field}: the names that objects have of each other do not follow"
            ));
        }
    }
    if spec["postBuild"].is_object() && objects.contains("${") {
        traps.push(format!(
            "the Kustomization {name} fills in variables: what stands in ${{...}} here becomes empty if nothing sets it"
        ));
    }
    traps
}

/// Nothing but the namespace may be said by one of them only.
fn is_same(written: &Reconciler, live: &Reconciler) -> bool {
    match (written, live) {
        (Reconciler::Flux { namespace: a, name: one }, Reconciler::Flux { namespace: b, name: other }) => {
            one == other && (a.is_empty() || b.is_empty() || a == b)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FOLDER: &str = "k/apps/cilium/app";

    fn flux(name: &str, path: &str) -> FluxObject {
        let object = json!({"metadata": {"namespace": "flux-system", "name": name}, "spec": {"path": path}});
        serde_json::from_value(object).expect("Flux's shape")
    }

    fn file(spec: Value) -> FileObject {
        let value = json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "cilium"}, "spec": spec});
        FileObject { file: "k/apps/cilium/ks.yaml".to_owned(), value }
    }

    #[test]
    fn the_nearest_folder_above_is_applied_by() {
        let live = [flux("all", "./k"), flux("cilium", "./k/apps/cilium/app/"), flux("other", "./k/apps/ciliumx")];
        let by = reconciler(FOLDER, &[], &live, &[]);
        assert_eq!(by, Reconciler::Flux { namespace: "flux-system".to_owned(), name: "cilium".to_owned() });
        let push = commands(&by, ".", FOLDER, &["k/apps/cilium/app/a b.yaml".to_owned()], true);
        assert_eq!(push[0], "git -C . add -- 'k/apps/cilium/app/a b.yaml'");
        assert_eq!(push[3], "flux reconcile kustomization cilium --with-source -n flux-system");
    }

    #[test]
    fn what_the_files_say_does_without_a_cluster() {
        let by = reconciler(FOLDER, &[file(json!({"path": "./k/apps/cilium/app"}))], &[], &[]);
        assert_eq!(commands(&by, ".", FOLDER, &[], true)[3], "flux reconcile kustomization cilium --with-source");
        let application: Application = serde_json::from_value(
            json!({"metadata": {"namespace": "argocd", "name": "net"}, "spec": {"sources": [{"path": "."}]}}),
        )
        .expect("Argo's shape");
        let by = reconciler(FOLDER, &[], &[], &[application]);
        assert_eq!(commands(&by, ".", FOLDER, &[], true)[3], "argocd app sync net --app-namespace argocd");
        assert_eq!(reconciler(FOLDER, &[], &[flux("x", "./y")], &[]), Reconciler::Nobody);
        assert_eq!(commands(&Reconciler::Nobody, "..", "k", &[], true)[3], "kubectl apply --server-side -k ../k");
        let bare = commands(&Reconciler::Nobody, "..", "k", &["k/networking.yaml".to_owned()], false);
        assert_eq!(bare[3], "kubectl apply --server-side -f ../k/networking.yaml");
    }

    #[test]
    fn traps_are_told() {
        let release =
            json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "cilium"}});
        let spec = json!({"path": FOLDER, "prune": false, "suspend": true, "namePrefix": "x-", "postBuild": {}});
        let all = [file(spec), FileObject { file: format!("{FOLDER}/hr.yaml"), value: release }];
        let by = reconciler(FOLDER, &all, &[], &[]);
        assert_eq!(traps(&by, FOLDER, &all, &[], "a: ${B}").len(), 5);
        assert_eq!(traps(&by, FOLDER, &all, &[], "a: b").len(), 4);
        assert!(traps(&Reconciler::Nobody, FOLDER, &[], &[], "").is_empty());
        let mut live = flux("cilium", FOLDER);
        live.spec.suspend = true;
        let by = reconciler(FOLDER, &[], std::slice::from_ref(&live), &[]);
        let said = "the Kustomization cilium is suspended: nothing is applied until it is resumed";
        assert_eq!(traps(&by, FOLDER, &[], &[live], ""), [said]);
    }
}
