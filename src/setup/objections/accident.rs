//! Services that would be advertised by accident, and load balancers that would not be.

use std::net::IpAddr;

use super::{NAMED, Objection};
use crate::cilium::selector::LabelSelector;
use crate::cilium::service::{BGP_CLASS, Service};
use crate::setup::ground::Ground;
use crate::setup::propose::LEAVES_OUT;
use crate::setup::worksheet::Worksheet;
use crate::shell;
use crate::topology::cluster::selection::labels_of;
use crate::topology::names::listed_up_to;

pub fn find(worksheet: &Worksheet, ground: &Ground) -> Vec<Objection> {
    let selects = |service: &Service| worksheet.advertised.value.matches(&labels_of(service));
    let selected: Vec<(IpAddr, &Service)> = ground.vips().into_iter().filter(|(_, service)| selects(service)).collect();
    let (ours, others): (Vec<_>, Vec<_>) = selected.into_iter().partition(|(_, service)| is_ours(service));
    let mut objections = Vec::new();
    objections.extend(worksheet.canary.as_ref().and_then(|canary| whole_canary(&canary.value)));
    objections.extend(api(worksheet, ground, &ours));
    objections.extend(foreign_addresses(worksheet, &ours));
    objections.extend(classes(&others));
    objections
}

/// What Cilium advertises: a class keeps others out.
fn is_ours(service: &Service) -> bool {
    service.spec.load_balancer_class.as_deref().is_none_or(|class| class == BGP_CLASS)
}

/// Without a requirement it selects every Service, as Kubernetes has it.
fn whole_canary(canary: &LabelSelector) -> Option<Objection> {
    let is_whole = canary.match_labels.is_empty() && canary.match_expressions.is_empty();
    is_whole.then(|| {
        Objection::refuses("--canary selects every Service").next("give a label of the first ones, or leave it out")
    })
}

/// Who takes the API server's address from BGP needs the API server to get it.
fn api(worksheet: &Worksheet, ground: &Ground, selected: &[(IpAddr, &Service)]) -> Option<Objection> {
    let api = ground.cluster.server_address();
    let is_api = |(ip, service): &&(IpAddr, &Service)| {
        let is_default = service.metadata.namespace == "default" && service.metadata.name == "kubernetes";
        Some(*ip) == api || is_default
    };
    let (ip, service) = selected.iter().find(is_api)?;
    let what = format!(
        "{} would be advertised, and {ip} is an address of the API server: agents need it to learn what to advertise",
        name(service)
    );
    Some(Objection::warns(what).next(format!("leave it out: {}", leave_out(worksheet, service))))
}

/// Addresses that another controller gave.
fn foreign_addresses(worksheet: &Worksheet, selected: &[(IpAddr, &Service)]) -> Option<Objection> {
    let blocks = || worksheet.pools.values().flat_map(|pool| &pool.value);
    let is_in_pool =
        |ip: IpAddr| blocks().filter_map(crate::cilium::pool::Block::range).any(|range| range.contains(ip));
    let outside: Vec<_> = selected.iter().filter(|(ip, _)| !is_in_pool(*ip)).collect();
    let (_, first) = outside.first()?;
    let said = listed_up_to(NAMED, outside.iter().map(|(ip, service)| format!("{} ({ip})", name(service))));
    let what = format!(
        "no pool has the address of {said}: it would be advertised, and a filter for the pools does not let it in"
    );
    let step = "give the addresses with --pool if they are to stay; or ask for others with the annotation lbipam.cilium.io/ips";
    Some(Objection::warns(what).next(step).next(format!("or leave it out: {}", leave_out(worksheet, first))))
}

fn classes(others: &[(IpAddr, &Service)]) -> Option<Objection> {
    if others.is_empty() {
        return None;
    }
    let said = listed_up_to(
        NAMED,
        others.iter().map(|(_, service)| {
            format!("{} ({})", name(service), service.spec.load_balancer_class.as_deref().unwrap_or_default())
        }),
    );
    let what = format!("the class of {said} is another controller's: BGP will not advertise it");
    Some(
        Objection::warns(what)
            .next("nothing, if it is meant; else create it anew without the class: it cannot be changed"),
    )
}

fn name(service: &Service) -> String {
    format!("{}/{}", service.metadata.namespace, service.metadata.name)
}

/// By the label, where the selector heeds it.
fn leave_out(worksheet: &Worksheet, service: &Service) -> String {
    let mut labels = labels_of(service);
    labels.insert(LEAVES_OUT.0.to_owned(), LEAVES_OUT.1.to_owned());
    if worksheet.advertised.value.matches(&labels) {
        let advertisement = shell::name(&worksheet.names.advertisement.value);
        let edit = shell::command(["kubectl", "edit", "ciliumbgpadvertisement", advertisement]);
        return format!("its selector, {}, decides: {edit}", worksheet.advertised.value);
    }
    let label = format!("{}={}", LEAVES_OUT.0, LEAVES_OUT.1);
    let (namespace, name) = (&service.metadata.namespace, shell::name(&service.metadata.name));
    shell::command(["kubectl", "-n", namespace, "label", "service", name, &label])
}
