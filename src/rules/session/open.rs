//! OPEN messages that an end refuses.

use std::net::Ipv4Addr;

use crate::frr::show::neighbors::Notification;
use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding};
use crate::rules::paste::patch_peer_config;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::session::RouterEnd;

const OPEN_MESSAGE: u8 = 2;
const BAD_IDENTIFIER: u8 = 3;
const UNACCEPTABLE_HOLD_TIME: u8 = 6;

pub const HOLD_TIME: Rule = Rule {
    code: "BGP135",
    rows: &["A35"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the node's hold time is shorter than the router accepts",
    explanation: Explanation {
        what: "The hold time of the CiliumBGPPeerConfig is below the router's `bgp minimum-holdtime`, or was refused as unacceptable.",
        matters: "The router ends each connection in its OPEN.",
        detected: "holdTimeSeconds is compared with `bgp minimum-holdtime`; or the last notification is OPEN Message Error, Unacceptable Hold Time \
                   (2/6).",
        fix: "Use a hold time that the router accepts, such as 9 with keepalives of 3, or lower the router's minimum.",
        sources: &["RFC 4271 section 6.2", "FRR bgpd/bgp_packet.c (bgp_open_receive)"],
    },
    judge: hold_time,
};

fn hold_time(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.down() {
        let wants = facts.wants(&case);
        let Some(wants) = wants.value() else { continue };
        let refused = case.router_end().filter(|end| is_refused(end, UNACCEPTABLE_HOLD_TIME));
        let minimum = minimum_hold_time(&case).filter(|minimum| *minimum > wants.hold_seconds);
        if refused.is_none() && minimum.is_none() {
            continue;
        }
        let source = facts.set_by(&case);
        let mut finding = Finding::of(&HOLD_TIME, case.subject())
            .independent()
            .seen(End::Cluster, source, format!("{} has a hold time of {} s", wants.label(), wants.hold_seconds))
            .fix("use a hold time that the router accepts, or lower its minimum")
            .explains(facts.symptoms(case.index));
        if let Some(minimum) = minimum {
            let source = case.router.and_then(|router| router.config_source.as_ref());
            finding = finding.seen(End::Router, source, format!("bgp minimum-holdtime {minimum}"));
        }
        if let Some(end) = refused {
            finding = finding.seen(
                End::Router,
                Some(&end.source),
                format!("neighbor {}: Unacceptable Hold Time", end.neighbor),
            );
        }
        if let Some((name, minimum)) = wants.peer_config().zip(minimum) {
            let patch = format!(
                r#"{{"spec":{{"timers":{{"holdTimeSeconds":{minimum},"keepAliveTimeSeconds":{}}}}}}}"#,
                minimum / 3
            );
            finding = finding.paste(patch_peer_config(name, &patch));
        }
        verdict.report(finding);
    }
}

/// `bgp minimum-holdtime` of the router's instance, where it has one only.
fn minimum_hold_time(case: &Case) -> Option<u32> {
    let config = case.router?.config.value().filter(|config| config.instances.len() == 1)?;
    config.others.iter().find_map(|other| other.text.trim().strip_prefix("bgp minimum-holdtime ")?.trim().parse().ok())
}

pub const IDENTIFIER: Rule = Rule {
    code: "BGP189",
    rows: &["A36"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "a router ID is refused or missing",
    explanation: Explanation {
        what: "The BGP identifier in an OPEN is 0, a multicast address, or (within one AS) the other side's own; or the router has none at all.",
        matters: "The session cannot come up.",
        detected: "routerID of the node config is no address of a host; or the router's last reset speaks of a router ID, or its last notification is OPEN \
                   Message Error, Bad BGP Identifier (2/3).",
        fix: "Set `bgp router-id` on the router, and routerID in a CiliumBGPNodeConfigOverride where nodes have no IPv4 address.",
        sources: &["RFC 6286", "cilium#22052", "cilium#30333"],
    },
    judge: identifier,
};

fn identifier(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.down() {
        let end = case.router_end().filter(|end| !end.established);
        let reason = end.and_then(|end| end.last_reset.as_ref()).map_or("", |last| last.reason.as_str());
        let refused = end.filter(|end| is_refused(end, BAD_IDENTIFIER) || reason.contains("Router ID"));
        let wrong =
            node_router_id(facts, &case).filter(|id| id.is_unspecified() || id.is_multicast() || id.is_broadcast());
        if refused.is_none() && wrong.is_none() {
            continue;
        }
        let mut finding = Finding::of(&IDENTIFIER, case.subject())
            .fix("give the node a router ID that is an address of its own, or none: take routerID off the CiliumBGPNodeConfigOverride")
            .independent()
            .explains(facts.symptoms(case.index));
        if let Some(id) = wrong {
            let source = facts.cluster().and_then(|cluster| cluster.source(Kind::BgpNodeConfig));
            finding = finding.seen(End::Cluster, source, format!("the node config has routerID {id}"));
        }
        if let Some(end) = refused {
            let ids = [("its own", &end.said.local_router_id), ("the neighbor's", &end.said.remote_router_id)];
            let ids = ids.iter().filter_map(|(whose, id)| Some(format!("{whose} is {}", id.as_ref()?)));
            let ids = ids.collect::<Vec<_>>().join(", ");
            let text = format!("neighbor {} is {}: {reason}; router IDs: {ids}", end.neighbor, end.state);
            finding = finding.seen(End::Router, Some(&end.source), text);
        }
        if wrong.is_none() {
            finding = finding.fix("set `bgp router-id` on the router; give nodes without an IPv4 address a routerID in a CiliumBGPNodeConfigOverride");
        }
        verdict.report(finding);
    }
}

/// What the operator put into the node's config.
fn node_router_id(facts: &Facts, case: &Case) -> Option<Ipv4Addr> {
    let key = case.session.key.value()?;
    let instances = &facts.node_config(&key.node.0)?.spec.bgp_instances;
    instances.iter().find(|instance| instance.name == key.instance.0)?.router_id.as_ref()?.parse().ok()
}

fn is_refused(end: &RouterEnd, subcode: u8) -> bool {
    !end.established && end.said.last_notification() == Some(Notification { code: OPEN_MESSAGE, subcode })
}
