//! Services that no advertisement selects, or not for this kind of address.

use std::collections::{BTreeMap, BTreeSet};

use super::idle::{Idle, any_is_advertised, idle, profiles};
use crate::cilium::advertisement::Entry;
use crate::cilium::selector::Mismatch;
use crate::rules::finding::{End, Finding, Severity, Subject, Symptom};
use crate::rules::{Explanation, Facts, Layer, Rule, Verdict};
use crate::snapshot::Kind;
use crate::topology::cluster::Obstacle;
use crate::topology::cluster::selection::{self, Candidate};
use crate::topology::names::listed_up_to;

/// How many names a sentence has.
const NAMED: usize = 3;

pub const NO_SELECTOR: Rule = Rule {
    code: "BGP207",
    rows: &["B7"],
    severity: Severity::Error,
    layer: Layer::Service,
    title: "the advertisement has no selector, so it selects no Service",
    explanation: Explanation {
        what: "An entry of the CiliumBGPAdvertisement is of type Service and has no selector. Since 1.16 that selects \
               nothing; it does not mean all.",
        matters: "No VIP is advertised by it, and no condition says so.",
        detected: "The PeerConfig takes the advertisement, and of all entries for Services this one comes furthest.",
        fix: "Add a selector. One that holds for every Service without a certain label selects all, and keeps a way out.",
        sources: &["docs.cilium.io: BGP Control Plane, Service advertisement", "cilium/cilium#35121"],
    },
    judge: no_selector,
};

pub const NOT_SELECTED: Rule = Rule {
    code: "BGP208",
    rows: &["B8"],
    severity: Severity::Warning,
    layer: Layer::Service,
    title: "no advertisement selects the Service",
    explanation: Explanation {
        what: "LB-IPAM gave the Service an address, and the labels that the advertisements select by are not the Service's: a \
               label is missing, has another value, or is one that an advertisement leaves out on purpose.",
        matters: "No node advertises the address; nothing outside finds it.",
        detected: "The selector of every advertisement that a PeerConfig takes is tried on the Service's labels, its \
                   namespace and its name. Where all of them leave it out by a label that it carries, or an L2 policy \
                   announces it, it may well be meant and is information only.",
        fix: "Label the Service as the selector wants it, or widen the selector.",
        sources: &[
            "docs.cilium.io: BGP Control Plane, Service advertisement",
            "cilium pkg/bgp/manager/reconciler/service.go",
        ],
    },
    judge: not_selected,
};

pub const OTHER_ADDRESSES: Rule = Rule {
    code: "BGP211",
    rows: &["B11"],
    severity: Severity::Error,
    layer: Layer::Service,
    title: "the advertisement selects Services, but not for this kind of address",
    explanation: Explanation {
        what: "An advertisement says for which kinds of address it is: LoadBalancerIP, ExternalIP, ClusterIP. This one is \
               missing. From 1.19 on an address that stands in the Service's externalIPs too is an external IP, also where \
               LB-IPAM gave it; Gateways with spec.addresses make such Services.",
        matters: "The VIP is selected and not advertised. After an upgrade to 1.19 VIPs vanish this way.",
        detected: "The advertisement's selector holds for the Service, and its list of addresses lacks the kind that Cilium \
                   takes the address for.",
        fix: "Add the kind to the advertisement; or take the address out of externalIPs and ask LB-IPAM for it.",
        sources: &[
            "cilium pkg/loadbalancer/reflectors/conversions.go",
            "cilium/cilium#40916",
            "docs.cilium.io: BGP Control Plane, Service advertisement",
        ],
    },
    judge: other_addresses,
};

fn no_selector(facts: &Facts, verdict: &mut Verdict) {
    let by_name = by_advertisement(facts, |_, candidates| {
        let furthest = candidates.first()?;
        matches!(furthest.verdict, selection::Verdict::NoSelector).then(|| furthest.advertisement.clone())?
    });
    for (name, (services, symptoms)) in by_name {
        let entry = entries(facts, &name).find(|(_, entry)| entry.is_of("Service") && entry.selector.is_none());
        let selector = r#"{"matchExpressions":[{"key":"bgp","operator":"NotIn","values":["off"]}]}"#;
        let mut finding = Finding::of(&NO_SELECTOR, Subject::object("ciliumbgpadvertisement", &name))
            .seen(End::Cluster, facts.source(Kind::BgpAdvertisement), "an entry of type Service has no selector")
            .seen(
                End::Cluster,
                facts.source(Kind::Service),
                format!("not advertised: {}", listed_up_to(NAMED, services)),
            )
            .fix("add a selector: this one takes every Service but those with the label bgp=off")
            .explains(symptoms);
        if let Some((at, _)) = entry {
            finding = finding.paste(patch(&name, &format!("/spec/advertisements/{at}/selector"), selector));
        }
        verdict.report(finding);
    }
}

fn not_selected(facts: &Facts, verdict: &mut Verdict) {
    let (profiles, others) = (profiles(facts), any_is_advertised(facts));
    for idle in idle(facts).iter().filter(|idle| *idle.obstacle == Obstacle::NotSelected) {
        let candidates = idle.candidates(facts, &profiles);
        let furthest = candidates.first().map(|candidate| &candidate.verdict);
        if matches!(furthest, Some(selection::Verdict::NoSelector)) {
            continue;
        }
        let is_left_out = candidates.iter().all(|candidate| match &candidate.verdict {
            selection::Verdict::OtherLabels(mismatches) => mismatches.iter().all(Mismatch::is_exclusion),
            other => other.rank() < selection::Verdict::OtherLabels(Vec::new()).rank(),
        });
        let is_left_out = is_left_out && matches!(furthest, Some(selection::Verdict::OtherLabels(_)));
        let (severity, title) = match is_left_out {
            true => (Severity::Information, "the advertisements leave the Service out, by its labels"),
            false => (idle.severity(others), NOT_SELECTED.title),
        };
        let mut finding = Finding::of(&NOT_SELECTED, idle.vip.subject()).severity(severity).title(title).seen(
            End::Cluster,
            facts.source(Kind::Service),
            format!("{} has {} and is not advertised", idle.vip.name(), idle.vip.ip),
        );
        for candidate in candidates.iter().filter(|candidate| candidate.verdict.rank() >= least()).take(NAMED) {
            finding = finding.seen(End::Cluster, facts.source(Kind::BgpAdvertisement), candidate.to_string());
        }
        finding = match remedy(idle, &candidates) {
            Some(command) if is_left_out => {
                finding.fix("nothing, if it is meant; else take the label off").paste(command)
            }
            Some(command) => finding.fix("label the Service as an advertisement wants it").paste(command),
            None => finding.fix("widen the selector of an advertisement"),
        };
        verdict.report(idle.with_l2(finding).explains(idle.symptoms()));
    }
}

/// Candidates that say more than that another object is taken.
fn least() -> usize {
    selection::Verdict::OtherType(String::new()).rank()
}

/// The labels that make the first advertisement select it.
fn remedy(idle: &Idle, candidates: &[Candidate]) -> Option<String> {
    candidates.iter().find_map(|candidate| {
        let selection::Verdict::OtherLabels(mismatches) = &candidate.verdict else { return None };
        let labels: Option<Vec<String>> = mismatches.iter().map(Mismatch::remedy).collect();
        let (namespace, name) = (&idle.vip.service.metadata.namespace, &idle.vip.service.metadata.name);
        Some(format!("kubectl -n {namespace} label service {name} --overwrite {}", labels?.join(" ")))
    })
}

fn other_addresses(facts: &Facts, verdict: &mut Verdict) {
    let others = any_is_advertised(facts);
    let is_external = |idle: &Idle| idle.vip.service.is_shadowed_by_external_ip(idle.vip.ip);
    let by_name = by_advertisement(facts, |idle, candidates| {
        let furthest = candidates.first().filter(|candidate| candidate.advertisement.is_some())?;
        let kind = match (&idle.obstacle, &furthest.verdict) {
            (Obstacle::NoFrontend(_), selection::Verdict::Selects) if is_external(idle) => "ExternalIP".to_owned(),
            (Obstacle::AddressType(kind), selection::Verdict::OtherAddresses { .. }) => kind.to_string(),
            _ => return None,
        };
        Some((furthest.advertisement.clone()?, kind, idle.severity(others)))
    });
    for ((name, kind, severity), (services, symptoms)) in by_name {
        // That a VIP vanished is a fault whatever else is advertised.
        let severity = if kind == "ExternalIP" { Severity::Error } else { severity };
        let entry = entries(facts, &name).find_map(|(at, entry)| Some((at, entry.service.as_ref()?)));
        let listed = entry.map(|(_, options)| options.addresses.join(", ")).unwrap_or_default();
        let mut finding = Finding::of(&OTHER_ADDRESSES, Subject::object("ciliumbgpadvertisement", &name))
            .severity(severity)
            .title(format!("the advertisement selects Services, but has no {kind} addresses"))
            .seen(End::Cluster, facts.source(Kind::BgpAdvertisement), format!("it is for {listed}"))
            .seen(
                End::Cluster,
                facts.source(Kind::Service),
                format!("to Cilium these are {kind} addresses: {}", listed_up_to(NAMED, services)),
            )
            .fix(format!("add {kind} to the advertisement's addresses"))
            .explains(symptoms);
        if let Some((at, _)) = entry {
            let path = format!("/spec/advertisements/{at}/service/addresses/-");
            finding = finding.paste(patch(&name, &path, &format!("\"{kind}\"")));
        }
        verdict.report(finding);
    }
}

/// What is idle for the same reason of one advertisement: its addresses, and what they explain.
fn by_advertisement<K: Ord>(
    facts: &Facts,
    reason: impl Fn(&Idle, &[Candidate]) -> Option<K>,
) -> BTreeMap<K, (BTreeSet<String>, BTreeSet<Symptom>)> {
    let profiles = profiles(facts);
    let mut by_name: BTreeMap<K, (BTreeSet<String>, BTreeSet<Symptom>)> = BTreeMap::new();
    let may_be = |idle: &&Idle| {
        matches!(idle.obstacle, Obstacle::NotSelected | Obstacle::AddressType(_) | Obstacle::NoFrontend(_))
    };
    for idle in idle(facts).iter().filter(may_be) {
        let Some(key) = reason(idle, &idle.candidates(facts, &profiles)) else { continue };
        let (services, symptoms) = by_name.entry(key).or_default();
        services.insert(format!("{} ({})", idle.vip.ip, idle.vip.name()));
        symptoms.extend(idle.symptoms());
    }
    by_name
}

fn entries<'a>(facts: &Facts<'a>, name: &str) -> impl Iterator<Item = (usize, &'a Entry)> {
    let all = facts.cluster().and_then(|cluster| cluster.advertisements.value()).into_iter().flatten();
    let named: Vec<_> = all.filter(|object| object.metadata.name == name).collect();
    named.into_iter().flat_map(|object| object.spec.advertisements.iter().enumerate())
}

fn patch(name: &str, path: &str, value: &str) -> String {
    format!(
        r#"kubectl patch ciliumbgpadvertisement {name} --type json -p '[{{"op":"add","path":"{path}","value":{value}}}]'"#
    )
}
