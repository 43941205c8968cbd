//! A router that does not speak BGP at all.

use super::{all_symptoms, ending_at};
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::topology::Known;
use crate::topology::router::Router;
use crate::unifi::CONSOLE;

pub const BGPD_AWAY: Rule = Rule {
    code: "BGP114",
    rows: &["A14"],
    severity: Severity::Error,
    layer: Layer::Router,
    title: "bgpd does not run on the router",
    explanation: Explanation {
        what: "FRR's BGP daemon is not among the daemons that run, or FRR does not run at all.",
        matters: "All sessions that end there are down, and the router forwards nothing to the nodes. Its running configuration then \
                  lacks `router bgp` without an error, so do not save or compare it.",
        detected: "`show daemons` lacks bgpd, or vtysh finds no daemon. /etc/frr/daemons is not asked: UniFi OS starts bgpd by itself.",
        fix: "On UniFi upload and enable a BGP configuration; elsewhere set bgpd=yes in /etc/frr/daemons and restart FRR. If it was \
              running, its log says why it ended.",
        sources: &["FRR doc/user/setup.rst", "FRR vtysh/vtysh.c (show daemons)"],
    },
    judge: bgpd_away,
};

fn bgpd_away(facts: &Facts, verdict: &mut Verdict) {
    for router in facts.routers().iter().filter(|router| old_firmware(router).is_none()) {
        let Known::Absent(why) = &router.neighbors else { continue };
        let mut finding = Finding::of(&BGPD_AWAY, Subject::Router(router.name.clone()))
            .seen(End::Router, None, why.clone())
            .explains(all_symptoms(facts, router));
        if let Some(daemons) = router.daemons.value().filter(|daemons| !daemons.is_empty()) {
            finding = finding.seen(End::Router, None, format!("`show daemons` lists {}", daemons.join(", ")));
        }
        let refused = facts.down().find(|case| case.router.is_some_and(|other| other.name == router.name));
        if let Some((case, end)) = refused.and_then(|case| Some((case, case.session.cluster.value()?))) {
            let text = format!("{} is {}", case.subject(), end.state);
            finding = finding.seen(End::Cluster, Some(&end.source), text);
        }
        verdict.report(if router.is_unifi() {
            finding.fix(format!(
                "upload and enable a BGP configuration in UniFi Network: {CONSOLE}; if there is one, restart the gateway"
            ))
        } else {
            finding
                .fix("start bgpd: bgpd=yes in /etc/frr/daemons, then restart FRR; if it was running, see its log")
                .paste("sed -i 's/^bgpd=no/bgpd=yes/' /etc/frr/daemons && systemctl restart frr")
        });
    }
}

pub const NO_INSTANCE: Rule = Rule {
    code: "BGP115",
    rows: &["A15", "A17", "A18"],
    severity: Severity::Error,
    layer: Layer::Router,
    title: "the router has no BGP configuration",
    explanation: Explanation {
        what: "bgpd runs and the running configuration has no `router bgp`.",
        matters: "bgpd refuses every connection, or accepts none: all sessions that end there are down.",
        detected: "`show daemons` has bgpd, the running configuration has no `router bgp`, and nodes are asked to peer with an address of \
                   this router.",
        fix: "On UniFi upload and enable the configuration, for this device and this site: what was typed into vtysh is gone after the next \
              provision. Elsewhere load it and `write memory`.",
        sources: &["ubiquiti-community/go-unifi unifi/bgp_config.generated.go", "FRR doc/user/bgp.rst"],
    },
    judge: no_instance,
};

fn no_instance(facts: &Facts, verdict: &mut Verdict) {
    for router in facts.routers() {
        let Some([]) = router.neighbors.value().map(Vec::as_slice) else { continue };
        if ending_at(facts, router).next().is_none() {
            continue;
        }
        let config = match (router.config.value(), router.config.why_unknown()) {
            (Some(config), _) => config,
            (None, why) => {
                verdict.needs(needs_config(why));
                continue;
            }
        };
        if !config.instances.is_empty() {
            continue;
        }
        let finding = Finding::of(&NO_INSTANCE, Subject::Router(router.name.clone()))
            .seen(End::Router, None, "bgpd runs")
            .seen(End::Router, router.config_source.as_ref(), "there is no `router bgp`")
            .explains(all_symptoms(facts, router));
        verdict.report(if router.is_unifi() {
            finding.fix(format!(
                "upload and enable the BGP configuration in UniFi Network, for this gateway and this site: {CONSOLE}"
            ))
        } else {
            finding.fix("load the BGP configuration, then `write memory`")
        });
    }
}

/// What a rule lacks that needs a running configuration.
pub fn needs_config(why: Option<&str>) -> String {
    format!("the router's running configuration: {}", why.unwrap_or("it was not read"))
}

pub const TOO_OLD: Rule = Rule {
    code: "BGP116",
    rows: &["A16"],
    severity: Severity::Error,
    layer: Layer::Router,
    title: "the gateway's UniFi OS is too old for BGP",
    explanation: Explanation {
        what: "UniFi Network configures BGP from UniFi OS 4.1.13 on, on a UXG-Enterprise from 4.1.8 on. Before, and on models without BGP, \
               nothing starts bgpd.",
        matters: "No session can come up.",
        detected: "bgpd, or FRR's shell, is not there, and `ubnt-device-info firmware` says an older version.",
        fix: "Upgrade UniFi OS. Until then static routes to one node for each VIP are the only way.",
        sources: &["help.ui.com: UniFi Gateway BGP"],
    },
    judge: too_old,
};

fn too_old(facts: &Facts, verdict: &mut Verdict) {
    for router in facts.routers() {
        let (Known::Absent(why) | Known::Unknown(why), Some(firmware)) = (&router.neighbors, old_firmware(router))
        else {
            continue;
        };
        let model = router.model.as_deref().unwrap_or("the gateway");
        verdict.report(
            Finding::of(&TOO_OLD, Subject::Router(router.name.clone()))
                .seen(End::Router, None, why.clone())
                .seen(End::Router, None, format!("{model} runs UniFi OS {firmware}"))
                .fix("upgrade UniFi OS to 4.1.13 or later")
                .explains(all_symptoms(facts, router)),
        );
    }
}

/// The firmware of a UniFi gateway that cannot do BGP yet.
fn old_firmware(router: &Router) -> Option<&str> {
    let firmware = router.firmware.value()?.trim();
    let least = if router.model.as_ref()?.contains("UXG Enterprise") { [4, 1, 8] } else { [4, 1, 13] };
    let mut numbers = firmware.split('.').map(|number| number.parse::<u32>().ok());
    let version = [numbers.next()??, numbers.next()??, numbers.next()??];
    (version < least).then_some(firmware)
}
