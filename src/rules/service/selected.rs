//! Services that no advertisement selects, or not for this kind of address.

use std::collections::{BTreeMap, BTreeSet};

use super::idle::{Idle, any_is_advertised, candidates, idle, profiles};
use crate::cilium::advertisement::Entry;
use crate::cilium::selector::Mismatch;
use crate::rules::finding::{End, Finding, Severity, Subject, Symptom};
use crate::rules::losses::symptoms;
use crate::rules::{Explanation, Facts, Layer, Rule, Verdict};
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::cluster::Obstacle;
use crate::topology::cluster::selection::{self, Candidate};
use crate::topology::names::listed_up_to;
use crate::topology::service::AddressKind;

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
    severity: Severity::Information,
    layer: Layer::Service,
    title: "no advertisement selects the Service",
    explanation: Explanation {
        what: "LB-IPAM gave the Service an address, and the labels that the advertisements select by are not the Service's: a \
               label is missing, has another value, or is one that an advertisement leaves out on purpose.",
        matters: "No node advertises the address; nothing outside finds it.",
        detected: "The selector of every advertisement that a PeerConfig takes is tried on the Service's labels, its \
                   namespace and its name. Where other Services are selected, or an L2 policy announces it, it may be meant; \
                   where nothing at all is advertised it is an error.",
        fix: "Label the Service as the selector wants it, or widen the selector.",
        sources: &[
            "docs.cilium.io: BGP Control Plane, Service advertisement",
            "cilium pkg/bgp/manager/reconciler/service.go",
        ],
    },
    judge: not_selected,
};

pub const NOT_OF_SERVICES: Rule = Rule {
    code: "BGP281",
    rows: &["B9", "B11"],
    severity: Severity::Error,
    layer: Layer::Service,
    title: "no advertisement that the peers take is of Services",
    explanation: Explanation {
        what: "PeerConfigs take advertisements, and none of their entries is of type Service.",
        matters: "Pod CIDRs may be advertised, and no VIP is.",
        detected: "Services have addresses, and every entry that the sessions are linked to is of another type.",
        fix: "Add an entry of type Service with the addresses to advertise and a selector.",
        sources: &["docs.cilium.io: BGP Control Plane, CiliumBGPAdvertisement"],
    },
    judge: not_of_services,
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
        let candidates = candidates(facts, &profiles, idle.vip);
        let furthest = candidates.first().map(|candidate| &candidate.verdict);
        if !matches!(furthest, Some(selection::Verdict::OtherLabels(_))) {
            continue;
        }
        let is_left_out = candidates.iter().all(|candidate| match &candidate.verdict {
            selection::Verdict::OtherLabels(mismatches) => mismatches.iter().all(Mismatch::is_exclusion),
            other => other.rank() < selection::Verdict::OtherLabels(Vec::new()).rank(),
        });
        let (severity, title) = if is_left_out {
            (Severity::Information, "the advertisements leave the Service out, by its labels")
        } else {
            (idle.severity(others), NOT_SELECTED.title)
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

fn not_of_services(facts: &Facts, verdict: &mut Verdict) {
    let by_name = by_advertisement(facts, |_, candidates| {
        let furthest = candidates.first()?;
        matches!(furthest.verdict, selection::Verdict::OtherType(_)).then(|| furthest.advertisement.clone())?
    });
    for (name, (services, symptoms)) in by_name {
        let of: BTreeSet<&str> = entries(facts, &name).map(|(_, entry)| entry.advertisement_type.as_str()).collect();
        let entry = r#"{"advertisementType":"Service","service":{"addresses":["LoadBalancerIP"]},"selector":{"matchExpressions":[{"key":"bgp","operator":"NotIn","values":["off"]}]}}"#;
        let seen = format!("it is of {}", of.into_iter().collect::<Vec<_>>().join(", "));
        verdict.report(
            Finding::of(&NOT_OF_SERVICES, Subject::object("ciliumbgpadvertisement", &name))
                .seen(End::Cluster, facts.source(Kind::BgpAdvertisement), seen)
                .seen(
                    End::Cluster,
                    facts.source(Kind::Service),
                    format!("not advertised: {}", listed_up_to(NAMED, services)),
                )
                .fix("add an entry for Services: this one takes every Service but those with the label bgp=off")
                .paste(patch(&name, "/spec/advertisements/-", entry))
                .explains(symptoms),
        );
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
        let words = ["kubectl", "-n", namespace, "label", "service", shell::name(name), "--overwrite"];
        Some(shell::command(words.into_iter().chain(labels?.iter().map(|label| shell::name(label)))))
    })
}

fn other_addresses(facts: &Facts, verdict: &mut Verdict) {
    let (profiles, others) = (profiles(facts), any_is_advertised(facts));
    let external =
        facts.vips().iter().filter(|vip| vip.kind == AddressKind::ExternalIP && vip.is_advertised() != Some(true));
    let idle = idle(facts).into_iter().map(|idle| (idle.vip, Some(idle.obstacle)));
    for (vip, obstacle) in idle.chain(external.map(|vip| (vip, None))) {
        let candidates = candidates(facts, &profiles, vip);
        let Some(furthest) = candidates.first() else { continue };
        let (kind, severity) = match (obstacle, &furthest.verdict) {
            // That a VIP vanished is a fault whatever else is advertised.
            (Some(Obstacle::NoFrontend(_)), selection::Verdict::Selects) if vip.is_external_ip() => {
                (AddressKind::ExternalIP, Severity::Error)
            }
            (Some(Obstacle::AddressType(kind)), selection::Verdict::OtherAddresses { .. }) => {
                match vip.l2.policies.is_empty() {
                    true if !others => (*kind, Severity::Error),
                    true => (*kind, Severity::Warning),
                    false => (*kind, Severity::Information),
                }
            }
            (None, selection::Verdict::OtherAddresses { kind, .. }) => (*kind, Severity::Information),
            _ => continue,
        };
        let mut finding = Finding::of(&OTHER_ADDRESSES, vip.subject())
            .severity(severity)
            .title(format!("an advertisement selects the Service, but has no {kind} addresses"))
            .seen(
                End::Cluster,
                facts.source(Kind::Service),
                format!("{} of {} is a {kind} to Cilium", vip.ip, vip.name()),
            )
            .fix(format!("add {kind} to the addresses of the advertisement, if it should be advertised"))
            .explains(vip.routes.iter().flat_map(|(at, _)| symptoms(*at)));
        let Some(name) = &furthest.advertisement else { continue };
        let entry =
            entries(facts, name).nth(furthest.entry).and_then(|(at, entry)| Some((at, entry.service.as_ref()?)));
        if let Some((at, options)) = entry {
            let path = format!("/spec/advertisements/{at}/service/addresses/-");
            let said = format!("CiliumBGPAdvertisement {name} is for {}", options.addresses.join(", "));
            finding = finding.seen(End::Cluster, facts.source(Kind::BgpAdvertisement), said).paste(patch(
                name,
                &path,
                &format!("\"{kind}\""),
            ));
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
    for idle in idle(facts).iter().filter(|idle| *idle.obstacle == Obstacle::NotSelected) {
        let Some(key) = reason(idle, &candidates(facts, &profiles, idle.vip)) else { continue };
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
    let patch = format!(r#"[{{"op":"add","path":"{path}","value":{value}}}]"#);
    shell::command(["kubectl", "patch", "ciliumbgpadvertisement", shell::name(name), "--type", "json", "-p", &patch])
}
