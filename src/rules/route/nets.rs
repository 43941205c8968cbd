//! What does not fit the router's own nets, or goes out to the nodes.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use ipnet::IpNet;

use super::broken::NAMED;
use super::vtysh;
use crate::frr::config::bgp::IPV4_UNICAST;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict, paste};
use crate::topology::names::{NeighborName, listed_up_to};
use crate::topology::router::tables::Path;
use crate::topology::session::RouterEnd;

pub const ON_LINK: Rule = Rule {
    code: "BGP303",
    rows: &["C3"],
    severity: Severity::Warning,
    layer: Layer::Traffic,
    title: "VIPs lie in a net that the router is connected to",
    explanation: Explanation {
        what: "The pool's addresses are part of a VLAN's subnet. Hosts of that VLAN take them for neighbors and ask for their \
               MAC address; with BGP alone nobody answers. The router itself is not misled: the VIP's route is longer.",
        matters: "The VIPs work from everywhere but from that VLAN.",
        detected: "A VIP that nodes advertise is in a net of one of the router's interfaces. While an L2 announcement policy \
                   answers for it, that is information only.",
        fix: "Give the pool a subnet that is on no VLAN. Until then an L2 announcement policy may answer for it.",
        sources: &["RFC 1812 section 5.2.4.3 (longest match)", "RFC 826"],
    },
    judge: on_link,
};

pub const SENDS: Rule = Rule {
    code: "BGP335",
    rows: &["C35"],
    severity: Severity::Information,
    layer: Layer::Risk,
    title: "the router announces routes of its own to the nodes",
    explanation: Explanation {
        what: "The router redistributes or originates routes, and no outbound filter keeps them from the nodes.",
        matters: "Cilium does not use them: it never writes routes into the node. They cost memory, and they tell whoever \
                  speaks on a node how the network is built.",
        detected: "FRR has sent a neighbor more prefixes than the nodes themselves have advertised.",
        fix: "Give the neighbors an outbound prefix-list that denies everything.",
        sources: &["cilium/cilium#31283", "cilium/cilium#33035", "FRR bgpd/bgp_route.c (subgroup_announce_check)"],
    },
    judge: sends,
};

fn on_link(facts: &Facts, verdict: &mut Verdict) {
    let mut by_net: BTreeMap<(IpNet, &str, &str, bool), Vec<String>> = BTreeMap::new();
    for vip in facts.vips().iter().filter(|vip| vip.is_advertised() == Some(true)) {
        for router in vip.routes.iter().filter_map(|(_, route)| facts.router_of(route)) {
            if let Some((interface, net)) = facts.network_of(router, vip.ip) {
                let is_answered = vip.l2.holder.is_some();
                let key = (net.trunc(), interface.name.as_str(), router.name.as_str(), is_answered);
                by_net.entry(key).or_default().push(format!("{} ({})", vip.ip, vip.name()));
            }
        }
    }
    for ((net, interface, router, is_answered), vips) in by_net {
        let vips = listed_up_to(NAMED, vips);
        let (severity, who) = if is_answered {
            (Severity::Information, "nodes answer for them by L2, as long as that is there")
        } else {
            (Severity::Warning, "no node answers for them by L2")
        };
        verdict.report(
            Finding::of(&ON_LINK, Subject::Prefix(net))
                .severity(severity)
                .seen(End::Router, None, format!("{interface} of {router} is in {net}"))
                .seen(End::Cluster, None, format!("in it are {vips}; {who}"))
                .fix("move the pool to a subnet that is on no VLAN"),
        );
    }
}

fn sends(facts: &Facts, verdict: &mut Verdict) {
    for (at, router) in facts.routers().iter().enumerate() {
        let of_router = facts.sessions().filter(|case| case.session.ends_at == Some(at));
        let ends: HashMap<&NeighborName, &RouterEnd> = of_router
            .filter_map(|case| case.router_end())
            .filter(|end| end.established && end.vrf.is_default())
            .map(|end| (&end.neighbor, end))
            .collect();
        let paths = router.ipv4.paths.value().into_iter().flat_map(|paths| paths.values());
        let learned = paths.filter(|paths| paths.iter().any(|path| ends.contains_key(&path.neighbor))).count();
        // Of its own routes FRR says no neighbor; what it only passes on is not its own.
        let is_own = |path: &Rc<Path>| {
            matches!(path.neighbor, NeighborName::Interface(_))
                && path.next_hops.iter().all(std::net::IpAddr::is_unspecified)
        };
        let own = router.ipv4.paths.value().into_iter().flat_map(|paths| paths.values().flatten()).any(is_own);
        let sent = ends.values().filter(|_| own).filter_map(|end| {
            let sent = end.families.iter().find(|counts| counts.family.is_unicast(true))?.sent?;
            (usize::try_from(sent).ok()? > learned).then_some((*end, sent))
        });
        let Some((end, sent)) = sent.max_by_key(|(end, sent)| (*sent, &end.neighbor)) else { continue };
        let mut finding = Finding::of(&SENDS, Subject::Router(router.name.clone())).seen(
            End::Router,
            Some(&end.source),
            format!("{sent} prefixes sent to {}, and {learned} learned from the nodes", end.neighbor),
        );
        let instance = router.config.value().and_then(|config| config.instance(None));
        let family = instance.and_then(|instance| instance.families.get(IPV4_UNICAST));
        for stated in family.into_iter().flat_map(|family| &family.redistributions) {
            let said = format!("line {}: redistribute {}", stated.line, stated.source);
            finding = finding.seen(End::Router, router.config_source.as_ref(), said);
        }
        let list = "ip prefix-list no-routes seq 5 deny any".to_owned();
        let version = crate::frr::config::Version::V4;
        let neighbors = vtysh::attachables(router, ends.values().copied(), version);
        let out = neighbors.iter().map(|neighbor| format!("neighbor {neighbor} prefix-list no-routes out"));
        let lines = vtysh::configure(std::iter::once(list).chain(vtysh::in_family(end, version, out)), []);
        let finding = finding.fix(paste::on(facts, router, "let nothing out to the nodes"));
        verdict.report(lines.into_iter().fold(finding, Finding::paste));
    }
}
