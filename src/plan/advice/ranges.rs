//! Listen ranges that take more than nodes.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::{About, Found, Ground};
use crate::topology::names::listed;

/// Another range ends the sessions that came by the old one, so no line is for it.
pub fn wide(ground: &Ground) -> Option<Found> {
    let nets = ground.facts.nets();
    let mut wide: BTreeMap<IpNet, Vec<IpNet>> = BTreeMap::new();
    for seat in ground.seats.seats.iter().filter(|seat| seat.line.is_group) {
        let address = seat.required.addresses[0];
        let listens = ground.seats.instance.listens_for(address);
        let net = nets.iter().filter(|net| net.contains(&address)).max_by_key(|net| net.prefix_len());
        if let Some((listen, net)) =
            listens.zip(net).filter(|(listen, net)| listen.range.prefix_len() < net.prefix_len())
        {
            let known = wide.entry(listen.range).or_default();
            known.extend(Some(*net).filter(|net| !known.contains(net)));
        }
    }
    let told = |(range, nets): (&IpNet, &Vec<IpNet>)| {
        let nets = listed(nets.iter().map(ToString::to_string));
        format!("bgp listen range {range} takes whoever dials from it, and the nodes are in {nets}")
    };
    let why = wide.iter().map(told).collect::<Vec<_>>().join("; ");
    let why = format!("{why}; another range ends the sessions that came by it");
    (!wide.is_empty()).then(|| Found { about: About::ListenRange, why, edits: Vec::new() })
}
