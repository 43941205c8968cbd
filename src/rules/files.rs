//! What a router's configuration and the cluster's objects tell without anybody running them: a pull request's files.

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::frr::config::bgp::{BgpInstance, IPV4_UNICAST, IPV6_UNICAST};
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
    let configs = facts.cluster().and_then(|cluster| cluster.cluster_configs.value()).into_iter().flatten();
    for config in configs {
        for instance in &config.spec.bgp_instances {
            for (router, written) in written(facts) {
                let Some(bgp) = written.instances.iter().find(|bgp| bgp.vrf.is_none()) else { continue };
                let mut seen = Vec::new();
                for peer in &instance.peers {
                    if let (Some(wanted @ 1..), Some(own)) = (peer.peer_asn, bgp.asn)
                        && wanted != own
                    {
                        seen.push(format!("peer {} expects AS {wanted}, the router is AS {own}", peer.name));
                    }
                }
                let expected = remote_asns(bgp);
                if let Some(local) = instance.local_asn
                    && !expected.is_empty()
                    && !expected.iter().any(|(_, accepts)| accepts(local, bgp.asn))
                {
                    let names: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
                    seen.push(format!("the nodes are AS {local}, which {} does not take", names.join(", ")));
                }
                if seen.is_empty() {
                    continue;
                }
                let source = facts.source(Kind::BgpClusterConfig);
                let finding = Finding::of(&ASNS, Subject::object("ciliumbgpclusterconfig", &config.metadata.name));
                let finding = seen.into_iter().fold(finding, |finding, text| finding.seen(End::Cluster, source, text));
                verdict.report(
                    finding
                        .seen(
                            End::Router,
                            router.config_source.as_ref(),
                            format!("router bgp {}", bgp.asn.unwrap_or_default()),
                        )
                        .fix("make the AS numbers the same in both files"),
                );
            }
        }
    }
}

/// Who says which AS it takes.
type Accepts<'a> = (&'a str, Box<dyn Fn(u32, Option<u32>) -> bool + 'a>);

fn remote_asns(bgp: &BgpInstance) -> Vec<Accepts<'_>> {
    let stated = bgp.neighbors.iter().filter_map(|neighbor| Some((neighbor, neighbor.remote_as.as_ref()?)));
    stated
        .map(|(neighbor, remote)| {
            let accepts = move |asn: u32, own: Option<u32>| remote.value.accepts(asn, own).unwrap_or(true);
            (neighbor.name.as_str(), Box::new(accepts) as Box<dyn Fn(u32, Option<u32>) -> bool>)
        })
        .collect()
}

fn pools(facts: &Facts, verdict: &mut Verdict) {
    let pools = facts.cluster().and_then(|cluster| cluster.pools.value()).into_iter().flatten();
    for pool in pools.filter(|pool| !pool.spec.disabled) {
        for (router, config) in written(facts) {
            let lists = inbound_lists(config);
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

fn inbound_lists(config: &Config) -> BTreeSet<(Version, &str)> {
    let neighbors = config.instances.iter().flat_map(|instance| &instance.neighbors);
    let families = neighbors.flat_map(|neighbor| &neighbor.families);
    let lists = families.filter_map(|(family, of)| {
        let version = match family.as_str() {
            IPV4_UNICAST => Version::V4,
            IPV6_UNICAST => Version::V6,
            _ => return None,
        };
        Some((version, of.prefix_list_in.as_ref()?.value.as_str()))
    });
    lists.collect()
}
