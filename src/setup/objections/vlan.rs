//! Pools inside a network that the router is on: hosts there ask ARP for a VIP, and without L2 nobody answers.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::{NAMED, Objection};
use crate::cilium::pool::{Block, Range};
use crate::setup::ground::Ground;
use crate::setup::worksheet::Worksheet;
use crate::topology::names::listed_up_to;
use crate::topology::router::Router;

pub fn find(worksheet: &Worksheet, ground: &Ground) -> Vec<Objection> {
    let mut objections = Vec::new();
    for (name, entry) in &worksheet.pools {
        let ranges: Vec<Range> = entry.value.iter().filter_map(Block::range).collect();
        for (router, interface, net) in ground.links() {
            if !ranges.iter().any(|range| range.meets(Range::of(net))) {
                continue;
            }
            let place =
                format!("pool {name} lies in {}, the network of {} on {}", net.trunc(), router.name, interface.name);
            let fate = "hosts there ask for a VIP by ARP, which nobody answers without L2 announcements";
            let hosts = foreign_hosts(ground, router, net);
            let seen = match &hosts {
                Some(hosts) if hosts.is_empty() => {
                    "the router has seen none but the nodes lately, which says nothing of silent ones".to_owned()
                }
                Some(hosts) => format!(
                    "{} that are no nodes were seen: {}",
                    if hosts.len() == 1 { "1 host".to_owned() } else { format!("{} hosts", hosts.len()) },
                    listed_up_to(NAMED, hosts.iter().map(ToString::to_string))
                ),
                None => "which hosts there are is not known".to_owned(),
            };
            objections.push(
                Objection::warns(format!("{place}: {fate}; {seen}"))
                    .next("give a network of no VLAN with --pool, and move the Services there before L2 goes"),
            );
        }
    }
    objections
}

/// Whom the router saw in the network, less nodes and their VIPs; `None`: it did not say.
fn foreign_hosts(ground: &Ground, router: &Router, net: IpNet) -> Option<BTreeSet<IpAddr>> {
    let seen = ground.topology.probed.routers.get(&router.name)?.neighbors.as_ref()?.value()?;
    let nodes: BTreeSet<IpAddr> = ground.nodes().into_iter().flat_map(|node| node.addresses).collect();
    let vips: BTreeSet<IpAddr> = ground.vips().into_iter().map(|(ip, _)| ip).collect();
    // What answers with a node's MAC address is the node, whatever it announces.
    let of_nodes: BTreeSet<&str> =
        seen.iter().filter(|one| nodes.contains(&one.dst)).filter_map(|one| one.lladdr.as_deref()).collect();
    let is_foreign = |one: &&crate::frr::show::neigh::Neighbor| {
        let mac = one.lladdr.as_deref();
        net.contains(&one.dst)
            && mac.is_some_and(|mac| !of_nodes.contains(mac))
            && !nodes.contains(&one.dst)
            && !vips.contains(&one.dst)
    };
    Some(seen.iter().filter(is_foreign).map(|one| one.dst).collect())
}
