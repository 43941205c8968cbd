//! Flux's Kustomizations: which folder they apply, and what they fill in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::kustomize::Kustomizations;
use super::layer::{Layer, Variables};
use super::manifest::{Manifest, list, text};
use super::place::PIPE;

/// The Kustomizations whose folder is among the files.
pub fn layers(manifests: &[Manifest], kustomizations: &Kustomizations) -> Vec<Layer> {
    let folders: BTreeSet<&str> = manifests.iter().flat_map(|one| ancestors(one.place.folder())).collect();
    let folders = Folders::new(folders);
    let of_flux = manifests.iter().filter(|one| one.is("kustomize.toolkit.fluxcd.io", "Kustomization"));
    of_flux.filter_map(|one| layer(one, manifests, kustomizations, &folders)).collect()
}

/// The folder and those above it.
fn ancestors(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| {
        folder.rsplit_once('/').map(|(above, _)| above).or(Some("").filter(|_| !folder.is_empty()))
    })
}

fn layer(one: &Manifest, manifests: &[Manifest], kustomizations: &Kustomizations, folders: &Folders) -> Option<Layer> {
    let folder = folders.of(text(&one.value, "/spec/path"))?;
    let reach = kustomizations.reach_of(folder);
    let spec = &one.value["spec"];
    let has_objects = kustomizations.has_objects(&reach);
    let renames = ["namePrefix", "nameSuffix"].iter().filter(|name| has_objects && spec[**name].is_string());
    let patches = kustomizations.patches_of_use(list(spec, "/patches").iter(), folder, has_objects);
    let name = one.name();
    Some(Layer {
        place: one.place.clone(),
        namespace: spec["targetNamespace"].as_str().map(str::to_owned),
        labels: strings(&spec["commonMetadata"]["labels"]),
        not_applied: renames.map(|name| (*name).to_owned()).chain(patches).collect(),
        build: format!(
            "flux build kustomization {name} --path {folder} --kustomization-file {} | {PIPE}",
            one.place.file
        ),
        variables: spec["postBuild"].is_object().then(|| variables(&spec["postBuild"], manifests)),
        reach,
    })
}

/// Folders by name, with their whole paths.
struct Folders<'a>(Vec<(&'a str, PathBuf)>);

impl<'a> Folders<'a> {
    fn new(names: BTreeSet<&'a str>) -> Self {
        let whole = |name: &str| std::path::absolute(if name.is_empty() { "." } else { name }).unwrap_or_default();
        Self(names.into_iter().map(|name| (name, whole(name))).collect())
    }

    /// The folder that a path in the repository means; the files may be named from anywhere else.
    fn of(&self, path: &str) -> Option<&'a str> {
        let parts = Path::new(path).components().filter(|part| matches!(part, Component::Normal(_)));
        let path: PathBuf = parts.collect();
        // An empty path is the repository's root, which no name tells.
        let found = self.0.iter().filter(|(_, whole)| whole.ends_with(&path) && !path.as_os_str().is_empty());
        found.map(|(name, _)| *name).min_by_key(|name| name.split('/').count())
    }
}

fn variables(post_build: &Value, manifests: &[Manifest]) -> Variables {
    let mut variables = Variables::default();
    for source in list(post_build, "/substituteFrom") {
        let name = text(source, "/name");
        let is_it = |one: &&Manifest| one.is("", "ConfigMap") && one.name() == name;
        match manifests.iter().find(is_it).filter(|_| text(source, "/kind") == "ConfigMap") {
            Some(map) => variables.set.extend(strings(&map.value["data"])),
            None => variables.others = true,
        }
    }
    variables.set.extend(strings(&post_build["substitute"]));
    variables
}

/// A map of strings; people write numbers too.
fn strings(value: &Value) -> BTreeMap<String, String> {
    let plain = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    value.as_object().into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), plain(value)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::layer;
    use super::super::reading::Reading;
    use super::super::walk::{Form, Found};
    use super::*;

    const FLUX: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: bgp}\nspec:\n  path: ./k8s/bgp\n";
    const CONFIG: &str = "apiVersion: cilium.io/v2\nkind: CiliumBGPClusterConfig\nmetadata: {name: c}\nspec:\n  bgpInstances:\n  - name: x\n    localASN: ${ASN}\n";

    /// The ASN that is read, and what is said.
    fn asn(flux: &str, more: &[(&str, &str)]) -> (Value, Vec<String>) {
        let mut reading = Reading::default();
        let flux = format!("{FLUX}{flux}");
        for (name, text) in [("r/flux/bgp.yaml", &*flux), ("r/k8s/bgp/c.yaml", CONFIG)].iter().chain(more) {
            reading.read(&Found { name: (*name).into(), path: name.into(), form: Form::Manifests }, text);
        }
        let layers = layers(&reading.manifests, &Kustomizations::new(&reading.kustomizations, &reading.manifests));
        let mut gaps = Vec::new();
        layer::apply(&layers, &mut reading.manifests, &mut gaps);
        let config = reading.manifests.iter().find(|one| one.name() == "c").expect("the configuration");
        assert_eq!(config.odd.is_some(), !gaps.is_empty());
        let said = gaps.iter().map(|gap| format!("{}: {}", gap.what, gap.missing.message)).collect();
        (config.value["spec"]["bgpInstances"][0]["localASN"].clone(), said)
    }

    #[test]
    fn variables_are_filled_in_from_what_is_in_the_files() {
        let filled = (Value::from(65010), Vec::new());
        assert_eq!(asn("  postBuild: {substitute: {ASN: \"65010\"}}\n", &[]), filled);
        let from = "  postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}\n";
        let vars = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars}\ndata: {ASN: \"65010\"}\n";
        assert_eq!(asn(from, &[("r/vars.yaml", vars)]), filled);
    }

    #[test]
    fn a_variable_that_is_not_known_is_named_with_its_line() {
        let kept = Value::from("${ASN}");
        let unknown = "what the variable ASN is set to is not in the files";
        let said = |why: &str| vec![format!("r/k8s/bgp/c.yaml:7: {why}; the CiliumBGPClusterConfig c is not read")];
        assert_eq!(asn("", &[]), (kept.clone(), said(unknown)));
        let secret = "  postBuild: {substituteFrom: [{kind: Secret, name: vars}]}\n";
        assert_eq!(asn(secret, &[]), (kept.clone(), said(unknown)));
        assert_eq!(asn("  postBuild: {substitute: {AS: 1}}\n", &[]), (kept, said("nothing sets the variable ASN")));
    }

    #[test]
    fn a_path_is_found_from_anywhere() {
        let folders = Folders::new(BTreeSet::from(["a/x/k8s/bgp", "r/k8s/bgp", "r/k8s", "k8s-bgp"]));
        assert_eq!(folders.of("./k8s/bgp"), Some("r/k8s/bgp"));
        assert_eq!(folders.of("k8s/"), Some("r/k8s"));
        assert_eq!(folders.of("./"), None);
        assert_eq!(folders.of("bgp/k8s"), None);
    }
}
