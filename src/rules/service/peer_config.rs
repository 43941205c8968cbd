//! PeerConfigs by which nothing goes out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::idle::{any_is_advertised, idle};
use crate::cilium::advertisement::Advertisement;
use crate::cilium::bgp::PeerConfig;
use crate::cilium::selector::LabelSelector;
use crate::rules::finding::{End, Finding, Severity, Subject, Symptom};
use crate::rules::{Explanation, Facts, Layer, Rule, Verdict};
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::cluster::{Obstacle, Profile};
use crate::topology::names::listed_up_to;

/// How many names a sentence has.
const NAMED: usize = 3;

pub const TAKES_NONE: Rule = Rule {
    code: "BGP209",
    rows: &["B9"],
    severity: Severity::Error,
    layer: Layer::Service,
    title: "the PeerConfig takes no advertisement, so nothing is advertised to its peers",
    explanation: Explanation {
        what: "A PeerConfig's family selects CiliumBGPAdvertisements by their labels, and none has them; or the family, or \
               the peer, has no selection at all.",
        matters: "The sessions are established and carry nothing. No condition says so.",
        detected: "The family's selector is compared with the labels of all advertisements.",
        fix: "Let the selector and the labels of an advertisement be the same.",
        sources: &[
            "docs.cilium.io: BGP Control Plane, CiliumBGPPeerConfig families",
            "cilium pkg/bgp/manager/reconciler/peer_advertisements.go",
        ],
    },
    judge: takes_none,
};

pub const NO_FAMILY: Rule = Rule {
    code: "BGP210",
    rows: &["B10"],
    severity: Severity::Error,
    layer: Layer::Service,
    title: "no PeerConfig has the address family of some VIPs",
    explanation: Explanation {
        what: "Services have addresses of a family, IPv4 or IPv6, that no PeerConfig lists.",
        matters: "These addresses are advertised to nobody. Where the Service is reachable by its other family it shows late.",
        detected: "The families of the PeerConfigs in use are compared with those of the load balancers' addresses. It is an \
                   error where sessions run over the family or the router exchanges it, and information only where the \
                   Services have other addresses that are advertised.",
        fix: "Add the family with its advertisements, and activate it for the neighbors on the router. The sessions start anew.",
        sources: &["docs.cilium.io: BGP Control Plane, CiliumBGPPeerConfig families", "RFC 4760"],
    },
    judge: no_family,
};

fn takes_none(facts: &Facts, verdict: &mut Verdict) {
    let Some(cluster) = facts.cluster() else { return };
    let Some(advertisements) = cluster.advertisements.value() else { return };
    let idle = idle(facts);
    let others = any_is_advertised(facts);
    for (name, config) in in_use(facts) {
        for family in unicast(config) {
            let selects = |selector: &LabelSelector| {
                advertisements.iter().any(|object| selector.matches(&object.metadata.labels))
            };
            if family.selection.is_some_and(selects) {
                continue;
            }
            let lost = idle
                .iter()
                .filter(|idle| *idle.obstacle == Obstacle::NoAdvertisement && idle.vip.ip.is_ipv4() == family.ipv4);
            let (vips, symptoms): (BTreeSet<String>, Vec<BTreeSet<Symptom>>) =
                lost.map(|idle| (format!("{} ({})", idle.vip.ip, idle.vip.name()), idle.symptoms())).unzip();
            let severity = match vips.is_empty() {
                false => Severity::Error,
                // Another peer has what this one lacks.
                true if others && has_vips(facts, family.ipv4) => Severity::Warning,
                true => continue,
            };
            let finding = Finding::of(&TAKES_NONE, Subject::object("ciliumbgppeerconfig", name))
                .severity(severity)
                .seen(End::Cluster, facts.source(Kind::BgpPeerConfig), family.words())
                .seen(End::Cluster, facts.source(Kind::BgpAdvertisement), labels(advertisements))
                .explains(symptoms.into_iter().flatten())
                .excluded(["not the sessions, nor the router: nothing is sent".to_owned()]);
            let finding = if vips.is_empty() {
                finding
            } else {
                let said = format!("not advertised: {}", listed_up_to(NAMED, &vips));
                finding.seen(End::Cluster, facts.source(Kind::Service), said)
            };
            verdict.report(mended(finding, name, &family, advertisements));
        }
    }
}

/// A unicast family of a PeerConfig.
struct Family<'a> {
    ipv4: bool,
    /// Its place in the list; none where Cilium takes it for want of any.
    at: Option<usize>,
    selection: Option<&'a LabelSelector>,
}

/// Of a family that stands twice, the last counts.
fn unicast(config: &PeerConfig) -> Vec<Family<'_>> {
    let families = &config.spec.families;
    if families.is_empty() {
        return [true, false].map(|ipv4| Family { ipv4, at: None, selection: None }).into();
    }
    let last = |ipv4: bool| {
        let afi = if ipv4 { "ipv4" } else { "ipv6" };
        let at = families.iter().rposition(|one| one.afi == afi && one.safi == "unicast")?;
        Some(Family { ipv4, at: Some(at), selection: families[at].advertisements.as_ref() })
    };
    [true, false].into_iter().filter_map(last).collect()
}

impl Family<'_> {
    fn name(&self) -> &'static str {
        if self.ipv4 { "ipv4" } else { "ipv6" }
    }

    fn words(&self) -> String {
        match (self.at, self.selection) {
            (None, _) => "it has no families, so both are negotiated and carry nothing".to_owned(),
            (_, None) => format!("its family {} unicast has no advertisements", self.name()),
            (_, Some(selector)) => {
                format!("its family {} unicast takes advertisements with {selector}", self.name())
            }
        }
    }
}

fn labels(advertisements: &[Advertisement]) -> String {
    let with_labels = |object: &Advertisement| {
        let labels: Vec<String> = object.metadata.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let labels = if labels.is_empty() { "no labels".to_owned() } else { labels.join(",") };
        format!("{} has {labels}", object.metadata.name)
    };
    match advertisements {
        [] => "there is no CiliumBGPAdvertisement".to_owned(),
        some => format!("of the advertisements, {}", listed_up_to(NAMED, some.iter().map(with_labels))),
    }
}

/// The fix touches what is sure to be unused: the PeerConfig, if there is one advertisement to take.
fn mended(finding: Finding, name: &str, family: &Family, advertisements: &[Advertisement]) -> Finding {
    let of_services = |object: &&Advertisement| object.spec.advertisements.iter().any(|entry| entry.is_of("Service"));
    let mut useful = advertisements.iter().filter(of_services);
    let patch = |path: String, value: String| patch(name, &path, &value);
    let Some(object) = useful.next() else {
        return finding.fix("write a CiliumBGPAdvertisement with labels, and let the PeerConfig take it");
    };
    let labels = &object.metadata.labels;
    let selector = json!({"matchLabels": labels}).to_string();
    match (labels.is_empty(), family.at) {
        (true, _) => {
            finding.fix("give an advertisement a label, and let the PeerConfig take it").paste(shell::command([
                "kubectl",
                "label",
                "ciliumbgpadvertisement",
                shell::name(&object.metadata.name),
                "advertise=bgp",
            ]))
        }
        (false, Some(at)) => finding
            .fix("let the PeerConfig take the advertisement that is there")
            .paste(patch(format!("/spec/families/{at}/advertisements"), selector)),
        (false, None) => {
            let families = format!(r#"[{{"afi":"{}","safi":"unicast","advertisements":{selector}}}]"#, family.name());
            finding
                .fix("give the PeerConfig its families, with the advertisement that is there")
                .paste(patch("/spec/families".to_owned(), families))
        }
    }
}

fn patch(name: &str, path: &str, value: &str) -> String {
    let patch = format!(r#"[{{"op":"add","path":"{path}","value":{value}}}]"#);
    shell::command(["kubectl", "patch", "ciliumbgppeerconfig", shell::name(name), "--type", "json", "-p", &patch])
}

/// The PeerConfigs of sessions.
fn in_use<'a>(facts: &Facts<'a>) -> BTreeMap<&'a str, &'a PeerConfig> {
    let configs = facts.cluster().and_then(|cluster| cluster.peer_configs.value());
    let profiles = facts.sessions().filter_map(|case| case.session.profile.as_ref());
    let named = profiles.filter_map(|profile| match profile {
        Profile::PeerConfig(name) => configs?.get_key_value(name),
        _ => None,
    });
    named.map(|(name, config)| (name.as_str(), config)).collect()
}

fn has_vips(facts: &Facts, ipv4: bool) -> bool {
    facts.vips().iter().any(|vip| vip.ip.is_ipv4() == ipv4 && vip.is_advertised() == Some(true))
}

fn no_family(facts: &Facts, verdict: &mut Verdict) {
    let idle = idle(facts);
    for (ipv4, family) in [(true, "ipv4"), (false, "ipv6")] {
        let lost: Vec<_> = idle.iter().filter(|idle| *idle.obstacle == Obstacle::Family(family)).collect();
        if lost.is_empty() {
            continue;
        }
        // Where sessions run over the family, or the router has it active for them, it was meant to be there.
        let is_meant = facts.sessions().any(|case| {
            let over_it = case.session.peer_address.value().is_some_and(|address| address.is_ipv4() == ipv4);
            let end = case.router_end().filter(|end| end.established);
            over_it || end.is_some_and(|end| end.families.iter().any(|counts| counts.family.is_unicast(ipv4)))
        });
        let severity = match lost.iter().any(|idle| !idle.has_sibling(facts)) {
            _ if is_meant => Severity::Error,
            true => Severity::Warning,
            false => Severity::Information,
        };
        for (name, config) in in_use(facts) {
            let taken = unicast(config).into_iter().find_map(|other| other.selection.cloned());
            let labels = taken.map(|selector| selector.match_labels).unwrap_or_default();
            let selector = json!({"matchLabels": labels});
            let value = format!(r#"{{"afi":"{family}","safi":"unicast","advertisements":{selector}}}"#);
            let vips = lost.iter().map(|idle| format!("{} ({})", idle.vip.ip, idle.vip.name()));
            verdict.report(
                Finding::of(&NO_FAMILY, Subject::object("ciliumbgppeerconfig", name))
                    .severity(severity)
                    .title(format!("no PeerConfig has the family {family} of some VIPs"))
                    .seen(End::Cluster, facts.source(Kind::BgpPeerConfig), format!("it does not have the family {family}"))
                    .seen(End::Cluster, facts.source(Kind::Service), format!("not advertised: {}", listed_up_to(NAMED, vips)))
                    .fix(format!("add the family, and on the router activate {} unicast for the neighbors; the sessions start anew", if ipv4 { "ipv4" } else { "ipv6" }))
                    .paste(patch(name, "/spec/families/-", &value))
                    .explains(lost.iter().flat_map(|idle| idle.symptoms())),
            );
        }
    }
}
