//! What agents do not advertise though the objects ask them to.

use std::collections::BTreeSet;

use crate::rules::finding::{End, Finding, Subject};
use crate::rules::losses::{Because, Loss, label, symptoms};
use crate::rules::needs::Release;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::names::{NodeName, listed_up_to};

/// How many names a sentence has.
const NAMED: usize = 3;

pub const SILENT: Rule = Rule {
    code: "BGP219",
    rows: &["B19", "B20", "B21"],
    severity: Severity::Error,
    layer: Layer::Service,
    title: "agents do not advertise what the objects ask for",
    explanation: Explanation {
        what: "The session is established, an advertisement has the address, the node should carry it, and the agent says that \
               it does not advertise it. Some versions lose addresses: with two BGP instances on a node (1.16.0), after a \
               pod of the Service was made anew (1.16), or when one of several Services that share the address was deleted \
               (up to 1.16).",
        matters: "The router has fewer paths than it should, or none.",
        detected: "The agent was asked what it advertises. The versions and what the Services are like tell which fault of \
                   Cilium it may be.",
        fix: "Touch the Service, which has the agent look at it again; else restart the agent. Upgrade Cilium.",
        sources: &["cilium/cilium#33076", "cilium/cilium#34146", "cilium/cilium#36055", "cilium/cilium#35018"],
    },
    judge: silent,
};

fn silent(facts: &Facts, verdict: &mut Verdict) {
    for loss in facts.losses().iter().filter(|loss| loss.because == Because::NotAdvertised) {
        let nodes: BTreeSet<&NodeName> =
            loss.sessions.iter().filter_map(|&index| facts.topology.sessions[index].node.value()).collect();
        let service = loss.route.services.value().and_then(|services| services.first());
        let subject = match (service, loss.route.prefix) {
            (Some(service), _) => Subject::service(&service.namespace, &service.name),
            (None, Some(prefix)) => Subject::Prefix(prefix),
            (None, None) => Subject::Cluster,
        };
        let names = listed_up_to(NAMED, nodes.iter().map(|node| &node.0));
        let mut finding = Finding::of(&SILENT, subject)
            .seen(End::Cluster, facts.source(Kind::Service), format!("{names} should advertise {}", label(loss.route)))
            .seen(End::Cluster, None, format!("asked what they advertise, the agents of {names} do not name it"))
            .inferred("kubectl -n kube-system logs POD -c cilium-agent: what subsys bgp-control-plane says")
            .excluded([
                "not the sessions: they are established".to_owned(),
                "not the router: nothing is sent".to_owned(),
            ])
            .explains(symptoms(loss.at));
        if let Some(known) = known_fault(facts, verdict, loss, &nodes) {
            finding = finding.seen(End::Cluster, facts.source(Kind::AgentPod), known);
        }
        finding = match service {
            Some(service) => finding
                .fix("touch the Service, so that the agents look at it again; else restart these agents")
                .paste(format!(
                    "{} bgp.kubectl.dev/touched=\"$(date +%s)\"",
                    shell::command([
                        "kubectl",
                        "-n",
                        &service.namespace,
                        "annotate",
                        "service",
                        shell::name(&service.name),
                        "--overwrite",
                    ])
                )),
            None => finding.fix("restart these agents"),
        };
        verdict.report(finding);
    }
}

/// A fault of Cilium's that fits the version and the Service.
fn known_fault(facts: &Facts, verdict: &mut Verdict, loss: &Loss, nodes: &BTreeSet<&NodeName>) -> Option<String> {
    let mut runs = |from: Release, until: Release| facts.runs_between(verdict, from, until);
    let instances =
        |node: &&NodeName| facts.node_config(&node.0).is_some_and(|config| config.spec.bgp_instances.len() > 1);
    let shared = loss.route.services.value().is_some_and(|services| {
        services
            .first()
            .and_then(|one| facts.service(&one.namespace, &one.name))
            .is_some_and(|one| one.sharing_key().is_some())
    });
    if let Some(version) = runs((1, 16, 0), (1, 16, 1)).filter(|_| nodes.iter().any(instances)) {
        return Some(format!("{version} loses addresses on nodes with two BGP instances (cilium/cilium#33076)"));
    }
    if let Some(version) = runs((1, 15, 0), (1, 17, 0)).filter(|_| shared) {
        return Some(format!(
            "{version} withdraws a shared address when one of its Services is deleted (cilium/cilium#35018)"
        ));
    }
    let version = runs((1, 16, 0), (1, 17, 0))?;
    Some(format!("{version} may lose an address when a pod of the Service is made anew (cilium/cilium#36055)"))
}
