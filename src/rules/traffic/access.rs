//! Who may come in by a Service's own ranges of clients.

use ipnet::IpNet;

use crate::rules::finding::{End, Finding};
use crate::rules::vips::Vip;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::names::listed;

pub const SOURCE_RANGES: Rule = Rule {
    code: "BGP314",
    rows: &["C14"],
    severity: Severity::Information,
    layer: Layer::Traffic,
    title: "only some clients may reach the VIP: loadBalancerSourceRanges",
    explanation: Explanation {
        what: "The Service names the ranges of addresses that its clients may have. Nodes drop all others' packets to the \
               VIP; pods and nodes of the cluster itself are not held to it.",
        matters: "To a client outside of the ranges it looks like a dead VIP: no answer and no refusal.",
        detected: "spec.loadBalancerSourceRanges is set. Networks of the router that lie in none of the ranges are named.",
        fix: "Add the clients' networks, if they should come in.",
        sources: &["docs.cilium.io Kubernetes Without kube-proxy, LoadBalancer Source Ranges Checks"],
    },
    judge: source_ranges,
};

fn source_ranges(facts: &Facts, verdict: &mut Verdict) {
    let restricted: Vec<&Vip> = facts.served_vips(verdict).filter(|vip| !ranges(vip).is_empty()).collect();
    for vip in restricted {
        let ranges = ranges(vip);
        let said = format!("{} takes clients of {}", vip.name(), listed(ranges.iter().map(ToString::to_string)));
        let mut finding = Finding::of(&SOURCE_RANGES, vip.subject())
            .seen(End::Cluster, facts.source(Kind::Service), said)
            .fix("add the networks of clients that should come in");
        let shut_out = facts.routers().iter().flat_map(|router| router.interfaces.value().into_iter().flatten());
        let shut_out: Vec<String> = shut_out
            .flat_map(|interface| interface.global().map(move |net| (interface, net.trunc())))
            .filter(|(_, net)| {
                net.addr().is_ipv4() == vip.ip.is_ipv4() && !ranges.iter().any(|range| overlap(range, net))
            })
            .map(|(interface, net)| format!("{net} ({})", interface.name))
            .collect();
        if !shut_out.is_empty() {
            finding = finding.seen(End::Router, None, format!("its networks {} are not among them", listed(&shut_out)));
        }
        verdict.report(finding);
    }
}

pub const RANGES_IGNORED: Rule = Rule {
    code: "BGP315",
    rows: &["C15"],
    severity: Severity::Warning,
    layer: Layer::Traffic,
    title: "this version of Cilium does not hold external IPs to loadBalancerSourceRanges",
    explanation: Explanation {
        what: "The Service names ranges for its clients and has external IPs. Before 1.20 agents check the ranges for \
               addresses of the load balancer alone; from 1.19 on an address in spec.externalIPs is an external IP, even \
               if the load balancer gave it.",
        matters: "The Service is open to everybody by these addresses.",
        detected: "The Service has both, an agent is older than 1.20, and bpf-lb-source-range-all-types is not on. Whether \
                   a patch release of 1.19 has the correction is not told by its number: the agent's table tells.",
        fix: "Take the addresses off spec.externalIPs and ask LB-IPAM for them (lbipam.cilium.io/ips); or set \
              bpf.lbSourceRangeAllTypes=true.",
        sources: &["cilium#44718", "cilium#44747", "cilium pkg/loadbalancer/service.go GetSourceRangesEnabled"],
    },
    judge: ranges_ignored,
};

fn ranges_ignored(facts: &Facts, verdict: &mut Verdict) {
    let has_both = |vip: &&Vip| !ranges(vip).is_empty() && vip.is_external_ip();
    let both: Vec<&Vip> = facts.served_vips(verdict).filter(has_both).collect();
    if both.is_empty() {
        return;
    }
    let Some(settings) = facts.needed_settings(verdict) else { return };
    let Some(version) = facts.runs_between(verdict, (0, 0, 0), (1, 20, 0)) else { return };
    if settings.source_ranges_are_for_all_types() {
        return;
    }
    for vip in both {
        let ranges = listed(ranges(vip).iter().map(ToString::to_string));
        let ip = vip.ip;
        verdict.report(
            Finding::of(&RANGES_IGNORED, vip.subject())
                .seen(
                    End::Cluster,
                    facts.source(Kind::Service),
                    format!("{ip} is in spec.externalIPs, and loadBalancerSourceRanges has {ranges}"),
                )
                .seen(End::Cluster, facts.source(Kind::AgentPod), format!("an agent runs {version}"))
                .inferred(format!(
                    "kubectl -n kube-system exec ds/cilium -c cilium-agent -- cilium-dbg bpf lb list | grep -A1 '{ip}:' \
                     (a frontend that is checked says so in its flags)"
                ))
                .fix("take the address off externalIPs and ask LB-IPAM for it")
                .paste(vip.ask_lb_ipam()),
        );
    }
}

/// The ranges of one family that clients may have.
fn ranges(vip: &Vip) -> Vec<IpNet> {
    let all = vip.service.spec.load_balancer_source_ranges.iter().filter_map(|range| range.trim().parse().ok());
    all.filter(|range: &IpNet| range.addr().is_ipv4() == vip.ip.is_ipv4()).collect()
}

fn overlap(a: &IpNet, b: &IpNet) -> bool {
    a.contains(b) || b.contains(a)
}
