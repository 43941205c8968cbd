//! Prefixes that arrive and that BGP itself does not take.

use super::broken::{alike, is_own_address};
use super::vtysh;
use crate::rules::finding::{End, Finding};
use crate::rules::losses::{Because, together};
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::topology::routes::fault::Fault;

pub const OWN_AS: Rule = Rule {
    code: "BGP225",
    rows: &["B25"],
    severity: Severity::Error,
    layer: Layer::Route,
    title: "the router finds its own AS in the paths, and drops them as loops",
    explanation: Explanation {
        what: "A path that already went through the router's AS is a loop to BGP. The cluster sends such paths if it has \
               learned them from there, or if the AS numbers of both sides overlap.",
        matters: "The routes are advertised and received, and never accepted.",
        detected: "The AS path that the agent advertises has the router's AS in it, or FRR counts loops of the neighbor, and \
                   no filter denies the prefix.",
        fix: "Give the cluster an AS of its own. Where that cannot be, `neighbor ... allowas-in` on the router.",
        sources: &["RFC 4271 section 9.1.2", "FRR bgpd/bgp_route.c (bgp_update)"],
    },
    judge: own_as,
};

pub const OWN_ADDRESS: Rule = Rule {
    code: "BGP226",
    rows: &["B26"],
    severity: Severity::Error,
    layer: Layer::Route,
    title: "the router does not take routes of, or by way of, its own addresses",
    explanation: Explanation {
        what: "A node advertises an address that is the router's own, or a next hop that is. FRR drops both: martian or self \
               next hop, host route that matches a local address.",
        matters: "The VIP belongs to the router's own interface, so its packets never go to a node.",
        detected: "The received prefix or the next hop that the agent advertises is an address of the router's interfaces, \
                   and no filter denies the prefix.",
        fix: "Take the router's addresses out of the pool, or the VIP off the router's interface.",
        sources: &["FRR bgpd/bgp_route.c (bgp_update, bgp_nexthop_self)", "FRR bgpd/bgp_nexthop.c"],
    },
    judge: own_address,
};

fn own_as(facts: &Facts, verdict: &mut Verdict) {
    for (version, lost) in together(facts.losses(), |loss| (loss.because == Because::OwnAs).then(|| loss.version())) {
        let Some(end) = lost.end(facts) else { continue };
        let own = end.said.local_as.map(|asn| asn.0.to_string()).unwrap_or_default();
        let counted = end.said.prefix_stats.map(|stats| stats.aspath_loop).filter(|&count| count > 0);
        let counted = counted.map(|count| format!(", and counted {count} loops")).unwrap_or_default();
        let neighbors = vtysh::attachables(lost.router, lost.ends(facts), version);
        let statements = neighbors.iter().map(|neighbor| format!("neighbor {neighbor} allowas-in"));
        let allow = vtysh::in_family(end, version, statements);
        let finding = Finding::of(&OWN_AS, lost.subject())
            .seen(
                End::Router,
                None,
                format!("received from {} and not accepted: {}", lost.nodes(facts), lost.prefixes()),
            )
            .seen(End::Router, Some(&end.source), format!("the router is AS {own}{counted}"))
            .inferred("debug bgp updates in, in vtysh: FRR logs why it denies an update")
            .fix("give the cluster an AS of its own; or let the router take its own AS in paths of these neighbors")
            .excluded(["not the filters: the running configuration permits them".to_owned()]);
        verdict.report(vtysh::configure(allow, []).into_iter().fold(lost.claim(finding), Finding::paste));
    }
}

fn own_address(facts: &Facts, verdict: &mut Verdict) {
    for ((), lost) in together(facts.losses(), |loss| (loss.because == Because::OwnAddress).then_some(())) {
        let finding = Finding::of(&OWN_ADDRESS, lost.subject())
            .seen(
                End::Router,
                None,
                format!("received from {} and not accepted: {}", lost.nodes(facts), lost.prefixes()),
            )
            .seen(
                End::Router,
                None,
                "the prefix or its next hop is an address of the router's own interfaces (ip -j addr)",
            )
            .fix("take the router's addresses out of the pool, or the VIP off the router's interface")
            .excluded(["not the filters: the running configuration permits them".to_owned()]);
        verdict.report(lost.claim(finding));
    }
    let shadowed = alike(facts, |broken, fault| {
        let is_shadowed = matches!(fault, Fault::ShadowedBy(_) | Fault::OtherPreferred | Fault::NotInKernel);
        let router = facts.router_of(broken.route)?;
        (is_shadowed && is_own_address(router, broken.route)).then_some(())
    });
    for ((), alike) in shadowed {
        let vip = alike.first().route.vip;
        let interfaces = alike.router.interfaces.value().into_iter().flatten();
        let mut owning = interfaces.filter(|interface| interface.global().any(|net| Some(net.addr()) == vip));
        let on = owning.next().map_or_else(String::new, |interface| format!(" on {}", interface.name));
        let finding = alike
            .of_prefixes(&OWN_ADDRESS)
            .title("VIPs are addresses of the router itself, so it forwards them to no node")
            .seen(End::Router, None, format!("the router has them{on}: {}", alike.prefixes()))
            .fix("take the VIPs off the router's interface, or their addresses out of the pool")
            .excluded(["not the filters: BGP has accepted paths of them".to_owned()]);
        verdict.report(alike.claim(finding));
    }
}
