//! Pools that are not what they look like, and addresses that no pool gave.

use std::net::IpAddr;

use crate::cilium::pool::{Block, CONFLICT, Pool};
use crate::rules::finding::{End, Finding, Severity, Subject};
use crate::rules::vips::Vip;
use crate::rules::{Explanation, Facts, Layer, Rule, Verdict};
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::names::listed_up_to;
use crate::topology::service::AddressKind;

/// How many names a sentence has.
const NAMED: usize = 3;

pub const UNALIGNED: Rule = Rule {
    code: "BGP217",
    rows: &["B17"],
    severity: Severity::Information,
    layer: Layer::Service,
    title: "a block of the pool begins before the address that it is written with",
    explanation: Explanation {
        what: "A block's cidr has bits behind its length, as 10.0.0.200/28 has. Cilium drops them: this one is 10.0.0.192 to \
               10.0.0.207.",
        matters: "Services get addresses below the one that was meant, which may be in use, or outside the router's list.",
        detected: "The cidr of each block is compared with its own network address. It is a warning once a Service has an \
                   address before the written one.",
        fix: "Write the block with start and stop, or with the network's own address.",
        sources: &["cilium operator/pkg/lbipam", "docs.cilium.io: LoadBalancer IPAM, CIDRs and ranges"],
    },
    judge: unaligned,
};

pub const CONFLICTS: Rule = Rule {
    code: "BGP280",
    rows: &["B15"],
    severity: Severity::Warning,
    layer: Layer::Service,
    title: "the pool has addresses of another pool, so it gives none",
    explanation: Explanation {
        what: "Two pools have blocks that overlap. Cilium takes the newer one out of use as a whole until they do not.",
        matters: "Services that only this pool selects stay without an address.",
        detected: "The pool's condition cilium.io/PoolConflict.",
        fix: "Take the addresses that both have out of one of them.",
        sources: &["docs.cilium.io: LoadBalancer IPAM, conflicting pools"],
    },
    judge: conflicts,
};

pub const FOREIGN: Rule = Rule {
    code: "BGP218",
    rows: &["B18"],
    severity: Severity::Warning,
    layer: Layer::Service,
    title: "a load balancer's address is in no pool: another controller gives addresses too",
    explanation: Explanation {
        what: "LB-IPAM is on and has pools, and the Service has an address that none of them has. Another controller, such as \
               the servicelb of k3s or MetalLB, gave it; or its pool was changed.",
        matters: "Both controllers write the Service's status: its address flips, and with it the route.",
        detected: "The addresses of Services that are LB-IPAM's are looked up in the blocks of all pools.",
        fix: "Keep one controller: k3s has --disable servicelb. Or tell them apart by loadBalancerClass.",
        sources: &["cilium/cilium#26456", "cilium/cilium#45435", "docs.k3s.io: Networking Services"],
    },
    judge: foreign,
};

fn pools<'a>(facts: &Facts<'a>) -> &'a [Pool] {
    facts.cluster().and_then(|cluster| cluster.pools.value()).map_or(&[], Vec::as_slice)
}

fn unaligned(facts: &Facts, verdict: &mut Verdict) {
    for pool in pools(facts) {
        for block in pool.spec.blocks().filter(|block| block.has_host_bits()) {
            let (Some(written), Some(range)) = (block.prefix(), block.range()) else { continue };
            let before = |ip: &IpAddr| range.contains(*ip) && *ip < written.addr();
            let vips: Vec<String> = of_load_balancers(facts).filter(|vip| before(&vip.ip)).map(label).collect();
            let mut finding = Finding::of(&UNALIGNED, Subject::object("ciliumloadbalancerippool", &pool.metadata.name))
                .seen(
                    End::Cluster,
                    facts.source(Kind::LoadBalancerIpPool),
                    format!("{written} is {} to {}", range.first, range.last),
                )
                .fix("write the block with start and stop");
            if !vips.is_empty() {
                finding = finding.severity(Severity::Warning).seen(
                    End::Cluster,
                    facts.source(Kind::Service),
                    format!("before {} are {}", written.addr(), listed_up_to(NAMED, vips)),
                );
            }
            if let Some(at) = position(pool, block) {
                let (start, stop) = (written.addr(), range.last);
                let patch = format!(
                    r#"[{{"op":"replace","path":"/spec/blocks/{at}","value":{{"start":"{start}","stop":"{stop}"}}}}]"#
                );
                let name = shell::name(&pool.metadata.name);
                let words = ["kubectl", "patch", "ciliumloadbalancerippool", name, "--type", "json", "-p", &patch];
                finding = finding.paste(shell::command(words));
            }
            verdict.report(finding);
        }
    }
}

fn position(pool: &Pool, block: &Block) -> Option<usize> {
    pool.spec.blocks().position(|other| std::ptr::eq(other, block))
}

fn of_load_balancers<'f, 'a>(facts: &'f Facts<'a>) -> impl Iterator<Item = &'f Vip<'a>> {
    facts.vips().iter().filter(|vip| vip.kind == AddressKind::LoadBalancerIP)
}

fn label(vip: &Vip) -> String {
    format!("{} ({})", vip.ip, vip.name())
}

fn conflicts(facts: &Facts, verdict: &mut Verdict) {
    for pool in pools(facts) {
        let Some(condition) = pool.status.conditions.if_true(CONFLICT) else { continue };
        verdict.report(
            Finding::of(&CONFLICTS, Subject::object("ciliumloadbalancerippool", &pool.metadata.name))
                .seen(End::Cluster, facts.source(Kind::LoadBalancerIpPool), condition.message.clone())
                .fix("take the addresses that both have out of one of the pools"),
        );
    }
}

fn foreign(facts: &Facts, verdict: &mut Verdict) {
    let pools = pools(facts);
    let settings = facts.cluster().and_then(|cluster| cluster.settings.value());
    let is_in_charge =
        settings.is_none_or(|settings| settings.lb_ipam_is_enabled() && settings.default_service_ipam() == "lbipam");
    if pools.is_empty() || !is_in_charge {
        return;
    }
    let nodes = facts.cluster().and_then(|cluster| cluster.nodes_by_address().value().cloned()).unwrap_or_default();
    for vip in of_load_balancers(facts).filter(|vip| vip.service.has_ciliums_class()) {
        if pools.iter().any(|pool| pool.spec.contains(vip.ip)) {
            continue;
        }
        let who = match nodes.get(&vip.ip) {
            Some(node) => format!("{} is an address of {node}, as the servicelb of k3s gives them", vip.ip),
            None => format!("no block of a pool has {}", vip.ip),
        };
        verdict.report(
            Finding::of(&FOREIGN, vip.subject())
                .seen(End::Cluster, facts.source(Kind::Service), label(vip))
                .seen(End::Cluster, facts.source(Kind::LoadBalancerIpPool), who)
                .inferred(format!(
                    "{} --watch: whether its address flips",
                    shell::command([
                        "kubectl",
                        "-n",
                        &vip.service.metadata.namespace,
                        "get",
                        "service",
                        shell::name(&vip.service.metadata.name),
                    ])
                ))
                .fix("keep one controller that gives addresses"),
        );
    }
}
