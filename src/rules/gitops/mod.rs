//! Objects that Git has and the cluster has not: what holds Flux or Argo CD up.

use crate::cilium::Object;
use crate::gitops::{ApplicationStatus, FluxSpec, Holdup};
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::snapshot::Kind;

pub const RULES: &[Rule] = &[HELD_UP];

const HELD_UP: Rule = Rule {
    code: "BGP701",
    rows: &["A46"],
    severity: Severity::Error,
    layer: Layer::Cluster,
    title: "Git's BGP objects do not reach the cluster",
    explanation: Explanation {
        what: "Flux or Argo CD applies the BGP objects and has stopped: it is suspended, waits to be synced, or what it \
               applies is refused.",
        matters: "What the repository says is not what the cluster does. A change that looks merged has no effect, and \
                  objects that were never applied are missing.",
        detected: "A Kustomization, HelmRelease or Application is suspended or not ready, and it names Cilium's BGP kinds \
                   or Cilium itself in what it says, in its name or in its path. It is an error while no ClusterConfig \
                   is there, else a warning.",
        fix: "Resume it, or mend what it refuses: a missing kind wants Cilium's operator first (dependsOn), a version that \
              is not served wants another apiVersion, an unset variable wants a value.",
        sources: &[
            "fluxcd/kustomize-controller docs/spec/v1/kustomizations.md (suspend, Ready)",
            "argoproj/argo-cd pkg/apis/application/v1alpha1/types.go (OperationState)",
        ],
    },
    judge: held_up,
};

/// Words that tell that a reconciler is about BGP; compared in lower case.
const ABOUT_BGP: &[&str] = &["bgp", "ciliumloadbalancerippool"];

/// A word of names and paths that may hold BGP's objects beside others.
const MAYBE_BGP: &str = "cilium";

fn held_up(facts: &Facts, verdict: &mut Verdict) {
    let Some(cluster) = facts.cluster() else { return };
    let kustomizations = verdict.need(Kind::Kustomization, &cluster.kustomizations);
    let helm_releases = verdict.need(Kind::HelmRelease, &cluster.helm_releases);
    let applications = verdict.need(Kind::Application, &cluster.applications);
    let nothing_there = cluster.cluster_configs.value().is_some_and(Vec::is_empty);
    let mut judge = |kind: &'static str, name: String, path: &str, holdup: Option<Holdup>| {
        let Some(holdup) = holdup else { return };
        let (why, fix, paste) = match &holdup {
            Holdup::Suspended => ("it is suspended", "resume it", resume(kind, &name)),
            Holdup::NotSynced => ("it is out of sync, and syncs by hand only", "sync it", sync(&name)),
            Holdup::Failing(_) => ("it fails", "mend what it says", describe(kind, &name)),
        };
        let said = if let Holdup::Failing(message) = &holdup { message.as_str() } else { "" };
        let Some(severity) = severity(&format!("{name} {path}"), said, nothing_there) else { return };
        let evidence = if said.is_empty() { why.to_owned() } else { format!("{why}: {}", first_line(said)) };
        let mut finding = Finding::of(&HELD_UP, Subject::object(kind, &name))
            .severity(severity)
            .title(format!("{}: {why}", HELD_UP.title))
            .seen(End::Cluster, None, evidence)
            .fix(hint(said).unwrap_or(fix));
        if nothing_there {
            finding = finding.explains(facts.every_symptom());
        }
        verdict.report(finding.paste(paste));
    };
    for object in kustomizations.into_iter().flatten() {
        let path = object.spec.path.as_deref().unwrap_or_default();
        judge("kustomization.kustomize.toolkit.fluxcd.io", full_name(object), path, FluxSpec::holdup(object));
    }
    for object in helm_releases.into_iter().flatten() {
        judge("helmrelease.helm.toolkit.fluxcd.io", full_name(object), "", FluxSpec::holdup(object));
    }
    for object in applications.into_iter().flatten() {
        judge("application.argoproj.io", full_name(object), "", ApplicationStatus::holdup(object));
    }
}

/// How bad it is that something of this name and path does not reach the cluster; `None`: it is not about BGP.
fn severity(place: &str, said: &str, nothing_there: bool) -> Option<Severity> {
    let (place, said) = (place.to_lowercase(), said.to_lowercase());
    let is_about_bgp = ABOUT_BGP.iter().any(|word| place.contains(word) || said.contains(word));
    match (is_about_bgp, nothing_there) {
        (true, true) => Some(Severity::Error),
        (true, false) => Some(Severity::Warning),
        (false, true) if place.contains(MAYBE_BGP) => Some(Severity::Warning),
        (false, _) => None,
    }
}

fn full_name<Spec, Status>(object: &Object<Spec, Status>) -> String {
    format!("{}/{}", object.metadata.namespace, object.metadata.name)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// What a refusal means, where its words tell.
fn hint(said: &str) -> Option<&'static str> {
    let lower = said.to_lowercase();
    let has = |words: &[&str]| words.iter().all(|word| lower.contains(word));
    if has(&["no matches for kind"]) {
        Some(
            "the API server does not serve the kind in that version: let it wait for Cilium (dependsOn), or use a version that is served",
        )
    } else if has(&["variable", "not set"]) || has(&["substitut"]) {
        Some("a variable has no value: set it in postBuild.substitute or in the ConfigMap or Secret it is taken from")
    } else if has(&["dry-run failed"]) {
        Some("the API server refuses the object: mend the field that it names")
    } else if has(&["dependency", "not ready"]) {
        Some("what it depends on is not ready: mend that first")
    } else {
        None
    }
}

fn split(name: &str) -> (&str, &str) {
    name.split_once('/').unwrap_or(("", name))
}

fn resume(kind: &str, name: &str) -> String {
    let (namespace, name) = split(name);
    let patch = r#"{"spec":{"suspend":false}}"#;
    shell::command(["kubectl", "-n", namespace, "patch", kind, shell::name(name), "--type", "merge", "-p", patch])
}

fn sync(name: &str) -> String {
    let (namespace, name) = split(name);
    shell::command(["argocd", "app", "sync", shell::name(name), "--app-namespace", namespace])
}

fn describe(kind: &str, name: &str) -> String {
    let (namespace, name) = split(name);
    shell::command(["kubectl", "-n", namespace, "describe", kind, shell::name(name)])
}
