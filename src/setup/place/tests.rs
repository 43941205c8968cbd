use serde_json::{Value, json};

use super::*;

fn manifest(file: &str, value: Value) -> FileObject {
    FileObject { file: file.to_owned(), value }
}

fn release(file: &str) -> FileObject {
    manifest(
        file,
        json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "c"},
            "spec": {"chart": {"spec": {"chart": "cilium"}}}}),
    )
}

fn one(manifests: &[FileObject]) -> String {
    match choose(manifests, "") {
        Choice::One(place) => place.folder,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_guides_layout_is_found() {
    let app = "kubernetes/apps/kube-system/cilium/app";
    let flux = json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "cilium"}, "spec": {"path": format!("./{app}")}});
    let all = [
        manifest("kubernetes/apps/kube-system/cilium/ks.yaml", flux),
        manifest(&format!("{app}/kustomization.yaml"), json!({"resources": ["./helmrelease.yaml"]})),
        release(&format!("{app}/helmrelease.yaml")),
    ];
    assert_eq!(one(&all), app);
    assert_eq!(one(&all[..2]), app);
    assert_eq!(one(&all[..1]), app);
    assert_eq!(one(&all[1..2]), app);
}

#[test]
fn objects_that_are_there_win() {
    let config = json!({"apiVersion": "cilium.io/v2", "kind": "CiliumBGPClusterConfig"});
    let pool = json!({"apiVersion": "cilium.io/v2alpha1", "kind": "CiliumLoadBalancerIPPool"});
    let all = [release("a/cilium/app/hr.yaml"), manifest("b/pools.yaml", pool), manifest("c/bgp.yaml", config)];
    assert_eq!(one(&all), "c");
    assert_eq!(one(&all[..2]), "b");
    assert_eq!(one(&all[..1]), "a/cilium/app");
}

#[test]
fn argo_layouts_are_found() {
    let application = |source: Value| json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "net"}, "spec": source});
    let of = |spec: Value| one(&[manifest("apps/net.yaml", application(spec))]);
    assert_eq!(of(json!({"source": {"path": "infra/cilium/"}})), "infra/cilium");
    assert_eq!(of(json!({"source": {"chart": "cilium"}})), "apps");
    assert_eq!(of(json!({"sources": [{"chart": "cilium"}, {"path": "./infra/net"}]})), "infra/net");
    let chart = manifest("k/net/kustomization.yaml", json!({"helmCharts": [{"name": "cilium"}]}));
    assert_eq!(one(&[chart]), "k/net");
    let entry = manifest("k/kustomization.yaml", json!({"resources": ["../infra/cilium", "x.yaml"]}));
    assert_eq!(one(&[entry]), "infra/cilium");
}

#[test]
fn of_several_clusters_the_current_folder_tells() {
    let all = [release("clusters/b/cilium/hr.yaml"), release("clusters/a/cilium/hr.yaml")];
    let Choice::Several(places) = choose(&all, "clusters") else { panic!("two have it") };
    let folders: Vec<&str> = places.iter().map(|place| place.folder.as_str()).collect();
    assert_eq!(folders, ["clusters/a/cilium", "clusters/b/cilium"]);
    let place = Place { folder: "clusters/a/cilium".to_owned(), why: "Cilium's HelmRelease".to_owned() };
    assert_eq!(choose(&all, "clusters/a"), Choice::One(place.clone()));
    assert_eq!(choose(&all[1..], "elsewhere"), Choice::One(place));
    assert_eq!(choose(&[manifest("x/y.yaml", json!({"kind": "Service"}))], ""), Choice::Nowhere);
}
