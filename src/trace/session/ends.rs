//! What both ends have to agree on, and what came of it.

use super::{NOT_ASKED, View, value};
use crate::cilium::bgp::peer_config::PeerConfigSpec;
use crate::frr::config::neighbor::RemoteAs;
use crate::snapshot::Kind;
use crate::topology::Known;
use crate::topology::cluster::Profile;
use crate::topology::names::Asn;
use crate::topology::session::{ClusterEnd, Health, RouterEnd};
use crate::trace::Hop;

/// From where to where the node dials.
pub fn dials(view: &View, hop: Hop) -> Option<Hop> {
    let session = view.session;
    if view.cluster.is_none() {
        return Some(hop.unknown(NOT_ASKED));
    }
    if !view.is_wanted {
        return None;
    }
    let from = match &session.dials_from {
        Known::Seen(from) | Known::Computed(from) => from.as_slice(),
        Known::Absent(why) | Known::Unknown(why) => return Some(hop.unknown(why)),
    };
    let to = match &session.peer_address {
        Known::Seen(to) | Known::Computed(to) => *to,
        Known::Absent(why) | Known::Unknown(why) => return Some(hop.unknown(why)),
    };
    let Some(first) = from.first() else {
        return Some(hop.cluster(None, format!("the node has no address to dial {to} from")).broken());
    };
    let seen = session.router.value().map_or_else(|| first.to_string(), |end| end.neighbor.to_string());
    let port = peer_config(view).map(PeerConfigSpec::peer_port).filter(|&port| port != 179);
    let port = port.map(|port| format!(", port {port}")).unwrap_or_default();
    let hop = hop.cluster(None, format!("from {seen} to {to}{port}"));
    let interfaces = view.router.and_then(|router| router.interfaces.value());
    Some(match interfaces {
        Some(interfaces) if !interfaces.is_empty() => {
            let has = interfaces.iter().find(|interface| interface.global().any(|net| net.addr() == to));
            match has {
                Some(interface) => hop.router(None, format!("the router has {to} on {}", interface.name)),
                None if view.is_up => hop,
                None => hop.router(None, format!("the router does not have the address {to}")).broken(),
            }
        }
        _ => hop,
    })
}

/// What each end is, and what it expects of the other.
pub fn asns(view: &View, hop: Hop) -> Option<Hop> {
    let session = view.session;
    let end = session.router.value()?;
    if !view.is_wanted {
        return Some(hop.router(Some(&end.source), format!("the router expects {}", asn(value(&session.local_asn)))));
    }
    let (local, peer) = (value(&session.local_asn), value(&session.peer_asn));
    let expects = match peer {
        Some(Asn::ANY) => "any".to_owned(),
        peer => asn(peer),
    };
    let hop = hop.cluster(None, format!("the node is {}, and expects {expects}", asn(local)));
    let router = end.said.local_as.as_ref().map(|asn| Asn(asn.0));
    let (taken, takes) = remote_as(view, end, local, router);
    let hop = hop.router(Some(&end.source), format!("the router is {}, and expects {takes}", asn(router)));
    let meets = peer.zip(router).is_none_or(|(peer, router)| peer == Asn::ANY || peer == router);
    Some(if taken && meets || view.is_up { hop } else { hop.broken() })
}

/// Whether the router takes the node's AS, and which it expects.
fn remote_as(view: &View, end: &RouterEnd, local: Option<Asn>, own: Option<Asn>) -> (bool, String) {
    let stated = view.router.and_then(|router| {
        let instance = router.config.value()?.instance(None)?;
        let neighbor = instance.neighbor(&end.neighbor.to_string())?;
        instance.effective(neighbor, |neighbor| neighbor.remote_as.as_deref().copied())
    });
    // FRR prints 0 for a neighbor of any AS that it has not met.
    let said = end.said.remote_as.as_ref().map(|asn| asn.0).filter(|&asn| asn != 0);
    match (stated, said) {
        (Some(other @ (RemoteAs::Internal | RemoteAs::External | RemoteAs::Auto)), _) => {
            let taken = local.and_then(|local| other.accepts(local.0, own.map(|own| own.0)));
            (taken.unwrap_or(true), format!("{other:?}").to_lowercase())
        }
        (_, Some(number)) | (Some(RemoteAs::Number(number)), None) => {
            (local.is_none_or(|local| local.0 == number), asn(Some(Asn(number))))
        }
        (None, None) => (true, "an AS that it does not tell".to_owned()),
    }
}

fn asn(asn: Option<Asn>) -> String {
    asn.map_or_else(|| "of an unknown AS".to_owned(), |asn| format!("AS {asn}"))
}

/// Whether both ends want one; which it is, neither tells.
pub fn password(view: &View, hop: Hop) -> Option<Hop> {
    let end = view.session.router.value()?;
    let config = match &view.session.config {
        Known::Seen(config) | Known::Computed(config) => config,
        _ if view.cluster.is_none() => return Some(hop.unknown(NOT_ASKED)),
        Known::Absent(_) if !view.is_wanted => return None,
        Known::Absent(why) | Known::Unknown(why) => return Some(hop.unknown(why)),
    };
    let source = view.cluster.and_then(|cluster| cluster.source(Kind::BgpPeerConfig));
    let hop = match (config.md5, end.md5) {
        (true, true) => hop.cluster(source, "on both ends; whether it is the same one, neither tells"),
        (false, false) => hop.cluster(source, "on neither end"),
        (true, false) => hop.cluster(source, "the CiliumBGPPeerConfig names one, the router has none"),
        (false, true) => hop.router(Some(&end.source), "the router has one, the CiliumBGPPeerConfig names none"),
    };
    // An agent whose Secret is missing dials without one.
    Some(if config.md5 == end.md5 || view.is_up { hop } else { hop.broken() })
}

/// What was agreed on, else what each end asks for.
pub fn timers(view: &View, hop: Hop) -> Option<Hop> {
    let is_up = view.session.established().value().is_some();
    if let Some(timers) = view.session.timers().filter(|_| is_up) {
        let text = format!("hold {}s, keepalive {}s, as negotiated", timers.hold_seconds, timers.keepalive_seconds);
        return Some(match view.session.router.value() {
            Some(end) => hop.router(Some(&end.source), text),
            None => hop.cluster(None, text),
        });
    }
    let hop = match peer_config(view) {
        Some(config) => hop.cluster(
            None,
            format!(
                "the node asks for hold {}s, and dials every {}s",
                config.hold_seconds(),
                config.connect_retry_seconds()
            ),
        ),
        None => hop,
    };
    let asked = view.session.router.value().and_then(|end| Some((end, end.said.bgp_timer_configured_hold_time_msecs?)));
    let hop = match asked {
        Some((end, hold)) => hop.router(Some(&end.source), format!("the router asks for hold {}s", hold / 1000)),
        None => hop,
    };
    (!hop.proofs.is_empty()).then_some(hop)
}

/// What each end says of it.
pub fn established(view: &View, hop: Hop) -> Option<Hop> {
    let session = view.session;
    let hop = match &session.cluster {
        Known::Seen(end) | Known::Computed(end) => {
            hop.cluster(Some(&end.source), format!("the node says {}", end.state))
        }
        Known::Absent(why) => hop.cluster(None, why.clone()),
        Known::Unknown(why) if view.topology.asked.cluster => {
            hop.cluster(None, format!("what the node says is not known: {why}"))
        }
        Known::Unknown(_) => hop,
    };
    let hop = match &session.router {
        Known::Seen(end) | Known::Computed(end) => {
            let reset = end.last_reset.as_ref().map(|reset| format!(" ({})", reset.reason)).unwrap_or_default();
            hop.router(Some(&end.source), format!("the router says {}{reset}", end.state))
        }
        Known::Absent(_) => hop.router(None, "the router has no such session"),
        Known::Unknown(why) if view.topology.asked.router => {
            hop.router(None, format!("what the router says is not known: {why}"))
        }
        Known::Unknown(_) => hop,
    };
    Some(match session.health(view.topology.asked) {
        Health::Up => hop,
        Health::Down => hop.broken(),
        Health::Undecided | Health::Foreign => hop.unknown("not both ends tell for sure"),
    })
}

/// How much each end sent and took, by address family.
pub fn exchanges(view: &View, hop: Hop) -> Option<Hop> {
    let (cluster, router) = (view.session.cluster.value(), view.session.router.value());
    let is_up = |established: bool| established && view.session.health(view.topology.asked) != Health::Down;
    if !cluster.map(|end| end.established).or(router.map(|end| end.established)).is_some_and(is_up) {
        return None;
    }
    let hop = cluster.into_iter().fold(hop, of_node);
    let hop = router.into_iter().fold(hop, |hop, end| of_router(hop, end, cluster));
    (!hop.proofs.is_empty()).then_some(hop)
}

fn of_node(hop: Hop, end: &ClusterEnd) -> Hop {
    end.families.iter().fold(hop, |hop, counts| {
        let family = format!("{} {}", counts.family.afi, counts.family.safi);
        let text = format!("{family}: the node advertises {}, received {}", counts.advertised, counts.received);
        hop.cluster(Some(&end.source), text)
    })
}

fn of_router(hop: Hop, end: &RouterEnd, cluster: Option<&ClusterEnd>) -> Hop {
    end.families.iter().fold(hop, |hop, counts| {
        let (Some(accepted), Some(sent)) = (counts.accepted, counts.sent) else { return hop };
        let family = format!("{} {}", counts.family.afi, counts.family.safi);
        let hop = hop.router(Some(&end.source), format!("{family}: the router accepted {accepted}, sent {sent}"));
        let advertised = cluster.and_then(|end| end.families.iter().find(|other| other.family == counts.family));
        if accepted > 0 || advertised.is_none_or(|counts| counts.advertised == 0) {
            return hop;
        }
        if counts.inbound.required {
            hop.router(Some(&end.source), "there is no inbound policy, so it takes nothing (RFC 8212)").broken()
        } else {
            hop.broken()
        }
    })
}

fn peer_config<'a>(view: &View<'a>) -> Option<&'a PeerConfigSpec> {
    let Some(Profile::PeerConfig(name)) = &view.session.profile else { return None };
    Some(&view.cluster?.peer_configs.value()?.get(name)?.spec)
}
