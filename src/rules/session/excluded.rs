//! What both ends rule out. The sentences name no node: they are told of many at once.

use crate::rules::facts::Case;
use crate::rules::wants::Wants;
use crate::rules::{Facts, session::password::router_has_password};
use crate::topology::Known;
use crate::topology::router::Reach;

/// Likely causes that the evidence excludes.
pub fn excluded<'a>(facts: &Facts<'a>, case: &Case<'a>) -> Vec<String> {
    let wants = facts.wants(case);
    let of_router = [bgpd(facts, case), line(case), shutdown(case), address(case), hops(case)];
    let of_both = [asns(facts, case), password(facts, case, wants.value()), families(facts, case, wants.value())];
    let of_cluster = [port(wants.value()), node(facts, case), agent(facts, case)];
    of_router.into_iter().chain(of_both).chain(of_cluster).flatten().collect()
}

fn bgpd(facts: &Facts, case: &Case) -> Option<String> {
    let is_speaking = facts.is_speaking(case.router?);
    is_speaking.then(|| "not bgpd: other sessions of the router are up".to_owned())
}

fn line(case: &Case) -> Option<String> {
    case.router_end().map(|_| "not a missing neighbor: the router has one for the node".to_owned())
}

fn shutdown(case: &Case) -> Option<String> {
    let end = case.router_end()?;
    (!end.said.admin_shut_down).then(|| "not a shutdown of the neighbor".to_owned())
}

fn address(case: &Case) -> Option<String> {
    let address = *case.session.peer_address.value()?;
    let is_own = case.router?.has_address(address)?;
    is_own.then(|| format!("not the address: {address} is the router's own"))
}

fn hops(case: &Case) -> Option<String> {
    let address = *case.session.dials_from.value()?.first()?;
    let is_direct = case.router?.reach(address)? == Reach::OnLink;
    is_direct.then(|| "not the number of hops: the node is on a net of the router, so no multihop is needed".to_owned())
}

fn asns<'a>(facts: &Facts<'a>, case: &Case<'a>) -> Option<String> {
    let (local, peer) = (case.session.local_asn.value()?, case.session.peer_asn.value()?);
    let line = facts.line(case);
    let end = case.router_end();
    let remote = line.and_then(|line| line.said(|neighbor| neighbor.remote_as.as_ref()).map(|said| (*said, line)));
    let takes_node = match (remote, end.and_then(|end| end.said.remote_as)) {
        (Some((remote, line)), _) => remote.accepts(local.0, line.local_asn())?,
        (None, Some(remote)) => remote.0 == local.0,
        (None, None) => return None,
    };
    let own = end.and_then(|end| end.said.local_as).map(|asn| asn.0).or_else(|| line?.local_asn())?;
    let takes_router = peer.0 == 0 || peer.0 == own;
    (takes_node && takes_router).then(|| format!("not the AS numbers: {local} and {own} on both ends"))
}

fn password<'a>(facts: &Facts<'a>, case: &Case<'a>, wants: Option<&Wants>) -> Option<String> {
    let has_none = wants?.secret.is_none() && router_has_password(facts, case)?.is_none();
    has_none.then(|| "not a password: neither end has one".to_owned())
}

fn families<'a>(facts: &Facts<'a>, case: &Case<'a>, wants: Option<&Wants>) -> Option<String> {
    let (wants, line) = (wants?, facts.line(case)?);
    let common = [(wants.ipv4, true, "ipv4"), (wants.ipv6, false, "ipv6")];
    let common = common.into_iter().filter(|(wanted, ipv4, _)| *wanted && line.is_activated(*ipv4));
    let names: Vec<&str> = common.map(|(_, _, name)| name).collect();
    (!names.is_empty()).then(|| format!("not the address families: both ends have {}", names.join(" and ")))
}

fn port(wants: Option<&Wants>) -> Option<String> {
    (wants?.port == 179).then(|| "not the port: the node dials 179".to_owned())
}

fn node<'a>(facts: &Facts<'a>, case: &Case<'a>) -> Option<String> {
    let is_ready = facts.node(case.node()?)?.status.is_ready();
    is_ready.then(|| "not the node: Kubernetes says that it is ready".to_owned())
}

fn agent<'a>(facts: &Facts<'a>, case: &Case<'a>) -> Option<String> {
    let is_ready = facts.agent(case.node()?)?.status.is_ready();
    let says = matches!(&case.session.cluster, Known::Seen(end) if !end.established);
    (is_ready && says).then(|| "not the agent: its pod is ready, and it reports that the session is down".to_owned())
}
