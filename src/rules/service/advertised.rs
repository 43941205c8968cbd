//! Addresses that no node is asked to advertise, by what keeps them.

use std::collections::BTreeSet;

use crate::rules::finding::{End, Finding, Subject, Symptom};
use crate::rules::losses::Because;
use crate::rules::vips::Vip;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::cluster::selection::{Address, Candidate, Verdict as Selection};
use crate::topology::cluster::{Obstacle, Profile};
use crate::topology::service::AddressKind;

macro_rules! rule {
    ($name:ident, $code:literal, $rows:expr, $severity:ident, $title:literal, $judge:ident,
     what: $what:literal, matters: $matters:literal, detected: $detected:literal, fix: $fix:literal, sources: $sources:expr) => {
        pub const $name: Rule = Rule {
            code: $code,
            rows: $rows,
            severity: Severity::$severity,
            layer: Layer::Service,
            title: $title,
            explanation: Explanation {
                what: $what,
                matters: $matters,
                detected: $detected,
                fix: $fix,
                sources: $sources,
            },
            judge: $judge,
        };
    };
}

rule!(NO_SERVICE, "BGP206", &["B6"], Information, "no Service has an address to advertise", no_service,
    what: "There is no Service of type LoadBalancer, or none has an address.",
    matters: "Sessions may be up and the router has nothing to learn: that is not a fault.",
    detected: "All Services were read, sessions are asked for, and no load balancer's address is among them.",
    fix: "Make a Service of type LoadBalancer.",
    sources: &["docs.cilium.io: BGP Control Plane, Service advertisements"]);

rule!(NOTHING_TAKEN, "BGP209", &["B9"], Error, "the peers take no advertisement", nothing_taken,
    what: "The families of the CiliumBGPPeerConfig select CiliumBGPAdvertisements by their labels, and none has these labels, or there is none.",
    matters: "Sessions are up and nothing is advertised. No condition says so.",
    detected: "For no address any advertisement is linked to the sessions of the PeerConfig.",
    fix: "Give the advertisement the labels that the PeerConfig's families select.",
    sources: &["docs.cilium.io: CiliumBGPAdvertisement", "cilium pkg/bgp/manager/reconciler/peer_advertisements.go"]);

rule!(NO_SELECTOR, "BGP207", &["B7"], Error, "the advertisement of Services has no selector, so it selects none", no_selector,
    what: "From Cilium 1.16 on an entry of type Service without a selector selects nothing.",
    matters: "Sessions are up and no VIP is advertised. No condition says so.",
    detected: "The advertisement is linked to the sessions and its entry of type Service has no selector.",
    fix: "Add a selector; one that no Service contradicts takes all.",
    sources: &["docs.cilium.io: CiliumBGPAdvertisement, selector", "cilium pkg/k8s/apis/cilium.io/v2/bgp_advert_types.go"]);

rule!(NO_SERVICES_IN_IT, "BGP281", &["B9", "B11"], Error, "no advertisement that the peers take is of Services", no_services_in_it,
    what: "Advertisements are linked to the sessions, and none of their entries is of type Service.",
    matters: "Pod CIDRs may be advertised, and no VIP is.",
    detected: "Every linked entry is of another type.",
    fix: "Add an entry of type Service with the addresses to advertise.",
    sources: &["docs.cilium.io: CiliumBGPAdvertisement"]);

rule!(NOT_SELECTED, "BGP208", &["B8"], Information, "no advertisement selects it", not_selected,
    what: "The advertisements' selectors do not match the Service's labels, its namespace or its name.",
    matters: "The VIP is reachable by layer 2 or not at all. Often that is meant.",
    detected: "The Service has an address, other addresses may be advertised, and each linked advertisement's selector names what differs. It is a \
               warning where no Service at all is selected.",
    fix: "If it should be advertised: give the Service the label, or widen the selector.",
    sources: &["docs.cilium.io: CiliumBGPAdvertisement, selector"]);

rule!(NO_FAMILY, "BGP210", &["B10"], Information, "its address family is not exchanged", no_family,
    what: "The CiliumBGPPeerConfig does not have the address's family.",
    matters: "The VIP of that family is not advertised; the Service's other one may be.",
    detected: "No PeerConfig of a session has the family. It is an error where the router has the family active, or the sessions run over it.",
    fix: "Add the family with its advertisements to the PeerConfig, and activate it on the router.",
    sources: &["docs.cilium.io: CiliumBGPPeerConfig, families", "cilium#35407"]);

rule!(OTHER_ADDRESSES, "BGP211", &["B11"], Information, "no advertisement that selects it has this kind of address", other_addresses,
    what: "The advertisement's service.addresses lists other kinds. From 1.19 on an address that stands in externalIPs counts as an ExternalIP.",
    matters: "The address is not advertised; after an upgrade a VIP may be gone.",
    detected: "The selector matches and the kind of address is not listed.",
    fix: "Add the kind to service.addresses.",
    sources: &["docs.cilium.io: CiliumBGPAdvertisement, addresses", "cilium pkg/loadbalancer/reflectors/conversions.go"]);

rule!(OTHER_CLASS, "BGP212", &["B12"], Information, "its loadBalancerClass is not for BGP", other_class,
    what: "The Service has a loadBalancerClass that Cilium's BGP control plane leaves to others.",
    matters: "Its address is not advertised. The class cannot be changed, only set anew.",
    detected: "loadBalancerClass is neither absent nor io.cilium/bgp-control-plane.",
    fix: "If it should be advertised: make the Service anew without a class, or with io.cilium/bgp-control-plane.",
    sources: &["docs.cilium.io: BGP Control Plane, Load Balancer Class"]);

rule!(NO_ENDPOINT, "BGP213", &["B13", "C33"], Error, "no node that peers has a ready endpoint, and the policy asks for a local one", no_endpoint,
    what: "With externalTrafficPolicy Local only nodes with a ready endpoint advertise the VIP, and no peering node has one.",
    matters: "The VIP is withdrawn from the router.",
    detected: "The policy is Local, endpoints exist, and none is ready on a node that has a session.",
    fix: "Make the pods ready, let them run on nodes that peer, or use policy Cluster.",
    sources: &["docs.cilium.io: BGP Control Plane, externalTrafficPolicy"]);

rule!(WITHDRAWN, "BGP214", &["B14"], Information, "it has no endpoints and is withdrawn for that", withdrawn,
    what: "cilium-config has enable-no-service-endpoints-routable false, or the policy is Local: a Service without endpoints is not advertised.",
    matters: "Clients get no route instead of a refused connection.",
    detected: "No endpoint exists, and that is what keeps the address from being advertised.",
    fix: "Scale its workload up.",
    sources: &["cilium#40717"]);

rule!(PLACEHOLDER, "BGP222", &["B22"], Warning, "Cilium's Envoy serves it, and the policy is Local: nodes may not advertise it", placeholder,
    what: "The Service of a Gateway or Ingress has a placeholder endpoint (192.192.192.192). Older versions of Cilium see no local endpoint in it.",
    matters: "With policy Local no node qualifies, and the VIP is withdrawn everywhere.",
    detected: "The only endpoint is the placeholder, and externalTrafficPolicy is Local.",
    fix: "Set externalTrafficPolicy to Cluster (of a Gateway: through its GatewayClass parameters).",
    sources: &["cilium#36816", "cilium#41680"]);

rule!(NOT_DONE, "BGP220", &["B19", "B20", "B21"], Error, "the node's agent does not advertise what the objects ask for", not_done,
    what: "The objects ask for it, the session is up, and the agent, when asked, does not have it among what it advertises.",
    matters: "The router has fewer paths than it should, or none.",
    detected: "cilium-dbg on the node was asked. Known faults do this: 1.16.3 after a pod restart until the Service is touched, a deleted sharer of an \
               address, two BGP instances.",
    fix: "Touch the Service so that the agent reconciles it anew; upgrade Cilium.",
    sources: &["cilium#36055", "cilium#35018", "cilium#33076", "cilium#34146"]);

/// The profiles of the sessions that the cluster asks for.
fn profiles<'a>(facts: &Facts<'a>) -> Vec<&'a Profile> {
    let mut all: Vec<&Profile> = Vec::new();
    for profile in facts.sessions().filter_map(|case| case.session.profile.as_ref()) {
        if !all.contains(&profile) {
            all.push(profile);
        }
    }
    all
}

/// An address that nothing advertises, and how far the advertisement that came furthest came.
struct Kept<'f, 'a> {
    vip: &'f Vip<'a>,
    best: Candidate,
    all: Vec<Candidate>,
}

impl Kept<'_, '_> {
    fn rows(&self) -> Vec<Symptom> {
        self.vip.routes.iter().map(|(at, _)| Symptom::Route(*at)).collect()
    }
}

fn kept<'f, 'a>(facts: &'f Facts<'a>) -> Vec<Kept<'f, 'a>> {
    let Some(cluster) = facts.cluster() else { return Vec::new() };
    let profiles = profiles(facts);
    let unadvertised = facts.vips().iter().filter(|vip| {
        let obstacle = vip.routes.iter().any(|(_, route)| route.obstacle.is_some());
        obstacle || vip.kind == AddressKind::ExternalIP && vip.is_advertised() != Some(true)
    });
    unadvertised
        .filter_map(|vip| {
            let address = Address { service: Some(vip.service), kind: vip.kind, ipv4: vip.ip.is_ipv4() };
            let candidates = profiles.iter().filter_map(|profile| cluster.selection(profile, address).value().cloned());
            let all: Vec<Candidate> = candidates.flatten().collect();
            let best = all.iter().max_by_key(|candidate| candidate.verdict.rank())?.clone();
            Some(Kept { vip, best, all })
        })
        .collect()
}

fn peer_config(profile: &Profile) -> Subject {
    match profile {
        Profile::PeerConfig(name) => Subject::object("ciliumbgppeerconfig", name),
        Profile::Policy(name, _) => Subject::object("ciliumbgppeeringpolicy", name),
        Profile::Nothing => Subject::Cluster,
    }
}

fn no_service(facts: &Facts, verdict: &mut Verdict) {
    let services = facts.services().and_then(|all| all.services.value());
    let has_vip = facts.vips().iter().any(|vip| vip.kind == AddressKind::LoadBalancerIP);
    let waits = services.into_iter().flatten().any(crate::cilium::Object::is_load_balancer);
    if services.is_some() && !has_vip && !waits && facts.sessions().next().is_some() {
        let source = facts.source(Kind::Service);
        verdict.report(
            Finding::of(&NO_SERVICE, Subject::Cluster)
                .seen(End::Cluster, source, "no Service is of type LoadBalancer")
                .fix("make a Service of type LoadBalancer; nothing is wrong with BGP"),
        );
    }
}

fn nothing_taken(facts: &Facts, verdict: &mut Verdict) {
    let kept = kept(facts);
    for profile in profiles(facts) {
        let of_profile = |kept: &&Kept| {
            let mut all = kept.all.iter().filter(|one| one.profile == *profile).peekable();
            all.peek().is_some()
                && all.all(|one| {
                    matches!(
                        one.verdict,
                        Selection::NoAdvertisements | Selection::TakesNone(_) | Selection::NotTaken(_)
                    )
                })
        };
        let without: Vec<&Kept> = kept.iter().filter(of_profile).collect();
        let Some(first) = without.first() else { continue };
        let says = match &first.best.verdict {
            Selection::NoAdvertisements => "there is no CiliumBGPAdvertisement".to_owned(),
            Selection::TakesNone(family) => format!("its family {family} has no advertisements selector"),
            Selection::NotTaken(mismatches) => {
                let why: Vec<String> = mismatches.iter().map(ToString::to_string).collect();
                let name = first.best.advertisement.as_deref().unwrap_or_default();
                format!("it does not take CiliumBGPAdvertisement {name}: {}", why.join(", "))
            }
            _ => continue,
        };
        verdict.report(
            Finding::of(&NOTHING_TAKEN, peer_config(profile))
                .seen(End::Cluster, facts.source(Kind::BgpAdvertisement), says)
                .seen(End::Cluster, None, format!("{} VIPs are not advertised", without.len()))
                .fix("give a CiliumBGPAdvertisement the labels that the PeerConfig's families select")
                .explains(without.iter().flat_map(|kept| kept.rows())),
        );
    }
}

fn no_selector(facts: &Facts, verdict: &mut Verdict) {
    for kept in kept(facts).iter().filter(|kept| kept.best.verdict == Selection::NoSelector) {
        let name = kept.best.advertisement.clone().unwrap_or_default();
        verdict.report(
            Finding::of(&NO_SELECTOR, Subject::object("ciliumbgpadvertisement", &name))
                .seen(End::Cluster, facts.source(Kind::BgpAdvertisement), "its entry of type Service has no selector")
                .fix("add a selector; this one takes every Service: {matchExpressions: [{key: unused, operator: NotIn, values: [never]}]}")
                .explains(kept.rows()),
        );
    }
}

fn no_services_in_it(facts: &Facts, verdict: &mut Verdict) {
    for kept in kept(facts).iter().filter(|kept| kept.vip.kind == AddressKind::LoadBalancerIP) {
        let Selection::OtherType(kind) = &kept.best.verdict else { continue };
        verdict.report(
            Finding::of(&NO_SERVICES_IN_IT, peer_config(&kept.best.profile))
                .seen(End::Cluster, facts.source(Kind::BgpAdvertisement), format!("what it takes is of type {kind}"))
                .fix("add an entry of type Service to a CiliumBGPAdvertisement that the peers take")
                .explains(kept.rows()),
        );
    }
}

fn not_selected(facts: &Facts, verdict: &mut Verdict) {
    let any_advertised = facts.vips().iter().any(|vip| vip.is_advertised() == Some(true));
    for kept in kept(facts).iter().filter(|kept| kept.vip.kind == AddressKind::LoadBalancerIP) {
        let Selection::OtherLabels(_) = &kept.best.verdict else { continue };
        let mut finding = Finding::of(&NOT_SELECTED, kept.vip.subject());
        for candidate in &kept.all {
            let (Some(name), Selection::OtherLabels(mismatches)) = (&candidate.advertisement, &candidate.verdict)
            else {
                continue;
            };
            let why: Vec<String> = mismatches.iter().map(ToString::to_string).collect();
            finding =
                finding.seen(End::Cluster, facts.source(Kind::BgpAdvertisement), format!("{name}: {}", why.join(", ")));
        }
        if !any_advertised {
            finding = finding.severity(Severity::Warning);
        }
        verdict.report(
            finding
                .fix("if it should be advertised: give the Service the label, or widen the advertisement's selector")
                .explains(kept.rows()),
        );
    }
}

fn no_family(facts: &Facts, verdict: &mut Verdict) {
    for kept in kept(facts).iter().filter(|kept| kept.vip.kind == AddressKind::LoadBalancerIP) {
        let Selection::NoFamily(family) = kept.best.verdict else { continue };
        let ipv4 = kept.vip.ip.is_ipv4();
        let expects = facts.sessions().any(|case| {
            let over_it = case.session.peer_address.value().is_some_and(|address| address.is_ipv4() == ipv4);
            let active = case
                .router_end()
                .is_some_and(|end| end.established && end.families.iter().any(|counts| counts.family.is_unicast(ipv4)));
            over_it || active
        });
        let severity = if expects { Severity::Error } else { Severity::Information };
        verdict.report(
            Finding::of(&NO_FAMILY, kept.vip.subject())
                .severity(severity)
                .seen(
                    End::Cluster,
                    facts.source(Kind::BgpPeerConfig),
                    format!(
                        "{} does not have the family {family}, which {} needs",
                        peer_config(&kept.best.profile),
                        kept.vip.ip
                    ),
                )
                .fix("add the family with its advertisements to the PeerConfig, and activate it on the router")
                .explains(kept.rows()),
        );
    }
}

fn other_addresses(facts: &Facts, verdict: &mut Verdict) {
    for kept in kept(facts) {
        let Selection::OtherAddresses { listed, kind } = &kept.best.verdict else { continue };
        let name = kept.best.advertisement.clone().unwrap_or_default();
        let severity = match kind {
            AddressKind::LoadBalancerIP => Severity::Warning,
            _ => Severity::Information,
        };
        verdict.report(
            Finding::of(&OTHER_ADDRESSES, kept.vip.subject())
                .severity(severity)
                .seen(
                    End::Cluster,
                    facts.source(Kind::BgpAdvertisement),
                    format!("{} is a {kind}, and {name} lists {}", kept.vip.ip, listed.join(", ")),
                )
                .fix("add the kind of address to service.addresses of the advertisement, if it should be advertised")
                .explains(kept.rows()),
        );
    }
}

fn other_class(facts: &Facts, verdict: &mut Verdict) {
    for vip in facts.vips() {
        let class = vip.routes.iter().find_map(|(_, route)| match &route.obstacle {
            Some(Obstacle::Class(class)) => Some(class),
            _ => None,
        });
        let Some(class) = class else { continue };
        verdict.report(
            Finding::of(&OTHER_CLASS, vip.subject())
                .seen(End::Cluster, facts.source(Kind::Service), format!("loadBalancerClass is {class}"))
                .fix("if it should be advertised: make the Service anew, without a class or with io.cilium/bgp-control-plane"),
        );
    }
}

fn has_obstacle(vip: &Vip, wanted: &[Obstacle]) -> bool {
    vip.routes.iter().any(|(_, route)| route.obstacle.as_ref().is_some_and(|obstacle| wanted.contains(obstacle)))
}

fn no_endpoint(facts: &Facts, verdict: &mut Verdict) {
    for vip in facts.vips().iter().filter(|vip| has_obstacle(vip, &[Obstacle::NoReadyEndpoint, Obstacle::NotOnPeers])) {
        let Some(endpoints) = vip.endpoints.as_ref().filter(|endpoints| endpoints.any) else { continue };
        let on = |nodes: &BTreeSet<&str>| nodes.iter().copied().collect::<Vec<_>>().join(", ");
        let says = if endpoints.ready == 0 {
            format!("none of its endpoints is ready (on {})", on(&endpoints.unready_on))
        } else {
            format!("its ready endpoints are on {}, which does not peer", on(&endpoints.ready_on))
        };
        verdict.report(
            Finding::of(&NO_ENDPOINT, vip.subject())
                .seen(End::Cluster, facts.source(Kind::EndpointSlice), says)
                .fix("make its pods ready on nodes that peer, or use externalTrafficPolicy Cluster")
                .explains(vip.routes.iter().map(|(at, _)| Symptom::Route(*at))),
        );
    }
}

fn withdrawn(facts: &Facts, verdict: &mut Verdict) {
    for vip in facts.vips().iter().filter(|vip| has_obstacle(vip, &[Obstacle::NoReadyEndpoint])) {
        if vip.endpoints.as_ref().is_some_and(|endpoints| !endpoints.any) {
            verdict.report(
                Finding::of(&WITHDRAWN, vip.subject())
                    .seen(End::Cluster, facts.source(Kind::EndpointSlice), "it has no endpoints")
                    .fix("scale its workload up; without endpoints it is not advertised"),
            );
        }
    }
}

fn placeholder(facts: &Facts, verdict: &mut Verdict) {
    for vip in facts.vips().iter().filter(|vip| vip.is_local() && vip.kind == AddressKind::LoadBalancerIP) {
        let Some(endpoints) = vip.endpoints.as_ref().filter(|endpoints| endpoints.placeholder && endpoints.ready == 0)
        else {
            continue;
        };
        let slices = endpoints.slices.join(", ");
        verdict.report(
            Finding::of(&PLACEHOLDER, vip.subject())
                .seen(
                    End::Cluster,
                    facts.source(Kind::EndpointSlice),
                    format!("its only endpoint is Cilium's placeholder ({slices})"),
                )
                .seen(End::Cluster, facts.source(Kind::Service), "externalTrafficPolicy is Local")
                .fix("use externalTrafficPolicy Cluster")
                .paste(vip.patch(r#"{"spec":{"externalTrafficPolicy":"Cluster"}}"#))
                .explains(vip.routes.iter().map(|(at, _)| Symptom::Route(*at))),
        );
    }
}

fn not_done(facts: &Facts, verdict: &mut Verdict) {
    for loss in facts.losses().iter().filter(|loss| loss.because == Because::NotAdvertised) {
        let nodes = loss.sessions.iter().filter_map(|&at| facts.topology.sessions[at].node.value());
        let nodes: BTreeSet<&str> = nodes.map(|node| node.0.as_str()).collect();
        let service = loss.route.services.value().and_then(|services| services.first());
        let subject = match (service, loss.route.prefix) {
            (Some(service), _) => Subject::service(&service.namespace, &service.name),
            (None, Some(prefix)) => Subject::Prefix(prefix),
            (None, None) => continue,
        };
        let all: Vec<&str> = nodes.into_iter().collect();
        let mut finding = Finding::of(&NOT_DONE, subject)
            .inferred("cilium-dbg bgp routes advertised ipv4 unicast, in the agent's pod")
            .seen(End::Cluster, None, format!("asked, the agent does not advertise it: {}", all.join(", ")))
            .fix("touch the Service, so that the agent reconciles it anew, and upgrade Cilium")
            .explains([Symptom::Route(loss.at), Symptom::RouteItself(loss.at)]);
        if let Some(service) = service {
            finding = finding.paste(format!(
                "kubectl -n {} annotate service {} bgp.kubectl.dev/touched=\"$(date +%s)\" --overwrite",
                service.namespace, service.name
            ));
        }
        verdict.report(finding);
    }
}
