//! The router has no neighbor for a node's address.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::absence::{Absence, absence, nobodys, place, sibling_group};
use super::source::elsewhere;
use crate::frr::config::bgp::BgpInstance;
use crate::rules::cluster::left_out_by_mistake;
use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::line::context;
use crate::rules::paste::on_router;
use crate::rules::router::needs_config;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::names::{NodeName, listed};
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
    of_left_out(facts, verdict);
}

/// Nodes that will want a neighbor once they are selected again.
fn of_left_out(facts: &Facts, verdict: &mut Verdict) {
    let serving: BTreeSet<&str> = facts.sessions().filter_map(|case| Some(case.router?.name.as_str())).collect();
    let routers = || facts.routers().iter().filter(|router| serving.contains(router.name.as_str()));
    for (name, node) in left_out_by_mistake(facts) {
        let internal = node.spec.addresses.iter().filter(|address| address.kind == "InternalIP");
        let addresses: Vec<IpAddr> = internal.filter_map(|address| address.ip.parse().ok()).collect();
        for router in routers() {
            let Some(instance) = router.config.value().and_then(|config| config.instance(None)) else { continue };
            let is_known = |address: &IpAddr| {
                instance.listens_for(*address).is_some() || instance.neighbor(&address.to_string()).is_some()
            };
            let Some(address) = addresses.first().filter(|_| !addresses.iter().any(is_known)) else { continue };
            let source = router.config_source.as_ref();
            let mut finding = Finding::of(&NO_LINE, Subject::Node(NodeName(name.to_owned())))
                .severity(Severity::Warning)
                .seen(End::Router, source, format!("no neighbor {address} and no listen range with it"))
                .fix("add the neighbor")
                .independent();
            if let Some(group) = sibling_group(instance) {
                let line = format!("neighbor {address} peer-group {group}");
                finding.fix.paste.extend(context(instance).into_iter().chain([line]));
            }
            verdict.report(finding);
        }
    }
}

pub const API_ADDRESS: Rule = Rule {
    code: "BGP109",
    rows: &["A9", "A8"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the router has a neighbor for the API server's address, or one that no node has, instead of the nodes'",
    explanation: Explanation {
        what: "The configuration lists the shared address of the API server (kube-vip, Talos, keepalived), which moves between nodes, where the \
               nodes' own addresses belong.",
        matters: "At best one node peers, the one that has the address just now.",
        detected: "The nodes' addresses are no neighbors, and a neighbor that no node owns has the address by which the API server is reached; or there are \
                   fewer such neighbors than nodes without one.",
        fix: "List the nodes' InternalIPs, or a listen range for their net.",
        sources: &["damacus/home-ops scripts/unifi/bgp.cfg"],
    },
    judge: api_address,
};

fn api_address(facts: &Facts, verdict: &mut Verdict) {
    each(facts, verdict, &API_ADDRESS, |absence| matches!(absence, Absence::Shared(..)));
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

fn each(facts: &Facts, verdict: &mut Verdict, rule: &'static Rule, is_it: impl Fn(&Absence) -> bool) {
    let nobodys = nobodys(facts);
    let elsewhere = elsewhere(facts);
    for case in facts.down().filter(Case::neighbor_is_absent) {
        let Some(router) = case.router else { continue };
        let Some(&address) = case.session.dials_from.value().and_then(|addresses| addresses.first()) else { continue };
        let Some(config) = router.config.value() else {
            verdict.needs(needs_config(router.config.why_unknown()));
            continue;
        };
        // Without an instance that is the cause; in a range the node is not connected; a line may be another session's.
        let Some(instance) = config.instance(None).or(config.instances.first()) else { continue };
        let is_elsewhere = case.node().is_some_and(|node| elsewhere.contains_key(&(node, address.is_ipv4())));
        if facts.line(&case).is_some() || is_elsewhere {
            continue;
        }
        let absence = absence(facts, instance, place(&case).and_then(|place| nobodys.get(&place)));
        if is_it(&absence) {
            verdict.report(finding(facts, rule, &case, router, instance, address, &absence));
        }
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
        Absence::Shared(Some(api), _) => {
            finding = finding.seen(
                End::Router,
                source,
                format!("neighbor {api} is the API server's address; no neighbor {address}"),
            );
            "list the nodes' own addresses"
        }
        Absence::Shared(None, nobodys) => {
            let text = format!("no neighbor {address}; no node has {}, which it waits for", first(&nobodys.waiting));
            finding = finding.seen(End::Router, source, text);
            "list the nodes' own addresses"
        }
        Absence::OtherAddress(nobodys) => {
            let text = format!("no neighbor {address}; no node has {}, which it waits for", first(&nobodys.waiting));
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

fn first(addresses: &BTreeSet<IpAddr>) -> String {
    addresses.iter().take(3).map(ToString::to_string).collect::<Vec<_>>().join(", ")
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
