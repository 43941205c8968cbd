//! Routes that are broken while nothing that is known says why.

use super::vtysh;
use crate::frr::config::Version;
use crate::rules::finding::{End, Finding};
use crate::rules::losses::{Because, together};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};

pub const UNEXPLAINED: Rule = Rule {
    code: "BGP299",
    rows: &["B28"],
    severity: Severity::Error,
    layer: Layer::RouteUnexplained,
    title: "the router has not what the nodes should advertise, and nothing that is known says why",
    explanation: Explanation {
        what: "The session is established, the cluster's objects ask the node for the prefix, and the router has no path of \
               it. Neither the objects nor the router's running configuration says why.",
        matters: "The VIP has fewer paths than it should, or none.",
        detected: "What is left when no other rule explains a missing path. Where the router keeps no copy of what it \
                   received (`soft-reconfiguration inbound`), it cannot tell what arrived.",
        fix: "Ask both ends: --verify asks the agents what they advertise and the router what it received.",
        sources: &["FRR bgpd/bgp_route.c (show_adj_route)", "Cilium pkg/bgp/api (routes advertised)"],
    },
    judge: unexplained,
};

fn unexplained(facts: &Facts, verdict: &mut Verdict) {
    let by_stage = together(facts.losses(), |loss| {
        let stage = match loss.because {
            Because::OnTheWay => "the agents advertise them, and the router did not receive them",
            Because::NotReceived => "the router did not receive them, and the agents were not asked",
            Because::Unclear => "whether they are advertised and received is not known",
            _ => return None,
        };
        Some((stage, Version::of(loss.route.prefix?.addr())))
    });
    for ((stage, version), lost) in by_stage {
        let Some(end) = lost.end(facts) else { continue };
        let config = lost.router.config.why_unknown();
        if let Some(why) = config {
            verdict.needs(format!("the router's running configuration: {why}"));
        }
        let keeps_copy = end.said.address_family_info.values().any(|family| family.inbound_soft_config_permit);
        let mut finding = Finding::of(&UNEXPLAINED, lost.subject())
            .seen(End::Cluster, None, format!("{} should advertise {}", lost.nodes(facts), lost.prefixes()))
            .seen(End::Router, None, format!("{stage}; the router has no path of them"))
            .excluded(["not the sessions: they are established".to_owned()]);
        if config.is_none() {
            finding = finding.excluded(["not the inbound filters, as far as the prefix decides".to_owned()]);
        }
        finding = if keeps_copy {
            finding.inferred("kubectl bgp check --verify").fix("ask both ends what they sent and received: --verify")
        } else {
            let neighbors = vtysh::attachables(lost.router, lost.ends(facts), version);
            let keep = neighbors.iter().map(|neighbor| format!("neighbor {neighbor} soft-reconfiguration inbound"));
            let lines = vtysh::configure(vtysh::in_family(end, version, keep), []);
            let finding = finding
                .seen(
                    End::Router,
                    Some(&end.source),
                    format!("neighbor {} keeps no copy of what it sends", end.neighbor),
                )
                .inferred("kubectl bgp check --verify, once the router keeps a copy of what it receives")
                .fix("let the router keep what it receives (sessions stay up), then check again with --verify");
            lines.into_iter().fold(finding, Finding::paste)
        };
        verdict.report(lost.claim(finding));
    }
}
