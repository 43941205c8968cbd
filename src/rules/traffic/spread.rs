//! What it means that a router spreads a VIP over several nodes.

use jiff::SignedDuration;

use crate::rules::finding::{End, Finding, Subject};
use crate::rules::vips::Vip;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::names::listed;
use crate::topology::router::Router;
use crate::topology::session::Since;

pub const CHANGED: Rule = Rule {
    code: "BGP321",
    rows: &["C21"],
    severity: Severity::Information,
    layer: Layer::Traffic,
    title: "the set of next hops changed within the last hour: connections that were open then moved or broke",
    explanation: Explanation {
        what: "A session came up later than others of the same router. With each change of the next hops the router hashes \
               connections anew, and an established one arrives at another node.",
        matters: "That node does not know the connection. With bpf-lb-algorithm random it picks another backend, with snat \
                  another source: the connection is reset, or with DSR hangs (mended in 1.20). New connections are fine.",
        detected: "On one router a session came up within the last hour and more than two minutes after the first one, and a \
                   VIP has several next hops.",
        fix: "For connections that live long: bpf-lb-algorithm maglev (with DSR), a router with resilient hashing, and nodes \
              that are drained one at a time by their label.",
        sources: &[
            "cilium#27730",
            "cilium#47529 (1.20)",
            "docs.cilium.io Kubernetes Without kube-proxy, Maglev",
            "RFC 2992",
        ],
    },
    judge: changed,
};

/// The first sessions of a router come up this close together.
const TOGETHER: SignedDuration = SignedDuration::from_mins(2);
const LATELY: SignedDuration = SignedDuration::from_hours(1);

fn changed(facts: &Facts, verdict: &mut Verdict) {
    if !facts.vips().iter().any(|vip| vip.next_hops() > 1) {
        return;
    }
    for router in facts.routers() {
        let up = up_since(facts, router);
        let Some(first) = up.iter().map(|(_, since)| since.at).min() else { continue };
        let late = up.iter().filter(|(_, since)| {
            since.at.duration_since(first) > TOGETHER && since.read_at.duration_since(since.at) < LATELY
        });
        let late: Vec<&str> = late.map(|(node, _)| *node).collect();
        if late.is_empty() {
            continue;
        }
        let settings = facts.cluster().and_then(|cluster| cluster.settings.value());
        let algorithm = settings.map_or("not known", |settings| settings.load_balancer_algorithm());
        verdict.report(
            Finding::of(&CHANGED, Subject::Router(router.name.clone()))
                .seen(End::Router, None, format!("the sessions of {} came up after the others", listed(&late)))
                .seen(End::Cluster, facts.source(Kind::CiliumConfig), format!("bpf-lb-algorithm: {algorithm}"))
                .fix("nothing to do, unless it happens again: then see why those sessions come and go"),
        );
    }
}

fn up_since<'a>(facts: &Facts<'a>, router: &Router) -> Vec<(&'a str, Since)> {
    let of_router = facts.sessions().filter(|case| case.router.is_some_and(|other| other.name == router.name));
    let up = of_router.filter(|case| case.router_end().is_some_and(|end| end.established));
    up.filter_map(|case| Some((case.session.key.value()?.node.0.as_str(), *case.session.established().value()?)))
        .collect()
}

pub const AFFINITY: Rule = Rule {
    code: "BGP386",
    rows: &["C23"],
    severity: Severity::Information,
    layer: Layer::Traffic,
    title: "session affinity holds on each node alone, and the router spreads one client over several",
    explanation: Explanation {
        what: "Each node remembers by itself which backend a client had. If the router hashes ports too, the connections of \
               one client enter by different nodes, and each of them picks its own backend.",
        matters: "Clients lose their session (logins, baskets) with every other connection.",
        detected: "sessionAffinity ClientIP, and a VIP with several next hops. It holds if the router hashes addresses alone \
                   (net.ipv4.fib_multipath_hash_policy 0, Linux's default).",
        fix: "Hash by addresses on the router, or bpf-lb-algorithm maglev, or policy Local with one backend's node.",
        sources: &["cilium#25568", "Linux Documentation/networking/ip-sysctl.rst, fib_multipath_hash_policy"],
    },
    judge: affinity,
};

fn affinity(facts: &Facts, verdict: &mut Verdict) {
    let affine: Vec<&Vip> =
        facts.served_vips(verdict).filter(|vip| vip.service.spec.has_session_affinity && vip.next_hops() > 1).collect();
    for vip in affine {
        let hops = format!("{} has {} next hops", vip.ip, vip.next_hops());
        verdict.report(
            Finding::of(&AFFINITY, vip.subject())
                .seen(End::Cluster, facts.source(Kind::Service), format!("{} has sessionAffinity ClientIP", vip.name()))
                .seen(End::Router, vip.carried().and_then(|route| route.kernel_source.as_ref()), hops)
                .inferred("sysctl net.ipv4.fib_multipath_hash_policy on the router: 0 keeps a client on one node")
                .fix("hash by addresses alone on the router (fib_multipath_hash_policy=0)"),
        );
    }
}
