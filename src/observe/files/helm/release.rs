//! Who installs Cilium's chart: Flux's HelmRelease, Argo CD's Application, kustomize's helmCharts.

use serde_json::Value;

use super::sources::{self, Sources};
use super::values::{merge, set};
use crate::observe::files::manifest::{Manifest, list, text};
use crate::observe::files::place::Place;
use crate::observe::files::reading::Reading;
use crate::observe::files::yaml;

const CHART: &str = "cilium";

/// One that installs the chart.
pub struct Release {
    pub place: Place,
    /// What messages call it.
    pub label: String,
    pub namespace: String,
    /// The chart's version, which is Cilium's.
    pub version: Option<String>,
    /// All values that are not the chart's own, or why they are not known.
    pub values: Result<Value, String>,
}

pub fn all(reading: &Reading) -> Vec<Release> {
    let sources = Sources::new(reading);
    let flux = reading.manifests.iter().filter_map(|one| of_flux(one, &sources));
    let argo = reading.manifests.iter().flat_map(of_argo);
    let kustomize = reading.kustomizations.iter().flat_map(|one| {
        let charts = list(&one.value, "/helmCharts").iter();
        charts.filter(|chart| text(chart, "/name") == CHART).map(|chart| of_kustomize(one, chart))
    });
    flux.chain(argo).chain(kustomize).collect()
}

fn of_flux(one: &Manifest, sources: &Sources) -> Option<Release> {
    if !one.is("helm.toolkit.fluxcd.io", "HelmRelease") {
        return None;
    }
    let spec = &one.value["spec"];
    let repository = sources.oci_repository(text(spec, "/chartRef/name"));
    let chart = spec["chart"]["spec"]["chart"].as_str().or(repository.map(|one| text(&one.value, "/spec/url")));
    // What neither says is told by the release's own name.
    if chart.unwrap_or(one.name()).rsplit('/').next() != Some(CHART) {
        return None;
    }
    let tag = repository.map_or("", |one| text(&one.value, "/spec/ref/tag"));
    let namespace = spec["targetNamespace"].as_str().unwrap_or(one.namespace());
    Some(Release {
        place: one.place.clone(),
        label: format!("HelmRelease {}", one.name()),
        namespace: or_usual(namespace),
        version: exact(text(spec, "/chart/spec/version")).or(exact(tag)),
        values: flux_values(spec, sources),
    })
}

/// `spec.values` on top of `spec.valuesFrom`, the later on top of the earlier.
fn flux_values(spec: &Value, sources: &Sources) -> Result<Value, String> {
    let mut values = Value::Object(serde_json::Map::new());
    for from in list(spec, "/valuesFrom") {
        let (kind, name) = (text(from, "/kind"), text(from, "/name"));
        let key = from["valuesKey"].as_str().unwrap_or("values.yaml");
        let unknown = || format!("its values come from {key} of the {kind} {name} too, which is not in the files");
        let found = Some(name).filter(|_| kind == "ConfigMap").and_then(|name| sources.config_map(name, key));
        let found = found.ok_or_else(unknown)?;
        match from["targetPath"].as_str() {
            Some(path) => {
                let is_set = set(&mut values, path, found.trim().into());
                is_set
                    .then_some(())
                    .ok_or_else(|| format!("its values are set by the path {path}, which is not understood"))?;
            }
            None => merge(&mut values, parsed(&found)?),
        }
    }
    merge(&mut values, spec["values"].clone());
    Ok(values)
}

fn of_argo(one: &Manifest) -> Vec<Release> {
    if !one.is("argoproj.io", "Application") {
        return Vec::new();
    }
    let spec = &one.value["spec"];
    let sources = list(spec, "/sources").iter().chain([&spec["source"]]);
    let release = |source: &Value| Release {
        place: one.place.clone(),
        label: format!("Application {}", one.name()),
        namespace: or_usual(text(spec, "/destination/namespace")),
        version: exact(text(source, "/targetRevision")),
        values: argo_values(&source["helm"]),
    };
    sources.filter(|source| text(source, "/chart") == CHART).map(release).collect()
}

/// Parameters on top of valuesObject, that on top of values, all on top of files (Argo CD, "Helm value precedence").
fn argo_values(helm: &Value) -> Result<Value, String> {
    if let Some(file) = list(helm, "/valueFiles").first() {
        return Err(format!("its values come from the file {file} too, which is not looked for"));
    }
    let mut values = match helm["valuesObject"].clone() {
        Value::Null => parsed(text(helm, "/values"))?,
        object => object,
    };
    for parameter in list(helm, "/parameters") {
        let (name, value) = (text(parameter, "/name"), text(parameter, "/value"));
        let value = yaml::read_text(value).unwrap_or_else(|_| value.into());
        if !set(&mut values, name, value) {
            return Err(format!("its values are set by the parameter {name}, which is not understood"));
        }
    }
    Ok(values)
}

fn of_kustomize(one: &Manifest, chart: &Value) -> Release {
    let namespace = chart["namespace"].as_str().unwrap_or(text(&one.value, "/namespace"));
    Release {
        place: one.place.clone(),
        label: format!("helmCharts entry {CHART}"),
        namespace: or_usual(namespace),
        version: exact(text(chart, "/version")),
        values: kustomize_values(one, chart),
    }
}

/// Inline values on top of the file's (kustomize's valuesMerge, by default `override`).
fn kustomize_values(one: &Manifest, chart: &Value) -> Result<Value, String> {
    let files = list(chart, "/additionalValuesFiles").iter().chain([&chart["valuesFile"]]).filter_map(Value::as_str);
    let mut values = Value::Object(serde_json::Map::new());
    for file in files {
        let found =
            sources::file_below(one.place.folder(), file).map_err(|why| format!("its values file {file}: {why}"))?;
        merge(&mut values, parsed(&found)?);
    }
    if !chart["valuesInline"].is_null() {
        merge(&mut values, chart["valuesInline"].clone());
    }
    Ok(values)
}

fn parsed(text: &str) -> Result<Value, String> {
    let value = yaml::read_text(text).map_err(|broken| format!("its values are broken: {}", broken.why))?;
    Ok(if value.is_object() { value } else { Value::Object(serde_json::Map::new()) })
}

fn or_usual(namespace: &str) -> String {
    if namespace.is_empty() { "kube-system".to_owned() } else { namespace.to_owned() }
}

/// A version; not a range of them.
fn exact(version: &str) -> Option<String> {
    let plain = version.strip_prefix('v').unwrap_or(version);
    let numbers = plain.split(['-', '+']).next().unwrap_or_default();
    let is_exact = numbers.split('.').count() == 3
        && numbers.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    is_exact.then(|| plain.to_owned())
}
