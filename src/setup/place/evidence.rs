//! What speaks for a folder, the strongest first.

use serde_json::Value;

use super::folder::plain;
use crate::gitops::FileObject;
use crate::snapshot::Kind;

#[derive(Clone, Copy, Debug)]
pub enum Evidence {
    BgpObject,
    /// A pool or an L2 policy.
    OtherObject,
    /// Flux's HelmRelease of Cilium, or a kustomization with its chart.
    Chart,
    /// Argo CD's Application of Cilium: the folder that it applies, or its own.
    Application,
    /// A Kustomization or kustomization that names a folder of Cilium's.
    Named,
    /// The folder is called so.
    Called,
}

const BESIDE_BGP: &[Kind] = &[Kind::LoadBalancerIpPool, Kind::L2AnnouncementPolicy];

impl Evidence {
    pub const ALL: &[Self] =
        &[Self::BgpObject, Self::OtherObject, Self::Chart, Self::Application, Self::Named, Self::Called];

    /// The folder that a manifest speaks for, and why.
    pub fn of(self, manifest: &FileObject) -> Option<(String, String)> {
        let here = |why: &str| Some((manifest.folder().to_owned(), why.to_owned()));
        let written = Kind::ALL.iter().find(|kind| kind.is_written() && manifest.is("cilium.io", kind.name()));
        match self {
            Self::BgpObject => here(written.filter(|kind| !BESIDE_BGP.contains(kind))?.name()),
            Self::OtherObject => here(written.filter(|kind| BESIDE_BGP.contains(kind))?.name()),
            Self::Chart if is_release(manifest) => here("Cilium's HelmRelease"),
            Self::Chart if inflates_chart(manifest) => here("a kustomization with Cilium's chart"),
            Self::Application => application(manifest),
            Self::Named => named(manifest),
            Self::Called => called(manifest.folder()),
            Self::Chart => None,
        }
    }
}

/// Flux's HelmRelease of Cilium.
pub fn is_release(manifest: &FileObject) -> bool {
    let names = ["/spec/chart/spec/chart", "/spec/chartRef/name", "/metadata/name"];
    manifest.is("helm.toolkit.fluxcd.io", "HelmRelease") && names.iter().any(|at| manifest.text(at) == "cilium")
}

fn inflates_chart(manifest: &FileObject) -> bool {
    let charts = manifest.value["helmCharts"].as_array().into_iter().flatten();
    is_kustomization(manifest) && charts.into_iter().any(|chart| chart["name"] == "cilium")
}

fn is_kustomization(manifest: &FileObject) -> bool {
    let name = manifest.file.rsplit('/').next().unwrap_or_default();
    crate::setup::kustomization::NAMES.contains(&name)
}

fn application(manifest: &FileObject) -> Option<(String, String)> {
    if !manifest.is("argoproj.io", "Application") {
        return None;
    }
    let spec = &manifest.value["spec"];
    let sources = || spec["sources"].as_array().into_iter().flatten().chain(Some(&spec["source"]));
    let is_cilium = |text: &str| text.split(['/', '-']).any(|word| word == "cilium");
    let is_named = is_cilium(manifest.text("/metadata/name"));
    let has_chart = sources().any(|source| source["chart"] == "cilium");
    let mut paths = sources().filter_map(|source| source["path"].as_str());
    let own = paths.find(|path| is_named || has_chart || is_cilium(path));
    let why = "the Application of Cilium".to_owned();
    match own {
        Some(path) => Some((plain(path), why)),
        None if has_chart => Some((manifest.folder().to_owned(), why)),
        None => None,
    }
}

fn named(manifest: &FileObject) -> Option<(String, String)> {
    if manifest.is("kustomize.toolkit.fluxcd.io", "Kustomization") {
        let path = plain(manifest.text("/spec/path"));
        let is_ciliums = path.split('/').any(|part| part == "cilium");
        return is_ciliums.then(|| (path, format!("the Kustomization {}", manifest.text("/metadata/name"))));
    }
    let resources = manifest.value["resources"].as_array().filter(|_| is_kustomization(manifest))?;
    let entry = resources.iter().filter_map(Value::as_str).find(|entry| {
        let last = entry.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        last == "cilium"
    })?;
    Some((plain(&format!("{}/{entry}", manifest.folder())), format!("an entry in {}", manifest.file)))
}

fn called(folder: &str) -> Option<(String, String)> {
    let is_so = folder == "cilium" || folder.ends_with("/cilium") || folder.ends_with("cilium/app");
    is_so.then(|| (folder.to_owned(), "Cilium's name".to_owned()))
}
