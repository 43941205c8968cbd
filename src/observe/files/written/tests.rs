use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::setup::objects::found::Found;
use crate::setup::objects::tests::worksheet;
use crate::setup::objects::{Manifest, of, yaml};
use crate::setup::worksheet::ApiVersion;

/// Names a folder with a folder for each set of manifests.
const FOLDER: &str = "KUBECTL_BGP_MANIFESTS";

/// Some of what people write: a variable in place of a number, a key of one word, text that looks like something else.
const SET: &str = r#"
apiVersion: cilium.io/v2alpha1
kind: CiliumBGPClusterConfig
metadata: {name: home, labels: {team: "on"}}
spec:
  bgpInstances:
  - name: main
    localASN: ${ASN}
    peers: [{name: udm, peerASN: 65001, peerAddress: "${ROUTER:=10.0.0.1}", peerConfigRef: {name: udm, kind: CiliumBGPPeerConfig}}]
---
apiVersion: cilium.io/v2alpha1
kind: CiliumBGPPeerConfig
metadata: {name: udm, annotations: {y: "010"}}
spec: {gracefulRestart: {enabled: yes}, families: [{afi: ipv4, safi: unicast, advertisements: {matchLabels: {a: b}}}]}
---
apiVersion: cilium.io/v2alpha1
kind: CiliumLoadBalancerIPPool
metadata: {name: pool}
spec: {allowFirstLastIPs: "No", cidrs: [{cidr: "${NET}.0/24"}]}
"#;

#[test]
fn variables_stay_what_they_are() {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("a.yaml"), SET).expect("a file");
    let printed = yaml::print(&planned(folder.path()));
    for line in
        ["localASN: ${ASN}  #", "peerAddress: ${ROUTER:=10.0.0.1}  #", "- cidr: ${NET}.0/24\n", "team: \"on\"\n"]
    {
        assert!(printed.contains(line), "{line}\n{printed}");
    }
    assert_eq!(losses(folder.path()), [""; 0]);
}

/// Of a whole folder of sets, which is not the project's, two may fail for a reason that is told.
#[test]
#[ignore = "needs a folder of manifests: KUBECTL_BGP_MANIFESTS"]
fn sets_are_read_and_planned_without_loss() {
    let folder = std::env::var_os(FOLDER).unwrap_or_else(|| panic!("{FOLDER} names no folder"));
    let mut sets: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    sets.sort();
    assert!(!sets.is_empty());
    let name = |set: &Path| set.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let failed: Vec<String> = sets
        .iter()
        .map(|set| (name(set), losses(set)))
        .filter(|(_, losses)| !losses.is_empty())
        .map(|(name, losses)| format!("{name}\n  {}", losses.join("\n  ")))
        .collect();
    assert!(failed.len() <= 2, "{} of {} sets:\n{}", failed.len(), sets.len(), failed.join("\n"));
}

fn plan(objects: &[Value]) -> Vec<Manifest> {
    let mut sheet = worksheet(ApiVersion::V2);
    sheet.pools.clear();
    of(&sheet, &Found { objects: objects.to_vec(), nodes: Vec::new() })
}

fn planned(set: &Path) -> Vec<Manifest> {
    plan(&objects(&[set.to_owned()]).expect("manifests").0)
}

/// What of a set does not come back.
fn losses(set: &Path) -> Vec<String> {
    let (objects, gaps) = match super::objects(&[set.to_owned()]) {
        Ok(read) => read,
        Err(error) => return vec![error.to_string()],
    };
    let mut losses: Vec<String> = gaps.iter().map(|gap| format!("{}: {}", gap.what, gap.missing.message)).collect();
    let manifests = plan(&objects);
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("networking.yaml"), yaml::print(&manifests)).expect("a file");
    let again = planned(folder.path());
    let of = |manifests: &[Manifest]| manifests.iter().map(Manifest::object).collect::<Vec<_>>();
    if of(&again) != of(&manifests) {
        losses.push("what was printed is not what is read".to_owned());
    }
    let policies = |object: &&Value| object["kind"] == Kind::BgpPeeringPolicy.name();
    for object in objects.iter().filter(|object| !policies(object)) {
        let is_it = |manifest: &&Manifest| {
            *manifest.kind.name() == object["kind"] && object["metadata"]["name"] == manifest.name()
        };
        let after = again.iter().find(is_it).map(|manifest| leaves(&manifest.object())).unwrap_or_default();
        let lost = leaves(object).difference(&after).cloned().collect::<Vec<_>>();
        losses.extend(lost.into_iter().map(|leaf| format!("{} {leaf}", object["metadata"]["name"])));
    }
    // A policy's values have other places.
    let after: BTreeSet<String> = again.iter().flat_map(|manifest| values(&manifest.object())).collect();
    for policy in objects.iter().filter(policies) {
        let values = values(&policy["spec"]);
        let is_default = |value: &String| value == "false" || value == "179";
        let lost = values.difference(&after).filter(|value| !is_default(value));
        losses.extend(lost.map(|value| format!("{} {value}", policy["metadata"]["name"])));
    }
    losses
}

/// Every value with its place, but for what v2 calls otherwise or has not.
fn leaves(object: &Value) -> BTreeSet<String> {
    let mut leaves = BTreeSet::new();
    walk_through(object, "", &mut |place, value| {
        let place = place.replace("/spec/cidrs/", "/spec/blocks/");
        let is_gone = ["/peerConfigRef/kind", "/peerConfigRef/group", "/transport/localPort"];
        if place != "/apiVersion" && !is_gone.iter().any(|end| place.ends_with(end)) {
            leaves.insert(format!("{place}: {value}"));
        }
    });
    leaves
}

/// An address is one with and without its length.
fn values(object: &Value) -> BTreeSet<String> {
    let mut values = BTreeSet::new();
    walk_through(object, "", &mut |_, value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        values.insert(text.trim_end_matches("/32").trim_end_matches("/128").to_owned());
    });
    values
}

fn walk_through(value: &Value, place: &str, see: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().for_each(|(key, value)| walk_through(value, &format!("{place}/{key}"), see));
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(at, value)| walk_through(value, &format!("{place}/{at}"), see));
        }
        value => see(place, value),
    }
}
