//! Wishes against objects that are there: those are not changed.

use std::net::IpAddr;

use super::Objection;
use crate::cilium::advertisement::{Advertisement, Entry};
use crate::cilium::bgp::{ClusterConfig, Instance, Peer, PeerConfig};
use crate::setup::given::Given;
use crate::setup::ground::Ground;
use crate::setup::propose::Existing;
use crate::setup::propose::pool::Pools;
use crate::setup::worksheet::{Origin, Worksheet};
use crate::shell;
use crate::snapshot::Kind;

pub fn find(worksheet: &Worksheet, given: &Given, ground: &Ground) -> Vec<Objection> {
    let existing = Existing::find(ground, given);
    let mut objections = Vec::new();
    if let Some(config) = existing.config {
        objections.extend(config_differs(config, existing.instance, given));
    }
    if let Some(config) = existing.peer_config {
        objections.extend(peer_config_differs(config, worksheet, given));
    }
    if let Some((object, entry)) = existing.advertisement {
        objections.extend(advertisement_differs(object, entry, given));
    }
    objections.extend(taken_pool(&worksheet.pools, ground));
    objections.extend(unused_pool_name(&worksheet.pools, given));
    objections
}

/// An object that is there.
struct Kept<'a> {
    kind: Kind,
    name: &'a str,
}

impl Kept<'_> {
    fn differs(&self, flag: &str, has: &str) -> Objection {
        let (kind, name) = (self.kind.name(), self.name);
        let what = format!(
            "{flag} says otherwise than {kind} {name}, which has {has}: an object that is there is not changed"
        );
        let edit = shell::command(["kubectl", "edit", &kind.to_lowercase(), shell::name(name)]);
        Objection::refuses(what).next(format!("leave the flag out; or change the object: {edit}"))
    }
}

fn config_differs(config: &ClusterConfig, instance: Option<&Instance>, given: &Given) -> Vec<Objection> {
    let kept = Kept { kind: Kind::BgpClusterConfig, name: &config.metadata.name };
    let mut objections = Vec::new();
    let has = config.spec.node_selector.clone().unwrap_or_default();
    if given.node_selector.as_ref().is_some_and(|selector| *selector != has) {
        objections.push(kept.differs("--node-selector", &has.to_string()));
    }
    match instance {
        Some(instance) => objections.extend(instance_differs(&kept, instance, given)),
        None if given.names.instance.is_some() => objections.push(kept.differs("--instance-name", "no such instance")),
        None => {}
    }
    objections
}

fn instance_differs(kept: &Kept, instance: &Instance, given: &Given) -> Vec<Objection> {
    let mut objections = Vec::new();
    let asn = |asn: Option<u32>| asn.map_or_else(|| "none".to_owned(), |asn| asn.to_string());
    if given.local_asn.is_some_and(|wanted| instance.local_asn != Some(wanted.0)) {
        objections.push(kept.differs("--local-asn", &asn(instance.local_asn)));
    }
    if let Some(wanted) = given.router_asn
        && let Some(peer) = instance.peers.iter().find(|peer| peer.peer_asn != Some(wanted.0))
    {
        objections.push(kept.differs("--router-asn", &asn(peer.peer_asn)));
    }
    let has_peer = |is_it: &dyn Fn(&Peer) -> bool| instance.peers.iter().any(is_it);
    if let Some(wanted) = given.names.peer.as_ref().filter(|wanted| !has_peer(&|peer| peer.name == **wanted)) {
        objections.push(kept.differs("--peer-name", &format!("no peer {wanted}")));
    }
    let refers = |peer: &Peer, wanted: &str| peer.peer_config_ref.as_ref().is_some_and(|one| one.name == wanted);
    if let Some(wanted) = given.names.peer_config.as_ref().filter(|wanted| !has_peer(&|peer| refers(peer, wanted))) {
        let has = format!("no peer with the CiliumBGPPeerConfig {wanted}");
        objections.push(kept.differs("--peer-config-name", &has));
    }
    let dials = |peer: &Peer, wanted: IpAddr| {
        let own = peer.peer_address.as_ref().and_then(|address| address.parse::<IpAddr>().ok());
        own == Some(wanted)
    };
    if let Some(wanted) = given.router_addresses.iter().find(|wanted| !has_peer(&|peer| dials(peer, **wanted))) {
        objections.push(kept.differs("--router-address", &format!("no peer {wanted}")));
    }
    objections
}

fn peer_config_differs(config: &PeerConfig, worksheet: &Worksheet, given: &Given) -> Vec<Objection> {
    let kept = Kept { kind: Kind::BgpPeerConfig, name: &config.metadata.name };
    let spec = &config.spec;
    let wishes = [
        ("--connect-retry", given.connect_retry, worksheet.timers.value.connect_retry, spec.connect_retry_seconds()),
        ("--hold-time", given.hold, worksheet.timers.value.hold, spec.hold_seconds()),
        ("--keep-alive", given.keep_alive, worksheet.timers.value.keep_alive, spec.keep_alive_seconds()),
    ];
    let differing = wishes.into_iter().filter(|(_, given, wanted, has)| given.is_some() && wanted != has);
    let mut objections: Vec<Objection> =
        differing.map(|(flag, .., has)| kept.differs(flag, &format!("{has} s"))).collect();
    if worksheet.restart_seconds.origin == Origin::Given && worksheet.restart_seconds.value != spec.restart_seconds() {
        let has = spec.restart_seconds().map_or_else(|| "none".to_owned(), |seconds| format!("{seconds} s"));
        objections.push(kept.differs("--restart-time", &has));
    }
    objections
}

fn advertisement_differs(object: &Advertisement, entry: &Entry, given: &Given) -> Vec<Objection> {
    let kept = Kept { kind: Kind::BgpAdvertisement, name: &object.metadata.name };
    let has = entry.selector.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
    let wishes = [("--canary", &given.canary), ("--selector", &given.selector)].into_iter();
    let differing = wishes.filter(|(_, wanted)| wanted.is_some() && **wanted != entry.selector);
    differing.map(|(flag, _)| kept.differs(flag, &has)).collect()
}

/// A new pool under the name of one that is there.
fn taken_pool(pools: &Pools, ground: &Ground) -> Option<Objection> {
    let is_new = |name: &&String| pools.get(*name).is_some_and(|entry| entry.origin != Origin::Kept);
    let name = ground.pools().iter().map(|pool| &pool.metadata.name).find(is_new)?;
    let what = format!("the pool {name} is there with other addresses: an object that is there is not changed");
    Some(Objection::refuses(what).next("give the new pool another name with --pool-name"))
}

/// A name that nothing gets.
fn unused_pool_name(pools: &Pools, given: &Given) -> Option<Objection> {
    let name = given.names.pool.as_ref().filter(|name| !pools.contains_key(*name))?;
    let what = format!("--pool-name {name} is for a new pool, and there is none: the pools that are there stay");
    Some(Objection::refuses(what).next("give its addresses with --pool, or leave --pool-name out"))
}
