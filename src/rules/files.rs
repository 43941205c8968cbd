//! What a router's configuration and the cluster's objects tell without anybody running them: a pull request's files.

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::cilium::bgp::{ClusterConfig, Instance};
use crate::frr::config::bgp::BgpInstance;
use crate::frr::config::neighbor::Neighbor;
use crate::frr::config::{Config, Version};
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::router::Router;

pub const RULES: &[Rule] = &[ASNS, POOLS];

const ASNS: Rule = Rule {
    code: "BGP283",
    rows: &["A11", "A12"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "the AS numbers of the two files do not fit",
    explanation: Explanation {
        what: "The ClusterConfig expects another AS of the router than its configuration has, or the router expects another one of the nodes.",
        matters: "No session will come up, and the router will only say that it waits.",
        detected: "Only where the router's configuration is a file and no neighbor was asked: peerASN is compared with `router bgp`, localASN with the \
                   remote-as of neighbors and groups.",
        fix: "Make the numbers the same in both files.",
        sources: &["RFC 4271 section 6.2 (Bad Peer AS)", "FRR bgpd/bgp_packet.c"],
    },
    judge: asns,
};

const POOLS: Rule = Rule {
    code: "BGP282",
    rows: &["B2", "B3", "B5"],
    severity: Severity::Error,
    layer: Layer::Route,
    title: "the router's inbound list would refuse addresses of the pool",
    explanation: Explanation {
        what: "A pool hands out addresses whose host routes the prefix-list of the nodes' neighbors denies, or the list is not defined.",
        matters: "Sessions will be up and these VIPs unreachable, without a word from either end.",
        detected: "Only where the router's configuration is a file and no neighbor was asked: the first and the last address of each block are tried on every \
                   inbound prefix-list.",
        fix: "Permit the pool with `ge 32 le 32` (IPv6: 128) in the list, in the same change.",
        sources: &["FRR lib/plist.c (prefix_list_apply)"],
    },
    judge: pools,
};

/// Routers of which only the configuration is known.
fn written<'a>(facts: &Facts<'a>) -> impl Iterator<Item = (&'a Router, &'a Config)> {
    let unasked = facts.routers().iter().filter(|router| router.is_missing());
    unasked.filter_map(|router| Some((router, router.config.value()?)))
}

fn asns(facts: &Facts, verdict: &mut Verdict) {
    let routers: Vec<(&Router, &BgpInstance)> =
        written(facts).filter_map(|(router, config)| Some((router, config.instance(None)?))).collect();
    if routers.is_empty() {
        return;
    }
    for (config, instance) in instances(facts) {
        let mut seen = Vec::new();
        for peer in &instance.peers {
            // Of several routers, the one that fits is the peer.
            if let Some(wanted @ 1..) = peer.peer_asn
                && !routers.iter().any(|(_, bgp)| speaks_as(bgp, wanted))
            {
                seen.push(format!("peer {} expects AS {wanted} of the router", peer.name));
            }
        }
        if let Some(local) = instance.local_asn
            && !routers.iter().any(|(_, bgp)| is_taken(bgp, local))
        {
            seen.push(format!("the nodes are AS {local}, which no neighbor of the router may be"));
        }
        if seen.is_empty() {
            continue;
        }
        let source = facts.source(Kind::BgpClusterConfig);
        let finding = Finding::of(&ASNS, Subject::object("ciliumbgpclusterconfig", &config.metadata.name));
        let finding = seen.into_iter().fold(finding, |finding, text| finding.seen(End::Cluster, source, text));
        let finding = routers.iter().fold(finding, |finding, (router, bgp)| {
            let asn = bgp.asn.map_or_else(|| "without a number".to_owned(), |asn| asn.to_string());
            finding.seen(End::Router, router.config_source.as_ref(), format!("router bgp {asn}"))
        });
        verdict.report(finding.fix("make the AS numbers the same in both files"));
    }
}

fn instances<'a>(facts: &Facts<'a>) -> impl Iterator<Item = (&'a ClusterConfig, &'a Instance)> {
    let configs = facts.cluster().and_then(|cluster| cluster.cluster_configs.value()).into_iter().flatten();
    configs.flat_map(|config| config.spec.bgp_instances.iter().map(move |instance| (config, instance)))
}

/// Whether the instance is this AS, or says so to a neighbor. Without a number, nobody knows.
fn speaks_as(bgp: &BgpInstance, asn: u32) -> bool {
    let to_neighbors = bgp.neighbors.iter().filter_map(|neighbor| neighbor.local_as.as_deref());
    bgp.asn.is_none_or(|own| own == asn) || { to_neighbors }.any(|stated| *stated == asn)
}

/// Whether a neighbor, or a group, may be of this AS; or none says anything.
fn is_taken(bgp: &BgpInstance, asn: u32) -> bool {
    let mut stated = bgp.neighbors.iter().filter_map(|neighbor| neighbor.remote_as.as_ref()).peekable();
    stated.peek().is_none() || stated.any(|remote| remote.accepts(asn, bgp.asn).unwrap_or(true))
}

fn pools(facts: &Facts, verdict: &mut Verdict) {
    let pools = facts.cluster().and_then(|cluster| cluster.pools.value()).into_iter().flatten();
    let local_asns: BTreeSet<u32> = instances(facts).filter_map(|(_, instance)| instance.local_asn).collect();
    for pool in pools.filter(|pool| !pool.spec.disabled) {
        for (router, config) in written(facts) {
            let lists = inbound_lists(config, &local_asns);
            for range in pool.spec.ranges() {
                let version = Version::of(range.first);
                for (_, name) in lists.iter().filter(|(of, _)| *of == version) {
                    let ends = [range.first, range.last].map(IpNet::from);
                    let refused = match config.prefix_list(version, name) {
                        None => Some(format!("prefix-list {name} is not defined, which denies everything")),
                        Some(list) => ends
                            .iter()
                            .find(|prefix| !list.permits(**prefix).is_permitted())
                            .map(|prefix| format!("prefix-list {name} denies {prefix}")),
                    };
                    let Some(why) = refused else { continue };
                    verdict.report(
                        Finding::of(&POOLS, Subject::object("ciliumloadbalancerippool", &pool.metadata.name))
                            .seen(
                                End::Cluster,
                                facts.source(Kind::LoadBalancerIpPool),
                                format!("the pool has {} to {}", range.first, range.last),
                            )
                            .seen(End::Router, router.config_source.as_ref(), why)
                            .fix("permit the pool in the list that the nodes' neighbors have inbound"),
                    );
                }
            }
        }
    }
}

/// The lists of neighbors that may be nodes, by their AS. Others, such as an upstream, filter for their own reasons.
fn inbound_lists<'a>(config: &'a Config, nodes: &BTreeSet<u32>) -> BTreeSet<(Version, &'a str)> {
    let neighbors = config.instances.iter().flat_map(|instance| {
        let is_node = |neighbor: &&Neighbor| {
            let remote = instance.effective(neighbor, |neighbor| neighbor.remote_as.as_ref());
            let asn = remote.and_then(|remote| remote.number(instance.asn));
            nodes.is_empty() || asn.is_some_and(|asn| nodes.contains(&asn))
        };
        instance.neighbors.iter().filter(is_node)
    });
    let families = neighbors.flat_map(|neighbor| &neighbor.families);
    let lists = families.filter_map(|(family, of)| {
        let version = [Version::V4, Version::V6].into_iter().find(|version| version.unicast() == family)?;
        Some((version, of.prefix_list_in.as_ref()?.value.as_str()))
    });
    lists.collect()
}
