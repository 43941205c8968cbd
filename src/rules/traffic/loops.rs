//! Packets for a VIP that no node has a use for.

use ipnet::IpNet;

use crate::rules::finding::{End, Finding, Subject};
use crate::rules::vips::Vip;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::cluster::Cluster;

pub const OTHER_PORTS: Rule = Rule {
    code: "BGP316",
    rows: &["C16"],
    severity: Severity::Information,
    layer: Layer::Traffic,
    title: "packets to a port that is none of the Service's circle between node and router",
    explanation: Explanation {
        what: "A node that has no frontend for the port of a packet passes it to its own routes, and they lead back to the \
               router. From 1.19 on agents drop such packets to addresses that LB-IPAM gave; not those to external IPs, \
               and not those of Services of another class.",
        matters: "A client with the wrong port sees no refusal but silence or `TTL exceeded`; a port scan loads the link a \
                  hundredfold. The right port works.",
        detected: "A router carries the VIP, and an agent before 1.19 runs, or the VIP is an external IP to Cilium. Whether \
                   the nodes have a blackhole route is not seen.",
        fix: "A blackhole route for the pool on the nodes (ip route add blackhole CIDR), or Cilium 1.19.",
        sources: &[
            "cilium#14176",
            "cilium#20436",
            "cilium#40684 (1.19)",
            "cilium pkg/loadbalancer/reconciler/bpf_reconciler.go useWildcard",
        ],
    },
    judge: other_ports,
};

fn other_ports(facts: &Facts, verdict: &mut Verdict) {
    let carried: Vec<&Vip> = facts.needed_vips(verdict).iter().filter(|vip| vip.is_carried() == Some(true)).collect();
    if carried.is_empty() {
        return;
    }
    let old = facts.runs_between(verdict, (0, 0, 0), (1, 19, 0));
    for vip in carried {
        let why = match &old {
            Some(version) => format!("an agent runs {version}, which has no entry for other ports"),
            None if vip.is_external_ip() => format!("{} is an external IP, and has no entry for other ports", vip.ip),
            None => continue,
        };
        let kind = if old.is_some() { Kind::AgentPod } else { Kind::Service };
        verdict.report(
            Finding::of(&OTHER_PORTS, vip.subject())
                .seen(End::Cluster, facts.source(kind), why)
                .inferred(format!("traceroute -T -p 9 {} from outside: the same hops again and again", vip.ip))
                .fix("connect to a port of the Service; on the nodes a blackhole route for the pool ends the loop"),
        );
    }
}

pub const UNUSED_ADDRESSES: Rule = Rule {
    code: "BGP384",
    rows: &["C16"],
    severity: Severity::Information,
    layer: Layer::Traffic,
    title: "addresses of an advertised aggregate that no Service has circle between node and router",
    explanation: Explanation {
        what: "Nodes advertise a whole prefix instead of single VIPs (aggregationLength). For an address of it that no \
               Service has they know no other way than back to the router.",
        matters: "Whoever scans the prefix makes each packet cross the link until its TTL ends.",
        detected: "A prefix that is shorter than an address is advertised for Services.",
        fix: "A blackhole route for the prefix on every node (ip route add blackhole PREFIX), or no aggregation.",
        sources: &["cilium pkg/bgp/manager/reconciler/service.go", "cilium#20436"],
    },
    judge: unused_addresses,
};

fn unused_addresses(facts: &Facts, verdict: &mut Verdict) {
    let of_service =
        facts.routes().filter(|(_, route)| route.vip.is_some() && route.expected_nodes().value() > Some(&0));
    let mut prefixes: Vec<IpNet> = of_service.filter_map(|(_, route)| route.prefix).filter(is_aggregate).collect();
    prefixes.sort_unstable();
    prefixes.dedup();
    for prefix in prefixes {
        verdict.report(
            Finding::of(&UNUSED_ADDRESSES, Subject::Prefix(prefix))
                .seen(
                    End::Cluster,
                    facts.cluster().and_then(|cluster: &Cluster| cluster.source(Kind::BgpAdvertisement)),
                    format!("Services are advertised as {prefix}"),
                )
                .inferred(format!("traceroute to an address of {prefix} that no Service has"))
                .fix("on every node a blackhole route for the prefix")
                .paste(format!("ip route add blackhole {prefix}")),
        );
    }
}

fn is_aggregate(prefix: &IpNet) -> bool {
    prefix.prefix_len() < prefix.max_prefix_len()
}
