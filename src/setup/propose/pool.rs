//! The pools of addresses: those that are there, what the user gives, what Services have, else a free network.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};

use super::Question;
use crate::cilium::pool::{Block, Range};
use crate::frr::config::Version;
use crate::setup::given::Given;
use crate::setup::ground::Ground;
use crate::setup::taken::taken;
use crate::setup::worksheet::Entry;
use crate::topology::names::listed;

const FLAG: &str = "--pool";

pub type Pools = BTreeMap<String, Entry<Vec<Block>>>;

/// `name` is that of a pool that is not there yet.
pub fn propose(ground: &Ground, given: &Given, name: &str) -> Result<Pools, Question> {
    let mut pools: Pools = ground
        .pools()
        .iter()
        .map(|pool| {
            let used: BTreeSet<IpAddr> =
                ground.vips().into_iter().map(|(ip, _)| ip).filter(|ip| pool.spec.contains(*ip)).collect();
            let why = match used.len() {
                0 => "the pool is there".to_owned(),
                1 => "the pool is there; 1 address is in use".to_owned(),
                used => format!("the pool is there; {used} addresses are in use"),
            };
            (pool.metadata.name.clone(), Entry::kept(pool.spec.blocks().cloned().collect(), why))
        })
        .collect();
    let new: Vec<Block> = given.pool.iter().filter(|block| !is_there(ground, block)).cloned().collect();
    if !new.is_empty() {
        pools.insert(name.to_owned(), Entry::given(new, FLAG));
    } else if pools.is_empty() {
        pools.insert(name.to_owned(), in_use(ground).or_else(|| free(ground)).ok_or_else(|| question(ground))?);
    }
    Ok(pools)
}

/// A pool has just these addresses already.
fn is_there(ground: &Ground, block: &Block) -> bool {
    ground.pools().iter().flat_map(|pool| pool.spec.ranges()).any(|range| Some(range) == block.range())
}

/// The addresses that Services have from somewhere else: from the first to the last of each network.
fn in_use(ground: &Ground) -> Option<Entry<Vec<Block>>> {
    // Those of another controller's class stay its own.
    let vips = ground.vips().into_iter().filter(|(_, service)| service.has_ciliums_class());
    let vips: BTreeSet<IpAddr> = vips.map(|(ip, _)| ip).collect();
    let mut by_net: BTreeMap<IpNet, Range> = BTreeMap::new();
    for &ip in &vips {
        let length = if ip.is_ipv4() { 24 } else { 64 };
        let net = IpNet::new(ip, length).ok()?.trunc();
        by_net.entry(net).or_insert(Range { first: ip, last: ip }).last = ip;
    }
    let blocks: Vec<Block> = by_net.into_values().map(Block::from).collect();
    let why = format!("Services have these addresses: {}", listed(vips.iter().map(ToString::to_string)));
    (!blocks.is_empty()).then(|| Entry::proposed(blocks, why))
}

/// The first private /24 that meets nothing that is known, where a router says which networks there are.
fn free(ground: &Ground) -> Option<Entry<Vec<Block>>> {
    let router = ground.routers().next()?;
    let net = candidate(ground)?;
    let why = format!("no network of {}, of nodes, pods or Services has it", router.name);
    Some(Entry::proposed(vec![Block::from(net)], why))
}

fn candidate(ground: &Ground) -> Option<IpNet> {
    if !ground.has_nodes_of(Version::V4) {
        return None;
    }
    let taken = taken(ground);
    let octets = (8..=254).map(|third| (10, 99, third)).chain((0..=254).map(|third| (172, 29, third)));
    let nets = octets.map(|(first, second, third)| Ipv4Addr::new(first, second, third, 0));
    let mut nets = nets.filter_map(|address| Some(IpNet::V4(Ipv4Net::new(address, 24).ok()?)));
    nets.find(|net| !taken.iter().any(|one| one.range.meets(Range::of(*net))))
}

fn question(ground: &Ground) -> Question {
    let is_ipv6 = !ground.has_nodes_of(Version::V4) && ground.has_nodes_of(Version::V6);
    Question {
        flag: FLAG,
        what: "the addresses of load balancers, as a prefix or FIRST-LAST".to_owned(),
        why: if is_ipv6 {
            "there is no pool, and no IPv6 prefix is free for everybody".to_owned()
        } else {
            "there is no pool, and no router was read that says which networks there are".to_owned()
        },
        default: candidate(ground).map(|net| net.to_string()),
    }
}

/// What nobody can have as an address of a load balancer: unspecified, loopback, link-local, multicast, reserved.
const SPECIAL: [&str; 7] =
    ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8"];

pub fn is_special(range: Range) -> bool {
    SPECIAL.iter().filter_map(|net| net.parse().ok()).any(|net| range.meets(Range::of(net)))
}
