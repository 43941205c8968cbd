//! Best paths that do not become routes of the router's kernel.

use super::broken::{Alike, NAMED, alike};
use crate::rules::finding::{End, Finding, Symptom};
use crate::rules::losses::symptoms;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::topology::Known;
use crate::topology::names::listed_up_to;
use crate::topology::routes::fault::Fault;
use crate::topology::routes::status::is_installed;
use crate::topology::routes::{Route, RoutePath};

pub const NO_ZEBRA: Rule = Rule {
    code: "BGP302",
    rows: &["C2"],
    severity: Severity::Error,
    layer: Layer::Router,
    title: "zebra does not run, so nothing that BGP learns becomes a route",
    explanation: Explanation {
        what: "FRR's bgpd speaks BGP, and zebra puts what it learns into the kernel. zebra has ended or hangs.",
        matters: "All sessions are established and all paths are there, and the router forwards nothing by them.",
        detected: "`show daemons` has bgpd and not zebra, and BGP has best paths.",
        fix: "Restart FRR, and look into its log for why zebra ended. On UniFi a reboot does it, and a newer firmware.",
        sources: &["FRR zebra/zserv.c", "FRR vtysh/vtysh.c (show daemons)"],
    },
    judge: no_zebra,
};

pub const REFUSED: Rule = Rule {
    code: "BGP301",
    rows: &["C1"],
    severity: Severity::Error,
    layer: Layer::Route,
    title: "the router's kernel refused routes",
    explanation: Explanation {
        what: "zebra gave the route to the kernel and the kernel said no: a next hop that is not reachable for it, a policy \
               rule, or a kernel without multipath routes, as on old UniFi gateways. FRR shows `B>r`.",
        matters: "BGP and zebra look right, and packets to the VIP follow whatever other route there is.",
        detected: "FRR says failed of the route, and the kernel has none of that prefix. A connected net that has the VIP in \
                   it is not the cause: a route of full length wins over it.",
        fix: "Ask the kernel for each next hop, as shown. If single next hops are taken and several are not, the kernel has \
              no multipath: newer firmware, or `maximum-paths 1`.",
        sources: &[
            "FRR zebra/zebra_rib.c (ROUTE_ENTRY_FAILED)",
            "metallb/metallb#1139",
            "unifi-utilities/unifi-common#289",
        ],
    },
    judge: refused,
};

pub const LOST: Rule = Rule {
    code: "BGP380",
    rows: &["C1"],
    severity: Severity::Error,
    layer: Layer::Route,
    title: "the router's kernel has lost routes that zebra believes are installed",
    explanation: Explanation {
        what: "zebra says that the routes are installed and the kernel does not have them: something other than FRR removed \
               them, such as a script, a network manager, or a flush of routes or next hops.",
        matters: "zebra does not look again, so the VIPs stay unreachable until it has a reason to install them anew.",
        detected: "FRR says installed of the route, and `ip route` has no route of the prefix.",
        fix: "Have FRR withdraw and install the routes again: a hard clear does it, at the price of some seconds. Then find \
              out what removes routes.",
        sources: &["FRR zebra/rt_netlink.c", "measured on FRR 8.4.4 and 10.3"],
    },
    judge: lost,
};

pub const FEWER: Rule = Rule {
    code: "BGP323",
    rows: &["C22"],
    severity: Severity::Warning,
    layer: Layer::Route,
    title: "the router's kernel has other next hops than BGP's best paths",
    explanation: Explanation {
        what: "BGP uses several paths, and the kernel's route has fewer next hops, or others: a next hop is dead, zebra was \
               built for fewer, or something changed the route behind FRR's back.",
        matters: "Load is shared by fewer nodes than it seems, or goes to a node that should not have it.",
        detected: "The kernel's next hops that are alive are compared with those of the paths that BGP uses.",
        fix: "See which next hops are missing and why: the interface, or zebra's limit (`show zebra` names it).",
        sources: &["FRR zebra/zebra_nhg.c", "linux Documentation/networking/nexthop-group-resilient.rst"],
    },
    judge: fewer,
};

fn no_zebra(facts: &Facts, verdict: &mut Verdict) {
    for router in facts.routers() {
        let Some(daemons) = router.daemons.value() else { continue };
        let has = |name: &str| daemons.iter().any(|daemon| daemon == name);
        if !has("bgpd") || has("zebra") {
            continue;
        }
        let with_paths = facts.broken().iter().filter(|broken| {
            broken.route.router.as_deref() == Some(&router.name)
                && broken.route.paths.value().is_some_and(|paths| !paths.is_empty())
        });
        let explained: Vec<Symptom> = with_paths.flat_map(|broken| symptoms(broken.at)).collect();
        verdict.report(
            Finding::of(&NO_ZEBRA, crate::rules::Subject::Router(router.name.clone()))
                .seen(End::Router, None, format!("show daemons: {}", daemons.join(" ")))
                .fix("restart FRR on the router, and look into its log for why zebra ended")
                .paste("systemctl restart frr")
                .explains(explained),
        );
    }
}

fn refused(facts: &Facts, verdict: &mut Verdict) {
    for ((), alike) in alike(facts, |_, fault| matches!(fault, Fault::KernelRefused).then_some(())) {
        let finding = alike
            .claim(Finding::of(&REFUSED, alike.subject()))
            .seen(End::Router, None, format!("FRR says failed of {}", alike.prefixes()))
            .seen(End::Router, alike.first().route.kernel_source.as_ref(), "the kernel has no route of them")
            .fix("ask the router's kernel for each next hop, and mend what it says")
            .excluded([
                "not the filters: the paths are accepted and best".to_owned(),
                "not a connected net: a route of full length wins over it".to_owned(),
            ]);
        verdict.report(questions(&alike).into_iter().fold(finding, Finding::paste));
    }
}

/// Asks the router's kernel how it reaches each next hop, over the interface that is to be used.
fn questions(alike: &Alike) -> Vec<String> {
    let used = alike.first().route.paths.value().into_iter().flatten().filter(|path| path.path.is_used());
    let hops = used.flat_map(|path| path.path.next_hops.iter().copied());
    let ask = |hop: std::net::IpAddr| {
        let mut interfaces = alike.router.interfaces.value().into_iter().flatten();
        let interface = interfaces.find(|interface| interface.is_connected_to(hop));
        let over = interface.map(|interface| format!(" oif {}", shell::word(&interface.name))).unwrap_or_default();
        format!("ip route get {hop}{over}")
    };
    hops.map(ask).collect()
}

fn lost(facts: &Facts, verdict: &mut Verdict) {
    for (installed, alike) in alike(facts, |_, fault| match fault {
        Fault::LostInKernel => Some(true),
        Fault::NotInKernel => Some(false),
        _ => None,
    }) {
        let family = if alike.is_ipv4() { "ipv4" } else { "ipv6" };
        let said = if installed {
            "zebra says that they are installed"
        } else {
            "BGP has best paths, and zebra has no route of them"
        };
        let title = if installed { LOST.title } else { "best paths do not become routes of the router" };
        let finding = alike
            .claim(Finding::of(&LOST, alike.subject()))
            .title(title)
            .seen(End::Router, None, format!("{said}: {}", alike.prefixes()))
            .seen(End::Router, alike.first().route.kernel_source.as_ref(), "the kernel has no route of them")
            .fix("have FRR learn and install the routes again; the sessions are away for some seconds")
            .paste(format!("clear bgp {family} unicast *"))
            .excluded(["not a refusal: zebra does not say failed of them".to_owned()]);
        verdict.report(finding);
    }
}

fn fewer(facts: &Facts, verdict: &mut Verdict) {
    let kinds = |_: &_, fault: &Fault| match fault {
        Fault::MissingNextHops { .. } => Some(true),
        Fault::StrangeNextHops => Some(false),
        _ => None,
    };
    for (missing, alike) in alike(facts, kinds) {
        let route = alike.first().route;
        let title = if missing {
            "the router's kernel has fewer next hops than BGP has best paths"
        } else {
            "the router's kernel has next hops that no best path has"
        };
        verdict.report(
            alike
                .claim(Finding::of(&FEWER, alike.subject()))
                .title(title)
                .seen(End::Router, None, format!("of {}", alike.prefixes()))
                .seen(End::Router, route.kernel_source.as_ref(), in_kernel(route))
                .seen(End::Router, None, in_bgp(route))
                .inferred("ip route show on the router, and `show ip route` of a prefix in vtysh")
                .fix("see on the router which next hops are dead or missing"),
        );
    }
}

fn in_kernel(route: &Route) -> String {
    let Known::Seen(kernel) = &route.kernel else { return "the kernel has no route".to_owned() };
    let hop = |hop: &crate::topology::router::tables::KernelNextHop| {
        let address = hop.address.map_or_else(|| "no gateway".to_owned(), |address| address.to_string());
        if hop.alive { address } else { format!("{address} (dead)") }
    };
    format!("the kernel forwards by {}", listed_up_to(NAMED, kernel.next_hops.iter().map(hop)))
}

fn in_bgp(route: &Route) -> String {
    let used = route.paths.value().into_iter().flatten().filter(|path| path.path.is_used());
    let words = |path: &RoutePath| {
        let node = path.node.as_ref().map_or_else(|| path.path.neighbor.to_string(), ToString::to_string);
        let has = route.kernel.value().is_some_and(|kernel| is_installed(path, kernel));
        if has { node } else { format!("{node} (not in the kernel)") }
    };
    format!("BGP uses the paths of {}", listed_up_to(NAMED, used.map(words)))
}
