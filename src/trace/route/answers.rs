//! Whether something stands behind the address.

use super::Step;
use super::view::{View, listed};
use crate::cilium::service::Service;
use crate::connect::Outcome;
use crate::snapshot::Kind;
use crate::topology::cluster::{Backends, Services};
use crate::topology::routes::RouteKind;
use crate::trace::Hop;

pub fn judge(view: &View, hop: Hop) -> Step {
    if !view.is_of_service() {
        return Step::on(match view.route.kind {
            RouteKind::Unowned => hop.unknown("what stands behind it is not known"),
            RouteKind::Address(_) => hop.cluster(None, "pods of their own addresses"),
        });
    }
    let Some(services) = &view.topology.services else { return Step::on(hop.unknown("the cluster was not asked")) };
    if let Some(why) = services.endpoint_slices.why_unknown() {
        return Step::on(hop.unknown(why));
    }
    let hop = view.services.iter().fold(hop, |hop, service| of_service(view, hop, service, services));
    Step::on(of_probe(view, hop))
}

/// What became of the router's own connection, where it was tried.
fn of_probe(view: &View, hop: Hop) -> Hop {
    let (Some(vip), Some((_, router))) = (view.route.vip, view.router) else { return hop };
    let Some(probed) = view.topology.probed.routers.get(&router.name) else { return hop };
    let tried = probed.connects.iter().filter(|(to, _)| to.ip() == vip);
    tried.fold(hop, |hop, (to, connect)| {
        let Some(connect) = connect.value() else { return hop };
        match &connect.outcome {
            outcome if outcome.connects() => hop.router(None, format!("a connection to {to} comes up")),
            Outcome::Refused => hop.router(None, format!("a connection to {to} is refused")).broken(),
            Outcome::TimedOut => hop.router(None, format!("a connection to {to} gets no answer")).broken(),
            Outcome::NoRoute => hop.router(None, format!("there is no way to {to}")).broken(),
            _ => hop,
        }
    })
}

fn of_service(view: &View, hop: Hop, service: &Service, services: &Services) -> Hop {
    let source = view.cluster().and_then(|cluster| cluster.source(Kind::EndpointSlice));
    let ipv4 = view.route.prefix.is_none_or(|prefix| prefix.addr().is_ipv4());
    let endpoints = Backends::of(services).endpoints(service, ipv4);
    let name = match view.services.len() {
        1 => String::new(),
        _ => format!("{}/{}: ", service.metadata.namespace, service.metadata.name),
    };
    match (endpoints.ready, endpoints.placeholder) {
        (0, true) => hop.cluster(source, format!("{name}Cilium's own Envoy serves it (its endpoint is a placeholder)")),
        (0, false) if endpoints.any => hop.cluster(source, format!("{name}none of its endpoints is ready")).broken(),
        (0, false) => hop.cluster(source, format!("{name}it has no endpoints")).broken(),
        (ready, _) => {
            let plural = if ready == 1 { "endpoint" } else { "endpoints" };
            let on = listed(&endpoints.ready_on);
            let on = if on.is_empty() { String::new() } else { format!(" on {on}") };
            let untried = if view.is_probed() { "" } else { " (no connection was tried: --probe)" };
            hop.cluster(source, format!("{name}{ready} ready {plural}{on}{untried}"))
        }
    }
}
