//! What a router has to let in: hosts of the LoadBalancer pools, and what they are aggregated to.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::required;
use crate::cilium::pool::{Pool, Range};
use crate::frr::config::Version;
use crate::frr::config::prefix_list::PrefixListEntry;
use crate::topology::Known;
use crate::topology::cluster::{Cluster, Offer, Profile};
use crate::topology::names::listed;
use crate::topology::router::inbound::{Denial, Inbound};
use crate::topology::router::permit::{Wanted, nets};

/// What sessions of a profile bring, of each family in which they advertise addresses of load balancers. A pool that is
/// disabled counts: what it gave stays given.
pub fn wanted(cluster: &Cluster, profile: &Profile) -> Known<required::Inbound> {
    let offers = match cluster.offers(profile) {
        Known::Seen(offers) | Known::Computed(offers) => offers,
        Known::Absent(_) => return Known::Computed(required::Inbound::new()),
        Known::Unknown(why) => return Known::Unknown(why),
    };
    cluster.pools.and_then(|pools| {
        let mut wanted = required::Inbound::new();
        for (version, aggregate) in offers.iter().filter_map(|offer| {
            let service = offer.entry.service.as_ref().filter(|_| offer.entry.selector.is_some())?;
            let is_offered = service.addresses.iter().any(|kind| kind == "LoadBalancerIP");
            let (version, length) = if offer.ipv4 {
                (Version::V4, service.aggregation_length_ipv4)
            } else {
                (Version::V6, service.aggregation_length_ipv6)
            };
            (offer.entry.is_of("Service") && is_offered).then_some((version, length))
        }) {
            for net in nets_of(pools, version) {
                let wanted = wanted.entry(version).or_default();
                wanted.insert(Wanted::hosts(net));
                wanted.extend(aggregate.and_then(|length| aggregated(net, length)));
            }
        }
        Known::Computed(wanted)
    })
}

/// What sessions of a profile bring beside addresses of the pools.
pub fn beside(cluster: &Cluster, profile: &Profile) -> Option<String> {
    let offers = cluster.offers(profile);
    let offers = offers
        .value()
        .into_iter()
        .flatten()
        .filter(|offer| offer.entry.selector.is_some() || !offer.entry.is_of("Service"));
    let of = |offer: &Offer| match &offer.entry.service {
        Some(service) if offer.entry.is_of("Service") => {
            service.addresses.iter().filter(|kind| *kind != "LoadBalancerIP").cloned().collect()
        }
        _ => vec![offer.entry.advertisement_type.clone()],
    };
    let beside: BTreeSet<String> = offers.flat_map(of).collect();
    (!beside.is_empty()).then(|| listed(beside))
}

fn nets_of(pools: &[Pool], version: Version) -> impl Iterator<Item = IpNet> {
    let ranges = pools.iter().flat_map(|pool| pool.spec.ranges());
    ranges.filter(move |range: &Range| Version::of(range.first) == version).flat_map(nets)
}

/// A net's addresses by prefixes of this length: in it, or around it.
fn aggregated(net: IpNet, length: u8) -> Option<Wanted> {
    if length > net.prefix_len() {
        return (length < net.max_prefix_len()).then_some(Wanted { net, length });
    }
    IpNet::new(net.addr(), length).ok().map(|around| Wanted::itself(around.trunc()))
}

/// What a router does with all the prefixes that are wanted: where a list denies, by the first of its entries.
pub enum Passage<'a> {
    Admitted,
    /// By this filter; `None`: for want of one.
    Denied(Option<Denial<'a>>),
    /// A filter looks at more than the prefix.
    Undecided,
}

/// Between the places where a list's entries begin and end, all prefixes of one length fare alike.
pub fn passage<'a>(inbound: &Inbound<'a>, wanted: Wanted) -> Passage<'a> {
    let mut starts = BTreeSet::from([wanted.net.network()]);
    for entry in inbound.lists().into_iter().flat_map(|list| &list.entries) {
        let Some(prefix) = entry.prefix.filter(|prefix| wanted.net.contains(prefix)) else { continue };
        starts.insert(prefix.network());
        starts.extend(behind(prefix).filter(|address| wanted.net.contains(address)));
    }
    let prefixes = starts.into_iter().filter_map(|start| IpNet::new(start, wanted.length).ok()).map(|net| net.trunc());
    let mut passage = Passage::Admitted;
    for prefix in prefixes {
        match inbound.admits(prefix) {
            Some(true) => {}
            Some(false) => {
                let denial = inbound.denial(prefix);
                match passage {
                    Passage::Denied(known) if !is_earlier(denial, known) => {}
                    _ => passage = Passage::Denied(denial),
                }
            }
            None if matches!(passage, Passage::Denied(_)) => {}
            None => passage = Passage::Undecided,
        }
    }
    passage
}

/// Whether a list denies by an entry before the other, or by any where the other comes to the end of it.
fn is_earlier(denial: Option<Denial>, known: Option<Denial>) -> bool {
    let (Some(Denial::List(list, entry)), Some(Denial::List(same, other))) = (denial, known) else { return false };
    let seq = |entry: Option<&PrefixListEntry>| entry.map_or(u64::MAX, |entry| u64::from(entry.seq));
    list.name == same.name && seq(entry) < seq(other)
}

/// The address behind a net's last.
fn behind(net: IpNet) -> Option<std::net::IpAddr> {
    match net.broadcast() {
        std::net::IpAddr::V4(last) => u32::from(last).checked_add(1).map(|next| std::net::Ipv4Addr::from(next).into()),
        std::net::IpAddr::V6(last) => u128::from(last).checked_add(1).map(|next| std::net::Ipv6Addr::from(next).into()),
    }
}
