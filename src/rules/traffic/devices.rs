//! The devices that Cilium serves.

use regex::Regex;

use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;

pub const NOT_SERVED: Rule = Rule {
    code: "BGP311",
    rows: &["C11"],
    severity: Severity::Warning,
    layer: Layer::Traffic,
    title: "an L2 policy names interfaces that Cilium does not serve",
    explanation: Explanation {
        what: "cilium-config lists the devices that agents work on, and none of the policy's interfaces is among them. On \
               a device that is not in the list Cilium answers no ARP and translates no VIP, a VLAN or bond of a listed \
               one included.",
        matters: "The policy has no effect. Packets for a VIP that come in by such a device are not translated either, \
                  whether L2 or BGP brought them.",
        detected: "devices in cilium-config has whole names, and no regular expression of the policy's spec.interfaces \
                   matches one. Without the list agents choose themselves, and the objects do not say what.",
        fix: "Add the device that clients or the router come in by to the Helm value devices, and restart the agents.",
        sources: &["docs.cilium.io L2 Announcements, Limitations", "cilium#26882", "cilium#27121"],
    },
    judge: not_served,
};

fn not_served(facts: &Facts, verdict: &mut Verdict) {
    let Some(cluster) = facts.cluster() else { return };
    let Some(settings) = cluster.settings.value().filter(|settings| settings.l2_is_enabled()) else { return };
    let devices: Vec<&str> = settings.devices().collect();
    // `eth+` stands for names that are not known here.
    if devices.is_empty() || devices.iter().any(|device| device.contains(['+', '*', '!'])) {
        return;
    }
    for policy in cluster.l2_policies.value().into_iter().flatten() {
        let wanted = &policy.spec.interfaces;
        // Go's syntax is this one's; what is none is the policy's own condition.
        let matches = |text: &String| Regex::new(text).is_ok_and(|regex| devices.iter().any(|one| regex.is_match(one)));
        if wanted.is_empty() || wanted.iter().any(matches) {
            continue;
        }
        let name = &policy.metadata.name;
        verdict.report(
            Finding::of(&NOT_SERVED, Subject::object("ciliuml2announcementpolicy", name))
                .seen(
                    End::Cluster,
                    facts.source(Kind::L2AnnouncementPolicy),
                    format!("{name} has interfaces {}", wanted.join(", ")),
                )
                .seen(End::Cluster, facts.source(Kind::CiliumConfig), format!("devices: {}", devices.join(", ")))
                .fix("add the device to devices in cilium-config and restart the agents, or mend the expression"),
        );
    }
}
