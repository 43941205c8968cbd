//! Cilium's chart: who installs it, with which values, and what they make of `cilium-config`. The ConfigMap itself is in
//! no repository.

mod release;
mod sources;
mod values;

use serde_json::{Value, json};

use super::place::{gap, gap_with_hint};
use super::reading::Reading;
use crate::snapshot::{DECLARED_AT, Gap, Missing, Reason};
use release::Release;

/// The label that says which version something is of.
const VERSION_LABEL: &str = "app.kubernetes.io/version";

/// The ConfigMap `cilium-config` that the chart would write.
pub struct Derived {
    /// Why it is not known, if the chart is installed with values that are not in the files.
    pub object: Result<Value, Missing>,
    /// Who installs the chart.
    pub from: String,
    pub namespace: String,
}

/// Derives it from the first that installs the chart, if any does.
pub fn cilium_config(reading: &Reading, gaps: &mut Vec<Gap>) -> Option<Derived> {
    let mut releases = release::all(reading);
    if releases.is_empty() {
        return None;
    }
    let first = releases.remove(0);
    for other in releases {
        if other.values != first.values || other.version != first.version {
            let why = format!(
                "it installs Cilium in another way than the {} at {}, which is taken",
                first.label, first.place
            );
            let hint = "--manifests DIR with the folder of one cluster";
            gaps.push(gap_with_hint(&other.place, why, hint));
        }
    }
    Some(derive(first, gaps))
}

fn derive(release: Release, gaps: &mut Vec<Gap>) -> Derived {
    let Release { place, label, namespace, version, values } = release;
    let from = format!("values of the {label} at {place}");
    let object = match values {
        Err(why) => {
            gaps.push(gap(&place, format!("how it sets up Cilium is not known: {why}")));
            Err(Missing::new(Reason::NotInFiles, format!("{place}: {why}")))
        }
        Ok(values) => {
            let mut data = values::data(&values);
            data.retain(|key, value| {
                let is_known = value.as_str().is_none_or(|text| !text.contains("${"));
                if !is_known {
                    gaps.push(gap(&place, format!("what {key} becomes is not known: its value has a variable")));
                }
                is_known
            });
            let labels = version.map(|version| json!({VERSION_LABEL: version})).unwrap_or_default();
            Ok(json!({
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {
                    "name": "cilium-config",
                    "namespace": namespace,
                    "labels": labels,
                    "annotations": {DECLARED_AT: place.to_string()},
                },
                "data": data,
            }))
        }
    };
    Derived { object, from, namespace }
}
