//! Whole folders, as people keep them.

use std::fs;

use serde_json::{Value, json};

use super::*;
use crate::snapshot::{DECLARED_AT, Kind, Reason};

const BGP: &str = "\
apiVersion: cilium.io/v2
kind: CiliumBGPClusterConfig
metadata: {name: bgp}
spec: {bgpInstances: [{name: home, localASN: 65010}]}
---
apiVersion: cilium.io/v2
kind: CiliumBGPPeerConfig
metadata:
  name: peer
  annotations: {a: b}
";

const RELEASE: &str = "\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cilium, namespace: networking}
spec:
  chart: {spec: {chart: cilium, version: 1.19.1}}
  valuesFrom: [{kind: ConfigMap, name: cilium-values}]
  values: {bgpControlPlane: {enabled: true}, loadBalancer: {mode: dsr}}
";

/// A folder with these files.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        Self(root)
    }

    /// The cluster's documents, and what is said, without the folder's own name.
    fn read(&self) -> (ClusterAnswers, Vec<String>) {
        let flags = FileFlags { manifests: vec![self.0.path().to_owned()], router_config: Vec::new() };
        let (snapshot, gaps) = read_files(&flags).expect("manifests");
        assert!(snapshot.routers.is_none());
        let root = format!("{}/", self.0.path().display());
        let said = gaps.iter().map(|gap| format!("{}: {}", gap.what, gap.missing.message).replace(&root, "")).collect();
        (snapshot.cluster.expect("a cluster"), said)
    }
}

fn body(cluster: &ClusterAnswers, kind: Kind) -> Value {
    let body = cluster.document(kind).expect("every kind has a document").body().unwrap_or("null");
    serde_json::from_str(body).expect("JSON")
}

fn names(cluster: &ClusterAnswers, kind: Kind) -> Option<Vec<String>> {
    let items = body(cluster, kind)["items"].as_array()?.clone();
    Some(items.iter().map(|item| item["metadata"]["name"].as_str().unwrap_or_default().to_owned()).collect())
}

fn reason(cluster: &ClusterAnswers, kind: Kind) -> Option<Reason> {
    cluster.document(kind)?.missing.as_ref().map(|missing| missing.reason)
}

#[test]
fn what_files_cannot_tell_is_missing_and_what_people_write_is_not() {
    let folder = Folder::with(&[("k/bgp.yaml", BGP), ("k/other.yaml", "kind: Deployment\napiVersion: apps/v1\n")]);
    let (cluster, said) = folder.read();
    assert_eq!(said, [""; 0]);
    assert_eq!(cluster.documents.len(), Kind::ALL.len());
    assert_eq!(names(&cluster, Kind::BgpClusterConfig), Some(vec!["bgp".to_owned()]));
    assert_eq!(names(&cluster, Kind::BgpAdvertisement), Some(Vec::new()));
    assert_eq!(names(&cluster, Kind::LoadBalancerIpPool), Some(Vec::new()));
    for kind in
        [Kind::Node, Kind::CiliumNode, Kind::Service, Kind::EndpointSlice, Kind::BgpNodeConfig, Kind::CiliumConfig]
    {
        assert_eq!(reason(&cluster, kind), Some(Reason::NotInFiles), "{}", kind.name());
    }
    let (cluster, _) = Folder::with(&[("a.yaml", "kind: Deployment\napiVersion: apps/v1\n")]).read();
    assert!(Kind::ALL.iter().all(|kind| reason(&cluster, *kind) == Some(Reason::NotInFiles)));
}

#[test]
fn objects_say_where_they_stand() {
    let folder = Folder::with(&[("k/bgp.yaml", BGP)]);
    let (cluster, _) = folder.read();
    let file = folder.0.path().join("k/bgp.yaml").display().to_string();
    let peer = &body(&cluster, Kind::BgpPeerConfig)["items"][0];
    assert_eq!(peer["metadata"]["annotations"], json!({"a": "b", DECLARED_AT: format!("{file}:6")}));
    let path = cluster.document(Kind::BgpPeerConfig).and_then(|document| document.path.clone());
    assert_eq!(path, Some(file));
}

#[test]
fn a_list_that_is_not_whole_says_so() {
    let broken = "kind: CiliumBGPPeerConfig\nspec: [\n---\nkind: CiliumBGPAdvertisement\nspec: [\n";
    let folder = Folder::with(&[("bgp.yaml", BGP), ("broken.yaml", broken)]);
    let (cluster, said) = folder.read();
    assert!(said[0].starts_with("broken.yaml:") && said[1].starts_with("broken.yaml:") && said.len() == 2, "{said:?}");
    assert!(body(&cluster, Kind::BgpPeerConfig)["metadata"]["continue"].is_string());
    assert!(body(&cluster, Kind::BgpClusterConfig)["metadata"]["continue"].is_null());
    assert_eq!(reason(&cluster, Kind::BgpAdvertisement), Some(Reason::Failed));
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n";
    let (cluster, _) = Folder::with(&[("a.yaml", service)]).read();
    assert!(body(&cluster, Kind::Service)["metadata"]["continue"].is_string());
}

#[test]
fn an_object_counts_once_and_a_patch_is_none() {
    let other = BGP.replace("65010", "65011");
    let folder = Folder::with(&[
        ("base/bgp.yaml", BGP),
        ("other/bgp.yaml", &other),
        ("over/kustomization.yaml", "resources: [../base/bgp.yaml]\npatches: [{path: bgp.yaml}]\n"),
        ("over/bgp.yaml", &other),
    ]);
    let (cluster, said) = folder.read();
    assert_eq!(body(&cluster, Kind::BgpClusterConfig)["items"][0]["spec"]["bgpInstances"][0]["localASN"], 65010);
    let taken = "other/bgp.yaml:1: the CiliumBGPClusterConfig bgp is at base/bgp.yaml:1 too, and that one is taken";
    let patched = "over/kustomization.yaml:1: what it changes is not applied: a patch of CiliumBGPClusterConfig, a patch of \
                   CiliumBGPPeerConfig";
    assert_eq!(said, [patched, taken]);
}

#[test]
fn what_is_odd_is_named_and_left_out() {
    let config = BGP.replace("65010", "\"65010\"");
    let (cluster, said) = Folder::with(&[("bgp.yaml", &config)]).read();
    let why = "bgp.yaml:1: the CiliumBGPClusterConfig bgp cannot be read: invalid type: string \"65010\", expected u32";
    assert_eq!(said, [why]);
    assert_eq!(reason(&cluster, Kind::BgpClusterConfig), Some(Reason::Failed));
}

#[test]
fn cilium_config_is_what_the_chart_would_write() {
    let generator = "configMapGenerator: [{name: cilium-values, files: [values.yaml=./helm/v.yaml]}]\n";
    let values = "kubeProxyReplacement: true\nloadBalancer: {mode: snat, acceleration: native}\n";
    let folder = Folder::with(&[("release.yaml", RELEASE), ("kustomization.yaml", generator), ("helm/v.yaml", values)]);
    let (cluster, said) = folder.read();
    assert_eq!(said, [""; 0]);
    assert_eq!(cluster.cilium_namespace, "networking");
    let config = body(&cluster, Kind::CiliumConfig);
    assert_eq!(config["metadata"]["labels"], json!({"app.kubernetes.io/version": "1.19.1"}));
    let data = json!({
        "enable-bgp-control-plane": "true", "bgp-secrets-namespace": "kube-system", "kube-proxy-replacement": "true",
        "bpf-lb-mode": "dsr", "bpf-lb-acceleration": "native", "enable-ipv4": "true", "enable-ipv6": "false"
    });
    assert_eq!(config["data"], data);
    let path = cluster.document(Kind::CiliumConfig).and_then(|document| document.path.clone()).expect("a path");
    assert!(path.starts_with("values of the HelmRelease cilium at ") && path.ends_with("release.yaml:1"), "{path}");
}

#[test]
fn values_that_are_not_in_the_files_make_it_unknown() {
    let (cluster, said) = Folder::with(&[("release.yaml", RELEASE)]).read();
    assert_eq!(reason(&cluster, Kind::CiliumConfig), Some(Reason::NotInFiles));
    let why = "its values come from values.yaml of the ConfigMap cilium-values too, which is not in the files";
    assert_eq!(said, [format!("release.yaml:1: how it sets up Cilium is not known: {why}")]);
    let outside = "configMapGenerator: [{name: cilium-values, files: [values.yaml=../../x.yaml]}]\n";
    let folder =
        Folder::with(&[("x.yaml", "a: 1"), ("a/b/release.yaml", RELEASE), ("a/b/kustomization.yaml", outside)]);
    assert_eq!(folder.read().1.len(), 1);
}

#[test]
fn argo_and_kustomize_install_charts_too() {
    let mode = |files: &[(&str, &str)]| {
        let (cluster, said) = Folder::with(files).read();
        let config = body(&cluster, Kind::CiliumConfig);
        (config["data"]["bpf-lb-mode"].clone(), config["metadata"]["labels"]["app.kubernetes.io/version"].clone(), said)
    };
    let helm = "valuesObject: {loadBalancer: {mode: snat}}, parameters: [{name: loadBalancer.mode, value: dsr}]";
    let application = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: c}}\nspec:\n  sources:\n  - chart: cilium\n    \
         targetRevision: 1.18.*\n    helm: {{{helm}}}\n"
    );
    assert_eq!(mode(&[("a.yaml", &application)]), (json!("dsr"), Value::Null, Vec::new()));
    let charts = "helmCharts: [{name: cilium, version: 1.18.2, valuesFile: v.yaml, valuesInline: {loadBalancer: {mode: hybrid}}}]";
    let files = [("kustomization.yaml", charts), ("v.yaml", "loadBalancer: {mode: snat}")];
    assert_eq!(mode(&files), (json!("hybrid"), json!("1.18.2"), Vec::new()));
    let both = [("a.yaml", &*application), files[0], files[1]];
    assert_eq!(mode(&both).2.len(), 1);
}

#[test]
fn a_configuration_is_read_without_its_secrets() {
    let folder =
        Folder::with(&[("frr.conf", "router bgp 65001\r\n neighbor k8s password hidden\r\n"), ("empty", "\n")]);
    let flags = |name: &str| FileFlags { manifests: Vec::new(), router_config: vec![folder.0.path().join(name)] };
    let (snapshot, gaps) = read_files(&flags("frr.conf")).expect("a configuration");
    assert!(snapshot.cluster.is_none() && gaps.is_empty());
    let routers = snapshot.routers.expect("a router");
    assert_eq!(routers[0].target, folder.0.path().join("frr.conf").display().to_string());
    let text = routers[0].document(Command::RunningConfig).and_then(Document::body);
    assert_eq!(text, Some("router bgp 65001\n neighbor k8s password <cut>\n"));
    for name in ["empty", "absent"] {
        assert!(read_files(&flags(name)).is_err(), "{name}");
    }
}

#[test]
fn standard_input_is_read_once() {
    let flags = FileFlags { manifests: vec!["-".into()], router_config: vec!["-".into()] };
    let error = read_files(&flags).expect_err("there is one standard input");
    assert_eq!(error.message, "error: `-` may stand for one file only");
}
