//! LB-IPAM's pools.

use crate::cilium::pool;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;

pub const CONFLICT: Rule = Rule {
    code: "BGP280",
    rows: &["B15"],
    severity: Severity::Warning,
    layer: Layer::Service,
    title: "the pool overlaps another one and gives no address",
    explanation: Explanation {
        what: "Two CiliumLoadBalancerIPPools have addresses in common. The older one works, the newer one is set aside as a whole.",
        matters: "Services that only the newer pool would serve wait for ever.",
        detected: "The pool's condition cilium.io/PoolConflict is True.",
        fix: "Give the pools ranges of their own.",
        sources: &["docs.cilium.io: LB IPAM, CIDRs and conflicts", "cilium operator/pkg/lbipam"],
    },
    judge: conflict,
};

pub const HOST_BITS: Rule = Rule {
    code: "BGP217",
    rows: &["B17"],
    severity: Severity::Information,
    layer: Layer::Service,
    title: "a block of the pool does not begin where its prefix does",
    explanation: Explanation {
        what: "A CIDR with host bits set, such as 10.0.0.200/28: Cilium masks them, and the block is 10.0.0.192 to .207.",
        matters: "Services get addresses below the one that was written, which filters and networks may not expect.",
        detected: "The block's address is not the first of its prefix.",
        fix: "Write the block as start and stop, or as the prefix that is meant.",
        sources: &["Go net/netip Prefix.Masked", "Faisal-Hajari/ai-platform#8"],
    },
    judge: host_bits,
};

fn conflict(facts: &Facts, verdict: &mut Verdict) {
    let pools = facts.cluster().and_then(|cluster| cluster.pools.value()).into_iter().flatten();
    for pool in pools {
        let Some(condition) = pool.status.conditions.if_true(pool::CONFLICT) else { continue };
        verdict.report(
            Finding::of(&CONFLICT, Subject::object("ciliumloadbalancerippool", &pool.metadata.name))
                .seen(
                    End::Cluster,
                    facts.source(Kind::LoadBalancerIpPool),
                    format!("PoolConflict: {}", condition.message),
                )
                .fix("give the pools ranges of their own, or delete the one that is not needed"),
        );
    }
}

fn host_bits(facts: &Facts, verdict: &mut Verdict) {
    let pools = facts.cluster().and_then(|cluster| cluster.pools.value()).into_iter().flatten();
    for pool in pools {
        for block in pool.spec.blocks().filter(|block| block.has_host_bits()) {
            let (Some(cidr), Some(range)) = (&block.cidr, block.range()) else { continue };
            verdict.report(
                Finding::of(&HOST_BITS, Subject::object("ciliumloadbalancerippool", &pool.metadata.name))
                    .seen(
                        End::Cluster,
                        facts.source(Kind::LoadBalancerIpPool),
                        format!("{cidr} is {} to {}", range.first, range.last),
                    )
                    .fix("write start and stop, or the prefix that is meant"),
            );
        }
    }
}
