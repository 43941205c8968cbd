//! What the router's kernel says of its links and of how it forwards, and whether it reaches the VIPs itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::connect::Outcome;
use crate::rules::finding::{End, Finding, Subject, Symptom};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::topology::Known;
use crate::topology::probed::RouterProbed;
use crate::topology::router::Router;
use crate::topology::routes::Route;
use crate::topology::session::Health;

pub const DEAD_NEXT_HOP: Rule = Rule {
    code: "BGP388",
    rows: &["C18"],
    severity: Severity::Error,
    layer: Layer::Traffic,
    title: "the router forwards to a next hop that does not answer on the link",
    explanation: Explanation {
        what: "The next hop of VIPs resolves to no hardware address: the node is dead or off its network, and its session's hold time has not run out, or \
               graceful restart keeps its routes.",
        matters: "Its share of connections goes nowhere until the route goes.",
        detected: "The router's neighbor table has the next hop as FAILED or INCOMPLETE, and the kernel's route still has it.",
        fix: "Bring the node back, or end its session on the router. A hold time of 9 s shortens the next time.",
        sources: &["RFC 826", "RFC 4861 section 7.3", "RFC 4271 section 6.5 (hold timer)"],
    },
    judge: dead_next_hop,
};

pub const HASH_POLICY: Rule = Rule {
    code: "BGP387",
    rows: &["C22"],
    severity: Severity::Information,
    layer: Layer::Traffic,
    title: "the router chooses a path by addresses alone: all connections of one client take the same node",
    explanation: Explanation {
        what: "fib_multipath_hash_policy is 0: of several next hops the kernel takes one by source and destination address, without the ports.",
        matters: "A few clients, or one behind an address translation, load one node while others idle. Connections of one client stay together, which \
                  some applications like.",
        detected: "The router's setting is 0, and VIPs have several next hops in its kernel.",
        fix: "Set it to 1 on the router.",
        sources: &["Linux Documentation/networking/ip-sysctl.rst (fib_multipath_hash_policy)"],
    },
    judge: hash_policy,
};

pub const STRICT_FILTER: Rule = Rule {
    code: "BGP310",
    rows: &["C10"],
    severity: Severity::Information,
    layer: Layer::Traffic,
    title: "the router drops packets that come in by another interface than it would answer through",
    explanation: Explanation {
        what: "rp_filter is strict (1) on the interface towards the nodes.",
        matters: "Where a node answers by another link than the one that its address is on, the answers are dropped.",
        detected: "The larger of the settings of `all` and of the interface of the VIPs' next hops is 1.",
        fix: "Nothing where nodes have one link. Else set it to 2, which is loose.",
        sources: &["RFC 3704", "Linux Documentation/networking/ip-sysctl.rst (rp_filter)", "cilium#13130"],
    },
    judge: strict_filter,
};

pub const NO_ANSWER: Rule = Rule {
    code: "BGP389",
    rows: &["C14", "C16", "C32", "C33"],
    severity: Severity::Error,
    layer: Layer::Traffic,
    title: "the route is there, and a connection of the router itself to the VIP fails",
    explanation: Explanation {
        what: "The router has the VIP in its kernel with the nodes as next hops, and its own TCP connection to a port of the Service is refused, not \
               answered or not routed.",
        matters: "It is not BGP: what is behind the next hop does not answer.",
        detected: "A probe (--probe): a TCP connection from the router. Endpoints that are not ready, source ranges and network policies are told beside it.",
        fix: "Refused: look at the endpoints. No answer: look at source ranges, network policies and the node's firewall, with the router's address as \
              client.",
        sources: &["RFC 9293 section 3.10.7"],
    },
    judge: no_answer,
};

fn probed<'f, 'a>(facts: &'f Facts<'a>) -> impl Iterator<Item = (&'a Router, &'f RouterProbed)> {
    facts.routers().iter().filter_map(|router| Some((router, facts.topology.probed.routers.get(&router.name)?)))
}

fn installed<'f, 'a>(facts: &'f Facts<'a>, router: &'f Router) -> impl Iterator<Item = (usize, &'a Route)> {
    let here = move |route: &Route| route.router.as_deref() == Some(router.name.as_str());
    facts.routes().filter(move |(_, route)| here(route) && route.fib().value() > Some(&0))
}

fn dead_next_hop(facts: &Facts, verdict: &mut Verdict) {
    for (router, probed) in probed(facts) {
        let Some(Known::Seen(neighbors)) = &probed.neighbors else { continue };
        let answers = |dst: IpAddr| neighbors.iter().any(|one| one.dst == dst && !one.has_failed());
        let failed: BTreeSet<IpAddr> =
            neighbors.iter().filter(|one| one.has_failed() && !answers(one.dst)).map(|one| one.dst).collect();
        let mut routes: BTreeMap<IpAddr, Vec<Symptom>> = BTreeMap::new();
        for (at, route) in installed(facts, router).filter(|_| !failed.is_empty()) {
            let hops = route.kernel.value().into_iter().flat_map(|kernel| &kernel.next_hops);
            for address in hops.filter_map(|hop| hop.address).filter(|address| failed.contains(address)) {
                routes.entry(address).or_default().push(Symptom::Route(at));
            }
        }
        for (address, symptoms) in routes {
            let owner = facts
                .sessions()
                .find(|case| case.session.dials_from.value().is_some_and(|addresses| addresses.contains(&address)));
            // An entry may be a leftover while both ends are up; who has probed has made the kernel ask anew.
            let is_up = owner.as_ref().is_some_and(|case| case.session.health(facts.topology.asked) == Health::Up);
            if is_up && probed.watch.is_none() {
                continue;
            }
            let node = owner.as_ref().and_then(|case| case.session.node.value());
            let subject = node.map_or_else(|| Subject::Router(router.name.clone()), |node| Subject::Node(node.clone()));
            verdict.report(
                Finding::of(&DEAD_NEXT_HOP, subject)
                    .seen(
                        End::Router,
                        None,
                        format!("{address} is a next hop of {} VIPs, and has no hardware address", symptoms.len()),
                    )
                    .fix("bring the node back, or end its session on the router")
                    .paste(format!("clear bgp {address}"))
                    .explains(symptoms),
            );
        }
    }
}

fn hash_policy(facts: &Facts, verdict: &mut Verdict) {
    for (router, probed) in probed(facts) {
        let Some(Known::Seen(settings)) = &probed.settings else { continue };
        for ipv4 in [true, false] {
            let several = installed(facts, router).any(|(_, route)| {
                route.fib().value() > Some(&1) && route.prefix.is_some_and(|prefix| prefix.addr().is_ipv4() == ipv4)
            });
            if several && settings.hash_policy(ipv4) == Some(0) {
                let family = if ipv4 { "ipv4" } else { "ipv6" };
                verdict.report(
                    Finding::of(&HASH_POLICY, Subject::Router(router.name.clone()))
                        .seen(End::Router, None, format!("net.{family}.fib_multipath_hash_policy is 0"))
                        .fix("set it to 1 on the router, if connections should spread")
                        .paste(format!("sysctl -w net.{family}.fib_multipath_hash_policy=1")),
                );
            }
        }
    }
}

fn strict_filter(facts: &Facts, verdict: &mut Verdict) {
    for (router, probed) in probed(facts) {
        let Some(Known::Seen(settings)) = &probed.settings else { continue };
        let hops = installed(facts, router).filter_map(|(_, route)| route.kernel.value());
        let interfaces: BTreeSet<&String> =
            hops.flat_map(|kernel| &kernel.next_hops).filter_map(|hop| hop.interface.as_ref()).collect();
        for interface in interfaces.into_iter().filter(|interface| settings.is_strict(interface) == Some(true)) {
            verdict.report(
                Finding::of(&STRICT_FILTER, Subject::Router(router.name.clone()))
                    .seen(End::Router, None, format!("rp_filter is 1 on {interface}"))
                    .fix("nothing where nodes have one link; else make it loose on the router")
                    .paste(shell::command(["sysctl", "-w", &format!("net/ipv4/conf/{interface}/rp_filter=2")])),
            );
        }
    }
}

fn no_answer(facts: &Facts, verdict: &mut Verdict) {
    for (router, probed) in probed(facts) {
        for (to, connect) in &probed.connects {
            let Some(connect) = connect.value() else { continue };
            let became = match connect.outcome {
                Outcome::Refused => "is refused",
                Outcome::TimedOut => "gets no answer",
                Outcome::NoRoute => "has no way",
                _ => continue,
            };
            let Some((at, route)) = installed(facts, router).find(|(_, route)| route.vip == Some(to.ip())) else {
                continue;
            };
            let service = route.services.value().and_then(|services| services.first());
            let subject = service
                .map_or_else(|| Subject::Prefix(to.ip().into()), |one| Subject::service(&one.namespace, &one.name));
            // Without a ready endpoint that is no wonder.
            let vip = facts.vips().iter().find(|vip| vip.ip == to.ip());
            let empty = vip.and_then(|vip| vip.endpoints.as_ref()).is_some_and(|endpoints| endpoints.ready == 0);
            let severity = if empty { Severity::Information } else { Severity::Error };
            verdict.report(
                Finding::of(&NO_ANSWER, subject)
                    .severity(severity)
                    .seen(End::Router, None, format!("a TCP connection of {} to {to} {became}", router.name))
                    .fix("look at the Service's endpoints, its source ranges and network policies")
                    .explains([Symptom::Route(at)]),
            );
        }
    }
}
