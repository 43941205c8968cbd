//! The router has no neighbor for a node's address.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use super::source::disguised;

use crate::frr::config::bgp::BgpInstance;
use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding};
use crate::rules::line::context;
use crate::rules::paste::on_router;
use crate::rules::router::needs_config;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::Known;
use crate::topology::names::{NeighborName, listed};
use crate::topology::router::Router;

pub const NO_LINE: Rule = Rule {
    code: "BGP108",
    rows: &["A8", "A17", "A18"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the router has no neighbor for the node's address",
    explanation: Explanation {
        what: "The router's configuration has no `neighbor` line for any address of the node, and no listen range that has one.",
        matters: "The router accepts the node's connection and closes it at once; the node tries again for ever, and no log at the default \
                  level speaks of it. A node that was added stays like this unnoticed.",
        detected: "The node's addresses are compared with the router's neighbors, configured and dynamic, and with its listen ranges.",
        fix: "Add the neighbor, or a listen range for the nodes' net. On UniFi in the uploaded configuration: lines that were typed into vtysh \
              are lost at a provision, and an upload may be taken in part only.",
        sources: &["FRR bgpd/bgp_network.c (bgp_accept)", "Exikle/Artemis-Cluster .agents/references/networking.md"],
    },
    judge: no_line,
};

fn no_line(facts: &Facts, verdict: &mut Verdict) {
    each(facts, verdict, &NO_LINE, |absence| matches!(absence, Absence::NoLine));
}

pub const API_ADDRESS: Rule = Rule {
    code: "BGP109",
    rows: &["A9", "A8"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the router has a neighbor for the API server's address and none for the node's",
    explanation: Explanation {
        what: "The configuration lists the shared address of the API server (kube-vip, Talos, keepalived), which moves between nodes, where the \
               nodes' own addresses belong.",
        matters: "At best one node peers, the one that has the address just now.",
        detected: "The node's addresses are no neighbors, and a neighbor that no node owns has the address by which the API server is reached.",
        fix: "List the nodes' InternalIPs, or a listen range for their net.",
        sources: &["damacus/home-ops scripts/unifi/bgp.cfg"],
    },
    judge: api_address,
};

fn api_address(facts: &Facts, verdict: &mut Verdict) {
    each(facts, verdict, &API_ADDRESS, |absence| matches!(absence, Absence::ApiAddress(_)));
}

pub const OTHER_ADDRESS: Rule = Rule {
    code: "BGP110",
    rows: &["A10", "A8"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the router has a neighbor for an address that no node has, and none for the node's",
    explanation: Explanation {
        what: "A neighbor of the nodes' AS waits for an address that is nobody's, while a node's address is no neighbor: the node's address has \
               probably changed (DHCP, a new image), or was mistyped.",
        matters: "The router accepts the node's connection and closes it at once.",
        detected: "The node's addresses are no neighbors and no listen range has them. That the address was the node's is a guess; that the \
                   line for the present one is missing is not.",
        fix: "Put the present address in, and give the node a reserved one; or use a listen range.",
        sources: &["damacus/home-ops scripts/unifi/bgp.cfg"],
    },
    judge: other_address,
};

fn other_address(facts: &Facts, verdict: &mut Verdict) {
    each(facts, verdict, &OTHER_ADDRESS, |absence| matches!(absence, Absence::OtherAddress(_)));
}

pub const OUT_OF_RANGE: Rule = Rule {
    code: "BGP140",
    rows: &["A40", "A8"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "no listen range of the router has the node's address",
    explanation: Explanation {
        what: "The router takes nodes by `bgp listen range`, and the node's address is in none of them: another net, or the other address family.",
        matters: "The router accepts the node's connection and closes it at once.",
        detected: "The node's addresses are compared with the ranges of the running configuration.",
        fix: "Widen the range, or add one for the node's net.",
        sources: &["FRR bgpd/bgpd.c (peer_lookup_dynamic_neighbor)"],
    },
    judge: out_of_range,
};

fn out_of_range(facts: &Facts, verdict: &mut Verdict) {
    each(facts, verdict, &OUT_OF_RANGE, |absence| matches!(absence, Absence::OutOfRange));
}

/// How a neighbor is missing.
enum Absence<'a> {
    NoLine,
    OutOfRange,
    ApiAddress(IpAddr),
    OtherAddress(&'a Nobodys),
}

/// Neighbors of one router and AS that no node owns.
#[derive(Default)]
struct Nobodys {
    all: BTreeSet<IpAddr>,
    /// Those that are not established.
    waiting: BTreeSet<IpAddr>,
}

/// By router, family and AS.
type AllNobodys<'a> = HashMap<(&'a str, bool, Option<u32>), Nobodys>;

fn nobodys<'a>(facts: &Facts<'a>) -> AllNobodys<'a> {
    let mut nobodys = AllNobodys::new();
    for case in facts.uninvited().filter(|case| matches!(case.session.node, Known::Absent(_))) {
        let Some(end) = case.router_end() else { continue };
        let NeighborName::Address(address) = end.neighbor else { continue };
        let asn = case.session.local_asn.value().map(|asn| asn.0);
        let of = nobodys.entry((end.router.as_str(), address.is_ipv4(), asn)).or_default();
        of.all.insert(address);
        if !end.established {
            of.waiting.insert(address);
        }
    }
    nobodys
}

fn each(facts: &Facts, verdict: &mut Verdict, rule: &'static Rule, is_it: impl Fn(&Absence) -> bool) {
    let nobodys = nobodys(facts);
    let disguised = disguised(facts);
    for case in facts.down().filter(Case::neighbor_is_absent) {
        let Some(router) = case.router else { continue };
        let Some(&address) = case.session.dials_from.value().and_then(|addresses| addresses.first()) else { continue };
        let Some(config) = router.config.value() else {
            verdict.needs(needs_config(router.config.why_unknown()));
            continue;
        };
        // Without an instance that is the cause; in a range the node is not connected.
        let Some(instance) = config.instance(None).or(config.instances.first()) else { continue };
        if facts.line(&case).is_some() || case.node().is_some_and(|node| disguised.contains_key(node)) {
            continue;
        }
        let asn = case.session.local_asn.value().map(|asn| asn.0);
        let nobodys = nobodys.get(&(router.name.as_str(), address.is_ipv4(), asn));
        let absence = absence(facts, instance, nobodys);
        if is_it(&absence) {
            verdict.report(finding(facts, rule, &case, router, instance, address, &absence));
        }
    }
}

fn absence<'a>(facts: &Facts, instance: &BgpInstance, nobodys: Option<&'a Nobodys>) -> Absence<'a> {
    let api = facts.cluster().and_then(crate::topology::cluster::Cluster::server_address);
    match (api.filter(|api| nobodys.is_some_and(|nobodys| nobodys.all.contains(api))), nobodys) {
        (Some(api), _) => Absence::ApiAddress(api),
        (None, Some(nobodys)) if !nobodys.waiting.is_empty() => Absence::OtherAddress(nobodys),
        _ if !instance.listen_ranges.is_empty() && sibling_group(instance).is_none() => Absence::OutOfRange,
        _ => Absence::NoLine,
    }
}

fn finding(
    facts: &Facts,
    rule: &'static Rule,
    case: &Case,
    router: &Router,
    instance: &BgpInstance,
    address: IpAddr,
    absence: &Absence,
) -> Finding {
    let source = router.config_source.as_ref();
    let cluster = facts.cluster().and_then(|cluster| cluster.source(Kind::CiliumNode));
    let dials = format!("{} dials from {address}", case.node().unwrap_or("the node"));
    let mut finding = Finding::of(rule, case.subject()).independent().seen(End::Cluster, cluster, dials);
    let [enter, router_bgp] = context(instance);
    finding = finding.paste(enter).paste(router_bgp);
    let say = match absence {
        Absence::NoLine => {
            finding = finding.seen(End::Router, source, format!("no neighbor {address} and no listen range with it"));
            "add the neighbor"
        }
        Absence::ApiAddress(api) => {
            finding = finding.seen(
                End::Router,
                source,
                format!("neighbor {api} is the API server's address; no neighbor {address}"),
            );
            "list the nodes' own addresses"
        }
        Absence::OtherAddress(nobodys) => {
            let first: Vec<String> = nobodys.waiting.iter().take(3).map(ToString::to_string).collect();
            let text = format!("no neighbor {address}; no node has {}, which it waits for", first.join(", "));
            finding = finding.seen(End::Router, source, text);
            "add the node's present address, and take the one off that no node has"
        }
        Absence::OutOfRange => {
            let ranges = listed(instance.listen_ranges.iter().map(|listen| listen.range.to_string()));
            finding = finding.seen(End::Router, source, format!("the listen ranges are {ranges}"));
            "add a listen range for the node's net"
        }
    };
    for line in lines(case, router, instance, address, absence) {
        finding = finding.paste(line);
    }
    finding.fix(on_router(facts, case, say)).explains(facts.symptoms(case.index))
}

/// What makes the node a neighbor, as the others are.
fn lines(case: &Case, router: &Router, instance: &BgpInstance, address: IpAddr, absence: &Absence) -> Vec<String> {
    if let (Absence::OutOfRange, Some(listen)) = (absence, instance.listen_ranges.first()) {
        let nets =
            router.interfaces.value().into_iter().flatten().flat_map(crate::frr::show::addresses::Interface::global);
        let net = nets.map(|net| net.trunc()).find(|net| net.contains(&address)).unwrap_or(address.into());
        return vec![format!("bgp listen range {net} peer-group {}", listen.group)];
    }
    if let Some(group) = sibling_group(instance) {
        return vec![format!("neighbor {address} peer-group {group}")];
    }
    let asn = case.session.local_asn.value().map_or_else(|| "external".to_owned(), ToString::to_string);
    vec![format!("neighbor {address} remote-as {asn}")]
}

/// The group that the other neighbors are in.
fn sibling_group(instance: &BgpInstance) -> Option<&str> {
    let members = instance.neighbors.iter().filter(|neighbor| !neighbor.is_group);
    members.filter_map(|neighbor| neighbor.member_of.as_ref()).map(|group| group.value.as_str()).next()
}
